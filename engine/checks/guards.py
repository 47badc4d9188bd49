"""Which choices must have been made for a value to come along an edge: what can never start, and what may meet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.workflow.order import Order

Guard = Mapping[str, str]
"""Node -> the port that it must have chosen."""

_MOST = 64  # choices that are remembered; forgetting one can only miss a conflict
_CHOOSERS = ("branch", "gate", "form")


@dataclass
class Guards:
    """Guards by edge (the link's number) and by node; None where no value can ever come."""

    order: Order
    edge: dict[int, Guard | None] = field(default_factory=dict)
    node: dict[str, Guard | None] = field(default_factory=dict)


def guards(order: Order) -> Guards:
    """Walk the drawing once, from its beginning."""
    found = Guards(order)
    for key in sorted(order.rank, key=order.rank.__getitem__):
        found.node[key] = _start(found, key)
        for index in order.outs[key]:
            found.edge[index] = _along(found, index)
    return found


def compatible(a: Guard, b: Guard) -> bool:
    """Whether both can hold in one run."""
    small, large = (a, b) if len(a) <= len(b) else (b, a)
    return all(large.get(node, port) == port for node, port in small.items())


def most_together(alternatives: list[Guard], wanted: int) -> bool:
    """Whether `wanted` of these can hold at once; True when there are too many to try."""
    if len(alternatives) < wanted:
        return False
    if len(alternatives) > 16:
        return True
    return _choose(alternatives, wanted, {})


def never_live(order: Order, node: str, port: str) -> bool:
    """Whether a port can never have a value, by the node's own policy and params."""
    if node not in order.node:
        return False
    if port == "error" and order.kind(node) != "unknown":
        return order.node[node].policy.on_error != "route"
    if port == "expired" and order.kind(node) in ("gate", "form"):
        return order.node[node].params.get("deadline_s") is None
    return False


def _choose(alternatives: list[Guard], wanted: int, taken: Guard) -> bool:
    if wanted == 0:
        return True
    for place, guard in enumerate(alternatives[: len(alternatives) - wanted + 1]):
        if compatible(guard, taken) and _choose(alternatives[place + 1 :], wanted - 1, {**taken, **guard}):
            return True
    return False


def _start(found: Guards, key: str) -> Guard | None:
    """What must hold for a node to start."""
    order = found.order
    ports: dict[str, Guard | None] = {}
    for port, edges in order.ins[key].items():
        forward = [index for index in edges if index not in order.back]
        if forward:
            ports[port] = _common(found.edge[index] for index in forward)
    team = next((scope for scope in reversed(order.scope[key]) if scope in order.teams), None)
    if not ports:
        return found.node.get(team, {}) if team else {}
    required = [ports[port] for port in ports if port in order.required[key]]
    if required:
        return _all(required)
    return _common(ports.values())


def _common(guards: Iterable[Guard | None]) -> Guard | None:
    """One of these is enough: what holds in every case."""
    possible = [guard for guard in guards if guard is not None]
    if not possible:
        return None
    first = possible[0]
    for guard in possible[1:]:
        if guard is not first:
            first = {node: port for node, port in first.items() if guard.get(node) == port}
    return first


def _all(guards: list[Guard | None]) -> Guard | None:
    """All of these are needed; None when two exclude each other."""
    taken: Guard = {}
    for guard in guards:
        if guard is None or not compatible(taken, guard):
            return None
        taken = guard if not taken else taken if guard is taken else {**taken, **guard}
    return taken


def _along(found: Guards, index: int) -> Guard | None:
    """What must hold for an edge to carry a value."""
    order, link = found.order, found.order.links[index]
    guard = found.node[link.source]
    if guard is None or never_live(order, link.source, link.out):
        return None
    choice = _choice(order, link.source, link.out)
    if choice:
        guard = {**guard, link.source: choice}
        if len(guard) > _MOST:
            guard = dict(list(guard.items())[-_MOST:])
    shared = order.common[index]
    if len(order.source_scope[index]) > shared:
        # A loop hands out the last live value of any of its rounds: choices inside it bind nobody outside.
        guard = {node: port for node, port in guard.items() if len(order.scope[node]) <= shared}
    return guard


def _choice(order: Order, node: str, port: str) -> str:
    """The name of the choice that this port stands for; "" when the node does not choose."""
    kind = order.kind(node)
    if kind in _CHOOSERS:
        return port
    if node not in order.node or port == "body":
        return ""
    if order.shape[node].hand_off and kind != "unknown":
        return port
    if order.node[node].policy.on_error == "route" and order.wired(node, "error"):
        return "error" if port == "error" else "no error"
    return ""
