"""The ports that a node has in a drawing: those of its type, and those that edges and hand-offs name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from engine.nodes.catalog import shape_of
from engine.workflow.model import Edge, Node, Workflow
from engine.workflow.shape import Port, Shape

Side = Literal["in", "out"]
Ports = tuple[tuple[Port, ...], tuple[Port, ...]]
PORT_NAME = re.compile(r"[A-Za-z0-9_]+")


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


def ports(workflow: Workflow, key: str) -> Ports:
    """A node's inputs and outputs: those of its type, then those that edges and hand-offs name."""
    node = workflow.by_key.get(key)
    if node is None:
        return (), ()
    into = [edge.into for edge in workflow.edges if edge.target == key]
    out = [edge.out for edge in workflow.edges if edge.source == key]
    return _grown(shape_of(node), node, into, out)


def all_ports(workflow: Workflow) -> dict[str, Ports]:
    """`ports` of every node, in one pass over the edges."""
    into: dict[str, list[str]] = {}
    out: dict[str, list[str]] = {}
    for edge in workflow.edges:
        into.setdefault(edge.target, []).append(edge.into)
        out.setdefault(edge.source, []).append(edge.out)
    return {
        node.key: _grown(shape_of(node), node, into.get(node.key, ()), out.get(node.key, ())) for node in workflow.nodes
    }


def port_at(found: Ports, shape: Shape, end: EdgeEnd) -> Port | None:
    """The port at an end; a type that is missing, or takes any name, has every port. None: there is none."""
    known = next((port for port in found[0 if end.side == "in" else 1] if port.name == end.port), None)
    if known is None and PORT_NAME.fullmatch(end.port):
        if shape.kind == "unknown" or (end.side == "in" and shape.open_inputs):
            return Port(end.port, required=False)
    return known


def _grown(shape: Shape, node: Node, into: Iterable[str], out: Iterable[str]) -> Ports:
    further = [*out]
    hand_offs = node.params.get("hand_offs")
    if shape.hand_off and isinstance(hand_offs, Mapping):
        further = [name for name in hand_offs if isinstance(name, str) and PORT_NAME.fullmatch(name)] + further
    return _with(shape.inputs, into), _with(shape.outputs, further)


def _with(known: tuple[Port, ...], names: Iterable[str]) -> tuple[Port, ...]:
    have = {port.name for port in known}
    return (*known, *(Port(name, required=False) for name in dict.fromkeys(names) if name not in have))
