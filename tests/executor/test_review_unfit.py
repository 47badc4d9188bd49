"""What no journal can hold fails the step that says it, and stops nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from engine_kit import Place, Work, gate, in_loop, workflow

from engine.errors import StepError

HALF = "half a character: \ud800"


async def fails_with_text(ctx: Any, params: Any, inputs: Any) -> Any:
    raise StepError("invalid", HALF)


async def fails_with_detail(ctx: Any, params: Any, inputs: Any) -> Any:
    raise StepError("invalid", "No.", detail={"said": HALF, "score": float("nan")})


async def raises(ctx: Any, params: Any, inputs: Any) -> Any:
    raise OSError(HALF)


async def asks(ctx: Any, params: Any, inputs: Any) -> Any:
    return await ctx.ask_person({"headline": HALF, "options": [{"name": "ok"}]})


async def notes(ctx: Any, params: Any, inputs: Any) -> Any:
    await ctx.refuse_call("test.write", HALF, "Say it otherwise.")


@pytest.mark.logs("step raised")
@pytest.mark.parametrize("pure", [False, True])
@pytest.mark.parametrize("work", [fails_with_text, fails_with_detail, raises])
@in_loop
async def test_an_error_that_quotes_half_a_character_fails_its_step_alone(place: Place, work: Work, pure: bool) -> None:
    async with place.life() as life:
        other = await life.start(workflow(gate("ask"), name="other"))
        run = await life.start(workflow(place.step("a", work, pure=pure)))
        state = await life.end(run)
        assert state.status == "failed" and state.error is not None
        assert "half a character: ?" in state.error.message or state.error.message == "No."
        assert other in life.executor.runs
    assert place.events(run)[-1].error == state.error


@pytest.mark.parametrize("work", [asks, notes])
@in_loop
async def test_what_cannot_be_asked_or_noted_fails_its_step(place: Place, work: Work) -> None:
    async with place.life() as life:
        state = await life.end(await life.start(workflow(place.step("a", work))))
    assert state.error is not None and state.error.cls == "schema"


@pytest.mark.parametrize("value", [[HALF], float("nan"), {"deep": [{"x": float("-inf")}]}])
@in_loop
async def test_a_write_whose_arguments_cannot_be_kept_is_not_sent(place: Place, value: Any) -> None:
    async def writes_it(ctx: Any, params: Any, inputs: Any) -> Any:
        return await ctx.call_tool("test.write", {"name": "a", "value": value})

    async with place.life() as life:
        state = await life.end(await life.start(workflow(place.step("a", writes_it))))
    assert state.error is not None and state.error.cls == "schema"
    assert place.world.names() == []


@in_loop
async def test_a_tools_error_that_cannot_be_kept_is_recorded_as_far_as_it_can(place: Place) -> None:
    place.world.fails("a", StepError("invalid", HALF, detail=object()))
    async with place.life() as life:
        run = await life.start(workflow(place.write("a")))
        await life.end(run)
    failed = next(event for event in place.events(run) if event.kind == "EffectFailed")
    assert failed.error.message == "half a character: ?" and failed.error.detail is None
