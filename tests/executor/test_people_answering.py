"""Answers: stored or refused with the reason, whenever and by whomever they come; never lost."""

from __future__ import annotations

import math
from typing import Any

import pytest
from engine_kit import Place, gate, in_loop, until, values, workflow

from engine.run.questions import shown_hash


def of(place: Place, run: str, kind: str) -> list[Any]:
    return [event for event in place.events(run) if event.kind == kind]


def two_gates(place: Place) -> Any:
    """Two gates in parallel branches, and a third branch with work of its own."""
    nodes = [values("start", x=1), gate("left"), gate("right"), place.write("third"), place.write("after_left"),
             place.write("after_right")]  # fmt: skip
    edges = [f"start.output -> {name}.input" for name in ("left", "right", "third")]
    edges += ["left.approved -> after_left.input", "right.approved -> after_right.input"]
    return workflow(*nodes, edges=edges)


@pytest.mark.parametrize("order", [("left", "right"), ("right", "left")])
@in_loop
async def test_two_gates_are_answered_in_either_order_while_a_third_branch_goes_on(
    place: Place, order: tuple[str, str]
) -> None:
    third = place.world.hold("third")
    async with place.life() as life:
        run = await life.start(two_gates(place))
        first, second = [await life.question(run, node=name) for name in order]
        await until(lambda: "third" in place.world.entered)
        assert (await life.answer(first, "approve")).accepted
        await life.event(run, "StepSucceeded", node=f"after_{order[0]}")
        assert not any(event.node == order[1] for event in of(place, run, "StepSucceeded"))
        third.set()
        await life.event(run, "StepSucceeded", node="third")
        assert (await life.answer(second, "approve")).accepted
        assert (await life.end(run)).status == "completed"
    assert sorted(place.world.names()) == ["after_left", "after_right", "third"]


@in_loop
async def test_an_answer_given_while_the_engine_is_down_is_taken_when_it_is_back(place: Place) -> None:
    async with place.life() as life:
        run = await life.start(two_gates(place))
        questions = [await life.question(run, node=name) for name in ("left", "right")]
    requests = [place.request("answer", {"question": question, "option": "approve"}) for question in questions]
    assert [place.reply(request) for request in requests] == [None, None]
    async with place.life() as life:
        assert (await life.end(run)).status == "completed"
    assert all(place.reply(request).accepted for request in requests)  # type: ignore[union-attr]


@pytest.mark.parametrize(("late_s", "accepted", "port"), [(-1, True, "approved"), (1, False, "expired")])
@in_loop
async def test_an_answer_counts_by_when_it_was_given_not_by_when_it_was_read(
    place: Place, late_s: float, accepted: bool, port: str
) -> None:
    async with place.life() as life:
        run = await life.start(workflow(gate("ask", deadline_s=900)))
        asked = await life.event(run, "QuestionAsked")
    place.clock.ahead = 5000
    payload = {"question": asked.question, "option": "approve"}
    request = place.request("answer", payload, at=asked.due + late_s)
    async with place.life() as life:
        state = await life.end(run)
    reply = place.reply(request)
    assert reply is not None and reply.accepted is accepted
    assert accepted or "deadline" in reply.reason
    assert list(state.steps["ask", ()].outputs) == [port]


@in_loop
async def test_a_deadline_that_passes_while_the_engine_is_off_is_kept_at_its_return(place: Place) -> None:
    async with place.life() as life:
        flow = workflow(gate("ask", deadline_s=900), place.write("late"), edges=["ask.expired -> late.input"])
        run = await life.start(flow)
        await life.question(run)
    place.clock.ahead = 901
    async with place.life() as life:
        state = await life.end(run)
    assert place.world.names() == ["late"]
    assert state.steps["ask", ()].by == "deadline"


@in_loop
async def test_of_two_answers_by_one_person_the_first_counts(place: Place) -> None:
    async with place.life() as life:
        run = await life.start(workflow(gate("ask", required=2)))
        question = await life.question(run)
        assert (await life.answer(question, "approve", "ann")).accepted
        again = await life.answer(question, "refuse", "ann")
        assert not again.accepted and again.reason == f"ann has already answered the question {question}: approve."
        assert (await life.answer(question, "approve", "bob")).accepted
        state = await life.end(run)
    assert list(state.steps["ask", ()].outputs) == ["approved"]
    assert [event.actor for event in of(place, run, "QuestionAnswered")] == ["ann", "bob"]


@in_loop
async def test_answers_of_two_people_in_two_lives_of_the_engine_add_up(place: Place) -> None:
    async with place.life() as life:
        run = await life.start(workflow(gate("ask", required=2)))
        question = await life.question(run)
        await life.answer(question, "approve", "ann")
    second = place.request("answer", {"question": question, "option": "approve"}, "bob")
    third = place.request("answer", {"question": question, "option": "refuse", "run": run}, "cat")
    async with place.life() as life:
        assert (await life.end(run)).status == "completed"
    assert place.reply(second).accepted  # type: ignore[union-attr]
    late = place.reply(third)
    assert late is not None and not late.accepted and "has completed" in late.reason


