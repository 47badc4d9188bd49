"""Nodes that are switched off: a disabled one is skipped, a bypassed one hands on what came in (decision 12)."""

from __future__ import annotations

from typing import Any

from planner_kit import Drive, order, workflow

from engine.nodes.catalog import shape_of
from engine.workflow.order import compile

CASES = {"cases": [{"name": "yes", "when": "true"}]}
ROUTE, CONTINUE = {"on_error": "route"}, {"on_error": "continue", "value": "spare"}


def test_a_disabled_step_is_skipped_and_what_needs_it_is_not_taken() -> None:
    d = Drive(order({"a": "task", "b": "-task", "c": "task"}, "a.output -> b.input", "b.output -> c.input"))
    assert d.ok("a") == ["ok a", "skip b: disabled", "skip c: not_taken", "completed"]
    assert d.statuses() == {"a": "succeeded", "b": "skipped", "c": "skipped"}


def test_a_disabled_node_without_edges_is_skipped_at_once() -> None:
    assert Drive(order({"a": "-task", "b": "-soft", "c": "task"})).first == ["started", "skip a b: disabled", "start c"]


def test_an_optional_port_behind_a_disabled_node_is_null() -> None:
    d = Drive(
        order(
            {"a": "task", "b": "-task", "c": "task"}, "a.output -> b.input", "a.output -> c.input", "b.output -> c.opt"
        )
    )
    assert d.ok("a") == ["ok a", "skip b: disabled", "start c"]
    assert d.inputs("c") == {"input": "a", "opt": None}


def test_a_disabled_node_that_would_be_skipped_anyway_passes_the_first_reason_on() -> None:
    nodes: dict[str, Any] = {"a": ("task", {}, ROUTE), "b": "-task", "m": ("merge", {}, CONTINUE)}
    d = Drive(order(nodes, "a.output -> b.input", "b.output -> m.input"))
    assert d.bad("a") == [
        "bad a",
        "failed a: invalid, route",
        "skip b: failed",
        "failed m: merge, continue",
        "completed",
    ]


def test_a_disabled_node_waits_for_everything_before_it() -> None:
    d = Drive(order({"a": "task", "b": "task", "c": "-task"}, "a.output -> c.input", "b.output -> c.opt"))
    assert d.ok("a") == ["ok a"]
    assert d.ok("b") == ["ok b", "skip c: disabled", "completed"]


def test_a_bypassed_step_hands_its_input_on_without_an_attempt() -> None:
    d = Drive(order({"a": "task", "b": "~task", "c": "task"}, "a.output -> b.input", "b.output -> c.input"))
    assert d.ok("a", {"x": 1}) == ["ok a", "ok b by bypassed", "start c"]
    assert d.output("b") == {"output": {"x": 1}}
    assert d.inputs("c") == {"input": {"x": 1}}


def test_of_several_values_a_bypassed_step_hands_on_the_first_live_one_in_edge_order() -> None:
    nodes: dict[str, Any] = {"a": "task", "x": ("task", {}, ROUTE), "b": "~soft", "c": "task"}
    edges = ["x.error -> b.third", "a.output -> b.other", "x.output -> b.input", "b.output -> c.input"]
    d = Drive(order(nodes, *edges))
    d.ok("x")
    assert d.ok("a") == ["ok a", "skip b: not_taken", "skip c: not_taken", "completed"], "a required port is dead"
    edges = ["x.error -> b.opt", "a.output -> b.opt2", "x.output -> b.input", "b.output -> c.input"]
    d = Drive(order({**nodes, "b": "~task"}, *edges))
    d.ok("x")
    assert d.ok("a") == ["ok a", "ok b by bypassed", "start c"]
    assert d.inputs("c") == {"input": "a"}


def test_a_bypassed_step_without_an_edge_fails_with_a_sentence() -> None:
    d = Drive(order({"a": "~task"}))
    assert d.first == ["started", "failed a: schema", "failed"]
    assert d.state.error is not None and "nothing leads into it" in d.state.error.message


def test_a_bypassed_branch_takes_its_first_case_and_a_disabled_one_takes_none() -> None:
    edges = ["a.output -> b.input", "b.yes -> c.input", "b.otherwise -> d.input"]
    d = Drive(order({"a": "task", "b": ("~branch", CASES), "c": "task", "d": "task"}, *edges))
    assert d.ok("a") == ["ok a", "ok b by bypassed", "start c", "skip d: not_taken"]
    d = Drive(order({"a": "task", "b": ("-branch", CASES), "c": "task", "d": "task"}, *edges))
    assert d.ok("a") == ["ok a", "skip b: disabled", "skip c d: not_taken", "completed"]


def test_a_bypassed_gate_asks_nobody() -> None:
    d = Drive(
        order(
            {"a": "task", "g": ("~gate", {"deadline_s": 9}), "c": "task"},
            "a.output -> g.input",
            "g.approved -> c.input",
        )
    )
    assert d.ok("a") == ["ok a", "ok g by bypassed", "start c"]
    assert d.state.questions == {} and d.state.next_due() is None


