"""Can every node start, every merge fire, and does no value get lost on the way?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, islice

from engine.checks.before import Before
from engine.checks.guards import Guard, Guards, compatible, guards, most_together, never_live
from engine.checks.problem import Problem, Subject, error, warning
from engine.workflow.order import Order

_PAIRS = 20_000


def check(subject: Subject, before: Before) -> Iterator[Problem]:
    """Nodes that never start, merges that never fire, ports where values meet, failures that lead nowhere."""
    order = before.order
    found = guards(order)
    yield from _policies(subject, order)
    for key in subject.workflow.by_key:
        if key not in order.rank:
            continue
        if found.node[key] is None:
            yield _never(order, found, key)
        elif order.kind(key) == "merge":
            yield from _merge(before, found, key)
        yield from _meetings(order, found, key)
    yield from _alone(subject)


def _policies(subject: Subject, order: Order) -> Iterator[Problem]:
    wired = {(link.source, link.out) for link in order.links}
    for node in subject.workflow.nodes:
        if node.key not in order.rank:
            continue
        has_error = any(port.name == "error" for port in subject.shapes[node.key].outputs)
        if node.policy.on_error == "route" and has_error and (node.key, "error") not in wired:
            yield error(
                "route-to-nowhere",
                node.key,
                f"Node {node.key!r} routes its failure to the port `error`, and no edge leads on from there.",
                "Draw an edge from `error`, or choose another `on_error`.",
            )
        if node.policy.max_attempts > 1 and subject.shapes[node.key].kind not in ("task", "unknown"):
            yield warning(
                "attempts-without-effect",
                node.key,
                f"Node {node.key!r} makes no attempts of its own, so its `max_attempts` changes nothing.",
                "Set `max_attempts` on the nodes that do the work.",
            )
        if (node.key, "error") in wired and never_live(order, node.key, "error"):
            yield warning(
                "error-not-routed",
                node.key,
                f"An edge leads from `{node.key}.error`, but `on_error` is {node.policy.on_error!r}.",
                "Set `on_error: route` in the node's policy.",
            )
        if (node.key, "expired") in wired and never_live(order, node.key, "expired"):
            yield warning(
                "never-expires",
                node.key,
                f"An edge leads from `{node.key}.expired`, but the question has no deadline.",
                "Give it a `deadline_s`.",
            )


def _never(order: Order, found: Guards, key: str) -> Problem:
    sources = [order.links[i].source for edges in order.ins[key].values() for i in edges if i not in order.back]
    if order.kind(key) == "merge":
        return error(
            "merge-never-fires",
            key,
            f"The merge {key!r} can never fire: none of its edges can ever have a value.",
            "Lead an edge to it from a node that can run.",
        )
    if any(found.node[source] is None for source in sources):
        remedy = "A node before it can never start: begin there."
    else:
        remedy = "Look at its edges: they exclude each other, or come from ports that never have a value."
    return error("unreachable", key, f"Node {key!r} can never start.", remedy)


def _merge(before: Before, found: Guards, key: str) -> Iterator[Problem]:
    order = before.order
    params = order.node[key].params
    alternatives = _alternatives(found, key, "input")
    k = params.get("k")
    if not order.ins[key].get("input"):
        return  # told as a port without an edge
    if params.get("policy") == "quorum" and type(k) is int and not most_together(alternatives, k):
        yield error(
            "merge-never-fires",
            key,
            f"The merge {key!r} waits for {k} values, and its edges never bring so many.",
            "Lower `k`, or lead more edges to it.",
        )
    if params.get("policy") in ("first", "quorum"):
        needed_by_all = before.common([order.links[index].source for index in order.ins[key]["input"]])
        fragile = [
            other
            for other in order.cone.get(key, ())
            if other in order.node
            and other not in needed_by_all
            and order.kind(other) == "task"
            and order.node[other].policy.on_error == "fail"
        ]
        if fragile:
            yield warning(
                "failure-in-race",
                key,
                f"The merge {key!r} does not need all branches, but a failure of {_some(fragile)} fails the whole run.",
                "Set `on_error: route` or `continue` on it.",
            )


def _meetings(order: Order, found: Guards, key: str) -> Iterator[Problem]:
    if order.kind(key) in ("merge", "unknown"):
        return
    for port, edges in order.ins[key].items():
        if len(edges) < 2:
            continue
        alternatives = _alternatives(found, key, port)
        if any(compatible(a, b) for a, b in islice(combinations(alternatives, 2), _PAIRS)):
            yield warning(
                "values-meet",
                key,
                f"Two values may meet at `{key}.{port}`: only the first in the order of the edges is taken.",
                "Put a merge before it, if the others count too.",
            )


def _alternatives(found: Guards, key: str, port: str) -> list[Guard]:
    every = (found.edge.get(index) for index in found.order.ins[key].get(port, ()))
    return [guard for guard in every if guard is not None]


def _alone(subject: Subject) -> Iterator[Problem]:
    if len(subject.workflow.nodes) < 2:
        return
    touched = {key for edge in subject.workflow.edges for key in (edge.source, edge.target)}
    for node in subject.workflow.nodes:
        if node.key not in touched:
            yield warning(
                "not-connected",
                node.key,
                f"Node {node.key!r} has no edges: it runs on its own as soon as the run starts.",
                "Connect it, or remove it.",
            )


def _some(keys: list[str]) -> str:
    shown = ", ".join(repr(key) for key in keys[:3])
    return shown if len(keys) <= 3 else f"{shown} and {len(keys) - 3} more"
