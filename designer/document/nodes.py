"""Edits of nodes and of the workflow's own fields: pure; Refused for bad values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from designer.document.change import Place, changed, exact, nodes_of, with_node
from engine.errors import Refused
from engine.workflow.document import from_document
from engine.workflow.model import FORMAT, Mode, Node, Placement, Policy, Workflow
from engine.workflow.values import check_value

REMOVE: Final = object()
"""In place of a value: `set_param` takes the param away."""
LONGEST_KEY = 63
_WORDS = ("in", "null", "true", "false")  # of the expression language: `steps.in` cannot be read
Path = tuple[str | int, ...]


def fresh_key(workflow: Workflow, type_name: str) -> str:
    """A key that no node or note has, made from the last part of a type's name (or from another key)."""
    return free_key(type_name, {*workflow.by_key, *workflow.notes})


def free_key(name: str, taken: Iterable[str]) -> str:
    """`name`, or `name_2`, `name_3` …: the first valid key that is not taken."""
    base = re.sub(r"[^a-z0-9_]+", "_", name.rsplit(".", 1)[-1].lower()).strip("_") or "node"
    base = f"_{base}" if base[0].isdigit() else base
    base = f"{base}_1" if base in _WORDS else base
    used = set(taken)
    if base[:LONGEST_KEY] not in used:
        return base[:LONGEST_KEY]
    stem = re.sub(r"_\d+$", "", base) or base
    number = 2
    while (key := f"{stem[: LONGEST_KEY - len(str(number)) - 1]}_{number}") in used:
        number += 1
    return key


def add(workflow: Workflow, node: Node, at: Place) -> Workflow:
    """A node more, last; Refused when its key is taken."""
    if node.key in workflow.by_key or node.key in workflow.notes:
        raise Refused(f"There is a node or note {node.key!r} already.", remedy="Choose another key.")
    check_value(node.params)
    return changed(workflow, nodes=(*workflow.nodes, node), layout={**workflow.layout, node.key: exact(at)})


def set_params(workflow: Workflow, key: str, params: Mapping[str, Any]) -> Workflow:
    """All params of a node."""
    check_value(dict(params))
    return with_node(workflow, key, params=dict(params))


def set_param(workflow: Workflow, key: str, path: Path, value: Any) -> Workflow:
    """The param at a path, such as ("cases", 0, "when"). Missing mappings are made; REMOVE takes it away.

    An index at the end of a list adds to it. Refused where the path leads through something that holds nothing.
    """
    node = workflow.by_key.get(key)
    if node is None or not path:
        return workflow
    if value is not REMOVE:
        check_value(value)
    return with_node(workflow, key, params=_put(node.params, path, value, path))


def set_policy(workflow: Workflow, key: str, policy: Policy) -> Workflow:
    """How the engine treats a node."""
    check_value(policy.value)
    return with_node(workflow, key, policy=policy)


def set_title(workflow: Workflow, key: str, text: str) -> Workflow:
    """The title of a node, a frame or a note: one line."""
    title = _line(text)
    note = workflow.notes.get(key)
    if note is None:
        return with_node(workflow, key, title=title)
    if note.title == title:
        return workflow
    return changed(workflow, notes={**workflow.notes, key: note.model_copy(update={"title": title})})


def set_mode(workflow: Workflow, keys: Iterable[str], mode: Mode) -> Workflow:
    """Switch nodes on, off (disabled: skipped) or through (bypassed: the input is handed on)."""
    for node in nodes_of(workflow, keys):
        workflow = with_node(workflow, node.key, mode=mode)
    return workflow


def set_placement(workflow: Workflow, key: str, placement: Placement | None) -> Workflow:
    """Where a node may run; None leaves it to the workflow."""
    return with_node(workflow, key, placement=placement)


def set_field(workflow: Workflow, name: str, value: Any) -> Workflow:
    """The workflow's own name, title, description, placement, inputs or outputs; Refused for what it cannot be."""
    if name not in ("name", "title", "description", "placement", "inputs", "outputs"):
        raise Refused(f"A workflow's {name!r} cannot be set.")
    value = _line(value) if name == "title" else value
    checked = from_document({"format": FORMAT, "name": workflow.name, name: value})
    return changed(workflow, **{name: getattr(checked, name)})


def _line(text: str) -> str:
    check_value(text)
    return " ".join(text.split())


def _put(holder: Any, path: Path, value: Any, whole: Path) -> Any:
    part, rest = path[0], path[1:]
    if isinstance(part, int):
        return _put_item(holder, part, rest, value, whole)
    if holder is None:
        holder = {}
    if not isinstance(holder, dict):
        raise _no_place(whole)
    if value is REMOVE and part not in holder:
        return holder
    if rest:
        return {**holder, part: _put(holder.get(part), rest, value, whole)}
    if value is REMOVE:
        return {name: item for name, item in holder.items() if name != part}
    return {**holder, part: value}


def _put_item(holder: Any, place: int, rest: Path, value: Any, whole: Path) -> Any:
    items = [] if holder is None else holder
    if not isinstance(items, list) or not 0 <= place <= len(items):
        raise _no_place(whole)
    if value is REMOVE and place == len(items):
        return holder
    if rest:
        inner = _put(items[place] if place < len(items) else None, rest, value, whole)
        return [*items[:place], inner, *items[place + 1 :]]
    return [*items[:place], *([] if value is REMOVE else [value]), *items[place + 1 :]]


def _no_place(path: Path) -> Refused:
    return Refused(f"There is no place for `{'.'.join(map(str, path))}` in the params.")
