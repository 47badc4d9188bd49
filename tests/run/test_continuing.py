"""Continuing an ended run: what is reused, what goes on, what is asked first (SEMANTICS §2 "continue")."""

from __future__ import annotations

from typing import Any

import pytest
from planner_kit import Drive, order

from engine.run import events as ev
from engine.run import stimuli

EDGES = ["a.output -> b.input", "b.output -> c.input"]
LINE: dict[str, Any] = {"a": "task", "b": ("task", {"p": 1}), "c": "task"}


def broken(nodes: dict[str, Any] | None = None) -> Drive:
    """A line a, b, c that failed at c."""
    d = Drive(order(nodes or LINE, *EDGES))
    d.ok("a")
    d.ok("b")
    d.bad("c")
    return d


def again(old: Drive, nodes: dict[str, Any] | None = None, edges: list[str] = EDGES, **how: Any) -> Drive:
    return Drive(order(nodes or LINE, *edges), old=old, **how)


def test_what_succeeded_is_reused_and_the_failed_step_runs() -> None:
    d = again(broken())
    assert d.first == ["started", "ok a by reused", "ok b by reused", "start c"]
    assert d.inputs("c") == {"input": "b"}
    assert [event.origin for event in d.events if isinstance(event, ev.StepSucceeded)] == ["run", "run"]


def test_a_result_keeps_its_origin_through_several_continuations() -> None:
    second = again(broken())
    second.bad("c")
    third = again(second)
    assert [event.origin for event in third.events if isinstance(event, ev.StepSucceeded)] == ["run", "run"]


@pytest.mark.parametrize(
    ("change", "runs"),
    [
        ({}, "c"),
        ({"b": ("task", {"p": 2})}, "b"),
        ({"a": ("soft", {})}, "a"),
        ({"b": ("task", {"p": 1}, {"max_attempts": 5, "on_error": "continue"})}, "c"),
        ({"c": ("task", {"new": True})}, "c"),
        ({"b": ("task", {"p": "{{ 1 }}"})}, "c"),
    ],
)
def test_an_edit_invalidates_exactly_what_it_touches(change: dict[str, Any], runs: str) -> None:
    d = again(broken(), LINE | change)
    assert [key for key, status in d.statuses().items() if status == "running"] == [runs]


def test_a_step_that_runs_again_and_gives_the_same_leaves_the_others_reused() -> None:
    d = again(broken(), LINE | {"a": ("task", {"p": "new"})})
    assert d.ok("a", "a") == ["ok a", "ok b by reused", "start c"]
    d = again(broken(), LINE | {"a": ("task", {"p": "new"})})
    assert d.ok("a", "other") == ["ok a", "start b"]


def test_from_a_step_on_everything_runs_again_behind_races_too() -> None:
    nodes: dict[str, Any] = LINE | {"m": ("merge", {"policy": "first"}), "z": "task"}
    edges = ["a.output -> b.input", "b.output -> m.input", "m.output -> c.input", "a.output -> z.input"]
    d = Drive(order(nodes, *edges))
    for step in "abcz":
        d.ok(step)
    d = again(d, nodes, edges, start="b")
    assert d.first == ["started", "ok a by reused", "start b", "ok z by reused"]
    assert d.ok("b", "b") == ["ok b", "ok m", "start c"]


def test_an_edited_input_runs_the_step_with_it() -> None:
    d = again(broken(), set={"b.input": "by hand"})
    assert d.first == ["started", "ok a by reused", "start b"]
    assert d.inputs("b") == {"input": "by hand"}


def test_a_gate_that_was_answered_is_not_asked_again() -> None:
    nodes: dict[str, Any] = {"g": ("gate", {"headline": "?"}), "c": "task"}
    d = Drive(order(nodes, "g.approved -> c.input"))
    d.answer("g", "approve")
    d.bad("c")
    assert again(d, nodes, ["g.approved -> c.input"]).first == ["started", "ok g by reused", "start c"]


def test_expressions_count_by_what_they_give() -> None:
    nodes: dict[str, Any] = {"a": "task", "b": ("task", {"see": "{{ steps.a.output.x }}"}), "c": "task"}
    d = Drive(order(nodes, *EDGES))
    d.ok("a", {"x": 1, "y": 1})
    d.ok("b")
    d.bad("c")
    d = again(d, nodes | {"a": ("task", {"p": 1})})
    assert d.ok("a", {"x": 1, "y": 1}) == ["ok a", "ok b by reused", "start c"]


# ---- unfinished steps
def written(effect: str = "at_most_once", end: str = "ok", nodes: dict[str, Any] | None = None) -> Drive:
    """Failed at a step that had asked a model and written something."""
    d = Drive(order(nodes or {"a": "task"}))
    d.effect("a", "1", effect="pure")
    d.effect("a", "2", end, effect)
    d.bad("a", "invalid")
    return d


