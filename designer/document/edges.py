"""Edits of edges. Edges keep their order, which is meaning (ports and merges go by it); new ones go last."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from designer.document.change import GRID, Place, Sizes, changed, exact, place_of, rect_of
from designer.document.wires import ends, joining, why_not
from engine.errors import Refused
from engine.workflow.model import Edge, Workflow

ROOM = 64.0


def connect(workflow: Workflow, edge: Edge) -> Workflow:
    """An edge more; unchanged when it is there already, Refused with the reason when it cannot be drawn."""
    if edge in workflow.edges:
        return workflow
    _refuse(why_not(workflow, edge))
    return changed(workflow, edges=(*workflow.edges, edge))


def disconnect(workflow: Workflow, edges: Iterable[Edge]) -> Workflow:
    """Without these edges."""
    gone = set(edges)
    return changed(workflow, edges=tuple(edge for edge in workflow.edges if edge not in gone))


def replug(workflow: Workflow, edge: Edge, new_edge: Edge) -> Workflow:
    """Another edge in the place of this one; Refused with the reason when it cannot be drawn."""
    if edge == new_edge or edge not in workflow.edges:
        return workflow
    without = disconnect(workflow, [edge])
    if new_edge in without.edges:
        return without
    _refuse(why_not(without, new_edge))
    return changed(workflow, edges=tuple(new_edge if other == edge else other for other in workflow.edges))


def delete(workflow: Workflow, keys: Collection[str], heal: bool = False) -> Workflow:
    """Without these nodes, frames and notes. `heal` leads what came into a node on to where it went."""
    nodes, notes = workflow.by_key, workflow.notes
    gone = [key for key in keys if key in nodes or key in notes]
    if heal:
        for key in gone:
            workflow = _healed(workflow, key) if key in nodes else workflow
    out = set(gone)
    return changed(
        workflow,
        nodes=tuple(node for node in workflow.nodes if node.key not in out),
        edges=tuple(edge for edge in workflow.edges if edge.source not in out and edge.target not in out),
        layout={key: place for key, place in workflow.layout.items() if key not in out},
        notes={key: note for key, note in workflow.notes.items() if key not in out},
    )


def insertable(workflow: Workflow, key: str, edge: Edge) -> tuple[Edge, Edge] | None:
    """The two edges that put a node without edges on this one; None when it does not fit there."""
    if key not in workflow.by_key or edge not in workflow.edges or key in (edge.source, edge.target):
        return None
    if any(key in (other.source, other.target) for other in workflow.edges):
        return None
    start, end = ends(edge)
    without = disconnect(workflow, [edge])
    first = joining(without, start, key)
    if first is None:
        return None
    second = joining(changed(without, edges=(*without.edges, first)), end, key)
    return (first, second) if second is not None else None


def insert(workflow: Workflow, key: str, edge: Edge, at: Place | None = None, sizes: Sizes | None = None) -> Workflow:
    """A node put on an edge; what follows moves to the right as far as the node needs room."""
    two = insertable(workflow, key, edge)
    if two is None:
        return workflow
    edges: list[Edge] = []
    for other in workflow.edges:
        edges += two if other == edge else (other,)
    workflow = changed(workflow, edges=tuple(edges))
    if at is not None:
        workflow = changed(workflow, layout={**workflow.layout, key: exact(at)})
    return _with_room(workflow, key, edge.target, sizes)


def order_edges(workflow: Workflow, key: str, port: str, edges: Iterable[Edge]) -> Workflow:
    """The edges into a port in another order; the places that they hold among all edges stay theirs."""
    into = [edge for edge in workflow.edges if edge.target == key and edge.into == port]
    wanted = [edge for edge in dict.fromkeys(edges) if edge in into]
    wanted += [edge for edge in into if edge not in wanted]
    queue = iter(wanted)
    mine = set(into)
    return changed(workflow, edges=tuple(next(queue) if edge in mine else edge for edge in workflow.edges))


def _healed(workflow: Workflow, key: str) -> Workflow:
    """The node without its value edges, and those before it connected with those behind it, where that may be."""
    before = [edge for edge in workflow.edges if edge.target == key and edge.source != key]
    behind = [edge for edge in workflow.edges if edge.source == key and edge.target != key and edge.out != "error"]
    healed = disconnect(workflow, [*before, *behind])
    for after in behind:
        for first in before:
            new = Edge(source=first.source, out=first.out, target=after.target, into=after.into)
            if new not in healed.edges and not why_not(healed, new):
                healed = changed(healed, edges=(*healed.edges, new))
    return healed


def _with_room(workflow: Workflow, key: str, after: str, sizes: Sizes | None) -> Workflow:
    left, _, width, _ = rect_of(workflow, key, sizes)
    need = left + width + ROOM - place_of(workflow, after)[0]
    if need <= 0:
        return workflow
    need = -(-need // GRID) * GRID
    forward: dict[str, list[str]] = {}
    for edge in workflow.edges:
        forward.setdefault(edge.source, []).append(edge.target)
    seen: set[str] = set()
    stack = [after]
    while stack:
        other = stack.pop()
        # what is left of the node is reached through a loop's way back, and stays
        if other in seen or other == key or place_of(workflow, other)[0] + need <= left:
            continue
        seen.add(other)
        stack += forward.get(other, ())
    moved = {other: exact((place_of(workflow, other)[0] + need, place_of(workflow, other)[1])) for other in seen}
    return changed(workflow, layout={**workflow.layout, **moved})


def _refuse(reason: str) -> None:
    if reason:
        raise Refused(reason)
