"""Merges, their deadlines and races (SEMANTICS T13, T14)."""

from __future__ import annotations

from typing import Any

import pytest
from planner_kit import Drive, order

ROUTE = {"on_error": "route"}
EDGES = [f"{name}.output -> m.input" for name in "abc"] + ["m.output -> z.input"]


def three(rule: dict[str, Any] | None = None, **params: Any) -> Drive:
    """Three branches a, b, c that fail by the error port, a merge m, and z behind it."""
    branches: dict[str, Any] = {name: ("task", {}, ROUTE) for name in "abc"}
    return Drive(order({**branches, "m": ("merge", params, rule or {"on_error": "route"}), "z": "task"}, *EDGES))


def play(d: Drive, moves: str) -> list[str]:
    """`c+` succeeds, `c-` fails; the last move's events."""
    said: list[str] = []
    for move in moves.split():
        said = d.ok(move[0]) if move[1] == "+" else d.bad(move[0])
    return said


@pytest.mark.parametrize(
    ("params", "moves", "outcome"),
    [
        ({}, "c+ a+ b+", ["a", "b", "c"]),
        ({"on_failure": "ignore"}, "c+ a- b+", ["b", "c"]),
        ({"on_failure": "substitute", "substitute": 0}, "c+ a- b+", [0, "b", "c"]),
        ({"on_failure": "substitute", "substitute": "{{ run.inputs }}"}, "c- a- b+", [{}, "b", {}]),
        ({"on_failure": "fail"}, "c+ a- b+", "failed m: merge, route"),
        ({"on_failure": "ignore"}, "a- b- c-", "skip m: failed"),
        ({"policy": "first"}, "b+", "b"),
        ({"policy": "first"}, "a- c+", "c"),
        ({"policy": "first"}, "a- b- c-", "failed m: merge, route"),
        ({"policy": "first", "on_failure": "ignore"}, "a- b- c-", "skip m: failed"),
        ({"policy": "first", "on_failure": "substitute", "substitute": 0}, "a- b- c-", 0),
        ({"policy": "quorum", "k": 2}, "c+ a+", ["a", "c"]),
        ({"policy": "quorum", "k": 2}, "c- a-", "failed m: merge, route"),
        ({"policy": "quorum", "k": 2, "on_failure": "ignore"}, "c- b+ a-", ["b"]),
        ({"policy": "quorum", "k": 2, "on_failure": "substitute", "substitute": 0}, "c- b+ a-", [0, "b"]),
        ({"policy": "quorum", "k": "{{ 1 + 1 }}"}, "c+ a+", ["a", "c"]),
        ({"policy": "quorum", "k": "two"}, "c+", "failed m: schema, route"),
    ],
)
def test_what_a_merge_makes_of_its_branches(params: dict[str, Any], moves: str, outcome: Any) -> None:
    d = three(**params)
    said = play(d, moves)
    if isinstance(outcome, str) and ":" in outcome:
        assert outcome in said
    else:
        assert d.output("m") == {"output": outcome}


@pytest.mark.parametrize("policy", [{}, {"policy": "first"}, {"policy": "quorum", "k": 2}])
def test_a_merge_whose_branches_were_all_not_taken_is_skipped(policy: dict[str, Any]) -> None:
    nodes: dict[str, Any] = {"a": ("task", {}, ROUTE), "b": ("task", {}, ROUTE), "m": ("merge", policy)}
    d = Drive(order(nodes, "a.error -> m.input", "b.error -> m.input"))
    d.ok("a")
    assert "skip m: not_taken" in d.ok("b")


@pytest.mark.parametrize(("second", "outcome"), [("b+", "failed m: merge"), ("b-", "failed m: merge")])
def test_a_quorum_that_cannot_be_reached_fails_unless_every_branch_was_not_taken(second: str, outcome: str) -> None:
    nodes: dict[str, Any] = {
        "a": ("task", {}, ROUTE),
        "b": ("task", {}, ROUTE),
        "m": ("merge", {"policy": "quorum", "k": 2}),
    }
    d = Drive(order(nodes, "a.error -> m.input", "b.output -> m.input"))
    assert d.ok("a") == ["ok a"], "b may be not taken as well: then it is a skip"
    assert outcome in play(d, second)


