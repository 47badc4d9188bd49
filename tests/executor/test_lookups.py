"""Calls of tools and programs whose engine dies before their answer: looked up, and never done twice."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp")
sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))

from engine_kit import Place, in_loop, until, workflow
from mcp_kit import Plant

from engine.workflow.model import Node, Policy

CHECKABLE: dict[str, Any] = {"effects": {"order": "checkable", "ordered": "pure"}, "lookups": {"order": "ordered"}}


@pytest.fixture
def plant(place: Place, tmp_path: Path) -> Plant:
    folder = tmp_path / "plant"
    folder.mkdir()
    place.data.mkdir(exist_ok=True)
    return Plant(folder, place.data)


async def approve(plant: Plant) -> None:
    """Approve all tools, and the look-up of one."""
    server = await plant.approve()
    plant.set(type(server).model_validate({**server.model_dump(), **CHECKABLE}))


def order(**policy: Any) -> Node:
    params = {"server": "plant", "server_tool": "order", "arguments": {"part": "bearing"}}
    return Node(key="call", type="mcp.call", params=params, policy=Policy.model_validate(policy))


def of(place: Place, run: str, kind: str) -> list[Any]:
    return [event for event in place.events(run) if event.kind == kind]


@pytest.mark.parametrize("happened", [True, False])
@in_loop
async def test_a_call_is_looked_up_after_a_crash_under_the_key_that_the_server_was_told(
    place: Place, plant: Plant, happened: bool
) -> None:
    await approve(plant)
    plant.mode("mute") if not happened else None  # the server never gets as far as its tools
    async with place.life() as life:
        run = await life.start(workflow(order()))
        await until(lambda: plant.calls if happened else of(place, run, "EffectStarted"))
        await life.crash()
    plant.mode("")
    key = of(place, run, "EffectStarted")[0].idem_key
    async with place.life() as life:
        state = await life.end(run)
    assert state.status == "completed"
    done = [f"order bearing {key}", f"ordered? bearing {key}"]
    assert plant.calls == (done if happened else done[::-1])
    assert state.steps["call", ()].outputs["output"] == {"ordered": "bearing"}
    assert of(place, run, "EffectSucceeded")[0].effect == "checkable"


@in_loop
async def test_a_call_whose_server_died_is_looked_up_before_another_attempt(place: Place, plant: Plant) -> None:
    await approve(plant)
    (plant.folder / "die").write_text("")
    async with place.life() as life:
        run = await life.start(workflow(order(max_attempts=3, backoff={"first_s": 0.0})))
        assert (await life.end(run)).status == "completed"
    assert [line.split()[0] for line in plant.calls] == ["order", "ordered?"]
    assert len(of(place, run, "AttemptFailed")) == 1


@in_loop
async def test_a_person_is_asked_when_the_server_cannot_tell(place: Place, plant: Plant) -> None:
    await approve(plant)
    (plant.folder / "die").write_text("")
    (plant.folder / "blind").write_text("")
    async with place.life() as life:
        run = await life.start(workflow(order(max_attempts=3, backoff={"first_s": 0.0})))
        asked = await life.event(run, "QuestionAsked")
        assert asked.type == "doubt" and "cannot tell" in str(of(place, run, "EffectInDoubt")[0].evidence)
        await life.answer(asked.question, "happened", values={"value": {"ordered": "seen"}})
        assert (await life.end(run)).status == "completed"
    assert [line.split()[0] for line in plant.calls].count("order") == 1


DO = "import pathlib, sys, time; open('book', 'a').write(sys.argv[1] + '\\n'); time.sleep(float(sys.argv[2]))"
ASK = (
    "import pathlib, sys; book = pathlib.Path('book'); "
    "found = book.exists() and sys.argv[1] in book.read_text(); print('in the book'); sys.exit(0 if found else 1)"
)


@pytest.mark.parametrize("happened", [True, False])
@in_loop
async def test_a_program_is_looked_up_after_a_crash(place: Place, happened: bool) -> None:
    book = place.data / "files" / "book"
    params = {"argv": [sys.executable, "-c", DO, "{key}", "60"], "lookup": [sys.executable, "-c", ASK, "{key}"]}
    async with place.life() as life:
        run = await life.start(workflow(Node(key="call", type="command.run", params=params)))
        await until(book.exists)
        await until(lambda: book.read_text().endswith("\n"))
        await life.crash()
    key = of(place, run, "EffectStarted")[0].idem_key
    assert book.read_text() == f"{key}\n"
    if not happened:
        book.unlink()
    async with place.life() as life:
        if happened:
            state = await life.end(run)
            assert state.steps["call", ()].outputs["output"] == "in the book\n"
        else:
            await until(book.exists)
            await asyncio.sleep(0)
            await life.request("cancel", {"run": run})
    assert book.read_text() == f"{key}\n", "once, under the same key"