@in_loop
async def test_an_answer_that_cannot_count_is_refused_with_the_reason(place: Place) -> None:
    async with place.life() as life:
        run = await life.start(workflow(gate("ask")))
        question = await life.question(run)
        unknown = await life.answer("q0000", "approve")
        assert not unknown.accepted and "q0000" in unknown.reason
        option = await life.answer(question, "perhaps")
        assert not option.accepted and "approve, send_back, refuse" in option.reason
        empty = await life.request("answer", {"question": question})
        assert not empty.accepted and "malformed" in empty.reason
        assert (await life.answer(question, "approve")).accepted
        twice = await life.answer(question, "approve", "bob")
        assert not twice.accepted and question in twice.reason
        await life.end(run)
        late = await life.request("answer", {"question": question, "option": "approve", "run": run}, "cat")
        assert not late.accepted and "has completed" in late.reason


@pytest.mark.parametrize(
    "bad", [{"form": [1]}, {"form": None}, {"value": math.nan}, {"value": "\0"}, "text", {"other": 1}]
)
@in_loop
async def test_values_that_no_journal_can_hold_are_refused_and_stop_nothing(place: Place, bad: Any) -> None:
    async with place.life() as life:
        run = await life.start(workflow(gate("ask", editable=True)))
        question = await life.question(run)
        refused = await life.answer(question, "approve_with_changes", values=bad)
        assert not refused.accepted and refused.reason
        assert (await life.answer(question, "approve")).accepted
        assert (await life.end(run)).status == "completed"


@in_loop
async def test_a_request_of_a_kind_that_is_not_known_is_refused(place: Place) -> None:
    async with place.life() as life:
        reply = await life.request("dance", {})
        assert not reply.accepted and "'dance'" in reply.reason


@in_loop
async def test_two_requests_for_the_same_run_start_it_once(place: Place) -> None:
    async with place.life() as life:
        life.store.library.put(flow := workflow(place.write("a")))
    payload = {"workflow": None, "run": "run0"}
    with place.client() as store:
        payload["workflow"] = store.library.latest(flow.name)
    requests = [place.request("run", payload) for _ in range(2)]
    async with place.life() as life:
        await life.end("run0")
        await life.fact(lambda: place.reply(requests[1]))
    first, second = (place.reply(request) for request in requests)
    assert first is not None and first.accepted
    assert second is not None and not second.accepted and "run0 already" in second.reason
    assert place.world.names() == ["a"]


@in_loop
async def test_every_request_of_a_crowd_gets_a_reply_though_the_engine_dies_among_them(place: Place) -> None:
    async with place.life() as life:
        run = await life.start(workflow(gate("ask", required=20)))
        question = await life.question(run)
    requests = [
        place.request("answer", {"question": question, "option": "approve"}, f"person {number}") for number in range(30)
    ]
    async with place.life() as life:
        await life.fact(lambda: place.reply(requests[0]))
        await life.crash()
    async with place.life() as life:
        assert (await life.end(run)).status == "completed"
        await life.fact(lambda: place.reply(requests[-1]))
    replies = [place.reply(request) for request in requests]
    assert sum(reply is not None and reply.accepted for reply in replies) == 20
    assert all(reply is not None and (reply.accepted or reply.reason) for reply in replies)
    assert len(of(place, run, "QuestionAnswered")) == 20


ODD: list[Any] = [[], [1], "text", 7, None, {}, {"run": []}, {"run": "r", "set": [1]}, {"workflow": {}, "inputs": 1},
                  {"question": {}, "option": []}, {"run": {"a": 1}, "workflow": ["x"]}]  # fmt: skip


@pytest.mark.parametrize("kind", ["run", "answer", "cancel", "continue"])
@in_loop
async def test_a_request_of_any_shape_is_refused_and_stops_nothing(place: Place, kind: str) -> None:
    async with place.life() as life:
        done = await life.start(workflow(values("a", x=1)))
        await life.end(done)
        insert = life.store.requests.insert
        numbers = [insert(kind, payload, "ann", run, at=place.clock()) for payload in ODD for run in (None, done)]
        await life.fact(lambda: life.store.requests.outcome(numbers[-1]))
        replies = [life.store.requests.outcome(number) for number in numbers]
        assert not life.serving.done()
    for reply in replies:  # what is missing in a payload may stand beside it: then a run can be continued
        assert reply is not None and (reply.reason or (kind == "continue" and reply.accepted))


@in_loop
async def test_an_answer_is_bound_to_the_question_as_a_reader_of_the_journal_saw_it(place: Place) -> None:
    big = {"text": "ä" * 100_000, "numbers": [1.5, 2, -0.0]}
    async with place.life() as life:
        run = await life.start(workflow(values("start", **big), gate("ask"), edges=["start.output -> ask.input"]))
        question = await life.question(run)
        (asked,) = of(place, run, "QuestionAsked")
        other = shown_hash(question, {**asked.form, "headline": "Another?"})
        refused = await life.answer(question, "approve", shown=other)
        assert (refused.accepted, refused.reason) == (
            False,
            "The question has changed since it was shown; look at it again.",
        )
        shown = shown_hash(question, asked.form)
        assert (await life.answer(question, "approve", shown=shown)).accepted
        assert (await life.end(run)).status == "completed"
    assert [event.shown for event in of(place, run, "QuestionAnswered")] == [shown]
