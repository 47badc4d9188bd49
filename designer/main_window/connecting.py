"""The outline's wishes become the same edits as the canvas's gestures, chosen with the keyboard alone."""

from __future__ import annotations

from functools import partial

from designer.canvas import gestures as g
from designer.document.wires import EdgeEnd, Wiring, all_ports, edge_of
from designer.main_window.editing import Editing
from designer.main_window.finder import Entry, Finder
from designer.main_window.node_list import found_types, search_words
from designer.main_window.parts import Parts
from designer.resources import tr
from engine.nodes.catalog import CATALOG
from engine.workflow.model import Edge

BESIDE = 320.0


def connect_outline(parts: Parts, editing: Editing, finder: Finder) -> None:
    """Connect the outline's signals with the editing of the window."""
    outline, canvas = parts.drawing.outline, parts.drawing.canvas
    outline.selected.connect(canvas.select)
    outline.open_requested.connect(lambda key: editing.take(g.OpenNode(key)))
    outline.delete_requested.connect(lambda keys: editing.take(g.Delete(tuple(keys))))
    outline.disconnect_requested.connect(lambda edge: editing.take(g.Disconnect((edge,))))
    outline.rename_requested.connect(lambda key: _rename(parts, key))
    outline.connect_requested.connect(lambda port: finder.open_with(partners(parts, editing, EdgeEnd(*port))))
    outline.add_requested.connect(lambda key: finder.open_with(additions(parts, editing, key)))


def partners(parts: Parts, editing: Editing, end: EdgeEnd) -> list[Entry]:
    """Every port that a wire from this end may be led to."""
    workflow = parts.desk.workflow
    wiring = Wiring(workflow, end, tr)
    found = []
    for key, (inputs, outputs) in all_ports(workflow).items():
        for port in inputs if end.side == "out" else outputs:
            other = EdgeEnd(key, port.name, "in" if end.side == "out" else "out")
            edge = edge_of(end, other)
            if edge is None or edge in workflow.edges or wiring.why_not(other):
                continue
            node = workflow.by_key[key]
            node_type = CATALOG.get(node.type)
            sign = node_type.icon if node_type else "circle-help"
            title, take = f"{node.title or key} · {port.name}", partial(_connect, editing, edge)
            found.append(Entry(title, tr("Connect"), sign, take, f"{key}.{port.name}"))
    return found


def additions(parts: Parts, editing: Editing, key: str) -> list[Entry]:
    """Every node type, to be put beside the node with this key."""
    place = parts.desk.workflow.layout.get(key, (0.0, 0.0))
    at = (place[0] + BESIDE, place[1]) if key else place
    return [
        Entry(tr("Add {node}").format(node=tr(kind.title, "NodeType")), tr("Node type"), kind.icon,
              partial(editing.take, g.AddNode(kind.name, at)), tr(kind.summary, "NodeType"), search_words(kind))
        for kind in found_types("")
    ]  # fmt: skip


def _connect(editing: Editing, edge: Edge) -> None:
    editing.take(g.Connect(edge))


def _rename(parts: Parts, key: str) -> None:
    parts.drawing.canvas.select((key,))
    parts.drawing.inspector.show()
    parts.drawing.inspector.node.start_rename()
