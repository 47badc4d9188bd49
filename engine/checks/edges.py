"""Does every edge lead from a port that is there to one that takes its value, and has every needed port one?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.checks.problem import Problem, Subject, error
from engine.workflow.model import Edge
from engine.workflow.shape import Port, PortType, Shape

_TAKES: dict[PortType, frozenset[PortType]] = {
    "text": frozenset({"text", "number", "boolean", "file"}),
    "number": frozenset({"number"}),
    "boolean": frozenset({"boolean"}),
    "object": frozenset({"object", "file", "image"}),
    "list": frozenset({"list", "table"}),
    "table": frozenset({"table", "list"}),
    "file": frozenset({"file", "image", "text"}),
    "image": frozenset({"image", "file"}),
    "capability": frozenset({"capability"}),
}
"""What a port takes, besides `any`. A file is passed as its path or its description, a table as a list of objects."""


def fits(source: PortType, target: PortType) -> bool:
    """Whether a value of one port may go into another; a capability goes only where one is wanted."""
    if "capability" in (source, target):
        return source == target
    return "any" in (source, target) or source in _TAKES[target]


def check(subject: Subject) -> Iterator[Problem]:
    """Edges to nodes or ports that are not there, given twice, of types that do not fit; needed ports without edges."""
    seen: set[Edge] = set()
    wired: set[tuple[str, str]] = set()
    as_tools = set()
    nodes = subject.workflow.by_key
    for edge in subject.workflow.edges:
        if edge.source not in nodes or edge.target not in nodes:
            continue  # the structure's own check names it
        if edge in seen:
            yield error("duplicate-edge", edge.target, f"The edge `{edge}` is there twice.", "Remove one of them.")
            continue
        seen.add(edge)
        wired.add((edge.target, edge.into))
        out = output(subject, edge)
        into = _input(subject.shapes[edge.target], edge.into)
        if out is None:
            yield _no_port(edge.source, edge.out, "output", [p.name for p in subject.shapes[edge.source].outputs], edge)
        if into is None:
            yield _no_port(edge.target, edge.into, "input", [p.name for p in subject.shapes[edge.target].inputs], edge)
        if out is None or into is None:
            continue
        if into.type == "capability":
            as_tools.add(edge.source)
        unknown = "unknown" in (subject.shapes[edge.source].kind, subject.shapes[edge.target].kind)
        off = nodes[edge.source].mode != "on"  # carries nothing, or what came in (engine.checks.off)
        if not unknown and not off and not fits(out.type, into.type):
            hands_off = subject.shapes[edge.source].hand_off and subject.shapes[edge.target].hand_off
            yield _mismatch(edge, out, into, hands_off and edge.into == "input")
    for node in subject.workflow.nodes:
        for port in subject.shapes[node.key].inputs:
            if port.required and (node.key, port.name) not in wired and node.key not in as_tools:
                yield error(
                    "port-without-edge",
                    node.key,
                    f"Node {node.key!r} needs a value at its port `{port.name}`, and no edge leads there.",
                    "Draw an edge to it.",
                )


def output(subject: Subject, edge: Edge) -> Port | None:
    """The port that an edge leaves; None when the node has none of that name."""
    shape = subject.shapes[edge.source]
    found = next((port for port in shape.outputs if port.name == edge.out), None)
    if found is None and shape.kind == "unknown":
        return Port(edge.out)
    if found is None and shape.hand_off and subject.shapes[edge.target].hand_off and edge.into == "input":
        return Port(edge.out)  # a hand-off: the port is named by its author
    hand_offs = subject.workflow.by_key[edge.source].params.get("hand_offs")
    if found is None and shape.hand_off and isinstance(hand_offs, Mapping) and edge.out in hand_offs:
        return Port(edge.out, "object")  # to a node that is no agent: it gets the envelope
    return found


def _input(shape: Shape, name: str) -> Port | None:
    found = next((port for port in shape.inputs if port.name == name), None)
    return Port(name) if found is None and shape.open_inputs else found


def _no_port(node: str, port: str, side: str, names: list[str], edge: Edge) -> Problem:
    known = f"It has {', '.join(names)}." if names else "It has none."
    what = f"Node {node!r} has no {side} port `{port}`, which the edge `{edge}` names."
    return error("unknown-port", node, what, known)


def _mismatch(edge: Edge, out: Port, into: Port, between_agents: bool) -> Problem:
    if into.type == "capability":
        remedy = "Only the `tool` port of a node leads into a `tools` port."
    elif between_agents and out.type == "capability":  # what an older drawing may call a hand-off
        remedy = (
            f"A `tool` port leads only into an agent's `tools` port. For a hand-off, call the port something else, "
            f"such as `{edge.source}.to_{edge.target}`, here and in `hand_offs`."
        )
    elif out.type == "capability":
        remedy = "A `tool` port leads only into an agent's `tools` port."
    else:
        remedy = "Put a node between them that makes the one into the other."
    what = f"The edge `{edge}` leads from a port of type {out.type} to one of type {into.type}."
    return error("type-mismatch", edge.target, what, remedy)
