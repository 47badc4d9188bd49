"""The ports of a node as they are drawn: where each sits on the card, and what it stands for. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from engine.nodes.catalog import CATALOG, shape_of
from engine.workflow.model import Edge, Node, Workflow
from engine.workflow.shape import Port, PortType

Side = Literal["in", "out"]
Border = Literal["left", "right", "top", "bottom"]
Role = Literal["value", "capability", "error", "hand_off"]
EdgeId = tuple[str, str, str, str]

NAME = re.compile(r"[A-Za-z0-9_]+")


def edge_id(edge: Edge) -> EdgeId:
    """What tells one wire from another: cheaper to hash than the model."""
    return edge.source, edge.out, edge.target, edge.into


@dataclass(frozen=True, slots=True)
class Slot:
    """One port on a card. `declared` False: only an edge names it, the node's type does not."""

    name: str
    side: Side
    type: str
    border: Border
    role: Role = "value"
    required: bool = False
    help: str = ""
    declared: bool = True


@dataclass(frozen=True, slots=True)
class Ends:
    """What the edges of one node say about it: port names in use, and whether they make it a mere tool."""

    into: tuple[str, ...] = ()
    out: tuple[str, ...] = ()


NO_ENDS = Ends()


def ends_of(workflow: Workflow, keys: Collection[str]) -> dict[str, Ends]:
    """The port names in use at these nodes, in the order of the edges."""
    into: dict[str, dict[str, None]] = {}
    out: dict[str, dict[str, None]] = {}
    for edge in workflow.edges:
        if edge.target in keys:
            into.setdefault(edge.target, {})[edge.into] = None
        if edge.source in keys:
            out.setdefault(edge.source, {})[edge.out] = None
    return {key: Ends(tuple(into.get(key, ())), tuple(out.get(key, ()))) for key in into.keys() | out.keys()}


def slots_of(node: Node, ends: Ends = NO_ENDS) -> tuple[Slot, ...]:
    """All ports of a card: those of its type, then those that edges name (missing types, open inputs, hand-offs)."""
    shape = shape_of(node)
    missing = node.type not in CATALOG
    slots = [_input(port) for port in shape.inputs]
    known = {slot.name for slot in slots}
    for name in ends.into:
        if name not in known:
            kind: PortType = "capability" if missing and name == "tools" else "any"
            slots.append(_input(Port(name, kind, required=False), declared=shape.open_inputs and not missing))
    slots += [_output(port) for port in shape.outputs]
    known = {port.name for port in shape.outputs}
    hands_off = shape.hand_off and not missing
    for name in dict.fromkeys((*(_hand_offs(node) if hands_off else ()), *ends.out)):
        if name not in known:
            kind = "capability" if missing and name == "tool" else "any"
            hand_off = Slot(name, "out", "any", "right", "hand_off")
            slots.append(hand_off if hands_off else _output(Port(name, kind), declared=False))
    return tuple(slots)


def _hand_offs(node: Node) -> list[str]:
    """The names that an agent's params give its ways out to other agents."""
    named = node.params.get("hand_offs")
    return [name for name in named if isinstance(name, str) and NAME.fullmatch(name)] if isinstance(named, dict) else []


def only_a_tool(slots: Iterable[Slot], ends: Ends) -> bool:
    """Whether the node is wired as a tool of agents and as nothing else: its card is small."""
    providers = {slot.name for slot in slots if slot.side == "out" and slot.role == "capability"}
    return bool(ends.out) and not ends.into and set(ends.out) <= providers


def _input(port: Port, declared: bool = True) -> Slot:
    tools = port.type == "capability"
    return Slot(
        port.name,
        "in",
        port.type,
        "bottom" if tools else "left",
        "capability" if tools else "value",
        port.required and not tools,
        port.help,
        declared,
    )


def _output(port: Port, declared: bool = True) -> Slot:
    if port.type == "capability":
        return Slot(port.name, "out", port.type, "top", "capability", False, port.help, declared)
    if port.name == "error":
        return Slot(port.name, "out", port.type, "bottom", "error", False, port.help, declared)
    return Slot(port.name, "out", port.type, "right", "value", False, port.help, declared)
