"""What each gesture on the canvas does to the workflow: pure, one edit and one label for a gesture."""

from __future__ import annotations

from dataclasses import dataclass

from designer.canvas import gestures as g
from designer.document import edits
from designer.document.wires import EdgeEnd, joining
from designer.resources import tr
from engine.nodes.catalog import CATALOG
from engine.workflow.model import Edge, Node, Workflow


@dataclass(frozen=True, slots=True)
class Edited:
    """The workflow after a gesture, its name in the undo list, the merge id, and what is to be selected then."""

    workflow: Workflow
    label: str
    merge: str = ""
    select: tuple[str, ...] | None = None


def edited(workflow: Workflow, gesture: object) -> Edited | None:
    """The edit that a gesture asks for; None for gestures that edit nothing (open, menu, refused, drop)."""
    match gesture:
        case g.Move(positions=positions):
            return Edited(edits.move(workflow, dict(positions)), _moved(len(positions)))
        case g.Nudge(keys=keys, dx=dx, dy=dy):
            merge = f"nudge:{','.join(keys)}"
            return Edited(edits.nudge(workflow, keys, dx, dy), _moved(len(keys)), merge)
        case g.Connect(edge=edge):
            after = _routed(edits.connect(workflow, edge), edge)
            return Edited(after, tr("Connect {a} to {b}").format(a=edge.source, b=edge.target))
        case g.Disconnect(edges=gone):
            return Edited(edits.disconnect(workflow, gone), tr("Remove connections"))
        case g.Replug(edge=edge, new=new):
            return Edited(_routed(edits.replug(workflow, edge, new), new), tr("Move a connection"))
        case g.Delete(keys=keys, heal=heal):
            label = tr("Delete and heal") if heal else tr("Delete")
            return Edited(edits.delete(workflow, keys, heal=heal), label, select=())
        case g.Insert(key=key, edge=edge, at=at):
            moved = edits.move(workflow, {key: at})
            return Edited(edits.insert(moved, key, edge), tr("Insert {node}").format(node=name_of(workflow, key)))
        case g.AddNode():
            return _added(workflow, gesture)
        case g.Rename(key=key, title=title):
            if key in workflow.notes:
                return Edited(edits.set_note(workflow, key, title=title), tr("Rename"))
            return Edited(edits.set_title(workflow, key, title), tr("Rename"))
        case g.EditNote(key=key, text=text):
            return Edited(edits.set_note(workflow, key, text=text), tr("Edit a note"), f"note:{key}")
        case g.Resize(key=key, rect=rect):
            return Edited(edits.resize(workflow, key, rect), tr("Resize"))
        case g.SetMode(keys=keys, mode=mode):
            label = {"on": tr("Enable"), "disabled": tr("Disable"), "bypassed": tr("Bypass")}[mode]
            return Edited(edits.set_mode(workflow, keys, mode), label)
    return None


def _routed(workflow: Workflow, edge: Edge) -> Workflow:
    """Somebody who draws a wire from `error` means that a failure goes there: the policy says so from now on."""
    node = workflow.by_key.get(edge.source)
    if node is None or edge.out != "error" or node.policy.on_error != "fail":
        return workflow
    return edits.set_policy(workflow, node.key, node.policy.model_copy(update={"on_error": "route"}))


def _moved(count: int) -> str:
    return tr("Move {n} nodes").format(n=count) if count > 1 else tr("Move a node")


def name_of(workflow: Workflow, key: str) -> str:
    """What a person calls a node or a frame."""
    node = workflow.by_key.get(key)
    if node is not None:
        return node.title or key
    note = workflow.notes.get(key)
    return (note.title if note else "") or key


def _added(workflow: Workflow, gesture: g.AddNode) -> Edited:
    key = edits.fresh_key(workflow, gesture.type)
    node_type = CATALOG.get(gesture.type)
    after = edits.add(workflow, Node(key=key, type=gesture.type), gesture.at)
    end = gesture.from_end
    edge = None if end is None else joining(after, EdgeEnd(end.key, end.port, end.side), key)
    if edge is not None:
        after = _routed(edits.connect(after, edge), edge)
    title = tr(node_type.title, "NodeType") if node_type else gesture.type
    return Edited(after, tr("Add {node}").format(node=title), select=(key,))
