"""Idempotency keys of runs that continue one another: a tool must take no new write for one that it has seen."""

from __future__ import annotations

from typing import Any

from engine_kit import Life, Place, in_loop, workflow

from engine.errors import StepError
from engine.workflow.model import Workflow


async def _continued(life: Life, run: str, **more: Any) -> str:
    reply = await life.request("continue", {"run": run, **more})
    assert reply.accepted, reply.reason
    await life.end(reply.result["run"])
    return str(reply.result["run"])


def _write_between_two_that_fail(place: Place) -> Workflow:
    async def first(ctx: Any, params: Any, inputs: Any) -> Any:
        if inputs.get("fails"):
            raise StepError("invalid", "No.")
        return 1

    async def last(ctx: Any, params: Any, inputs: Any) -> Any:
        raise StepError("invalid", "No.")

    nodes = (place.step("first", first), place.write("a", "idempotent"), place.step("last", last))
    return workflow(*nodes, edges=["first.output -> a.input", "a.output -> last.input"])


@in_loop
async def test_a_run_continued_twice_from_a_step_writes_under_a_key_of_its_own_each_time(place: Place) -> None:
    async with place.life() as life:
        run = await life.start(_write_between_two_that_fail(place))
        await life.end(run)
        await _continued(life, run, start="a")
        await _continued(life, run, start="a")
    assert len(set(place.world.keys("a"))) == 3


@in_loop
async def test_a_write_that_the_run_before_never_came_to_is_not_taken_for_that_of_an_earlier_one(place: Place) -> None:
    async with place.life() as life:
        run = await life.start(_write_between_two_that_fail(place))
        await life.end(run)
        second = await _continued(life, run, start="first", set={"first.fails": True})
        assert place.world.names() == ["a"]
        await _continued(life, second, start="first")
    assert len(set(place.world.keys("a"))) == 2
