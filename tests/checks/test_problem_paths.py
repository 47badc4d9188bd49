"""A problem leads to the field that it is about, so that a form can show it in place."""

from __future__ import annotations

from engine.checks import problems
from engine.nodes.catalog import CATALOG
from engine.workflow.model import Node, Workflow


def _path(node: Node, code: str) -> tuple[str | int, ...]:
    found = problems(Workflow(name="w", nodes=(node,)), CATALOG)
    return next(problem.path for problem in found if problem.code == code)


def test_a_wrong_param_is_found_by_its_path() -> None:
    assert _path(Node(key="a", type="file.read", params={"path": 4}), "wrong-param") == ("params", "path")


def test_a_wrong_condition_is_found_in_its_case() -> None:
    node = Node(key="b", type="branch", params={"cases": [{"name": "yes", "when": "input.("}]})
    assert _path(node, "bad-expression") == ("params", "cases", 0, "when")


def test_an_unknown_step_in_an_output_is_found_in_the_outputs() -> None:
    found = problems(Workflow(name="w", outputs={"x": "{{ steps.nowhere.output }}"}), CATALOG)
    assert next(problem.path for problem in found if problem.code == "unknown-step") == ("outputs", "x")
