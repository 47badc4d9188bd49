"""Loops: rounds, entries, exits, limits, nesting (SEMANTICS T8, T10-T12)."""

from __future__ import annotations

from typing import Any

import pytest
from planner_kit import Drive, order

UNTIL = {"limit": 3, "until": "input.again == 'done'"}


def loop(policy: dict[str, Any] | None = None, **params: Any) -> Any:
    return ("loop", {**UNTIL, **params}, policy or {})


SIMPLE = ["l.body -> w.input", "w.output -> l.again", "l.done -> z.input"]


def test_a_loop_repeats_its_body_until_the_condition_is_true() -> None:
    d = Drive(order({"l": loop(), "w": "task", "z": "task"}, *SIMPLE))
    assert d.first == ["started", "round l 1", "start w[1]"]
    assert d.ok("w[1]") == ["ok w[1]", "round l 2", "start w[2]"]
    assert d.inputs("w[2]") == {"input": "w[1]"}, "a round begins with what the last one ended with"
    assert d.ok("w[2]", "done") == ["ok w[2]", "ok l", "start z"]
    assert d.inputs("z") == {"input": "done"}


def test_at_its_limit_a_loop_fails_as_its_policy_says() -> None:
    d = Drive(
        order(
            {"l": loop({"on_error": "route"}, limit=1), "w": "task", "z": "task", "e": "task"},
            *SIMPLE,
            "l.error -> e.input",
        )
    )
    assert d.ok("w[1]") == ["ok w[1]", "failed l: limit, route", "skip z: not_taken", "start e"]


def test_a_loop_whose_again_gets_nothing_is_over_and_its_done_is_dead() -> None:
    nodes: dict[str, Any] = {"l": loop(), "w": ("task", {}, {"on_error": "route"}), "z": "task"}
    d = Drive(order(nodes, *SIMPLE))
    assert d.bad("w[1]") == ["bad w[1]", "failed w[1]: invalid, route", "ok l", "skip z: not_taken", "completed"]


def test_a_round_ends_when_its_slow_side_nodes_have_ended() -> None:
    d = Drive(order({"l": loop(), "w": "task", "log": "task", "z": "task"}, *SIMPLE, "w.output -> log.input"))
    assert d.ok("w[1]", "done") == ["ok w[1]", "start log[1]"]
    assert d.ok("log[1]") == ["ok log[1]", "ok l", "start z"]


def test_an_edge_into_a_region_gives_the_same_value_in_every_round() -> None:
    d = Drive(order({"c": "task", "l": loop(), "w": "task", "z": "task"}, *SIMPLE, "c.output -> w.opt"))
    d.ok("c", "config")
    d.ok("w[1]")
    d.ok("w[2]")
    assert [d.inputs(f"w[{n}]")["opt"] for n in (1, 2, 3)] == ["config"] * 3


def test_an_edge_into_a_region_that_comes_late_reaches_the_round_in_progress() -> None:
    d = Drive(order({"c": "task", "l": loop(), "w": "task", "z": "task"}, *SIMPLE, "c.output -> w.opt"))
    assert d.first == ["started", "start c", "round l 1"]
    assert d.ok("c") == ["ok c", "start w[1]"]


def test_an_edge_out_of_a_region_delivers_once_when_the_loop_ends_the_last_live_value() -> None:
    nodes: dict[str, Any] = {
        "l": loop(),
        "b": ("branch", {"cases": [{"name": "x", "when": "input.input == 'a'"}]}),
        "w": "task",
        "z": "task",
        "k": "task",
    }
    edges = [*SIMPLE, "w.output -> b.input", "b.x -> k.input", "l.done -> k.input"]
    d = Drive(order(nodes, *edges))
    d.ok("w[1]", "a")
    assert d.ok("w[2]", "b")[-1] == "start w[3]", "nothing leaves while the loop goes on"
    assert d.ok("w[3]", "done")[-2:] == ["start z", "start k"]
    assert d.inputs("k") == {"input": "a"}, "round 1 was the last that had a live one"


def test_a_review_loop_sends_the_approved_draft_out_and_the_refused_one_round() -> None:
    """`send` hangs in the body and nothing else reaches it: it belongs to the round and is skipped while refused."""
    nodes: dict[str, Any] = {"l": loop(), "w": "task", "g": ("gate", {"headline": "?"}), "send": "task", "fin": "task"}
    edges = [
        "l.body -> w.input",
        "w.output -> g.input",
        "g.refused -> l.again",
        "g.approved -> send.input",
        "send.output -> fin.input",
        "l.done -> fin.input",
    ]
    made = order(nodes, *edges)
    assert made.scope["send"] == ("l",) and made.scope["fin"] == ()
    d = Drive(made)
    d.ok("w[1]", "draft 1")
    refused = d.answer("g[1]", "refuse", comment="shorter")
    assert refused[2:] == ["ok g[1]", "skip send[1]: not_taken", "round l 2", "start w[2]"]
    assert d.inputs("w[2]")["input"]["comment"] == "shorter"
    d.ok("w[2]", "draft 2")
    assert d.answer("g[2]", "approve")[2:] == ["ok g[2]", "start send[2]"]
    assert d.ok("send[2]") == ["ok send[2]", "ok l", "start fin"]
    assert d.inputs("fin") == {"input": "send[2]"}