def test_a_branch_that_was_not_taken_is_left_out() -> None:
    nodes: dict[str, Any] = {"a": ("task", {}, ROUTE), "b": "task", "m": "merge"}
    d = Drive(order(nodes, "a.error -> m.input", "b.output -> m.input"))
    d.ok("a")
    d.ok("b")
    assert d.output("m") == {"output": ["b"]}


def test_a_deadline_counts_from_the_first_value() -> None:
    d = three(deadline_s=60, on_failure="ignore")
    assert d.wait(1000) == []
    assert d.ok("b") == ["ok b", "arm m"]
    assert d.wait(59) == []
    assert d.wait(1) == ["ok m by deadline", "cancel a: lost_race", "cancel c: lost_race", "start z"]
    assert d.inputs("z") == {"input": ["b"]}


def test_a_failed_branch_does_not_start_the_deadline() -> None:
    d = three(deadline_s=60, on_failure="ignore")
    d.bad("b")
    assert d.state.next_due() is None


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({}, "failed m: merge, route"),
        ({"on_failure": "substitute", "substitute": 0}, "ok m by deadline"),
        ({"policy": "quorum", "k": 2}, "failed m: merge, route"),
    ],
)
def test_what_is_missing_at_the_deadline_has_failed(params: dict[str, Any], said: str) -> None:
    d = three(deadline_s=5, **params)
    d.ok("b")
    assert d.wait(5)[0] == said


def test_a_merge_that_escalates_asks_once_and_no_deadline_asks_again() -> None:
    d = three({"on_error": "escalate"}, deadline_s=5)
    d.ok("b")
    assert d.wait(5) == ["ask m: escalation"]
    assert d.wait(500) == []
    assert d.ok("a") == ["ok a"]
    assert d.answer("m", "value", values={"value": [1]})[2:] == ["ok m", "cancel c: lost_race", "start z"]


def test_losers_of_a_race_are_cancelled_with_their_open_questions_and_running_rounds() -> None:
    nodes: dict[str, Any] = {
        "a": "task",
        "g": ("gate", {"headline": "?"}),
        "l": ("loop", {"limit": 3, "until": "false"}),
        "w": "task",
        "late": "task",
        "m": ("merge", {"policy": "first"}),
        "z": "task",
    }
    edges = [
        "a.output -> m.input",
        "g.approved -> m.input",
        "l.body -> w.input",
        "w.output -> l.again",
        "l.done -> late.input",
        "late.output -> m.input",
        "m.output -> z.input",
    ]
    d = Drive(order(nodes, *edges))
    assert d.ok("a") == [
        "ok a",
        "ok m",
        "settled g: withdrawn",
        "cancel g: lost_race",
        "cancel w[1]: lost_race",
        "cancel l: lost_race",
        "cancel late: lost_race",
        "start z",
    ]


def test_a_branch_that_also_feeds_something_else_is_no_loser_and_runs_on() -> None:
    nodes: dict[str, Any] = {"a": "task", "b": "task", "side": "task", "m": ("merge", {"policy": "first"})}
    d = Drive(order(nodes, "a.output -> m.input", "b.output -> m.input", "b.output -> side.input"))
    assert d.ok("a") == ["ok a", "ok m"]
    assert d.ok("b") == ["ok b", "start side"]


def test_first_and_quorum_go_by_the_journal_and_keep_the_edges_order() -> None:
    d = three(policy="quorum", k=2)
    play(d, "c+ b+")
    assert d.output("m") == {"output": ["b", "c"]}
    assert d.statuses()["a"] == "cancelled"
