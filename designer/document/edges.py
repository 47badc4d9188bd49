"""Edits of edges. Edges keep their order, which is meaning (ports and merges go by it); new ones go last."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from designer.document.change import GRID, Place, Sizes, changed, exact, place_of, rect_of
from designer.document.wires import EdgeEnd, Wiring, best_port, why_not
from engine.errors import Refused
from engine.nodes.catalog import shape_of
from engine.workflow.model import Edge, Workflow
from engine.workflow.shape import Port

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
    gone = {key for key in keys if key in nodes or key in notes}
    new = _healing(workflow, gone) if heal else []
    return changed(
        workflow,
        nodes=tuple(node for node in workflow.nodes if node.key not in gone),
        edges=(*_without(workflow, gone), *new),
        layout={key: place for key, place in workflow.layout.items() if key not in gone},
        notes={key: note for key, note in workflow.notes.items() if key not in gone},
    )


def insertable(workflow: Workflow, key: str, edge: Edge) -> tuple[Edge, Edge] | None:
    """The two edges that put a node without edges on this one; None when it does not fit there."""
    if key not in workflow.by_key or edge not in workflow.edges or key in (edge.source, edge.target):
        return None
    if any(key in (other.source, other.target) for other in workflow.edges):
        return None
    # A node without edges closes no circle: types alone decide, so that it is cheap while the node is dragged.
    source, target = shape_of(workflow.by_key[edge.source]), shape_of(workflow.by_key[edge.target])
    shape = shape_of(workflow.by_key[key])
    out = next((port for port in source.outputs if port.name == edge.out), Port(edge.out))
    into = next((port for port in target.inputs if port.name == edge.into), Port(edge.into))
    handed = source.hand_off and out not in source.outputs
    inputs = [port for port in shape.inputs if not handed or (shape.hand_off and port.name == "input")]
    first = best_port(out, "out", inputs)
    second = best_port(into, "in", [port for port in shape.outputs if port.name != "error"], shape.main)
    if first is None or second is None:
        return None
    return (
        Edge(source=edge.source, out=edge.out, target=key, into=first.name),
        Edge(source=key, out=second.name, target=edge.target, into=edge.into),
    )


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


def _without(workflow: Workflow, gone: Collection[str]) -> list[Edge]:
    return [edge for edge in workflow.edges if edge.source not in gone and edge.target not in gone]


def _healing(workflow: Workflow, gone: Collection[str]) -> list[Edge]:
    """Edges from what led into these nodes to what they led to, where such edges may be drawn."""
    behind: dict[str, list[Edge]] = {}
    for edge in workflow.edges:
        if edge.source in gone and edge.out != "error":
            behind.setdefault(edge.source, []).append(edge)
    left = changed(workflow, edges=tuple(_without(workflow, gone)))
    loops = any(shape_of(node).kind == "loop" for node in workflow.nodes if node.key in gone)
    found: dict[Edge, None] = {}
    known = set(left.edges)
    wiring: Wiring | None = None
    for edge in workflow.edges:
        if edge.target not in gone or edge.source in gone:
            continue
        end = EdgeEnd(edge.source, edge.out, "out")
        wiring = Wiring(left, end) if wiring is None else wiring.held_at(end)
        for after in _reached(edge.target, behind, gone):
            new = Edge(source=edge.source, out=edge.out, target=after.target, into=after.into)
            if new in known or new in found or wiring.why_not(EdgeEnd(after.target, after.into, "in")):
                continue
            found[new] = None
            if loops:  # without their loop, what led there and back may make a circle of its own
                left = changed(left, edges=(*left.edges, new))
                wiring = Wiring(left, end)
    return [*found]


def _reached(key: str, behind: Mapping[str, list[Edge]], gone: Collection[str]) -> list[Edge]:
    """The edges that lead out of a group of nodes, from one of them on."""
    found, seen, queue = [], {key}, [key]
    for other in queue:  # grows while it is read
        for edge in behind.get(other, ()):
            if edge.target not in gone:
                found.append(edge)
            elif edge.target not in seen:
                seen.add(edge.target)
                queue.append(edge.target)
    return found


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
