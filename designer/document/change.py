"""A workflow with some of its fields changed; the same object when nothing changes, so that `is` means "no edit"."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from engine.workflow.model import Node, Note, Workflow

GRID = 8.0
FAR = 1e9
Place = tuple[float, float]
Rect = tuple[float, float, float, float]
Sizes = Mapping[str, tuple[float, float]]
CARD = (256.0, 120.0)
"""The size of a card of which nothing is known."""


def changed(workflow: Workflow, **fields: Any) -> Workflow:
    """The workflow with these fields, which are valid already; what stays is shared with the one before."""
    new = {name: value for name, value in fields.items() if not _same_field(name, getattr(workflow, name), value)}
    if not new:
        return workflow
    # Not model_copy: it would carry the cached `by_key` of the old nodes along.
    kept = {name: getattr(workflow, name) for name in Workflow.model_fields}
    return Workflow.model_construct(_fields_set=set(workflow.model_fields_set) | set(new), **{**kept, **new})


def with_node(workflow: Workflow, key: str, **fields: Any) -> Workflow:
    """One node with other fields; unchanged when there is no such node, or nothing differs."""
    node = workflow.by_key.get(key)
    if node is None:
        return workflow
    new = {name: value for name, value in fields.items() if not same(getattr(node, name), value)}
    if not new:
        return workflow
    after = node.model_copy(update=new)
    return changed(workflow, nodes=tuple(after if other is node else other for other in workflow.nodes))


def with_notes(workflow: Workflow, notes: Mapping[str, Note]) -> Workflow:
    """These notes put in, or in place of those of the same keys."""
    return changed(workflow, notes={**workflow.notes, **notes}) if notes else workflow


def same(a: Any, b: Any) -> bool:
    """Whether two values are written alike: unlike `==`, 1 is not true, and the order of keys counts."""
    if a is b:
        return True
    if isinstance(a, str | bool | int | float) or a is None:
        return type(a) is type(b) and bool(a == b)
    if isinstance(a, dict | list) and isinstance(b, dict | list):
        return json.dumps(a) == json.dumps(b)
    if hasattr(a, "value") and hasattr(b, "value"):  # a policy
        return bool(a == b) and same(a.value, b.value)
    return bool(a == b)


def _same_field(name: str, a: Any, b: Any) -> bool:
    if a is b:
        return True
    if name == "nodes":
        # nodes that are equal to Python may still be written differently (1 and true)
        return len(a) == len(b) and all(x is y for x, y in zip(a, b, strict=True))
    if name in ("layout", "notes"):
        return bool(a == b) and list(a) == list(b)
    return bool(a == b) if name == "edges" else same(a, b)


def place_of(workflow: Workflow, key: str) -> Place:
    """The top left of a node, frame or note."""
    note = workflow.notes.get(key)
    return (note.rect[0], note.rect[1]) if note is not None else workflow.layout.get(key, (0.0, 0.0))


def rect_of(workflow: Workflow, key: str, sizes: Sizes | None = None) -> Rect:
    """Where a node, frame or note is, with its size."""
    note = workflow.notes.get(key)
    if note is not None:
        return note.rect
    return (*place_of(workflow, key), *(sizes or {}).get(key, CARD))


def exact(place: Place) -> Place:
    """A place as it is kept: finite, on the drawing, with at most one decimal."""
    return _number(place[0]), _number(place[1])


def snapped(place: Place) -> Place:
    """The nearest place on the grid."""
    x, y = exact(place)
    return round(x / GRID) * GRID, round(y / GRID) * GRID


def _number(value: float) -> float:
    number = float(value)
    if math.isnan(number):
        return 0.0
    return round(max(-FAR, min(FAR, number)), 1) + 0.0  # no minus zero


def things(workflow: Workflow, keys: Iterable[str]) -> list[str]:
    """Those of the keys that name a node, a frame or a note, each once."""
    nodes, notes = workflow.by_key, workflow.notes
    return [key for key in dict.fromkeys(keys) if key in nodes or key in notes]


def nodes_of(workflow: Workflow, keys: Iterable[str]) -> list[Node]:
    """The nodes among the keys, in the file's order."""
    wanted = set(keys)
    return [node for node in workflow.nodes if node.key in wanted]
