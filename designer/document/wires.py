"""Which ports may be connected, said in sentences: pure, and cheap enough to ask for every port of a drawing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

from designer.document.loops import Nesting
from designer.document.ports import EdgeEnd, Side, all_ports, edge_of, ends, port_at, ports
from engine.checks.edges import fits
from engine.nodes.catalog import CATALOG, shape_of
from engine.nodes.node_type import NodeType
from engine.workflow.model import Edge, Workflow
from engine.workflow.order import Fault, Order, analyse
from engine.workflow.shape import Port, Shape

Say = Callable[[str], str]
_ANALYSED = 10_000
"""Nodes that are analysed again while one wire is held: about 0.2 s."""

__all__ = [
    "EdgeEnd",
    "Say",
    "Wiring",
    "all_ports",
    "best_port",
    "compatible_types",
    "edge_of",
    "ends",
    "ends_that_fit",
    "joining",
    "ports",
    "why_not",
]


def why_not(workflow: Workflow, edge: Edge, say: Say = str) -> str:
    """Why this edge cannot be drawn, as a sentence; "" when it can. `say` translates."""
    start, end = ends(edge)
    return Wiring(workflow, start, say).why_not(end)


def compatible_types(
    workflow: Workflow, key: str, port: str, side: Side, catalog: Mapping[str, NodeType] = CATALOG
) -> list[NodeType]:
    """The node types that could be put at the other end of a wire from this port; exact matches first."""
    ours = _port(workflow, EdgeEnd(key, port, side))
    if ours is None:
        return []
    found: list[tuple[int, NodeType]] = []
    for node_type in catalog.values():
        shape = node_type.shape({})
        theirs = shape.inputs if side == "out" else [port for port in shape.outputs if port.name != "error"]
        ranks = [rank for port in theirs if (rank := _rank(ours, side, port)) is not None]
        if ranks:
            found.append((min(ranks), node_type))
    return [node_type for _, node_type in sorted(found, key=lambda pair: pair[0])]


def ends_that_fit(workflow: Workflow, key: str, port: str, side: Side, other: str) -> list[str]:
    """The ports of `other` that a wire from this port may be led to, the best first: free, of the same type, needed."""
    end = EdgeEnd(key, port, side)
    ours, node = _port(workflow, end), workflow.by_key.get(other)
    if ours is None or node is None:
        return []
    wiring = Wiring(workflow, end)
    taken = {(edge.target, edge.into) for edge in workflow.edges}
    inputs, outputs = ports(workflow, other)
    found: list[tuple[int, str]] = []
    for theirs in inputs if side == "out" else outputs:
        rank = _rank(ours, side, theirs)
        if rank is None or wiring.why_not(EdgeEnd(other, theirs.name, "in" if side == "out" else "out")):
            continue
        if side == "out":
            rank += 4 * ((other, theirs.name) in taken and theirs.type != "capability")
        else:
            rank += 8 * (theirs.name == "error")
        main = side == "in" and theirs.name == shape_of(node).main
        found.append((4 * rank + 2 * (not main) + (not theirs.required), theirs.name))
    return [name for _, name in sorted(found, key=lambda pair: pair[0])]


def joining(workflow: Workflow, end: EdgeEnd, other: str) -> Edge | None:
    """The edge that best connects an end with a node (quick add, drop on a node); None when none may be drawn."""
    names = ends_that_fit(workflow, end.key, end.port, end.side, other)
    return edge_of(end, EdgeEnd(other, names[0], "in" if end.side == "out" else "out")) if names else None


def best_port(ours: Port, side: Side, theirs: Iterable[Port], main: str = "") -> Port | None:
    """The port that fits best at the other end of a wire from ours, by type alone: main and needed ones first."""
    found: list[tuple[int, int, Port]] = []
    for place, port in enumerate(theirs):
        rank = _rank(ours, side, port)
        if rank is not None:
            found.append((4 * rank + 2 * (port.name != main) + (not port.required), place, port))
    return min(found, key=lambda item: item[:2])[2] if found else None


def mismatch(out: Port, into: Port, say: Say = str) -> str:
    """Why a value of one port may not go into another, as a sentence; "" when it may."""
    if fits(out.type, into.type):
        return ""
    if into.type == "capability":
        return say("Only the `tool` port of a node leads into a `tools` port.")
    if out.type == "capability":
        return say("A `tool` port leads only into the `tools` port of an agent.")
    text = say("This port gives {one}, and {other} is wanted there. Put a node between them that converts it.")
    kinds = _kinds(say)
    return text.format(one=kinds[out.type], other=kinds[into.type])


def _kinds(say: Say) -> dict[str, str]:
    return {
        "any": say("any value"),
        "text": say("a text"),
        "number": say("a number"),
        "boolean": say("true or false"),
        "object": say("an object"),
        "list": say("a list"),
        "table": say("a table"),
        "file": say("a file"),
        "image": say("an image"),
        "capability": say("a tool"),
    }


def _port(workflow: Workflow, end: EdgeEnd) -> Port | None:
    node = workflow.by_key.get(end.key)
    return port_at(ports(workflow, end.key), shape_of(node), end) if node is not None else None


def _rank(ours: Port, side: Side, theirs: Port) -> int | None:
    """How well a port fits at the other end of a wire: 0 is the same type; None: not at all."""
    source, target = (ours.type, theirs.type) if side == "out" else (theirs.type, ours.type)
    if not fits(source, target):
        return None
    return 0 if source == target else 1 if "any" not in (source, target) else 2


class Wiring:
    """What a wire that is held at one end may be led to; made once when it is taken up.

    Circles are found by what can be reached. Only where an edge could change what a loop holds is the whole drawing
    analysed again; in large drawings not for every port. A port that was not looked at so counts as free, and `connect`
    refuses when the wire is dropped there.
    """

    def __init__(self, workflow: Workflow, end: EdgeEnd, say: Say = str) -> None:
        self.workflow, self.end, self.say = workflow, end, say
        self._tried: dict[tuple[str, str, bool, bool, bool], str] = {}
        self._budget = max(8, _ANALYSED // max(1, len(workflow.nodes)))

    def held_at(self, end: EdgeEnd) -> Wiring:
        """Another wire in the same drawing: what was worked out serves it too."""
        other = Wiring(self.workflow, end, self.say)
        self._nesting, self._ports, self._edges  # noqa: B018
        shared = ("_edges", "_shape", "_order", "_nesting", "_ports")
        other.__dict__.update({name: self.__dict__[name] for name in shared})
        return other

    def why_not(self, other: EdgeEnd) -> str:
        """Why the wire cannot be led to this end, as a sentence; "" when it can."""
        edge = edge_of(self.end, other)
        if edge is None:
            return self.say("An output leads to an input.")
        if edge.source == edge.target:
            return self.say("A node cannot feed itself.")
        start, end = ends(edge)
        out, into = self._port(start), self._port(end)
        if out is None or into is None:
            return self.say("There is no such port any more.")
        if edge in self._edges:
            return self.say("They are connected already.")
        source, target = self._shape[edge.source], self._shape[edge.target]
        if "unknown" not in (source.kind, target.kind) and (reason := mismatch(out, into, self.say)):
            return reason
        if into.type == "capability":
            return self._asks(edge)
        if _is_hand_off(source, edge.out):
            if not (target.hand_off and edge.into == "input") and not self._declared(edge):
                return self.say("A hand-off leads to the `input` of another agent.")
        return self._structure(edge, source, target)

    def _declared(self, edge: Edge) -> bool:
        """Whether the agent itself names this hand-off: then it may lead to a node of any kind."""
        hand_offs = self.workflow.by_key[edge.source].params.get("hand_offs")
        return isinstance(hand_offs, Mapping) and edge.out in hand_offs

    def _asks(self, edge: Edge) -> str:
        """Agents may ask agents, but nobody may ask somebody who asks them."""
        asked = [edge.source]
        for agent in asked:
            asked += [tool for tool in self._order.tools.get(agent, ()) if tool not in asked]
        return self.say("These agents would ask each other in a circle.") if edge.target in asked else ""

    @cached_property
    def _edges(self) -> frozenset[Edge]:
        return frozenset(self.workflow.edges)

    @cached_property
    def _shape(self) -> dict[str, Shape]:
        return {node.key: shape_of(node) for node in self.workflow.nodes}

    @cached_property
    def _order(self) -> Order:
        return analyse(self.workflow, lambda node: self._shape[node.key])

    @cached_property
    def _nesting(self) -> Nesting:
        return Nesting(self._order)

    @cached_property
    def _ports(self) -> dict[str, tuple[tuple[Port, ...], tuple[Port, ...]]]:
        return all_ports(self.workflow)

    @cached_property
    def _around(self) -> frozenset[str]:
        """The nodes that an edge to or from the held end would close a circle with."""
        return self._nesting.circle(self.end.key, self.end.side == "out")

    def _port(self, end: EdgeEnd) -> Port | None:
        found = self._ports.get(end.key)
        return port_at(found, self._shape[end.key], end) if found is not None else None

    def _structure(self, edge: Edge, source: Shape, target: Shape) -> str:
        again = target.kind == "loop" and edge.into == "again"
        other = edge.target if self.end.side == "out" else edge.source
        if again:
            if self._order.scope and edge.target not in self._scope(edge.source):
                text = self.say("{node} is not inside this loop. Lead `body` of the loop to it first.")
                return text.format(node=self._name(edge.source))
            return ""
        if other in self._around:
            if _is_hand_off(source, edge.out) or "unknown" in (source.kind, target.kind):
                return self._analysed(edge, source)
            return self._circle()
        if not self._order.scope:
            return ""  # it makes no sense yet as it is
        into_team = edge.into != "input" and any(scope in self._order.teams for scope in self._scope(edge.target))
        body = source.kind == "loop" and edge.out == "body"
        if loop := self._nesting.torn(edge.source, edge.target, body):
            return self._torn(edge.target, loop)
        if into_team or self._nesting.may_tear(edge.source, edge.target, body):
            return self._analysed(edge, source)
        if self._nesting.waits(edge.source, edge.target, body, self.end.side == "out"):
            return self.say("Loops on this way would wait for each other.")
        return ""

    def _scope(self, key: str) -> tuple[str, ...]:
        return self._order.scope.get(key, ())

    def _analysed(self, edge: Edge, source: Shape) -> str:
        body = source.kind == "loop" and edge.out == "body"
        known = (edge.source, edge.target, body, _is_hand_off(source, edge.out), edge.into == "input")
        if known not in self._tried:
            if self._budget <= 0:
                return ""
            self._budget -= 1
            changed = Workflow.model_construct(
                name=self.workflow.name, nodes=self.workflow.nodes, edges=(*self.workflow.edges, edge)
            )
            after = analyse(changed, lambda node: self._shape[node.key]).faults
            before = set(self._order.faults)
            new = next((fault for fault in after if fault not in before), None)
            self._tried[known] = self._said(new, edge) if new is not None else ""
        return self._tried[known]

    def _said(self, fault: Fault, edge: Edge) -> str:
        if fault.code == "cycle-without-loop":
            return self._circle()
        if fault.code == "again-from-outside" and fault.node is not None:
            return self._torn(edge.target, fault.node)
        return fault.sentence

    def _torn(self, node: str, loop: str) -> str:
        text = self.say("This would take {node} out of the loop {loop}, or nodes that lead back to it.")
        return text.format(node=self._name(node), loop=self._name(loop))

    def _circle(self) -> str:
        return self.say("This would close a circle. Only the `again` port of a loop leads back.")

    def _name(self, key: str) -> str:
        node = self.workflow.by_key.get(key)
        return (node.title if node else "") or key


def _is_hand_off(source: Shape, out: str) -> bool:
    return source.hand_off and source.kind != "unknown" and all(port.name != out for port in source.outputs)
