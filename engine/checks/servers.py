"""Are the MCP servers that a workflow names there, approved, and where the node may run? Nothing is started."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from engine.checks.problem import Problem, Server, Subject, error, warning
from engine.workflow.model import Node


def check(subject: Subject) -> Iterator[Problem]:
    """Unknown and unapproved servers and tools, and servers elsewhere for nodes that stay on the edge."""
    servers = subject.site.servers
    if servers is None:
        return
    for node in subject.workflow.nodes:
        node_type = subject.type_of(node)
        for name, tool in node_type.needs(node.params).servers if node_type else ():
            server = servers.get(name)
            if server is None:
                near = difflib.get_close_matches(name, servers, n=1)
                yield error(
                    "missing-server",
                    node.key,
                    f"Node {node.key!r} needs the MCP server {name!r}, which this PC does not know.",
                    f"Did you mean {near[0]!r}?" if near else f"Add it with `signalboxctl mcp approve {name[:64]}`.",
                )
            else:
                yield from _approved(node, name, server, tool)
                yield from _placed(subject, node, name, server)


def _approved(node: Node, name: str, server: Server, tool: str) -> Iterator[Problem]:
    remedy = f"Look at it with `signalboxctl mcp inspect {name}`, then approve it."
    if not server.approved:
        what = f"Node {node.key!r} needs the MCP server {name!r}, which nobody has approved as it stands."
        yield error("server-not-approved", node.key, what, remedy)
    elif tool and tool not in server.tools:
        near = difflib.get_close_matches(tool, server.tools, n=1)
        what = f"Node {node.key!r} needs the tool {tool!r} of the MCP server {name!r}, which is not approved."
        yield error("server-tool-not-approved", node.key, what, f"Did you mean {near[0]!r}?" if near else remedy)


def _placed(subject: Subject, node: Node, name: str, server: Server) -> Iterator[Problem]:
    if server.here:
        return
    if (node.placement or subject.workflow.placement) == "edge":
        yield error(
            "server-not-on-edge",
            node.key,
            f"Node {node.key!r} is placed on the edge, and the MCP server {name!r} is not on this PC.",
            "Place the node elsewhere, or use a server on this PC.",
        )
    elif subject.site.offline:
        yield warning(
            "server-needs-network",
            node.key,
            f"Node {node.key!r} needs the MCP server {name!r}, which is not on this PC, and this PC is offline.",
            "Run it when the network is back.",
        )
