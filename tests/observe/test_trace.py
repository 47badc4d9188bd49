"""The story of a run keeps what the state forgets: attempts that are over, effects that were redone, times."""

from __future__ import annotations

import pytest
from observe_kit import WORKFLOW, error, journal, story

from engine.nodes.catalog import shape_of
from engine.observe.metrics import metrics
from engine.observe.trace import state_at, trace
from engine.run import events as ev
from engine.workflow.order import compile

RETRIED = (
    (0.0, ev.AttemptStarted(node="read", attempt=1)),
    (0.5, ev.EffectFailed(node="read", key="1", tool="http.request", error=error())),
    (0.5, ev.AttemptFailed(node="read", attempt=1, error=error(), redo_from="1", retry_due=1002.5)),
    (2.5, ev.AttemptStarted(node="read", attempt=2)),
    (3.0, ev.EffectSucceeded(node="read", key="1", gen=2, tool="http.request", result={"status": 200})),
    (3.0, ev.StepSucceeded(node="read", outputs={"response": {"status": 200}})),
)


def test_every_attempt_stays_with_its_outcome_and_times() -> None:
    step = story(*RETRIED).steps["read", ()]
    assert [(one.number, one.outcome, one.ended) for one in step.attempts] == [
        (1, "failed", 1000.5), (2, "succeeded", 1003.0),
    ]  # fmt: skip
    assert step.status == "succeeded" and step.started == 1000.0 and step.ended == 1003.0


def test_a_redone_effect_stays_beside_its_new_generation() -> None:
    step = story(*RETRIED).steps["read", ()]
    assert [(one.key, one.gen, one.status) for one in step.effects] == [("1", 1, "failed"), ("1", 2, "ok")]
    assert step.effect("1") is step.effects[1]


def test_between_attempts_the_step_says_when_it_goes_on() -> None:
    step = story(*RETRIED[:3]).steps["read", ()]
    assert (step.status, step.due) == ("backoff", 1002.5)


def test_a_suspended_attempt_goes_on_when_its_answer_is_there() -> None:
    asked = ev.QuestionAsked(node="read", question="q1", key="1.q", type="approval", form={"headline": "May it?"})
    events = (
        (0.0, ev.AttemptStarted(node="read", attempt=1)),
        (0.1, asked),
        (0.1, ev.AttemptSuspended(node="read", attempt=1, on=("1.q",))),
        (9.0, ev.QuestionAnswered(node="read", question="q1", option="approve")),
        (9.0, ev.QuestionSettled(node="read", question="q1", outcome="approve")),
    )
    waiting = story(*events[:3])
    assert waiting.steps["read", ()].status == "waiting"
    assert [question.id for question in waiting.open_questions] == ["q1"]
    answered = story(*events)
    assert answered.steps["read", ()].status == "running"
    assert answered.open_questions == []
    assert metrics(answered)["waited_s"] == pytest.approx(8.9)


def test_an_interruption_is_told_once_for_all_steps_that_it_hit() -> None:
    run = story(
        (0.0, ev.AttemptStarted(node="read", attempt=1)),
        (0.0, ev.AttemptStarted(node="after", attempt=1)),
        (5.0, ev.AttemptInterrupted(node="read", attempt=1, cause="crash")),
        (5.0, ev.AttemptInterrupted(node="after", attempt=1, cause="crash")),
    )
    assert run.interruptions == [(1005.0, "crash")]
    assert metrics(run)["interruptions"] == 2


def test_every_kind_of_event_can_follow_in_a_story() -> None:
    """A kind that the trace does not know would hide what happened; those it passes over are named here."""
    from typing import get_args

    from engine.observe.trace import _TELL

    kinds = {kind.model_fields["kind"].default for kind in get_args(ev.Event)}
    assert kinds - set(_TELL) == {"OwnerChanged"}


def test_state_at_is_the_fold_up_to_that_event() -> None:
    order = compile(WORKFLOW, shape_of)
    events = journal(*RETRIED)
    assert state_at(order, events, 0).status == "new"
    assert state_at(order, events, 4).steps["read", ()].status == "backoff"
    assert state_at(order, events, 99).steps["read", ()].status == "succeeded"
    assert state_at(order, events, 4).seq == 4 == trace(events[:4]).seq
