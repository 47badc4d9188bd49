"""Goods-in: three agents on one small model, a hand-off with a contract, rules above the model, people above both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from template_kit import Site, example, in_loop

from engine.cli.demo_server import LookupServer, lookups
from engine.settings import resources_dir

pytestmark = pytest.mark.needs_llama
DELIVERIES = "SELECT order_no, article, batch, pieces, status FROM deliveries"


def service(folder: Path) -> LookupServer:
    folder.mkdir(exist_ok=True)
    return LookupServer(resources_dir() / "examples", folder)


def certificate(order: str) -> str:
    return example(f"certificate_{order}.txt")


def broken_model(folder: Path) -> dict[str, Any]:
    file = folder / "broken.gguf"
    file.write_bytes(b"not a model")
    return {"reader": {"model": str(file)}}


@in_loop
async def test_a_delivery_as_agreed_is_booked_when_the_storekeeper_says_so(tmp_path: Path) -> None:
    site = Site(tmp_path / "data")
    with service(site.data) as server:
        async with site.life() as life:
            run = await life.start("goods-in", certificate=certificate("PO-4711"), service=server.url)
            asked = await life.question(run, "book")
            assert asked.form["value"] == {"order": "PO-4711", "article": "AX-204", "batch": "HX2291", "pieces": 240}
            changed = {**asked.form["value"], "pieces": 239}
            await life.answer(asked, "approve_with_changes", value=changed)
            assert (await life.end(run)).outputs == {"status": "in stock", "order": "PO-4711"}
            assert "desk" not in life.steps(run)
    assert site.rows("stock.db", DELIVERIES) == [("PO-4711", "AX-204", "HX2291", 239, "in stock")]


@in_loop
async def test_a_doubtful_value_is_handed_to_the_supplier_desk_with_the_declared_fields(tmp_path: Path) -> None:
    site = Site(tmp_path / "data")
    with service(site.data) as server:
        async with site.life() as life:
            run = await life.start("goods-in", certificate=certificate("PO-4712"), service=server.url)
            asked = await life.question(run, "buyer")
            [handed] = [event for event in life.store.journal.events(run) if event.kind == "HandedOff"]
            fault = "hardness 172 HB, agreed 180 to 220"
            assert handed.to == "supplier"
            assert handed.envelope["fields"] == {"order": "PO-4712", "batch": "HX2307", "fault": fault}
            assert fault in asked.form["value"]["text"] and "rule" not in life.steps(run)
            await life.answer(asked, "approve", "bea")
            assert (await life.end(run)).outputs["status"] == "held, supplier asked"
        [sent] = [line for line in lookups(site.data) if line.get("key")]
    assert sent["query"]["batch"] == "HX2307" and fault in sent["query"]["text"]
    assert site.rows("stock.db", DELIVERIES) == [("PO-4712", "AX-204", "HX2307", 120, "held, supplier asked")]


@in_loop
async def test_a_doubtful_remark_is_asked_about_although_every_value_is_as_agreed(tmp_path: Path) -> None:
    site = Site(tmp_path / "data")
    with service(site.data) as server:
        async with site.life() as life:
            run = await life.start("goods-in", certificate=certificate("PO-4714"), service=server.url)
            asked = await life.question(run, "buyer")
            assert "reworked" in asked.form["value"]["text"]
            await life.answer(asked, "refuse", "bea")
            assert (await life.end(run)).outputs["status"] == "held"
        assert not [line for line in lookups(site.data) if line.get("key")]


@in_loop
async def test_services_that_are_down_cost_attempts_and_the_query_arrives_once(tmp_path: Path) -> None:
    site = Site(tmp_path / "data")
    with service(site.data) as server:
        async with site.life() as life:
            late = await life.start("goods-in", certificate=certificate("PO-4715"), service=server.url)
            asked = await life.question(late, "book")
            failed = [e for e in life.store.journal.events(late) if e.kind == "AttemptFailed"]
            assert [event.node for event in failed] == ["order", "order"]
            await life.answer(asked, "approve")
            assert (await life.end(late)).outputs["status"] == "in stock"
            run = await life.start("goods-in", certificate=certificate("PO-4713"), service=server.url)
            asked = await life.question(run, "buyer")
            assert "strength not stated" in asked.form["value"]["text"]
            await life.answer(asked, "approve", "bea")
            assert (await life.end(run)).outputs["status"] == "held, supplier asked"
            failed = [e for e in life.store.journal.events(run) if e.kind == "AttemptFailed"]
            assert [event.node for event in failed] == ["send", "send"]
        assert len([line for line in lookups(site.data) if line.get("key")]) == 1


@in_loop
async def test_a_page_that_the_agent_is_unsure_of_is_read_by_a_person(tmp_path: Path) -> None:
    site = Site(tmp_path / "data")
    with service(site.data) as server:
        async with site.life() as life:
            run = await life.start("goods-in", certificate=certificate("PO-4716"), service=server.url)
            asked = await life.question(run, "by_hand")
            assert "fax copy" in asked.form["body"]
            read = {"order": "PO-4716", "article": "DK-071", "batch": "RV5602", "strength": "478", "hardness": "166"}
            await life.answer(asked, "submit", form={**read, "remark": "none"})
            assert (await life.question(run, "book")).form["value"]["batch"] == "RV5602"


@in_loop
async def test_without_a_model_people_and_rules_do_it_and_silence_is_escalated(tmp_path: Path) -> None:
    site = Site(tmp_path / "data")
    with service(site.data) as server:
        async with site.life(roles=broken_model(tmp_path)) as life:
            run = await life.start("goods-in", certificate=certificate("PO-4712"), service=server.url)
            asked = await life.question(run, "by_hand")
            read = {"order": "PO-4712", "article": "AX-204", "batch": "HX2307", "strength": "512", "hardness": "172"}
            await life.answer(asked, "submit", form={**read, "remark": "none"})
            asked = await life.question(run, "release")
            assert "not as agreed" in asked.form["headline"] and asked.form["risk"] == "high"
        site.ahead = 86_401
        async with site.life(roles=broken_model(tmp_path)) as life:
            assert (await life.end(run)).outputs["status"] == "held"
    assert site.rows("stock.db", DELIVERIES) == [("PO-4712", "AX-204", "HX2307", 120, "held")]


@in_loop
async def test_a_silent_buyer_is_escalated_and_a_service_that_stays_down_leaves_the_query_in_the_outbox(
    tmp_path: Path,
) -> None:
    site = Site(tmp_path / "data")
    with service(site.data) as server:
        async with site.life() as life:
            run = await life.start("goods-in", certificate=certificate("PO-4712"), service=server.url)
            await life.question(run, "buyer")
        site.ahead = 14_401
        async with site.life() as life:
            assert await life.escalated(run) == "head of purchasing"
    async with site.life() as life:  # the purchasing service is gone by now
        asked = await life.question(run, "buyer")
        await life.answer(asked, "approve", "dora")
        await life.failed(run, "send", 1)
    for count in range(2, 6):
        site.ahead += 3600
        async with site.life() as life:
            await life.failed(run, "send", count)
    site.ahead += 3600
    async with site.life() as life:
        assert (await life.end(run)).outputs["status"] == "held, query kept"
    assert (site.files / "outbox" / "PO-4712.json").is_file()
    assert site.rows("stock.db", DELIVERIES)[0][4] == "held, query kept"
