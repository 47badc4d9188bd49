"""Steps and effects that are cut off: by themselves, twice, or in the very turn in which they would go on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from engine_kit import Place, gate, in_loop, until, workflow

from engine.workflow.model import Node


@pytest.mark.parametrize("effect", ["at_most_once", "checkable"])
@in_loop
async def test_a_run_cancelled_while_an_effect_past_its_time_limit_winds_down_still_ends(
    place: Place, effect: str
) -> None:
    winding_down, go_on = asyncio.Event(), asyncio.Event()

    async def before_it_stops(args: Any, env: Any) -> Any:
        try:
            await asyncio.Event().wait()
        finally:
            winding_down.set()
            await go_on.wait()

    place.world.call = before_it_stops  # type: ignore[method-assign]
    async with place.life() as life:
        run = await life.start(workflow(place.write("a", effect, timeout_s=0.05)))
        await winding_down.wait()
        assert (await life.request("cancel", {"run": run})).accepted
        go_on.set()
        state = await life.end(run)
        assert state.status == "cancelled"
        assert [doubt.node for doubt in state.in_doubt] == (["a"] if effect == "at_most_once" else [])
        assert life.executor.in_flight == set()


@pytest.mark.parametrize("effect", ["pure", "idempotent", "checkable"])
@in_loop
async def test_a_tool_that_breaks_off_by_itself_fails_its_step(place: Place, effect: str) -> None:
    place.world.fails("a", asyncio.CancelledError())
    async with place.life() as life:
        run = await life.start(workflow(place.write("a", effect)))
        state = await life.end(run)
    assert state.status == "failed" and state.error.cls == "internal"


@in_loop
async def test_a_write_that_breaks_off_by_itself_is_in_doubt_and_waits_for_a_person(place: Place) -> None:
    place.world.fails("a", asyncio.CancelledError())
    async with place.life() as life:
        run = await life.start(workflow(place.write("a")))
        doubt = await life.question(run, type="doubt")
        await life.event(run, "AttemptSuspended")
        await life.answer(doubt, "do_it")
        assert (await life.end(run)).status == "completed"
    assert place.world.names() == ["a"]


@in_loop
async def test_a_branch_that_wakes_as_its_step_is_cancelled_asks_nobody(place: Place) -> None:
    wake = asyncio.Event()

    async def loser(ctx: Any, params: Any, inputs: Any) -> Any:
        async def asks(branch: Any) -> Any:
            await wake.wait()
            await branch.ask_person({"headline": "too late", "options": [{"name": "ok"}]})

        async def hangs(branch: Any) -> Any:
            await asyncio.Event().wait()

        return await ctx.gather(asks, hangs)

    first = Node(key="m", type="merge", params={"policy": "first"})
    edges = ["winner.approved -> m.input", "loser.output -> m.input", "m.output -> last.input"]
    async with place.life() as life:
        flow = workflow(gate("winner"), place.step("loser", loser), first, gate("last"), edges=edges)
        run = await life.start(flow)
        question = await life.question(run)
        await until(lambda: len(wake._waiters) == 1)
        payload = {"question": question, "option": "approve"}
        life.store.requests.insert("answer", payload, "ann", run, at=place.clock())
        wake.set()
        life.app._desk.serve()  # in the same turn of the loop
        await life.question(run, node="last")
        await until(lambda: life.executor.idle)
        asked = life.executor.runs[run].questions.values()
        assert [node for node, _, one in asked if one.outcome is None] == ["last"]
