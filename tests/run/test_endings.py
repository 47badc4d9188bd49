"""How runs end: completed, failed, stopped, cancelled; what is in flight is drained first (SEMANTICS T16)."""

from __future__ import annotations

from typing import Any

import pytest
from planner_kit import Drive, order

from engine.errors import Bug
from engine.run import events as ev
from engine.run import stimuli

SAME = {"node": "a", "key": "1", "gen": 1, "effect": "at_most_once", "tool": "mail.send", "fingerprint": "f"}


def test_a_handled_failure_is_a_completion() -> None:
    d = Drive(order({"a": ("task", {}, {"on_error": "continue"})}))
    assert d.bad("a")[-1] == "completed"


def test_outputs_are_worked_out_at_the_end_and_skipped_steps_are_null() -> None:
    nodes: dict[str, Any] = {"a": ("task", {}, {"on_error": "route"}), "b": "task"}
    d = Drive(
        order(nodes, "a.error -> b.input", outputs={"a": "{{ steps.a.output }}", "b": "{{ steps.b.output }}", "n": 1})
    )
    d.ok("a", 5)
    assert d.state.outputs == {"a": 5, "b": None, "n": 1}


def test_outputs_that_cannot_be_worked_out_fail_the_run() -> None:
    d = Drive(order({"a": "task"}, outputs={"x": "{{ steps.a.output.missing }}"}))
    assert d.ok("a", {}) == ["ok a", "failed"]
    assert d.state.error is not None and d.state.error.message.startswith("The run's outputs cannot be worked out")


@pytest.mark.parametrize(("outcome", "end"), [("completed", "completed"), ("failed", "failed")])
def test_a_stop_node_ends_everything_at_once(outcome: str, end: str) -> None:
    nodes: dict[str, Any] = {"a": "task", "s": ("stop", {"outcome": outcome, "message": "enough"}), "b": "task"}
    d = Drive(order(nodes, "a.output -> s.input"))
    assert d.ok("a") == ["ok a", "ok s", "cancel b: stopped", end]
    if outcome == "failed":
        last = d.events[-1]
        assert isinstance(last, ev.RunFailed) and (last.error.cls, last.error.message, last.node) == (
            "stopped",
            "enough",
            "s",
        )


def test_cancelling_withdraws_questions_and_cancels_every_unsettled_step() -> None:
    nodes: dict[str, Any] = {
        "a": "task",
        "g": ("gate", {"headline": "?"}),
        "l": ("loop", {"limit": 2, "until": "true"}),
        "w": "task",
        "z": "task",
    }
    d = Drive(order(nodes, "l.body -> w.input", "w.output -> l.again", "a.output -> z.input"))
    assert d.do(lambda turn: stimuli.cancel(turn, 7, "wrong file"), "anna") == [
        "cancelrequested",
        "cancel a: run_cancelled",
        "settled g: withdrawn",
        "cancel g: run_cancelled",
        "cancel w[1]: run_cancelled",
        "cancel l: run_cancelled",
        "cancel z: run_cancelled",
        "cancelled",
    ]
    assert d.told == ""


def test_a_run_is_cancelled_once() -> None:
    d = Drive(order({"a": "task"}))
    d.effect("a", "1", "started")
    d.do(stimuli.cancel)
    assert d.do(stimuli.cancel) == [] and d.told == "The run is already ending."
    d.do(lambda turn: turn.do(ev.EffectSucceeded, **SAME))
    assert d.do(stimuli.cancel) == [] and d.told == "The run has already cancelled."


@pytest.mark.parametrize(
    ("end", "in_doubt"),
    [
        (lambda turn: turn.do(ev.EffectSucceeded, **SAME, result=1), ()),
        (lambda turn: turn.do(ev.EffectFailed, **SAME, error=ev.Error(cls="server", message="no")), ()),
        (lambda turn: stimuli.in_doubt(turn, "a", (), "1", {}), (ev.EffectRef(node="a", key="1"),)),
    ],
)
@pytest.mark.parametrize("how", ["cancel", "fail", "stop"])
def test_a_write_in_flight_is_drained_before_the_last_event_which_names_what_is_in_doubt(
    how: str, end: Any, in_doubt: Any
) -> None:
    d = Drive(order({"a": "task", "b": "task", "c": "task", "s": "stop"}, "c.output -> s.input"))
    d.effect("a", "1", "started")
    said = d.do(stimuli.cancel) if how == "cancel" else d.bad("b") if how == "fail" else d.ok("c")
    assert not d.state.ended and d.statuses()["a"] == "cancelled", said
    assert d.do(end)[-1] == {"cancel": "cancelled", "fail": "failed", "stop": "completed"}[how]
    last = d.events[-1]
    assert isinstance(last, ev.RunCancelled | ev.RunFailed | ev.RunCompleted) and last.in_doubt == in_doubt


def test_a_loser_whose_write_is_in_doubt_is_named_when_the_run_completes() -> None:
    nodes: dict[str, Any] = {"a": "task", "b": "task", "m": ("merge", {"policy": "first"})}
    d = Drive(order(nodes, "a.output -> m.input", "b.output -> m.input"))
    d.effect("a", "1", "started")
    assert d.ok("b") == ["ok b", "ok m", "cancel a: lost_race"], "the run waits for the write"
    assert d.do(lambda turn: stimuli.in_doubt(turn, "a", (), "1", {})) == ["doubt a", "completed"]
    assert d.state.in_doubt == (ev.EffectRef(node="a", key="1"),)


def test_a_result_and_a_cancel_at_once_the_first_one_journaled_wins() -> None:
    d = Drive(order({"a": "task"}))
    assert d.ok("a") == ["ok a", "completed"]
    assert d.do(stimuli.cancel) == [] and d.told == "The run has already completed."
    d = Drive(order({"a": "task"}))
    d.do(stimuli.cancel)
    assert d.do(lambda turn: stimuli.succeeded(turn, "a", (), 1, {"output": 1})) == []


def test_nothing_follows_an_end_event_and_no_event_is_left_out() -> None:
    d = Drive(order({"a": "task"}))
    d.ok("a")
    with pytest.raises(Bug, match="after the end"):
        d.state.apply(ev.RunCancelRequested(run="run", seq=d.state.seq + 1))
    twin = d.refold()
    with pytest.raises(Bug, match="event 9 follows"):
        twin.apply(ev.RunCancelRequested(run="run", seq=9))


def test_an_owner_hands_a_run_over_with_its_epoch() -> None:
    d = Drive(order({"a": "task"}))
    d.do(lambda turn: turn.do(ev.OwnerChanged, to_host="cloud", to_epoch=2))
    assert (d.refold().host, d.refold().epoch) == ("cloud", 2)
    assert (d.events[0].host, d.events[0].epoch) == ("pc", 1), "an event says who wrote it"


def test_an_event_of_an_unknown_kind_or_field_is_not_guessed_at() -> None:
    from pydantic import ValidationError

    for body in ('{"run":"r","seq":1,"kind":"RunPaused"}', '{"run":"r","seq":1,"kind":"RunCompleted","more":1}'):
        with pytest.raises(ValidationError):
            ev.from_json(body)