def test_a_bypassed_loop_goes_straight_to_done_and_a_disabled_one_nowhere() -> None:
    edges = ["a.output -> l.start", "l.body -> b.input", "x.output -> b.opt", "b.output -> l.again"]
    edges += ["l.done -> c.input"]
    nodes: dict[str, Any] = {"a": "task", "x": "task", "b": "task", "c": "task"}
    loop = {"until": "true", "limit": 3}
    d = Drive(order({**nodes, "l": ("~loop", loop)}, *edges))
    assert d.ok("a") == ["ok a"], "what leads into the loop's rounds settles first"
    assert d.ok("x") == ["ok x", "ok l by bypassed", "start c"]
    assert d.inputs("c") == {"input": "a"}
    d = Drive(order({**nodes, "l": ("-loop", loop)}, *edges))
    d.ok("a")
    assert d.ok("x") == ["ok x", "skip l: disabled", "skip c: not_taken", "completed"]


def test_a_node_inside_a_loop_is_passed_over_in_every_round() -> None:
    nodes: dict[str, Any] = {
        "a": "task",
        "l": ("loop", {"until": "false", "limit": 2}, CONTINUE),
        "b": "~task",
        "c": "task",
    }
    d = Drive(order(nodes, "a.output -> l.start", "l.body -> b.input", "b.output -> c.input", "c.output -> l.again"))
    assert d.ok("a") == ["ok a", "round l 1", "ok b[1] by bypassed", "start c[1]"]
    assert d.ok("c[1]") == ["ok c[1]", "round l 2", "ok b[2] by bypassed", "start c[2]"]


def test_a_merge_that_is_off_is_no_race() -> None:
    nodes: dict[str, Any] = {"a": "task", "b": "task", "c": "task"}
    edges = ["a.output -> m.input", "b.output -> m.input", "m.output -> c.input"]
    first = {"policy": "first", "deadline_s": 5}
    d = Drive(order({**nodes, "m": ("~merge", first)}, *edges))
    assert d.ok("b") == ["ok b"], "nothing is cancelled, no deadline is set"
    assert d.state.next_due() is None
    assert d.ok("a") == ["ok a", "ok m by bypassed", "start c"]
    assert d.inputs("c") == {"input": "a"}
    d = Drive(order({**nodes, "m": ("-merge", first)}, *edges))
    assert d.ok("b") == ["ok b"]
    assert d.ok("a") == ["ok a", "skip m: disabled", "skip c: not_taken", "completed"]


def test_a_stop_that_is_off_stops_nothing() -> None:
    for stop in ("-stop", "~stop"):
        d = Drive(
            order(
                {"a": "task", "s": (stop, {"outcome": "failed"}), "b": "task"},
                "a.output -> s.input",
                "a.output -> b.input",
            )
        )
        assert "start b" in d.ok("a")
        assert d.ok("b")[-1] == "completed"


def test_a_sub_workflow_that_is_off_starts_no_child() -> None:
    child = order({"x": "task"})
    nodes: dict[str, Any] = {
        "a": "task",
        "s": ("~subworkflow", {"workflow": "one"}),
        "e": ("-each", {"workflow": "one"}),
    }
    d = Drive(order(nodes, "a.output -> s.input", "s.output -> e.input"), children={"one": child})
    assert d.ok("a") == ["ok a", "ok s by bypassed", "skip e: disabled", "completed"]
    assert d.children() == []


def test_a_tool_that_is_off_is_not_offered_and_has_no_step() -> None:
    edges = ["t.tool -> g.tools", "u.tool -> g.tools"]
    for mode in ("-", "~"):
        drawn = workflow({"t": f"{mode}http.request", "u": "http.request", "g": "agent"}, *edges)
        made = compile(drawn, shape_of)
        assert made.tools == {"g": ["u"]}
        assert list(made.scope) == ["g"]


def test_of_a_team_a_disabled_member_ends_the_talk_and_a_bypassed_one_answers_with_what_it_was_told() -> None:
    edges = [
        "x.output -> a.input",
        "a.to_b -> b.input",
        "b.to_a -> a.input",
        "a.result -> z.input",
        "b.result -> z.input",
    ]
    nodes: dict[str, Any] = {"x": "task", "a": "agent", "z": "soft"}
    d = Drive(order({**nodes, "b": "-agent"}, *edges))
    d.ok("x")
    assert d.ok("a[1]", {"goal": 1}, "to_b")[2:] == [
        "skip b[2]: disabled",
        "ok team:a",
        "skip z: not_taken",
        "completed",
    ]
    d = Drive(order({**nodes, "b": "~agent"}, *edges))
    d.ok("x")
    d.ok("a[1]", {"goal": 1}, "to_b")
    assert d.inputs("z") == {"input": {"goal": 1}}


def test_a_step_that_was_bypassed_is_not_reused_once_it_is_on() -> None:
    edges = ["a.output -> b.input", "b.output -> c.input"]
    old = Drive(order({"a": "task", "b": "~task", "c": "task"}, *edges))
    old.ok("a")
    old.bad("c")
    new = Drive(order({"a": "task", "b": "task", "c": "task"}, *edges), old=old)
    assert new.first == ["started", "ok a by reused", "start b"]
    back = Drive(order({"a": "task", "b": "-task", "c": "task"}, *edges), old=old)
    assert back.first == ["started", "ok a by reused", "skip b: disabled", "skip c: not_taken", "completed"]
