"""Does a person see what changes the world, before it does?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.checks.problem import Problem, Subject, warning
from engine.workflow.model import Node
from engine.workflow.order import Order


def check(subject: Subject, order: Order) -> Iterator[Problem]:
    """Writing nodes that no gate precedes, and writing tools that an agent may call unasked."""
    gated = _gated(order)
    for node in subject.workflow.nodes:
        node_type = subject.type_of(node)
        if node.mode != "on" or node_type is None or not node_type.writes(node.params) or reads(subject, node):
            continue
        if subject.users[node.key] and not _asks(node):
            yield warning(
                "tool-without-approval",
                node.key,
                f"The agent {subject.users[node.key][0]!r} may call {node.key!r}, which changes the world, unasked "
                "while it has read nothing from elsewhere.",
                "Set `approval: each` in the node's `tool` param.",
            )
        if node.key in order.rank and node.key not in gated:
            yield warning(
                "write-without-gate",
                node.key,
                f"Node {node.key!r} changes the world, and no gate is before it.",
                "Put a gate before it, if a person should agree first.",
            )


def reads(subject: Subject, node: Node) -> bool:
    """Whether it calls a server's tool of which its approver says that it changes nothing."""
    node_type, servers = subject.type_of(node), subject.site.servers or {}
    called = node_type.needs(node.params).servers if node_type else ()
    return bool(called) and all(name in servers and tool in servers[name].reads for name, tool in called)


def _asks(node: Node) -> bool:
    tool = node.params.get("tool")
    return isinstance(tool, Mapping) and tool.get("approval", "never") != "never"


def _gated(order: Order) -> set[str]:
    """Nodes with a gate somewhere before them."""
    found: set[str] = set()
    for key in sorted(order.rank, key=order.rank.__getitem__):
        asks = order.kind(key) == "gate" and order.mode(key) == "on"
        for index in order.outs[key]:
            if index not in order.back and (key in found or asks):
                found.add(order.links[index].target)
        if key in found:
            found.update(order.teams.get(key, ()))
    return found
