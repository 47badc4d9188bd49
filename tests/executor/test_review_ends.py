"""Look-ups that go wrong, and what is set going while the engine closes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from engine_kit import Life, Place, gate, in_loop, until, workflow

from engine.tools.tool import Found
from engine.workflow.model import Node


async def raises(args: Any, env: Any) -> Any:
    raise RuntimeError("A fault of the tool.")


async def finds_what_cannot_be_kept(args: Any, env: Any) -> Any:
    return Found({"score": float("nan")})


@pytest.mark.logs("look-up raised")
@pytest.mark.parametrize("look_up", [raises, finds_what_cannot_be_kept])
@in_loop
async def test_a_run_cancelled_after_a_crash_ends_in_doubt_when_its_effect_cannot_be_looked_up(
    place: Place, look_up: Any
) -> None:
    place.world.hold("a")
    async with place.life() as life:
        run = await life.start(workflow(place.write("a", "checkable")))
        await until(lambda: "a" in place.world.entered)
        await life.crash()
    place.world.lookup = look_up  # type: ignore[method-assign]
    place.request("cancel", {"run": run})
    async with place.life() as life:
        state = await life.end(run)
    assert state.status == "cancelled"
    assert [doubt.node for doubt in state.in_doubt] == ["a"]


async def _child_that_ends_only_at_the_stop(place: Place, life: Life, after: Node) -> str:
    """A parent whose child waits for the effect of a lost race, which ends while the engine closes."""
    release = place.world.hold("slow")
    race = Node(key="m", type="merge", params={"policy": "first"})
    edges = ["g.approved -> m.input", "slow.output -> m.input"]
    child = workflow(gate("g"), place.write("slow", "checkable"), race, edges=edges, name="child")
    calls = Node(key="c", type="subworkflow", params={"workflow": "child"})
    run = await life.start(workflow(calls, after, edges=[f"c.output -> {after.key}.input"]), child)
    await until(lambda: "slow" in place.world.entered)
    inner = next(name for name in life.executor.runs if name != run)
    await life.answer(await life.question(inner), "approve")
    await life.event(inner, "StepCancelled")

    async def when_it_closes() -> None:
        await until(lambda: life.executor.stopping)
        release.set()

    closing = asyncio.ensure_future(when_it_closes())
    await life.close()
    await closing
    return run


@pytest.mark.parametrize("pure", [False, True])
@in_loop
async def test_a_step_that_becomes_ready_while_the_engine_closes_starts_in_the_next_and_counts_no_crash(
    place: Place, pure: bool
) -> None:
    async def passes(ctx: Any, params: Any, inputs: Any) -> Any:
        return 1

    async with place.life() as life:
        run = await _child_that_ends_only_at_the_stop(place, life, place.step("after", passes, pure=pure))
    assert [event.cause for event in place.events(run) if event.kind == "AttemptInterrupted"] == ["shutdown"]
    async with place.life() as life:
        assert (await life.end(run)).status == "completed"
