"""The part of a workflow that a run up to one node needs."""

from __future__ import annotations

from typing import Any

from designer.document.change import changed
from engine.expressions.errors import ExpressionError
from engine.expressions.template import references
from engine.nodes.catalog import shape_of
from engine.workflow.model import Node, Workflow


def only_up_to(workflow: Workflow, key: str) -> Workflow:
    """The node, all that leads to it (its loops with all of their rounds), and their tools: what "run to here" runs.

    Outputs that name other steps are left out. A failure that was led to a node that is left out fails the run.
    """
    if key not in workflow.by_key:
        return workflow
    kept = _before(workflow, key)
    edges = tuple(edge for edge in workflow.edges if edge.source in kept and edge.target in kept)
    handled = {edge.source for edge in edges if edge.out == "error"}
    return changed(
        workflow,
        nodes=tuple(_failing(node, handled) for node in workflow.nodes if node.key in kept),
        edges=edges,
        outputs={name: value for name, value in workflow.outputs.items() if _steps(value) <= kept},
        layout={name: place for name, place in workflow.layout.items() if name in kept},
    )


def _before(workflow: Workflow, key: str) -> set[str]:
    """The node and all that any edge leads from to it, also on a loop's way back: a loop is of no use without it."""
    sources: dict[str, list[str]] = {}
    for edge in workflow.edges:
        sources.setdefault(edge.target, []).append(edge.source)
    found: set[str] = set()
    stack = [key]
    while stack:
        other = stack.pop()
        if other in found or other not in workflow.by_key:
            continue
        found.add(other)
        stack += sources.get(other, ())
    return found


def _failing(node: Node, handled: set[str]) -> Node:
    has_error = any(port.name == "error" for port in shape_of(node).outputs)
    if node.policy.on_error != "route" or node.key in handled or not has_error:
        return node
    return node.model_copy(update={"policy": node.policy.model_copy(update={"on_error": "fail"})})


def _steps(value: Any) -> frozenset[str]:
    try:
        return references(value).steps
    except ExpressionError:
        return frozenset()
