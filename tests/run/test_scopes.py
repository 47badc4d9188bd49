"""What an expression of a step sees (SEMANTICS T19)."""

from __future__ import annotations

from typing import Any

import pytest
from planner_kit import Drive, order

from engine.errors import StepError
from engine.expressions import render
from engine.run.scope import render_params, scope_of

DONE = ("loop", {"limit": 9, "until": "input.again == 'done'"})


def see(d: Drive, where: str, text: str) -> Any:
    """The value of an expression as that step would see it."""
    _, node, visit = d.place(where)
    return render(text, scope_of(d.state, node, visit, d.inputs(where)))


def test_a_step_sees_its_inputs_the_run_and_the_steps_before_it() -> None:
    d = Drive(order({"a": "task", "b": "task"}, "a.output -> b.input"), inputs={"n": 2})
    d.ok("a", {"x": 1})
    assert see(d, "b", "{{ [input.input.x, steps.a.output.x, run.inputs.n] }}") == [1, 1, 2]
    assert see(d, "b", "{{ run.id }}") == "run"


def test_a_step_that_is_not_before_it_is_no_name_for_it() -> None:
    d = Drive(order({"a": "task", "b": "task", "c": "task"}, "a.output -> b.input", "b.output -> c.input"))
    d.ok("a")
    for other in ("c", "b"):
        with pytest.raises(StepError, match="not before 'b'"):
            see(d, "b", f"{{{{ steps.{other}.output }}}}")
    with pytest.raises(StepError):
        see(d, "b", "{{ steps.nothing.output }}")


def test_a_skipped_step_is_null() -> None:
    nodes: dict[str, Any] = {"a": ("task", {}, {"on_error": "route"}), "b": "task", "c": "task"}
    d = Drive(order(nodes, "a.error -> b.input", "a.output -> c.input", "b.output -> c.opt"))
    d.ok("a")
    assert see(d, "c", "{{ steps.b.output }}") is None


def test_ports_and_errors_have_names_of_their_own() -> None:
    nodes: dict[str, Any] = {"a": ("task", {}, {"on_error": "route"}), "b": "task"}
    d = Drive(order(nodes, "a.error -> b.input"))
    d.bad("a")
    assert see(d, "b", "{{ steps.a.error.class }}") == "invalid"
    assert see(d, "b", "{{ steps.a.outputs.error.message }}") == "boom"
    assert see(d, "b", "{{ steps.a.output }}") is None


def test_no_expression_looks_across_a_race() -> None:
    for params in ({"policy": "first"}, {"policy": "quorum", "k": 1}, {"deadline_s": 5}):
        nodes: dict[str, Any] = {"a": "task", "b": "task", "m": ("merge", params), "z": "task"}
        made = order(nodes, "a.output -> m.input", "b.output -> m.input", "m.output -> z.input")
        assert made.ancestors("z") == {"m"}
    made = order({"a": "task", "m": "merge", "z": "task"}, "a.output -> m.input", "m.output -> z.input")
    assert made.ancestors("z") == {"a", "m"}


def test_within_a_round_a_name_means_this_round_and_behind_the_loop_the_last_one() -> None:
    nodes: dict[str, Any] = {"c": "task", "l": DONE, "w": "task", "x": "task", "z": "task"}
    d = Drive(
        order(
            nodes,
            "c.output -> l.start",
            "l.body -> w.input",
            "w.output -> x.input",
            "x.output -> l.again",
            "l.done -> z.input",
        )
    )
    d.ok("c")
    d.ok("w[1]", "first")
    assert see(d, "x[1]", "{{ [steps.c.output, steps.w.output] }}") == ["c", "first"]
    d.ok("x[1]")
    d.ok("w[2]", "second")
    assert see(d, "x[2]", "{{ steps.w.output }}") == "second"
    d.ok("x[2]", "done")
    assert see(d, "z", "{{ [steps.w.output, steps.l.output] }}") == ["second", "done"]


def test_until_sees_the_steps_of_the_round_that_has_ended() -> None:
    nodes: dict[str, Any] = {"l": ("loop", {"limit": 9, "until": "steps.w.output.good"}), "w": "task", "x": "task"}
    d = Drive(order(nodes, "l.body -> w.input", "w.output -> x.input", "x.output -> l.again"))
    d.ok("w[1]", {"good": False})
    assert d.ok("x[1]")[1] == "round l 2"
    d.ok("w[2]", {"good": True})
    assert d.ok("x[2]") == ["ok x[2]", "ok l", "completed"]


def test_a_side_node_of_the_round_is_no_name_for_until() -> None:
    nodes: dict[str, Any] = {"l": ("loop", {"limit": 9, "until": "steps.log.output"}), "w": "task", "log": "task"}
    d = Drive(order(nodes, "l.body -> w.input", "w.output -> l.again", "w.output -> log.input"))
    d.ok("w[1]")
    assert "failed l: expression" in d.ok("log[1]")


def test_a_tool_of_an_agent_sees_its_arguments_and_what_the_agent_sees() -> None:
    nodes: dict[str, Any] = {"a": "task", "b": "task", "t": ("task", {"q": "{{ [input.id, steps.a.output] }}"})}
    d = Drive(order(nodes, "a.output -> b.input"))
    d.ok("a", "known")
    assert render_params(d.state, "t", "b", (), {"id": 4})["q"] == [4, "known"]


def test_the_outputs_of_a_run_see_every_step() -> None:
    nodes: dict[str, Any] = {"a": "task", "m": ("merge", {"policy": "first"})}
    d = Drive(order(nodes, "a.output -> m.input", outputs={"a": "{{ steps.a.output }}"}))
    d.ok("a")
    assert d.state.outputs == {"a": "a"}
