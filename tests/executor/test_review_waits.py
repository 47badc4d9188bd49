"""What a step waits for, and what it does not: deadlines, other people's questions, its own end."""

from __future__ import annotations

from typing import Any

import pytest
from engine_kit import Place, gate, in_loop, workflow

from engine.errors import StepError


def ask(headline: str) -> dict[str, Any]:
    return {"headline": headline, "options": [{"name": "ok"}]}


@in_loop
async def test_an_answer_given_in_time_wins_over_its_deadline_though_the_alarm_rings_before_it_is_read(
    place: Place,
) -> None:
    async with place.life() as life:
        run = await life.start(workflow(gate("ask", deadline_s=900)))
        question = await life.question(run)
        payload = {"question": question, "option": "approve"}
        number = life.store.requests.insert("answer", payload, "ann", run, at=place.clock() + 899)
        place.clock.ahead = 901
        await life.app._alarms._rang()  # in the same turn of the loop
        state = await life.end(run)
        assert set(state.steps["ask", ()].outputs or {}) == {"approved"}
        reply = await life.fact(lambda: life.store.requests.outcome(number))
        assert reply.accepted


@pytest.mark.parametrize("other", ["question", "sleep"])
@in_loop
async def test_a_step_that_asks_what_now_does_nothing_before_that_is_answered(place: Place, other: str) -> None:
    async def two(ctx: Any, params: Any, inputs: Any) -> Any:
        async def writes(branch: Any) -> Any:
            await branch.ask_person(ask("first"))
            return await branch.call_tool("test.write", {"name": "w", "effect": "idempotent"})

        async def waits(branch: Any) -> Any:
            await (branch.ask_person(ask("second")) if other == "question" else branch.sleep(900))

        return await ctx.gather(writes, waits)

    place.world.fails("w", StepError("invalid", "No."))
    async with place.life() as life:
        run = await life.start(workflow(place.step("a", two, on_error="escalate")))
        await life.event(run, "AttemptSuspended")
        asked = {e.form["headline"]: e.question for e in place.events(run) if e.kind == "QuestionAsked"}
        await life.answer(asked["first"], "ok")
        what_now = await life.question(run, type="escalation")
        if other == "question":
            await life.answer(asked["second"], "ok")
        else:
            place.clock.ahead = 901
            life.executor.tick()
        assert life.executor.idle
        assert life.executor.runs[run].steps["a", ()].status == "waiting"
        assert place.world.names() == []
        await life.answer(what_now, "retry")
        assert (await life.end(run)).status == "completed"
    assert place.world.names() == ["w"]
