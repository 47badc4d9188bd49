"""Are the node types known, and do their params fit?"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ValidationError

from engine.checks.problem import Problem, Subject, error
from engine.nodes.node_type import NodeType
from engine.workflow.document import sentence
from engine.workflow.model import Node

_DRAWN = {"merge": ("policy", "on_failure"), "each": ("on_item_error",)}
"""Params that decide how the run is planned: they are read as they stand, never evaluated."""


def check(subject: Subject) -> Iterator[Problem]:
    """Unknown types, and for the known ones missing, unknown and wrong params."""
    for node in subject.workflow.nodes:
        node_type = subject.type_of(node)
        if node_type is None:
            near = difflib.get_close_matches(node.type, subject.catalog, n=1)
            yield error(
                "unknown-type",
                node.key,
                f"Node {node.key!r} is of the type {node.type!r}, which this program does not have.",
                f"Did you mean {near[0]!r}?" if near else "Choose another type, or open it with a newer Signalbox.",
            )
        else:
            yield from _params(node, node_type)


def _params(node: Node, node_type: NodeType) -> Iterator[Problem]:
    if node_type.kind == "loop" and node.params.get("limit") is None:
        yield error(
            "loop-without-limit",
            node.key,
            f"The loop {node.key!r} has no `limit`, so it could go on for ever.",
            "Say the most rounds there may be, as in `limit: 10`.",
        )
    for name in _DRAWN.get(node_type.kind, ()):
        if _later(node.params.get(name)):
            yield error(
                "choice-by-expression",
                node.key,
                f"The param `{name}` of {node.key!r} is an expression; it has to stand in the drawing itself.",
                "Choose one of its values; for both ways, draw a branch and two nodes.",
            )
    told = {"limit"} if node_type.kind == "loop" and node.params.get("limit") is None else set()
    try:
        node_type.params.model_validate(node.params)
    except ValidationError as fault:
        for one in fault.errors(include_url=False):
            name = str(one["loc"][0]) if one["loc"] else ""
            if name in told or (
                one["loc"] and _later(one["input"]) and one["type"] not in ("missing", "extra_forbidden")
            ):
                continue
            told.add(name)
            yield replace(_problem(node, node_type, one), path=("params", *one["loc"]))


def _later(value: Any) -> bool:
    """Whether a value is only known when a run fills in its expressions."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str) and "{{" in item:
            return True
        if isinstance(item, Mapping):
            stack.extend(item.values())
        elif isinstance(item, list | tuple):
            stack.extend(item)
    return False


def _problem(node: Node, node_type: NodeType, fault: Any) -> Problem:
    path = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "missing":
        what = f"Node {node.key!r} has no param `{path}`."
        return error("missing-param", node.key, what, _hint(node_type.params, fault["loc"]))
    if fault["type"] == "extra_forbidden":
        names = _names(node_type.params) if len(fault["loc"]) == 1 else []
        near = difflib.get_close_matches(str(fault["loc"][-1]), names, n=1)
        known = f"It has {', '.join(names)}." if names else "Take it out."
        return error(
            "unknown-param",
            node.key,
            f"Node {node.key!r} has a param `{path}`, which {node_type.name} does not know.",
            f"Did you mean `{near[0]}`?" if near else known,
        )
    at = f"Node {node.key!r}, param `{path}`" if path else f"Node {node.key!r}"
    what, remedy = sentence(fault, None, at)
    if node.key not in what:
        what = f"{at}: {what}"
    return error("wrong-param", node.key, what, remedy or _hint(node_type.params, fault["loc"]))


def _hint(model: type[BaseModel], loc: tuple[int | str, ...]) -> str:
    for name, field in model.model_fields.items():
        if loc and loc[0] in (name, field.alias) and field.description:
            return f"It says: {field.description.rstrip('.')}."
    return "See the help page of the node type."


def _names(model: type[BaseModel]) -> list[str]:
    return sorted(field.alias or name for name, field in model.model_fields.items())
