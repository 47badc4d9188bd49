"""Child runs: `each` and `subworkflow` (SEMANTICS §2 "each")."""

from __future__ import annotations

from typing import Any

from planner_kit import Drive, order

from engine.ids import child_run_id
from engine.run import stimuli

CHILD = order({"t": "task"}, inputs={"item": {}}, outputs={"twice": "{{ steps.t.output }}"})
SPARE = {"on_error": "continue", "value": "spare"}


def each(count: int, policy: dict[str, Any] | None = None, child: Any = CHILD, **params: Any) -> Drive:
    given = {"workflow": "child", "items": [f"item {n}" for n in range(count)], "concurrency": 2, **params}
    nodes: dict[str, Any] = {"e": ("each", given, policy or {}), "z": "task"}
    return Drive(order(nodes, "e.output -> z.input"), children={"child": child})


def play(d: Drive, moves: str) -> list[str]:
    """`0+` the child of item 0 completes, `0-` it fails; the last move's events."""
    said: list[str] = []
    for move in moves.split():
        run = child_run_id(d.run, "e", (), int(move[0]))
        said = d.ok(f"{run}:t", int(move[0]) * 2) if move[1] == "+" else d.bad(f"{run}:t")
    return said


def test_children_run_a_few_at_a_time_and_the_results_keep_the_items_order() -> None:
    d = each(4)
    assert d.first == ["started", "start e", "started", "start t", "started", "start t"]
    assert play(d, "1+") == ["ok t", "completed", "items e", "started", "start t"]
    assert play(d, "2+ 3+ 0+")[-2:] == ["ok e", "start z"]
    assert d.inputs("z") == {"input": [{"twice": 0}, {"twice": 2}, {"twice": 4}, {"twice": 6}]}


def test_a_child_knows_its_item_its_parent_and_its_root() -> None:
    d = each(2)
    run = child_run_id(d.run, "e", (), 1)
    started = d.runs[run].started
    assert started is not None and started.parent is not None
    assert (started.item, started.index, started.inputs) == ("item 1", 1, {"item": "item 1"})
    assert (started.parent.run, started.parent.node, started.root_run) == (d.run, "e", d.run)
    other = d.runs[child_run_id(d.run, "e", (), 0)]
    assert d.runs[run].effects_root != other.effects_root, "two children must not share idempotency keys"


def test_ids_of_children_follow_from_where_they_are() -> None:
    assert each(3).children() == each(3).children()
    assert len({child_run_id("run", "e", visit, index) for visit in ((), (1,), (2,)) for index in range(5)}) == 15


def test_no_items_give_an_empty_list_at_once() -> None:
    d = each(0)
    assert d.first == ["started", "start e", "ok e", "start z"]
    assert d.inputs("z") == {"input": []}


def test_the_first_failure_fails_the_step_and_cancels_the_other_children() -> None:
    d = each(4, SPARE)
    other = child_run_id(d.run, "e", (), 0)
    said = play(d, "1-")
    assert said[:6] == ["bad t", "failed t: invalid", "failed", "items e", "failed e: child, continue", "start z"]
    assert said[-3:] == ["cancelrequested", "cancel t: run_cancelled", "cancelled"]
    assert d.runs[other].status == "cancelled" and not d.state.open_children
    assert len(d.runs) == 3, "the other items never start"


def test_a_failed_item_is_named_in_the_event_and_not_in_the_value() -> None:
    nodes: dict[str, Any] = {
        "e": ("each", {"workflow": "child", "items": [1, 2], "concurrency": 2}, {"on_error": "route"}),
        "z": "task",
    }
    d = Drive(order(nodes, "e.error -> z.input"), children={"child": CHILD})
    play(d, "1-")
    error = d.state.steps["e", ()].error
    assert error.message == "Item 2 of 2 failed: boom" and error.detail == {"run": child_run_id(d.run, "e", (), 1)}
    assert d.inputs("z") == {"input": {"class": "child", "message": "An item did not complete."}}


def test_collect_keeps_the_place_of_what_failed() -> None:
    d = each(3, on_item_error="collect")
    play(d, "0+ 1- 2+")
    assert d.inputs("z") == {"input": [{"twice": 0}, {"error": "It failed: boom"}, {"twice": 4}]}


def test_a_step_that_escalates_asks_once_however_many_children_fail() -> None:
    d = each(4, {"on_error": "escalate"})
    play(d, "0-")
    assert d.question("e")
    assert "ask e: escalation" not in play(d, "1-")
    assert d.answer("e", "value", values={"value": []})[-2:] == ["ok e", "start z"]


def test_items_that_are_no_list_and_inputs_that_the_child_does_not_know_fail_the_step() -> None:
    assert each(1, SPARE, items="{{ run.inputs }}").state.steps["e", ()].error.cls == "schema"
    d = each(1, SPARE, inputs={"wrong": 1})
    assert "The workflow has no input 'wrong'" in d.state.steps["e", ()].error.message


def test_a_cancelled_run_ends_after_its_children() -> None:
    d = each(2)
    run = d.children()[0]
    d.effect(f"{run}:t", "1", "started")
    said = d.do(stimuli.cancel)
    assert (
        said[:3] == ["cancelrequested", "cancel e: run_cancelled", "cancel z: run_cancelled"]
        and d.state.status == "cancelling"
    )
    assert d.runs[run].status == "cancelling", "its write is still in flight"
    from engine.run import events as ev

    same = {"node": "t", "key": "1", "gen": 1, "effect": "at_most_once", "tool": "mail.send", "fingerprint": "f"}
    assert d.do(lambda turn: turn.do(ev.EffectSucceeded, **same, result=1), run=run)[-3:] == [
        "cancelled",
        "items e",
        "cancelled",
    ]


def test_a_subworkflow_gives_its_outputs() -> None:
    nodes: dict[str, Any] = {
        "s": ("subworkflow", {"workflow": "child", "inputs": {"item": "{{ run.inputs.n }}"}}),
        "z": "task",
    }
    d = Drive(order(nodes, "s.output -> z.input"), inputs={"n": 7}, children={"child": CHILD})
    run = d.children()[0]
    assert d.runs[run].started.inputs == {"item": 7}  # type: ignore[union-attr]
    assert d.ok(f"{run}:t", 14)[-2:] == ["ok s", "start z"]
    assert d.inputs("z") == {"input": {"twice": 14}}


def test_a_failed_child_run_fails_its_step_with_the_reason() -> None:
    nodes: dict[str, Any] = {
        "s": ("subworkflow", {"workflow": "child", "inputs": {"item": 1}}, {"on_error": "route"}),
        "z": "task",
    }
    d = Drive(order(nodes, "s.error -> z.input"), children={"child": CHILD})
    d.bad(f"{d.children()[0]}:t")
    assert d.inputs("z") == {"input": {"class": "child", "message": "The child run failed: boom"}}


def test_a_workflow_that_calls_itself_without_end_is_stopped() -> None:
    nodes: dict[str, Any] = {"s": ("subworkflow", {"workflow": "again"})}
    d = Drive(order(nodes), children={"again": order(nodes)})
    assert d.state.status == "failed" and len(d.runs) == 33
    assert any("more than 32 levels deep" in (state.error.message if state.error else "") for state in d.runs.values())


def test_a_sub_workflow_that_is_not_pinned_fails_the_step() -> None:
    d = Drive(order({"s": ("subworkflow", {"workflow": "gone"}, SPARE)}))
    assert d.state.steps["s", ()].error.message == "The child run failed: The workflow 'gone' is not in the library."