def records(d: Drive) -> dict[str, tuple[str, int]]:
    return {key: (effect.status, effect.gen) for key, effect in d.state.steps["a", ()].effects.items()}


def test_an_unfinished_step_goes_on_from_its_records() -> None:
    d = again(written(), {"a": "task"}, [])
    assert d.first == ["started", "start a", "effect ok a", "effect ok a"]
    assert records(d) == {"1": ("ok", 1), "2": ("ok", 1)}
    assert d.state.effects_root == "run", "idempotency keys stay the same"


def test_from_a_step_on_means_on_from_its_records_too() -> None:
    assert records(again(written(), {"a": "task"}, [], start="a")) == {"1": ("ok", 1), "2": ("ok", 1)}


def test_starting_over_does_everything_again_under_new_keys() -> None:
    d = again(written(), {"a": "task"}, [], start_over=True)
    assert records(d) == {"2": ("old", 1)}, "the next one is generation 2"


@pytest.mark.parametrize(
    ("effect", "end", "gone"),
    [("idempotent", "failed", False), ("idempotent", "lost", True), ("checkable", "lost", True)],
)
def test_a_failed_write_keeps_its_key_when_it_may_have_happened(effect: str, end: str, gone: bool) -> None:
    d = again(written(effect, end), {"a": "task"}, [])
    record = d.state.steps["a", ()].effects["2"]
    assert (record.status, record.may_have_happened) == ("old", gone)
    assert not d.state.open_world


def test_edited_params_of_a_step_that_wrote_are_refused_unless_it_starts_over() -> None:
    nodes = {"a": ("task", {"p": 2})}
    d = again(written(), nodes, [])
    error = d.state.steps["a", ()].error
    assert error.cls == "drift" and "had already written (mail.send)" in error.message
    assert again(written(), nodes, [], start_over=True).statuses() == {"a": "running"}


def test_a_doubt_is_asked_before_anything_else() -> None:
    old = Drive(order({"a": "task"}))
    old.effect("a", "1", "started")
    old.do(lambda turn: stimuli.in_doubt(turn, "a", (), "1", {}))
    old.do(stimuli.cancel)
    d = again(old, {"a": "task"}, [])
    assert d.first == ["started", "start a", "effect a", "doubt a", "ask a: doubt", "suspend a"]
    assert d.answer("a", "happened", values={"value": 3})[-1] == "resolved a"
    assert d.statuses() == {"a": "running"}


def test_a_write_that_was_stopped_in_doubt_is_asked_about_again() -> None:
    old = Drive(order({"a": "task"}))
    old.effect("a", "1", "started")
    old.do(lambda turn: stimuli.in_doubt(turn, "a", (), "1", {}))
    old.answer("a", "stop")
    old.bad("a", "stopped", "1")
    assert "ask a: doubt" in again(old, {"a": "task"}, []).first


def test_a_newer_version_of_a_sub_workflow_runs_again() -> None:
    from planner_kit import Drive as Again

    child = order({"t": "task"}, outputs={"r": "{{ steps.t.output }}"})
    nodes: dict[str, Any] = {"s": ("subworkflow", {"workflow": "child"}), "c": "task"}
    old = Drive(order(nodes, "s.output -> c.input"), children={"child": child})
    old.ok(f"{old.children()[0]}:t")
    old.bad("c")
    same = Again(order(nodes, "s.output -> c.input"), children={"child": child}, old=old)
    assert same.first == ["started", "ok s by reused", "start c"]
    assert old.state.started is not None
    old.state.started.workflows["child"] = "older"
    newer = Again(order(nodes, "s.output -> c.input"), children={"child": child}, old=old)
    assert newer.first[1] == "start s"


def test_a_newer_node_type_runs_again() -> None:
    old = broken()
    old.state.steps["b", ()].version = 7
    assert again(old).first == ["started", "ok a by reused", "start b"]


def test_an_edited_tool_of_an_agent_is_an_edit_of_the_agent() -> None:
    from planner_kit import workflow

    from engine.nodes.catalog import shape_of
    from engine.workflow.order import compile

    def made(sql: str) -> Any:
        nodes: dict[str, Any] = {"q": ("sql.query", {"sql": sql}), "a": ("agent", {"model": "small"}), "c": "data.set"}
        return compile(workflow(nodes, "q.tool -> a.tools", "a.result -> c.input"), shape_of)

    old = Drive(made("select 1"))
    old.ok("a")
    old.bad("c")
    assert Drive(made("select 1"), old=old).first == ["started", "ok a by reused", "start c"]
    assert Drive(made("select 2"), old=old).first == ["started", "start a"]
