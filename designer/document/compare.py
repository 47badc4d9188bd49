"""What changed between two versions of a workflow, as rows for people: grouped by node, one sentence each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from designer.document.labels import name_of
from designer.resources import tr
from engine.nodes.catalog import CATALOG
from engine.workflow.canonical import value_json
from engine.workflow.diff import Change, diff
from engine.workflow.model import Edge, Workflow

_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Row:
    """One change. `group` is the heading that it stands under, `key` the node it is about (None: the workflow)."""

    group: str
    key: str | None
    kind: Literal["added", "removed", "changed", "moved"]
    sentence: str
    before: Any = None
    after: Any = None


def compare(before: Workflow, after: Workflow) -> list[Row]:
    """All changes: the workflow's own first, then node by node, the drawing last."""
    changes = [part for change in diff(before, after) for part in _parts(change)]
    rows = [_field(change) for change in changes if change.what == "field"]
    rows += [_order(change) for change in changes if change.kind == "moved" and change.what in ("node", "edge")]
    about = [_node(change, before, after) for change in changes if change.what == "node" and change.kind != "moved"]
    about += [_edge(change, before, after) for change in changes if change.what == "edge" and change.kind != "moved"]
    place = {key: index for index, key in enumerate([*after.by_key, *before.by_key])}
    place.update({key: index for index, key in enumerate(after.by_key)})
    rows += sorted(about, key=lambda row: place.get(row.key or "", len(place)))
    return rows + _drawing(changes, before, after)


def _parts(change: Change) -> list[Change]:
    """The first param that is set is one param set, not all params."""
    whole = change.after if change.kind == "added" else change.before
    level = {"node": 2, "field": 0}.get(change.what)
    if change.kind not in ("added", "removed") or change.path.count(".") != level or not isinstance(whole, dict):
        return [change]
    both = ((name, (None, value) if change.kind == "added" else (value, None)) for name, value in whole.items())
    return [Change(change.what, change.kind, f"{change.path}.{name}", *values) for name, values in both]


def short(value: Any) -> str:
    """A value in a few words."""
    text = value if isinstance(value, str) else value_json(value)
    text = " ".join(text.split())
    text = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return f"“{text}”" if isinstance(value, str) else text


def _named(workflow: Workflow, other: Workflow, key: str) -> str:
    return name_of(workflow if key in workflow.by_key else other, key)


def _said(change: Change, name: str) -> str:
    if change.kind == "added":
        return tr("{name} is set to {value}").format(name=name, value=short(change.after))
    if change.kind == "removed":
        return tr("{name} is taken away; it was {value}").format(name=name, value=short(change.before))
    a, b = short(change.before), short(change.after)
    if a == b:  # alike as far as it is shown
        return tr("{name} is changed").format(name=name)
    return tr("{name}: {before} → {after}").format(name=name, before=a, after=b)


def _field(change: Change) -> Row:
    return Row(tr("Workflow"), None, change.kind, _said(change, change.path), change.before, change.after)


def _order(change: Change) -> Row:
    sentence = tr("The nodes are in another order") if change.what == "node" else tr("The edges are in another order")
    return Row(tr("Workflow"), None, change.kind, sentence, change.before, change.after)


def _node(change: Change, before: Workflow, after: Workflow) -> Row:
    key, _, rest = change.path.removeprefix("nodes.").partition(".")
    group = _named(after, before, key)
    if not rest:
        document = change.after if change.kind == "added" else change.before
        kind = CATALOG.get(document["type"])
        text = tr("Added: {type}") if change.kind == "added" else tr("Removed: {type}")
        sentence = text.format(type=tr(kind.title, "NodeType") if kind else document["type"])
    else:
        sentence = _said(change, rest.removeprefix("params."))
    return Row(group, key, change.kind, sentence, change.before, change.after)


def _edge(change: Change, before: Workflow, after: Workflow) -> Row:
    edge = Edge.parse(change.path)
    text = (
        tr("Connected: {out} → {into} of {node}")
        if change.kind == "added"
        else tr("Disconnected: {out} → {into} of {node}")
    )
    sentence = text.format(out=edge.out, into=edge.into, node=_named(after, before, edge.target))
    return Row(_named(after, before, edge.source), edge.source, change.kind, sentence, change.before, change.after)


def _drawing(changes: list[Change], before: Workflow, after: Workflow) -> list[Row]:
    group = tr("Drawing")
    moved = [change for change in changes if change.what == "layout" and change.kind == "changed"]
    rows = []
    if len(moved) == 1:
        name = _named(after, before, moved[0].path.removeprefix("layout."))
        rows.append(Row(group, None, "moved", tr("{node} stands elsewhere").format(node=name)))
    elif moved:
        rows.append(Row(group, None, "moved", tr("{n} nodes stand elsewhere").format(n=len(moved))))
    for key in [*before.notes, *(key for key in after.notes if key not in before.notes)]:
        old, new = before.notes.get(key), after.notes.get(key)
        if old == new:
            continue
        name = name_of(after if new is not None else before, key)
        if old is None or new is None:
            text = tr("Added: {type}") if old is None else tr("Removed: {type}")
            rows.append(Row(group, key, "added" if old is None else "removed", text.format(type=name), old, new))
        else:
            rows.append(Row(group, key, "changed", tr("{name} is changed").format(name=name), old, new))
    return rows
