"""Are the secrets there that a workflow needs, and may they go where its nodes would send them? None is opened."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from engine.checks.problem import Problem, Subject, error, warning
from engine.workflow.model import Node


def check(subject: Subject) -> Iterator[Problem]:
    """Secrets of nodes, keys of the roles that they ask, and what the servers of tools that they call are given."""
    for node in subject.workflow.nodes:
        for name, to, whose in dict.fromkeys(_uses(subject, node)):
            yield from _fault(subject, node, name, to, whose)


def _uses(subject: Subject, node: Node) -> Iterator[tuple[str, str, str]]:
    """(secret, destination or "", who needs it) of a node."""
    node_type, site = subject.type_of(node), subject.site
    if node_type is None:
        return
    needs = node_type.needs(node.params)
    places = dict(needs.sends)
    for name in needs.secrets:
        yield name, places.get(name, ""), ""
    for role in needs.roles:
        if role in site.keys:
            yield *site.keys[role], f"for the model role {role!r} "
    for server, _tool in needs.servers:
        for name, to in site.servers[server].secrets if site.servers and server in site.servers else ():
            yield name, to, f"for the MCP server {server!r} "


def _fault(subject: Subject, node: Node, name: str, to: str, whose: str) -> Iterator[Problem]:
    site = subject.site
    if site.secrets is None:
        return
    if name not in site.secrets:
        near = difflib.get_close_matches(name, site.secrets, n=1)
        yield error(
            "missing-secret",
            node.key,
            f"Node {node.key!r} needs the secret {name!r} {whose}".rstrip() + ", which is not there.",
            f"Store the secret on this PC (there is {near[0]!r})."
            if near
            else f"Store it with `signalboxctl secrets set {name[:64]}`.",
        )
    elif to and not site.may_go(name, to):
        yield error(
            "secret-not-bound",
            node.key,
            f"Node {node.key!r} would send the secret {name!r} {whose}to {to[:200]}, and it may not go there.",
            f"Send it where it belongs, or allow that with `signalboxctl secrets bind {name[:64]} --to …`.",
        )
    elif site.locked:
        what = f"Node {node.key!r} needs the secret {name!r}. {site.locked}"
        yield warning("secrets-locked", node.key, what, "`signalboxctl secrets status` says more.")
