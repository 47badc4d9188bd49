"""What an edit is called in the menu and in the history: read from what changed, by identity, so it costs nothing."""

from __future__ import annotations

from collections.abc import Collection

from designer.document.change import same
from designer.resources import tr, tr_later
from engine.nodes.catalog import CATALOG
from engine.workflow.model import Node, Workflow


def label_of(before: Workflow, after: Workflow) -> str:
    """A short name of the edit: "Move 3 nodes", "Set severity of Triage agent"."""
    return _nodes(before, after) or _edges(before, after) or _fields(before, after) or _places(before, after)


def name_of(workflow: Workflow, key: str) -> str:
    """What people call a node, a frame or a note: its title, or what it is."""
    node = workflow.by_key.get(key)
    if node is not None:
        kind = CATALOG.get(node.type)
        return node.title or (tr(kind.title, "NodeType") if kind else key)
    note = workflow.notes.get(key)
    if note is None:
        return key
    return note.title or (tr("frame") if note.kind == "frame" else tr("note"))


def _nodes(before: Workflow, after: Workflow) -> str:
    old, new = before.by_key, after.by_key
    come, gone = [key for key in new if key not in old], [key for key in old if key not in new]
    if len(come) == len(gone) == 1:
        return tr("Rename {a} to {b}").format(a=gone[0], b=come[0])
    if come and gone:
        return tr("Replace nodes")
    if come:
        return _counted(after, come, tr("Add {node}"), tr("Add {n} nodes"))
    if gone:
        return _counted(before, gone, tr("Delete {node}"), tr("Delete {n} nodes"))
    other = [key for key, node in new.items() if node is not old[key]]
    modes = {new[key].mode for key in other if new[key].mode != old[key].mode}
    if len(modes) == 1 and all(new[key].mode != old[key].mode for key in other):
        one, many = _MODES[modes.pop()]
        return _counted(after, other, tr(one), tr(many))
    if len(other) == 1:
        return _node(old[other[0]], new[other[0]], name_of(after, other[0]))
    return tr("Change {n} nodes").format(n=len(other)) if other else ""


_MODES = {
    "on": (tr_later("Switch {node} on"), tr_later("Switch {n} nodes on")),
    "disabled": (tr_later("Disable {node}"), tr_later("Disable {n} nodes")),
    "bypassed": (tr_later("Bypass {node}"), tr_later("Bypass {n} nodes")),
}


def _node(old: Node, new: Node, name: str) -> str:
    if old.title != new.title:
        return tr("Rename {node}").format(node=name)
    if not same(old.params, new.params):
        names = [*old.params, *(key for key in new.params if key not in old.params)]
        other = [key for key in names if not same(old.params.get(key), new.params.get(key))]
        if len(other) == 1:
            return tr("Set {param} of {node}").format(param=other[0], node=name)
        return tr("Change {node}").format(node=name)
    if old.placement != new.placement:
        return tr("Set placement of {node}").format(node=name)
    return tr("Set policy of {node}").format(node=name)


def _edges(before: Workflow, after: Workflow) -> str:
    if before.edges is after.edges or before.edges == after.edges:
        return ""
    old, new = set(before.edges), set(after.edges)
    come, gone = list(new - old), list(old - new)
    if len(come) == 2 and len(gone) == 1:
        middle = {come[0].source, come[0].target} & {come[1].source, come[1].target}
        if len(middle) == 1:
            return tr("Insert {node}").format(node=name_of(after, middle.pop()))
    if len(come) == 1 and not gone:
        return tr("Connect {a} to {b}").format(a=name_of(after, come[0].source), b=name_of(after, come[0].target))
    if len(gone) == 1 and not come:
        return tr("Disconnect {a} from {b}").format(a=name_of(after, gone[0].source), b=name_of(after, gone[0].target))
    if not come and gone:
        return tr("Remove {n} connections").format(n=len(gone))
    return tr("Move a connection") if come else tr("Reorder connections")


def _fields(before: Workflow, after: Workflow) -> str:
    for name, label in _FIELDS.items():
        if not same(getattr(before, name), getattr(after, name)):
            return tr(label)
    return ""


_FIELDS = {
    "name": tr_later("Rename the workflow"),
    "title": tr_later("Change the title"),
    "description": tr_later("Change the description"),
    "inputs": tr_later("Change the inputs"),
    "outputs": tr_later("Change the outputs"),
    "placement": tr_later("Change the placement"),
}


def _places(before: Workflow, after: Workflow) -> str:
    old, new = before.notes, after.notes
    come, gone = [key for key in new if key not in old], [key for key in old if key not in new]
    if come and not gone:
        return _counted(after, come, tr("Add {node}"), tr("Add {n} notes"))
    if gone and not come:
        return _counted(before, gone, tr("Delete {node}"), tr("Delete {n} notes"))
    if come:
        return tr("Change notes")
    moved = [key for key, place in after.layout.items() if before.layout.get(key) != place]
    slid = [key for key in new if old[key] is not new[key] and old[key].rect[:2] != new[key].rect[:2]]
    other = [key for key in new if old[key] != new[key] and key not in slid]
    if moved or (slid and not other):
        sizes = all(old[key].rect[2:] == new[key].rect[2:] for key in slid)
        return _counted(
            after, [*moved, *slid], tr("Move {node}") if sizes else tr("Resize {node}"), tr("Move {n} nodes")
        )
    if len(other) == 1 and old[other[0]].rect != new[other[0]].rect:
        return tr("Resize {node}").format(node=name_of(after, other[0]))
    return _counted(after, other, tr("Edit {node}"), tr("Edit {n} notes")) if other else tr("Edit")


def _counted(workflow: Workflow, keys: Collection[str], one: str, many: str) -> str:
    return one.format(node=name_of(workflow, next(iter(keys)))) if len(keys) == 1 else many.format(n=len(keys))
