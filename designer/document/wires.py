"""Which ports there are and which of them may be connected, said in sentences. Pure, and cheap while a wire is held."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from engine.checks.edges import fits
from engine.nodes.catalog import CATALOG, shape_of
from engine.nodes.node_type import NodeType
from engine.workflow.model import Edge, Node, Workflow
from engine.workflow.shape import Port, Shape

Side = Literal["in", "out"]
Say = Callable[[str], str]
PORT = re.compile(r"[A-Za-z0-9_]+")


@dataclass(frozen=True, slots=True)
class EdgeEnd:
    """One end of an edge: a port of a node; `side` "out" is an output."""

    key: str
    port: str
    side: Side


def ends(edge: Edge) -> tuple[EdgeEnd, EdgeEnd]:
    """Where an edge begins and where it ends."""
    return EdgeEnd(edge.source, edge.out, "out"), EdgeEnd(edge.target, edge.into, "in")


def edge_of(one: EdgeEnd, other: EdgeEnd) -> Edge | None:
    """The edge between two ends, whichever was taken first; None for two of the same side."""
    if one.side == other.side:
        return None
    source, target = (one, other) if one.side == "out" else (other, one)
    return Edge(source=source.key, out=source.port, target=target.key, into=target.port)


def ports(workflow: Workflow, key: str) -> tuple[tuple[Port, ...], tuple[Port, ...]]:
    """A node's inputs and outputs: those of its type, then those that edges and hand-offs name."""
    node = workflow.by_key.get(key)
    if node is None:
        return (), ()
    into = [edge.into for edge in workflow.edges if edge.target == key]
    out = [edge.out for edge in workflow.edges if edge.source == key]
    return grown(shape_of(node), node, into, out)


def all_ports(workflow: Workflow) -> dict[str, tuple[tuple[Port, ...], tuple[Port, ...]]]:
    """`ports` of every node, in one pass over the edges."""
    into: dict[str, list[str]] = {}
    out: dict[str, list[str]] = {}
    for edge in workflow.edges:
        into.setdefault(edge.target, []).append(edge.into)
        out.setdefault(edge.source, []).append(edge.out)
    return {
        node.key: grown(shape_of(node), node, into.get(node.key, ()), out.get(node.key, ())) for node in workflow.nodes
    }


def grown(
    shape: Shape, node: Node, into: Iterable[str], out: Iterable[str]
) -> tuple[tuple[Port, ...], tuple[Port, ...]]:
    """The ports of a shape and the further ones that a drawing names."""
    further = [*out]
    hand_offs = node.params.get("hand_offs")
    if shape.hand_off and isinstance(hand_offs, Mapping):
        further = [name for name in hand_offs if isinstance(name, str) and PORT.fullmatch(name)] + further
    return _with(shape.inputs, into), _with(shape.outputs, further)


def why_not(workflow: Workflow, edge: Edge, say: Say = str) -> str:
    """Why this edge cannot be drawn, as a sentence; "" when it can. `say` translates."""
    start, end = ends(edge)
    return Wiring(workflow, start, say).why_not(end)


def compatible_types(
    workflow: Workflow, key: str, port: str, side: Side, catalog: Mapping[str, NodeType] = CATALOG
) -> list[NodeType]:
    """The node types that could be put at the other end of a wire from this port; exact matches first."""
    node = workflow.by_key.get(key)
    if node is None:
        return []
    end = EdgeEnd(key, port, side)
    ours = port_of(workflow, end)
    if ours is None:
        return []
    found: list[tuple[int, NodeType]] = []
    for node_type in catalog.values():
        rank = [_rank(ours, side, theirs) for theirs in _candidates(node_type.shape({}), side)]
        best = min((value for value in rank if value is not None), default=None)
        if best is not None:
            found.append((best, node_type))
    return [node_type for _, node_type in sorted(found, key=lambda pair: pair[0])]


def port_of(workflow: Workflow, end: EdgeEnd) -> Port | None:
    """The port at an end; a type that is missing, or takes any name, has every port. None: there is none."""
    node = workflow.by_key.get(end.key)
    if node is None:
        return None
    shape = shape_of(node)
    inputs, outputs = ports(workflow, end.key)
    found = next((port for port in (inputs if end.side == "in" else outputs) if port.name == end.port), None)
    if found is None and PORT.fullmatch(end.port):
        if shape.kind == "unknown" or (end.side == "in" and shape.open_inputs):
            return Port(end.port, required=False)
    return found


def joining(workflow: Workflow, end: EdgeEnd, key: str) -> Edge | None:
    """The edge that best connects an end with a node (quick add, drop on a node); None when none may be drawn."""
    node, ours = workflow.by_key.get(key), port_of(workflow, end)
    if node is None or ours is None:
        return None
    side: Side = "out" if end.side == "in" else "in"
    wiring = Wiring(workflow, end)
    taken = {(edge.target, edge.into) for edge in workflow.edges}
    inputs, outputs = ports(workflow, key)
    found: list[tuple[int, int, int, Edge]] = []
    for place, theirs in enumerate(inputs if side == "in" else outputs):
        rank = _rank(ours, end.side, theirs)
        edge = edge_of(end, EdgeEnd(key, theirs.name, side))
        if rank is None or edge is None or wiring.why_not(EdgeEnd(key, theirs.name, side)):
            continue
        used = (key, theirs.name) in taken and theirs.type != "capability"
        error = theirs.name == "error" and side == "out"
        found.append((rank + 4 * used + 8 * error, 0 if theirs.required else 1, place, edge))
    return min(found, key=lambda item: item[:3])[3] if found else None


def _with(known: tuple[Port, ...], names: Iterable[str]) -> tuple[Port, ...]:
    have = {port.name for port in known}
    return (*known, *(Port(name, required=False) for name in dict.fromkeys(names) if name not in have))


def _candidates(shape: Shape, side: Side) -> tuple[Port, ...]:
    if side == "out":
        return shape.inputs
    return tuple(port for port in shape.outputs if port.name != "error") or shape.outputs


def _rank(ours: Port, side: Side, theirs: Port) -> int | None:
    """How well a port fits at the other end of a wire: 0 is the same type; None: not at all."""
    source, target = (ours.type, theirs.type) if side == "out" else (theirs.type, ours.type)
    if not fits(source, target):
        return None
    return 0 if source == target else 1 if "any" not in (source, target) else 2


class Wiring:
    """What a wire that is held at one end may be led to; made once when it is taken up.

    Circles are found by what can be reached. Only where loops or teams of agents could be torn apart is the whole
    drawing analysed again, at most once for each node.
    """

    def __init__(self, workflow: Workflow, end: EdgeEnd, say: Say = str) -> None:
        self.workflow, self.end, self.say = workflow, end, say

    def why_not(self, other: EdgeEnd) -> str:
        """Why the wire cannot be led to this end, as a sentence; "" when it can."""
        return ""
