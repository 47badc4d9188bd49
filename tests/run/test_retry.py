"""Attempts, effects, doubts and interruptions (SEMANTICS §2)."""

from __future__ import annotations

from typing import Any

import pytest
from planner_kit import Drive, order

from engine.run import stimuli
from engine.run.record import Effect
from engine.run.retry import after, delay, redo_point
from engine.workflow.model import Backoff

TWICE = {"max_attempts": 2, "backoff": {"first_s": 10, "jitter": 0}, "on_error": "continue", "value": "spare"}


def one(**policy: Any) -> Drive:
    return Drive(order({"a": ("task", {}, {**TWICE, **policy}), "z": "task"}, "a.output -> z.input"))


def test_attempts_are_counted_in_all_and_wait_between() -> None:
    d = one(max_attempts=3)
    assert d.bad("a", "timeout") == ["bad a, again"]
    assert d.wait(9) == [] and d.wait(1) == ["start a #2"]
    assert d.bad("a", "timeout") == ["bad a, again"]
    assert d.wait(19) == [] and d.wait(1) == ["start a #3"], "the wait doubles"
    assert d.bad("a", "timeout") == ["bad a", "failed a: timeout, continue", "start z"]


@pytest.mark.parametrize(
    ("cls", "more", "policy", "again"),
    [
        ("connection", {}, {}, True),
        ("schema", {}, {}, True),
        ("invalid", {}, {}, False),
        ("invalid", {}, {"retry_on": ["invalid"]}, True),
        ("timeout", {}, {"retry_on": ["invalid"]}, False),
        ("timeout", {"retryable": False}, {}, False),
        ("timeout", {}, {"retry_on": []}, False),
    ],
)
def test_only_classes_that_are_worth_it_are_tried_again(
    cls: str, more: Any, policy: dict[str, Any], again: bool
) -> None:
    assert one(**policy).bad("a", cls, **more)[0] == ("bad a, again" if again else "bad a")


def test_the_other_side_may_ask_for_a_longer_wait() -> None:
    d = one()
    d.bad("a", "rate_limit", retry_after_s=120.0)
    assert d.state.next_due() == d.now + 120


def test_the_wait_grows_to_its_maximum_and_its_jitter_is_no_chance() -> None:
    backoff = Backoff(first_s=1, factor=2, max_s=5, jitter=0)
    assert [delay(backoff, tries, "r", "n", (), tries) for tries in (1, 2, 3, 4, 900)] == [1, 2, 4, 5, 5]
    shaken = Backoff(first_s=10, factor=1, jitter=0.5)
    waits = [delay(shaken, 1, "r", "n", (), attempt) for attempt in range(50)]
    assert waits == [delay(shaken, 1, "r", "n", (), attempt) for attempt in range(50)]
    assert 5 <= min(waits) < 7 and 13 < max(waits) <= 15


@pytest.mark.parametrize(
    ("key", "start", "is_after"),
    [
        ("3", "2", True),
        ("2", "2", True),
        ("1", "2", False),
        ("10", "9", True),
        ("3.1.2", "3.1.1", True),
        ("3.1.1", "3.1.2", False),
        ("3.2.1", "3.1.1", False),
        ("3.1.1", "3", True),
        ("4", "3.1.2", True),
        ("3", "3.1.1", False),
        ("2.9.9", "3", False),
        ("3.q", "3", True),
        ("3.q", "2", True),
        ("3.q", "4", False),
    ],
)
def test_later_things_of_the_same_branch_are_redone_and_siblings_are_not(key: str, start: str, is_after: bool) -> None:
    assert after(key, start) is is_after


def effects(**given: str) -> dict[str, Effect]:
    """`e2="at_most_once ok"` as an effect under key "2"."""
    made = {}
    for name, text in given.items():
        cls, status, *lost = text.split()
        effect = made[name[1:].replace("_", ".")] = Effect(cls, "tool", "f", 1)
        effect.status, effect.may_have_happened = status, bool(lost)
    return made


