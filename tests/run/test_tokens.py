"""Tokens, ports, starting, skipping and failing (SEMANTICS T1-T7, T15)."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from planner_kit import Drive, order

from engine.errors import StepError

ROUTE, CONTINUE = {"on_error": "route"}, {"on_error": "continue", "value": "spare"}


def test_a_step_starts_when_everything_before_it_is_there() -> None:
    d = Drive(order({"a": "task", "b": "task", "c": "task"}, "a.output -> b.input", "b.output -> c.input"))
    assert d.first == ["started", "start a"]
    assert d.ok("a") == ["ok a", "start b"]
    assert d.ok("b") == ["ok b", "start c"]
    assert d.ok("c") == ["ok c", "completed"]


def test_nodes_without_edges_start_with_the_run_in_file_order() -> None:
    assert Drive(order({"b": "task", "a": "task"})).first == ["started", "start b", "start a"]


def test_a_run_without_nodes_completes_at_once() -> None:
    assert Drive(order({})).first == ["started", "completed"]


@pytest.mark.parametrize("first", ["b", "c"])
def test_of_two_values_at_one_port_the_first_in_edge_order_counts_whoever_came_first(first: str) -> None:
    edges = ["a.output -> b.input", "a.output -> c.input", "c.output -> d.input", "b.output -> d.input"]
    d = Drive(order({"a": "task", "b": "task", "c": "task", "d": "task"}, *edges))
    d.ok("a")
    assert d.ok(first)[1:] == [], "a port waits for all its edges"
    assert d.ok("c" if first == "b" else "b")[1:] == ["start d"]
    assert d.inputs("d") == {"input": "c"}


def test_a_dead_optional_port_is_null() -> None:
    nodes: dict[str, Any] = {"a": "task", "b": ("task", {}, ROUTE), "c": "task"}
    d = Drive(order(nodes, "a.output -> c.input", "b.error -> c.opt"))
    d.ok("a")
    assert d.ok("b") == ["ok b", "start c"]
    assert d.inputs("c") == {"input": "a", "opt": None}


def test_a_dead_required_port_skips_the_step_and_what_follows() -> None:
    nodes: dict[str, Any] = {
        "b": ("branch", {"cases": [{"name": "yes", "when": "run.inputs.x == 1"}]}),
        "c": "task",
        "d": "task",
    }
    made = order({"a": "task", **nodes}, "a.output -> b.input", "b.yes -> c.input", "c.output -> d.input")
    d = Drive(made, inputs={"x": 2})
    assert d.ok("a") == ["ok a", "ok b", "skip c: not_taken", "skip d: not_taken", "completed"]


def test_a_step_with_nothing_live_at_any_port_is_skipped_although_none_is_required() -> None:
    nodes: dict[str, Any] = {"a": ("task", {}, ROUTE), "b": "soft", "c": "task"}
    d = Drive(order(nodes, "a.error -> b.input", "b.output -> c.input"))
    assert d.ok("a") == ["ok a", "skip b: not_taken", "skip c: not_taken", "completed"]


def test_a_failure_is_passed_on_through_nodes_whose_ports_are_all_optional() -> None:
    nodes: dict[str, Any] = {"a": ("task", {}, ROUTE), "b": "soft", "c": "task", "m": ("merge", {}, CONTINUE)}
    d = Drive(order(nodes, "a.output -> b.input", "b.output -> m.input", "c.output -> m.input"))
    d.ok("c")
    assert d.bad("a") == [
        "bad a",
        "failed a: invalid, route",
        "skip b: failed",
        "failed m: merge, continue",
        "completed",
    ]


def test_a_step_that_is_sure_to_be_skipped_still_waits_for_its_other_ports() -> None:
    """Or what follows it could start before a step that it may name in an expression has ended."""
    nodes: dict[str, Any] = {"a": ("task", {}, ROUTE), "slow": "task", "n": "pure", "z": "soft"}
    d = Drive(order(nodes, "a.error -> n.input", "slow.output -> n.more", "n.output -> z.input"))
    assert d.ok("a") == ["ok a"]
    assert d.ok("slow") == ["ok slow", "skip n: not_taken", "skip z: not_taken", "completed"]


@pytest.mark.parametrize("names", list(itertools.permutations(["a", "b", "c"])))
def test_why_a_step_is_skipped_does_not_depend_on_who_finished_first(names: tuple[str, ...]) -> None:
    nodes: dict[str, Any] = {
        "a": ("task", {}, ROUTE),
        "b": ("task", {}, ROUTE),
        "c": "task",
        "n": "soft",
        "m": ("merge", {}, CONTINUE),
    }
    edges = ["a.error -> n.one", "b.output -> n.two", "n.output -> m.input", "c.output -> m.input"]
    d = Drive(order(nodes, *edges))
    lines = [line for name in names for line in (d.bad(name) if name == "b" else d.ok(name))]
    assert "skip n: failed" in lines  # a is not taken, b has failed: failed beats not_taken
    assert lines[-1] == "completed" and d.statuses()["m"] == "failed"


def test_success_is_live_on_the_named_ports_and_dead_on_the_others() -> None:
    nodes: dict[str, Any] = {"g": ("gate", {"headline": "?"}), "y": "task", "n": "task"}
    d = Drive(order(nodes, "g.approved -> y.input", "g.refused -> n.input"))
    assert d.answer("g", "refuse") == [
        "answered g: refuse",
        "settled g: refuse",
        "ok g",
        "skip y: not_taken",
        "start n",
    ]


def test_the_first_case_that_is_true_is_taken() -> None:
    cases = [{"name": name, "when": f"input.input > {least}"} for name, least in (("huge", 9), ("big", 5), ("some", 1))]
    nodes: dict[str, Any] = {
        "a": "task",
        "b": ("branch", {"cases": cases}),
        "h": "task",
        "i": "task",
        "s": "task",
        "o": "task",
    }
    edges = [
        "a.output -> b.input",
        "b.huge -> h.input",
        "b.big -> i.input",
        "b.some -> s.input",
        "b.otherwise -> o.input",
    ]
    for value, taken in ((10, "h"), (6, "i"), (2, "s"), (0, "o")):
        d = Drive(order(nodes, *edges))
        d.ok("a", value)
        assert [name for name in "hios" if d.statuses()[name] == "running"] == [taken]


def test_planner_nodes_make_no_attempt() -> None:
    d = Drive(order({"a": "task", "m": "merge"}, "a.output -> m.input"))
    assert d.ok("a") == ["ok a", "ok m", "completed"]


@pytest.mark.parametrize("when", ["input.input.missing", "1 +", "'text'"])
def test_a_condition_that_cannot_be_evaluated_fails_the_branch_alone(when: str) -> None:
    nodes: dict[str, Any] = {
        "a": "task",
        "b": ("branch", {"cases": [{"name": "x", "when": when}]}, CONTINUE),
        "c": "task",
    }
    d = Drive(order(nodes, "a.output -> b.input", "b.x -> c.input"))
    assert d.ok("a") == ["ok a", "failed b: expression, continue", "start c"]


def test_on_error_fail_ends_the_run_and_everything_that_runs() -> None:
    d = Drive(order({"a": "task", "b": "task", "c": "task"}, "b.output -> c.input"))
    assert d.bad("a") == ["bad a", "failed a: invalid", "cancel b: run_failed", "cancel c: run_failed", "failed"]
    assert d.state.error is not None and d.state.error.cls == "invalid"


def test_a_routed_failure_takes_the_error_port_and_counts_as_handled() -> None:
    nodes: dict[str, Any] = {"a": ("task", {}, ROUTE), "b": "task", "c": "task", "m": "merge"}
    d = Drive(order(nodes, "a.error -> b.input", "a.output -> c.input", "b.output -> m.input", "c.output -> m.input"))
    assert d.bad("a") == ["bad a", "failed a: invalid, route", "start b", "skip c: not_taken"]
    assert d.inputs("b") == {"input": {"class": "invalid", "message": "boom"}}
    assert d.ok("b") == ["ok b", "ok m", "completed"]


def test_a_routed_failure_that_nobody_takes_is_a_failure_to_those_behind_it() -> None:
    nodes: dict[str, Any] = {"a": ("task", {}, ROUTE), "c": "task"}
    d = Drive(order(nodes, "a.output -> c.input"))
    assert d.bad("a") == ["bad a", "failed a: invalid, route", "skip c: failed", "completed"]


def test_on_error_continue_goes_on_with_the_given_value() -> None:
    d = Drive(order({"a": ("task", {}, CONTINUE), "b": "task"}, "a.output -> b.input"))
    assert d.bad("a") == ["bad a", "failed a: invalid, continue", "start b"]
    assert d.inputs("b") == {"input": "spare"}


def test_a_report_of_a_settled_step_or_an_older_attempt_is_dropped() -> None:
    from engine.run import stimuli

    policy = {"max_attempts": 2, "backoff": {"first_s": 1, "jitter": 0}}
    d = Drive(order({"a": ("task", {}, policy), "b": "task"}))
    d.bad("a", "timeout")
    assert d.wait(2) == ["start a #2"]
    assert d.do(lambda turn: stimuli.succeeded(turn, "a", (), 1, {"output": 1})) == [] and d.told is False
    d.ok("a", "second")
    assert d.do(lambda turn: stimuli.succeeded(turn, "a", (), 2, {"output": 1})) == []
    assert d.do(lambda turn: stimuli.failed(turn, "a", (), 2, StepError("server", ""))) == []
    assert d.output("a") == {"output": "second"}
    d.ok("b")
    assert d.do(lambda turn: stimuli.succeeded(turn, "b", (), 1, {"output": 1})) == [], "the run has ended"


def test_edges_into_tools_carry_no_token_and_their_nodes_have_no_step() -> None:
    from planner_kit import workflow

    from engine.nodes.catalog import shape_of
    from engine.workflow.order import compile

    nodes: dict[str, Any] = {
        "q": ("sql.query", {"database": "x", "sql": "select 1"}),
        "a": ("agent", {"model": "small"}),
    }
    d = Drive(compile(workflow(nodes, "q.tool -> a.tools"), shape_of))
    assert d.first == ["started", "start a"]
    assert list(d.statuses()) == ["a"]


def test_events_of_one_batch_carry_its_number_and_never_run_backwards_in_time() -> None:
    d = Drive(order({"a": "task", "b": "task"}, "a.output -> b.input"))
    d.now = 500.0  # the clock was set back
    d.ok("a")
    assert [event.batch for event in d.events] == [1, 1, 2, 2]
    assert [event.at for event in d.events] == [1000.0] * 4
    assert [event.seq for event in d.events] == [1, 2, 3, 4]