def test_loops_nest_and_a_visit_names_every_round() -> None:
    nodes: dict[str, Any] = {"o": loop(), "i": loop(), "w": "task", "x": "task"}
    d = Drive(
        order(
            nodes,
            "o.body -> i.start",
            "i.body -> w.input",
            "w.output -> i.again",
            "i.done -> x.input",
            "x.output -> o.again",
        )
    )
    assert d.first == ["started", "round o 1", "round i[1] 1", "start w[1.1]"]
    assert d.ok("w[1.1]") == ["ok w[1.1]", "round i[1] 2", "start w[1.2]"]
    assert d.ok("w[1.2]", "done") == ["ok w[1.2]", "ok i[1]", "start x[1]"]
    assert d.ok("x[1]") == ["ok x[1]", "round o 2", "round i[2] 1", "start w[2.1]"]
    d.ok("w[2.1]", "done")
    assert d.ok("x[2]", "done") == ["ok x[2]", "ok o", "completed"]


def test_an_inner_step_may_feed_the_outer_loop_one_level_at_a_time() -> None:
    nodes: dict[str, Any] = {"o": loop(), "i": loop(), "w": ("task", {}, {"on_error": "route"}), "x": "task"}
    edges = [
        "o.body -> i.start",
        "i.body -> w.input",
        "w.output -> i.again",
        "w.error -> o.again",
        "i.done -> x.input",
        "x.output -> o.again",
    ]
    d = Drive(order(nodes, *edges))
    said = d.bad("w[1.1]")
    assert said[-4:] == ["skip x[1]: not_taken", "round o 2", "round i[2] 1", "start w[2.1]"]


def test_a_race_inside_a_round_ends_its_losers_before_the_next_round() -> None:
    nodes: dict[str, Any] = {"l": loop(), "a": "task", "b": "task", "c": "task", "m": ("merge", {"policy": "first"})}
    edges = [
        "l.body -> a.input",
        "a.output -> b.input",
        "a.output -> c.input",
        "b.output -> m.input",
        "c.output -> m.input",
        "m.output -> l.again",
    ]
    d = Drive(order(nodes, *edges))
    d.ok("a[1]")
    assert d.ok("c[1]") == ["ok c[1]", "ok m[1]", "cancel b[1]: lost_race", "round l 2", "start a[2]"]


def test_a_loop_without_a_body_is_over_at_once() -> None:
    assert Drive(order({"l": loop(), "z": "task"}, "l.done -> z.input")).first == [
        "started",
        "round l 1",
        "ok l",
        "skip z: not_taken",
        "completed",
    ]


def test_a_loop_that_is_skipped_waits_for_what_leads_into_its_rounds() -> None:
    nodes: dict[str, Any] = {
        "a": ("task", {}, {"on_error": "route"}),
        "slow": "task",
        "l": loop(),
        "w": "task",
        "z": "soft",
    }
    d = Drive(order(nodes, "a.error -> l.start", "slow.output -> w.opt", *SIMPLE))
    assert d.ok("a") == ["ok a"]
    assert d.ok("slow") == ["ok slow", "skip l: not_taken", "skip z: not_taken", "completed"]


def test_a_loop_that_escalates_at_its_limit_asks_once_and_takes_the_value() -> None:
    d = Drive(order({"l": loop({"on_error": "escalate"}, limit=1), "w": "task", "z": "task"}, *SIMPLE))
    assert d.ok("w[1]") == ["ok w[1]", "ask l: escalation"]
    form = d.state.questions[d.question("l")][2].asked.form
    assert [option["name"] for option in form["options"]] == ["value", "fail"], "a loop has no attempt to try again"
    assert d.answer("l", "value", values={"value": 7})[2:] == ["ok l", "start z"]
    assert d.inputs("z") == {"input": 7}


@pytest.mark.parametrize(
    ("limit", "cls"), [("{{ run.inputs.n }}", "limit"), ("{{ 'many' }}", "schema"), ("{{ 0 }}", "schema")]
)
def test_the_limit_may_be_an_expression_and_a_wrong_one_fails_the_loop(limit: str, cls: str) -> None:
    d = Drive(order({"l": loop(limit=limit), "w": "task", "z": "task"}, *SIMPLE), inputs={"n": 1})
    assert d.ok("w[1]")[1] == f"failed l: {cls}"
