"""Agents that hand off to each other (SEMANTICS T18)."""

from __future__ import annotations

from typing import Any

import pytest
from planner_kit import Drive, order

MOST = {"max_handoffs": 2}
HANDS = ["a.to_b -> b.input", "b.to_a -> a.input"]


def team(policy: dict[str, Any] | None = None, *edges: str, **more: Any) -> Drive:
    nodes: dict[str, Any] = {
        "q": "task",
        "a": ("agent", MOST, policy or {}),
        "b": ("agent", MOST, policy or {}),
        "z": "task",
    }
    d = Drive(order(nodes | more, *HANDS, "q.output -> a.input", "a.result -> z.input", "b.result -> z.input", *edges))
    d.ok("q", "alarm")
    return d


def test_hand_offs_are_rounds_with_one_member_each() -> None:
    d = team()
    assert d.statuses() == {"q": "succeeded", "z": "pending", "team:a": "running", "a[1]": "running"}
    assert d.ok("a[1]", "to you", "to_b") == ["ok a[1]", "round team:a 2 b", "start b[2]"]
    assert d.inputs("b[2]") == {"input": "to you"}
    assert d.ok("b[2]", "found it") == ["ok b[2]", "ok team:a", "start z"]
    assert d.inputs("z") == {"input": "found it"}


def test_members_that_were_not_chosen_have_no_step() -> None:
    d = team()
    d.ok("a[1]", "done")
    assert [key for key in d.statuses() if key.startswith("b")] == []
    assert d.inputs("z") == {"input": "done"}


def test_a_hand_off_beyond_the_senders_limit_fails_the_sender() -> None:
    d = team({"on_error": "continue", "value": "gave up"})
    d.ok("a[1]", 1, "to_b")
    assert d.ok("b[2]", 2, "to_a") == ["ok b[2]", "round team:a 3 a", "start a[3]"], "two hand-offs are allowed"
    assert d.ok("a[3]", 3, "to_b") == ["bad a[3]", "failed a[3]: limit, continue", "ok team:a", "start z"]
    assert d.inputs("z") == {"input": "gave up"}


def test_a_result_is_no_hand_off_however_late_it_comes() -> None:
    d = team()
    d.ok("a[1]", 1, "to_b")
    d.ok("b[2]", 2, "to_a")
    assert d.ok("a[3]", "at last") == ["ok a[3]", "ok team:a", "start z"]


def test_of_several_entries_the_first_live_one_in_edge_order_begins() -> None:
    nodes: dict[str, Any] = {
        "x": ("task", {}, {"on_error": "route"}),
        "y": "task",
        "a": ("agent", MOST),
        "b": ("agent", MOST),
    }
    d = Drive(order(nodes, *HANDS, "x.error -> a.input", "y.output -> b.input"))
    d.ok("x")
    assert d.ok("y") == ["ok y", "round team:a 1 b", "start b[1]"]


def test_a_team_that_nothing_leads_to_begins_with_its_first_member() -> None:
    d = Drive(order({"b": ("agent", MOST), "a": ("agent", MOST)}, *HANDS))
    assert d.first == ["started", "round team:b 1 b", "start b[1]"]
    assert d.inputs("b[1]") == {"input": None}


def test_an_error_in_a_round_leaves_by_the_error_port() -> None:
    d = team({"on_error": "route"}, "b.error -> e.input", e="task")
    d.ok("a[1]", 1, "to_b")
    assert d.bad("b[2]") == ["bad b[2]", "failed b[2]: invalid, route", "ok team:a", "skip z: not_taken", "start e"]


def test_an_unhandled_error_in_a_round_fails_the_run() -> None:
    assert team().bad("a[1]")[-1] == "failed"


def test_a_team_that_nobody_calls_is_skipped_with_its_results() -> None:
    nodes: dict[str, Any] = {
        "x": ("task", {}, {"on_error": "route"}),
        "a": ("agent", MOST),
        "b": ("agent", MOST),
        "z": "task",
    }
    d = Drive(order(nodes, *HANDS, "x.error -> a.input", "a.result -> z.input"))
    assert d.ok("x") == ["ok x", "skip team:a: not_taken", "skip z: not_taken", "completed"]


def test_a_member_sees_what_its_team_did_in_earlier_rounds() -> None:
    from engine.run.scope import params_of

    seen = {"max_handoffs": 9, "see": "{{ [steps.a.output, steps.b.output] }}"}
    d = Drive(order({"a": ("agent", seen), "b": ("agent", seen)}, *HANDS))
    d.ok("a[1]", "one", "to_b")
    d.ok("b[2]", "two", "to_a")
    assert params_of(d.state, "a", (3,), {})["see"] == ["one", "two"]


def test_a_team_inside_a_loop_plays_anew_every_round() -> None:
    nodes: dict[str, Any] = {
        "l": ("loop", {"limit": 2, "until": "input.again == 'done'"}),
        "a": ("agent", MOST),
        "b": ("agent", MOST),
    }
    d = Drive(order(nodes, *HANDS, "l.body -> a.input", "a.result -> l.again", "b.result -> l.again"))
    d.ok("a[1.1]", 1, "to_b")
    assert d.ok("b[1.2]", "more") == ["ok b[1.2]", "ok team:a[1]", "round l 2", "round team:a[2] 1 a", "start a[2.1]"]
    assert d.ok("a[2.1]", "done")[-1] == "completed"


@pytest.mark.parametrize(
    ("edges", "code"),
    [
        (["a.to_b -> b.input", "b.result -> a.input"], "cycle-without-loop"),
        (["a.to_b -> b.input", "b.to_a -> a.input", "a.error -> b.input"], "cycle-without-loop"),
    ],
)
def test_a_circle_of_anything_but_hand_offs_is_a_fault(edges: list[str], code: str) -> None:
    from planner_kit import workflow
    from random_workflows import shapes

    from engine.workflow.order import faults

    assert [fault.code for fault in faults(workflow({"a": "agent", "b": "agent"}, *edges), shapes)] == [code]
