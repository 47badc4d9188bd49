"""Words, ticks, folded time, bars, what a continued run would reuse."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from designer.runs.bars import bar_of, people_of
from designer.runs.reuse_plan import reuse_plan
from designer.runs.scale import offset_text, step_for, ticks
from designer.runs.step_data import step_data
from designer.runs.steps_rows import Plan
from designer.runs.timeline_bars import Bars
from designer.runs.timeline_view import TICK_ROOM, Window, rules
from designer.runs.timemap import folded_map
from designer.runs.words import last_words, said_text, seconds_text, step_tone, value_text
from tests.designer.support.stories import T0, Story, workflow

CHAIN = workflow(
    ("first", "data.set", {"values": {"n": "{{ run.inputs.n }}"}}),
    ("second", "data.set", {"values": {"m": "{{ steps.first.output.n + 1.0 }}"}}),
    ("third", "data.set", {"values": {"k": "{{ input.input.m }}"}}),
    ("aside", "data.set", {"values": {"x": 1}}),
    edges="first.output -> second.input\nsecond.output -> third.input",
    inputs={"n": {"type": "number"}},
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 ms"), (0.0123, "12 ms"), (4.12, "4.1 s"), (184, "3 min 04 s"), (7500, "2 h 05 min"), (273_600, "3 d 4 h")],
)
def test_lengths_of_time_are_said_in_the_unit_that_fits(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


def test_values_on_one_line_name_what_is_in_them() -> None:
    assert value_text({"code": "E231", "level": 121.0}) == "code: E231, level: 121"
    assert value_text([{"a": 1}] * 2925) == "2,925 rows"
    assert value_text([{"a": 1}]) == "1 row"
    assert len(value_text("x" * 5000)) <= 160
    turn = {"text": "…", "value": {"tool": "find", "args": {"code": "E231"}}}
    assert said_text("model:small", turn) == "calls find(code: E231)"


def test_a_step_that_asks_says_the_question_and_one_that_failed_its_error() -> None:
    story = Story()
    story.started()
    story.attempt("a")
    story.step_failed("a", message="No power.")
    step = story.trace.steps["a", ()]
    assert last_words(step) == "server: No power." and step_tone(step) == "failed"
    assert last_words(step, "Stop line 4?") == "Stop line 4?"


# ---- ruler
@given(st.floats(1e-4, 1e6), st.floats(0, 1e6), st.floats(1, 1e6))
def test_labels_never_meet(per_second: float, start: float, length: float) -> None:
    step = step_for(per_second, TICK_ROOM)
    assert step * per_second >= TICK_ROOM
    shown = ticks(start, min(start + length, start + 4000 / per_second), per_second, TICK_ROOM)
    assert all((b.at - a.at) * per_second >= TICK_ROOM * 0.999 for a, b in pairwise(shown))


def test_ticks_are_as_exact_as_their_distance() -> None:
    told = {(0.25, 0.05): "0.25 s", (2.5, 0.5): "2.5 s", (90, 30): "1:30", (7200, 3600): "2:00 h"}
    assert [offset_text(*one) for one in told] == list(told.values())
    assert offset_text(90_000, 86_400) == "1 d 1 h"


# ---- folded time
def waited(hours: float) -> Bars:
    story = Story(dt=0.5)
    story.started()
    story.attempt("a")
    story.succeeded("a", output=1)
    story.asked("gate")
    story.wait(hours * 3600)
    story.answered("gate")
    story.settled("gate")
    story.succeeded("gate", by="person", approved=1)
    story.attempt("b")
    story.succeeded("b", output=2)
    story.completed()
    bars = Bars()
    bars.show(story.trace, Plan(), story.now)
    return bars


def test_hours_of_waiting_take_little_room_and_work_keeps_its_length() -> None:
    times = waited(3).times
    assert times.has_folds
    assert times.length < 10
    a = waited(3).lines[0]
    assert times.drawn(a.end or 0) - times.drawn(a.start) == pytest.approx(0.5)


def test_short_waits_are_not_folded() -> None:
    assert not waited(0.0005).times.has_folds


@given(st.floats(0, 30_000))
def test_a_moment_is_found_again_where_it_was_drawn(offset: float) -> None:
    times = waited(3).times
    at = T0 + min(offset, 10_800)
    assert times.moment(times.drawn(at)) == pytest.approx(at, abs=1e-3)


@pytest.mark.parametrize("width", [400, 640, 1366, 2500])
@pytest.mark.parametrize("hours", [0.0, 0.02, 3, 90])
def test_ruler_labels_keep_apart_also_beside_folded_time(width: int, hours: float) -> None:
    bars, window = waited(hours), Window()
    window.resize(width)
    window.fit(bars.times.length)
    xs = [x for x, _ in rules(bars, window)]
    assert all(b - a >= TICK_ROOM - 0.5 for a, b in pairwise(xs))


def test_time_moves_forward_when_nothing_was_at_work() -> None:
    times = folded_map([], T0, T0 + 100, T0 + 100)
    assert times.drawn(T0 + 50) == 50


# ---- bars
def test_a_bar_shows_failed_attempts_the_wait_between_and_people() -> None:
    story = Story()
    story.started()
    story.attempt("a")
    story.attempt_failed("a", wait_s=2)
    story.attempt("a", 2)
    story.succeeded("a", output=1)
    story.asked("gate")
    trace = story.trace
    bar, gate = bar_of(trace, trace.steps["a", ()]), bar_of(trace, trace.steps["gate", ()])
    assert bar is not None and [piece.kind for piece in bar.segments] == ["failed", "backoff", "run"]
    assert bar.segments[0].words == "The server did not answer."
    assert gate is not None and gate.end is None and [piece.kind for piece in gate.segments] == ["person"]
    assert len(people_of(trace)) == 1


def test_an_attempt_that_waits_for_a_person_is_not_at_work_meanwhile() -> None:
    story = Story()
    story.started()
    story.attempt("a")
    story.asked("a", type="agent")
    story.wait(100)
    story.answered("a")
    story.settled("a")
    story.succeeded("a", output=1)
    bar = bar_of(story.trace, story.trace.steps["a", ()])
    assert bar is not None
    assert [(piece.kind, (piece.end or 0) - piece.start) for piece in bar.segments] == [
        ("run", 1.0), ("person", 102.0), ("run", 1.0),
    ]  # fmt: skip


def test_what_was_skipped_has_no_bar() -> None:
    story = Story()
    story.started()
    story.skipped("a")
    assert bar_of(story.trace, story.trace.steps["a", ()]) is None


# ---- continuing
def test_a_plan_tells_what_is_taken_over_and_what_runs_again() -> None:
    story = Story(of=CHAIN)
    story.started(inputs={"n": 1.0})
    for node in ("first", "aside", "second"):
        story.attempt(node)
        story.succeeded(node, output={})
    story.attempt("third")
    story.step_failed("third")
    trace = story.trace
    plan = reuse_plan(CHAIN, trace, None)
    assert set(plan.reused) == {"first", "aside", "second"} and plan.goes_on == ("third",) and plan.again == ()
    plan = reuse_plan(CHAIN, trace, "second")
    assert set(plan.reused) == {"first", "aside"} and plan.again == ("second", "third")
    plan = reuse_plan(CHAIN, trace, None, ["n"])
    assert plan.again == ("first", "second", "third") and plan.reused == ("aside",)
    assert reuse_plan(CHAIN, trace, "nobody").fault


def test_the_data_of_a_step_is_what_it_was_given_with_its_params_evaluated() -> None:
    story = Story(of=CHAIN)
    story.started(inputs={"n": 1.0})
    for node, outputs in (("first", {"n": 1.0}), ("aside", {"x": 1}), ("second", {"m": 2.0})):
        story.attempt(node)
        story.succeeded(node, output=outputs)
    story.attempt("third")
    data = step_data(CHAIN, story.events, "third", ())
    assert data.inputs == {"input": {"m": 2.0}} and data.params == {"values": {"k": 2.0}} and data.outputs is None
    assert step_data(CHAIN, story.events, "second", ()).outputs == {"output": {"m": 2.0}}
    assert step_data(CHAIN, story.events, "second", (), 3).outputs is None
    assert "no node" in step_data(CHAIN, story.events, "nobody", ()).fault