@pytest.mark.parametrize(
    ("records", "blamed", "legal"),
    [
        ({}, None, True),
        ({"e1": "pure ok"}, None, False),
        ({"e1": "pure ok", "e2": "pure failed"}, "2", True),
        ({"e1": "pure ok", "e2": "pure ok"}, "1", True),
        ({"e1": "at_most_once ok", "e2": "pure ok"}, "2", True),
        ({"e1": "pure ok", "e2": "at_most_once ok"}, "1", False),
        ({"e1": "pure ok", "e2": "idempotent started"}, "1", False),
        ({"e1": "pure ok", "e2": "at_most_once doubt"}, "1", False),
        ({"e1": "pure ok", "e2": "checkable again"}, "1", False),
        ({"e1": "pure ok", "e2": "idempotent failed"}, "1", True),
        ({"e1": "pure ok", "e2": "idempotent failed lost"}, "1", False),
        ({"e2": "idempotent failed lost"}, "2", True),
        ({"e2": "checkable failed lost"}, "2", True),
        ({"e2": "at_most_once failed"}, "2", True),
        ({"e2": "at_most_once failed lost"}, "2", False),
        ({"e2": "idempotent ok"}, "2", False),
        ({"e1_1_1": "pure failed", "e1_2_1": "at_most_once ok"}, "1.1.1", True),
        ({"e1_1_1": "pure failed", "e1_2_1": "at_most_once ok"}, "1", False),
    ],
)
def test_a_retry_never_goes_back_behind_a_write_that_may_have_happened(
    records: dict[str, str], blamed: str | None, legal: bool
) -> None:
    assert redo_point(effects(**records), blamed) == (blamed, legal)


def test_code_that_was_cut_off_from_outside_goes_on_from_its_records() -> None:
    assert redo_point(effects(e1="at_most_once ok"), None, cut_off=True) == (None, True)
    d = one()
    d.effect("a", "1")
    assert d.bad("a", "timeout") == ["bad a, again"]
    assert d.state.steps["a", ()].effects["1"].status == "ok"


def test_code_that_fails_on_its_records_is_not_tried_again() -> None:
    d = one()
    d.effect("a", "1", effect="pure")
    assert d.bad("a", "schema") == ["bad a", "failed a: schema, continue", "start z"]


def test_what_the_code_blames_is_redone_and_what_came_before_is_kept() -> None:
    d = one()
    d.effect("a", "1", effect="pure")
    d.effect("a", "2", effect="pure")
    assert d.bad("a", "schema", redo_from="2") == ["bad a, again"]
    assert {key: effect.status for key, effect in d.state.steps["a", ()].effects.items()} == {"1": "ok", "2": "old"}


@pytest.mark.parametrize(("end", "gen", "kept"), [("failed", 2, False), ("lost", 1, True)])
def test_a_write_that_may_have_happened_stays_so_under_its_key(end: str, gen: int, kept: bool) -> None:
    d = one(max_attempts=5)
    d.effect("a", "1", end, "idempotent")
    d.bad("a", "connection", "1")
    d.wait(10)
    d.effect("a", "1", "failed", "idempotent", gen)
    assert d.state.steps["a", ()].effects["1"].may_have_happened is kept


def test_a_question_is_asked_once_though_the_step_is_tried_again() -> None:
    form = {"options": [{"name": "yes"}]}
    d = one()
    d.do(lambda turn: turn.ask("a", (), key="1.1.1", type="agent", form=form))
    d.effect("a", "1.2.1", "failed", "pure")
    assert d.bad("a", "connection", "1.2.1") == ["bad a, again"]
    assert d.answer("a", "yes") == ["answered a: yes", "settled a: yes"], "answered while the step waits for its retry"
    d.wait(10)
    assert "1.1.1" in d.state.steps["a", ()].questions


def test_a_question_behind_what_is_redone_is_taken_back() -> None:
    d = one()
    d.effect("a", "1", effect="pure")
    d.do(lambda turn: turn.ask("a", (), key="2", type="agent", form={"options": [{"name": "yes"}]}))
    assert d.bad("a", "schema", redo_from="1") == ["settled a: withdrawn", "bad a, again"]


def test_a_step_that_ends_takes_its_open_questions_back() -> None:
    d = one(max_attempts=1)
    d.do(lambda turn: turn.ask("a", (), key="1.1.1", type="agent", form={"options": [{"name": "yes"}]}, due=d.now + 99))
    assert d.bad("a", "connection", "1.2.1") == [
        "bad a",
        "settled a: withdrawn",
        "failed a: connection, continue",
        "start z",
    ]
    assert d.state.next_due() is None


# ---- waiting
def test_a_suspended_step_goes_on_in_the_same_attempt_when_what_it_waits_for_is_there() -> None:
    d = one()
    d.do(lambda turn: turn.ask("a", (), key="1", type="agent", form={"options": [{"name": "yes"}]}))
    assert d.do(lambda turn: stimuli.suspended(turn, "a", (), 1, ("1",))) == ["suspend a"]
    assert d.statuses()["a"] == "waiting"
    d.answer("a", "yes")
    assert (d.statuses()["a"], d.state.steps["a", ()].attempt) == ("running", 1)


