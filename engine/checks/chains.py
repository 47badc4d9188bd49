"""Who takes over from the models that a workflow asks: never asked, further away than the first, or without a key."""

from __future__ import annotations

from collections.abc import Iterator

from engine.checks.problem import Problem, Subject, warning
from engine.workflow.model import Node


def check(subject: Subject) -> Iterator[Problem]:
    """Warnings about the fallbacks of roles; the roles themselves are looked at elsewhere."""
    for node in subject.workflow.nodes:
        node_type = subject.type_of(node)
        for role in dict.fromkeys(node_type.needs(node.params).roles if node_type else ()):
            for other in subject.site.chains.get(role, ()):
                yield from _residency(subject, node, role, other)
                yield from _key(subject, node, role, other)


def _residency(subject: Subject, node: Node, role: str, other: str) -> Iterator[Problem]:
    site = subject.site
    askers = (node.key, *subject.askers(node.key))
    places = {subject.workflow.by_key[key].placement or subject.workflow.placement for key in askers}
    if other in site.strays.get(role, ()) or ("edge" in places and other in site.cloud_roles):
        why = f"the texts of {role!r} go no further" if other in site.strays.get(role, ()) else "it stays on the edge"
        yield warning(
            "idle-fallback",
            node.key,
            f"Node {node.key!r} never asks {other!r}, which would take over from the model role {role!r}: {why}.",
            f"Give {role!r} a fallback that is nearer, so that somebody can take over.",
        )
    elif other in site.cloud_roles and role not in site.cloud_roles:
        yield warning(
            "cloud-fallback",
            node.key,
            f"What node {node.key!r} asks the model role {role!r} may go to the cloud: {other!r} takes over from it.",
            f"`data: site` in the settings of {role!r} keeps its texts here.",
        )


def _key(subject: Subject, node: Node, role: str, other: str) -> Iterator[Problem]:
    site = subject.site
    if site.secrets is None or other not in site.keys:
        return
    name, to = site.keys[other]
    if name not in site.secrets or not site.may_go(name, to):
        what = "is not there" if name not in site.secrets else "may not go there"
        yield warning(
            "fallback-without-key",
            node.key,
            f"{other!r} could not take over from the model role {role!r} of node {node.key!r}: "
            f"its key, the secret {name!r}, {what}.",
            f"Store it with `signalboxctl secrets set {name[:64]}`."
            if name not in site.secrets
            else f"Allow it with `signalboxctl secrets bind {name[:64]} --to …`.",
        )
