"""Cold-store excursion: three sources at once, silence, a missing source, and kill -9 while a person is asked."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

from template_kit import Life, Site, example, in_loop, inputs_beside, machine, template

from engine.store import DATA_FILE, open_store

GONE = "opc.tcp://127.0.0.1:1/plant/"
ROWS = "SELECT room, minutes, peak, severity, cause, decision FROM excursions"
NOTED = ("Cold store A", 34, 12.9, "critical")


async def too_warm(life: Life, sensors: str, **more: Any) -> tuple[str, Any]:
    run = await life.start("excursion", sensors=sensors, **more)
    return run, await life.question(run, "duty")


@in_loop
async def test_the_cause_is_found_and_the_draft_and_the_trend_are_kept(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with machine(opcua=0) as (_, at), site.life() as life:
        run, asked = await too_warm(life, at["opcua"])
        body = asked.form["body"]
        assert "south door open 13:36 to 14:03" in body and "delivery at the south door" in body
        assert "the next room is cold" in body and "All three sources have answered" in body
        value = {**asked.form["value"], "action": "Door alarm on the south door."}
        await life.answer(asked, "approve_with_changes", "ann", value=value)
        done = await life.end(run)
    text = (site.files / done.outputs["file"]).read_text("utf-8")
    assert "Action: Door alarm on the south door." in text and "Decided by: ann" in text
    assert site.rows("excursions.db", ROWS) == [(*NOTED, "door left open", "action")]


@in_loop
async def test_sources_that_do_not_answer_are_named_and_the_run_goes_on(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with site.life() as life:
        gone = {"doors": "gone.db", "calendar": "gone.csv"}
        run, asked = await too_warm(life, GONE, **gone)
        assert "Not answered in time: doors, neighbours, calendar." in asked.form["body"]
        await life.answer(asked, "refuse", "ann", "the sensor was being calibrated")
        done = await life.end(run)
    assert "none: the sensor was being calibrated" in (site.files / done.outputs["file"]).read_text("utf-8")
    assert site.rows("excursions.db", ROWS) == [(*NOTED, "unknown", "not confirmed")]


@in_loop
async def test_a_calm_window_asks_nobody(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with site.life() as life:
        run = await life.start("excursion", window=example("cold_store_calm.csv"))
        assert (await life.end(run)).outputs["status"] == "in order"
        assert "doors" not in life.steps(run)


@in_loop
async def test_a_minor_excursion_is_only_noted(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with site.life() as life:
        run = await life.start("excursion", sensors=GONE, limit=12.2)
        assert (await life.end(run)).outputs == {"status": "minor", "file": ""}
    assert [row[3:] for row in site.rows("excursions.db", ROWS)] == [("minor", "door left open", "minor")]


@in_loop
async def test_silence_goes_on_to_the_phone_list_and_the_product_stays_blocked(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with site.life() as life:
        run, _ = await too_warm(life, GONE)
    site.ahead = 901
    async with site.life() as life:
        assert (await life.escalated(run)).startswith("phone list")
    site.ahead += 3601
    async with site.life() as life:
        done = await life.end(run)
    assert done.outputs["status"] == "nobody answered"
    text = (site.files / done.outputs["file"]).read_text("utf-8")
    assert "nobody, no answer in time" in text and "blocked until released" in text


@in_loop
async def test_the_wait_survives_the_death_of_the_engine(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with site.life():
        pass  # the data file is there
    command = [sys.executable, "-m", "engine.cli", "engine", "--data-dir", str(tmp_path)]
    engine = await asyncio.to_thread(subprocess.Popen, command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with open_store(tmp_path / DATA_FILE, role="client") as store:
            inputs = {**inputs_beside("excursion"), "sensors": GONE}
            digest = store.library.put(template("excursion"))
            number = store.requests.insert("run", {"workflow": digest, "inputs": inputs}, "ann", at=site.clock())
            while (reply := store.requests.outcome(number)) is None:
                await asyncio.sleep(0.05)
            run = reply.result["run"]
            while not [one for one in store.journal.events(run) if one.kind == "QuestionAsked"]:
                await asyncio.sleep(0.05)
    finally:
        engine.kill()
        await asyncio.to_thread(engine.wait)
    async with site.life() as life:
        await life.answer(await life.question(run, "duty"), "approve")
        assert (await life.end(run)).outputs["status"] == "action"
    assert site.rows("excursions.db", ROWS) == [(*NOTED, "door left open", "action")]