def test_a_step_does_not_suspend_on_what_is_there_already() -> None:
    d = one()
    d.do(lambda turn: turn.ask("a", (), key="1", type="agent", form={"options": [{"name": "yes"}]}))
    d.answer("a", "yes")
    assert d.do(lambda turn: stimuli.suspended(turn, "a", (), 1, ("1",))) == [] and d.told is False


def test_a_sleep_survives_and_wakes_the_step() -> None:
    from engine.run import events as ev

    d = one()
    due = d.now + 61
    d.do(
        lambda turn: turn.do(ev.EffectStarted, node="a", key="1", effect="pure", tool="sleep", fingerprint="s", due=due)
    )
    d.do(lambda turn: stimuli.suspended(turn, "a", (), 1, ("1",)))
    assert d.refold().next_due() == due
    assert d.wait(59) == ["effect ok a"]
    assert d.statuses()["a"] == "running"


# ---- in doubt
def in_doubt() -> Drive:
    d = one()
    d.effect("a", "1", "started")
    assert d.do(lambda turn: stimuli.in_doubt(turn, "a", (), "1", {"why": "crash"})) == ["doubt a", "ask a: doubt"]
    d.do(lambda turn: stimuli.suspended(turn, "a", (), 1, ("1",)))
    return d


@pytest.mark.parametrize(("option", "status"), [("happened", "ok"), ("do_it", "again"), ("stop", "failed")])
def test_a_person_decides_what_became_of_a_write_in_doubt(option: str, status: str) -> None:
    d = in_doubt()
    said = d.answer("a", option, values={"value": {"id": 7}} if option == "happened" else None)
    assert said == [f"answered a: {option}", f"settled a: {option}", "resolved a"]
    effect = d.state.steps["a", ()].effects["1"]
    assert (effect.status, d.statuses()["a"]) == (status, "running")
    assert effect.result == ({"id": 7} if option == "happened" else None)


def test_a_write_that_a_person_wants_done_is_in_flight_again() -> None:
    d = in_doubt()
    d.answer("a", "do_it")
    assert not d.state.open_world
    d.effect("a", "1", "started")
    assert d.state.open_world == {("a", (), "1")}


def test_a_write_that_was_stopped_in_doubt_is_never_redone() -> None:
    d = in_doubt()
    d.answer("a", "stop")
    assert d.bad("a", "stopped", "1") == ["bad a", "failed a: stopped, continue", "start z"]
    assert d.state.steps["a", ()].effects["1"].status == "failed"


# ---- interruptions
def test_a_crash_starts_the_next_attempt_and_costs_none() -> None:
    d = one(max_attempts=1)
    for attempt in (2, 3):
        assert d.do(lambda turn: stimuli.interrupted(turn, "crash")) == ["interrupt a"]
        assert d.do(stimuli.resume) == [f"start a #{attempt}"]
    d.effect("a", "1", effect="pure")
    assert d.ok("a") == ["ok a", "start z"]


def test_a_step_that_keeps_killing_the_engine_fails() -> None:
    d = one(max_interruptions=1)
    d.do(lambda turn: stimuli.interrupted(turn, "crash"))
    d.do(stimuli.resume)
    d.do(lambda turn: stimuli.interrupted(turn, "crash"))
    assert d.do(stimuli.resume) == ["failed a: interrupted, continue", "start z"]


def test_a_clean_stop_counts_as_nothing() -> None:
    d = one(max_interruptions=0, max_attempts=1)
    for _ in range(5):
        d.do(lambda turn: stimuli.interrupted(turn, "shutdown"))
        assert d.do(stimuli.resume)[0].startswith("start a")
    assert d.ok("a")[0] == "ok a"


def test_a_step_that_waits_is_not_interrupted() -> None:
    d = in_doubt()
    assert d.do(lambda turn: stimuli.interrupted(turn, "crash")) == []


def test_an_upgrade_may_be_answered_with_starting_over() -> None:
    d = one()
    d.effect("a", "1", effect="pure")
    options = {"options": [{"name": "start_over"}, {"name": "fail"}]}
    d.do(lambda turn: turn.ask("a", (), key="upgrade", type="upgrade", form=options))
    assert d.answer("a", "start_over") == ["answered a: start_over", "settled a: start_over", "bad a", "start a #2"]
    assert d.state.steps["a", ()].effects["1"].status == "old"
