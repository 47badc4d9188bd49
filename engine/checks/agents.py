"""Do agents that hand off or ask each other agree: on the fields, on who asks whom, on the money?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from typing import Any

from engine.checks.problem import Problem, Subject, error
from engine.nodes.capability import MAX_DELEGATION
from engine.nodes.contracts import accepted, promised
from engine.workflow.model import Edge, Node


def check(subject: Subject) -> Iterator[Problem]:
    """Hand-offs whose contract is not what the receiver accepts, circles of agents that ask, two currencies."""
    for edge in subject.workflow.edges:
        if edge.source in subject.shapes and edge.target in subject.shapes and _is_hand_off(subject, edge):
            yield from _contract(subject, edge)
    circle = _circle(subject)
    if circle:
        yield error(
            "agents-in-a-circle",
            circle[0],
            f"The agents ask each other in a circle: {' -> '.join([*circle, circle[0]])}.",
            "Take one of the `tools` edges out.",
        )
    else:
        yield from _too_deep(subject)
    for node in subject.workflow.nodes:
        yield from _money(subject, node)


def _is_hand_off(subject: Subject, edge: Edge) -> bool:
    source, target = subject.shapes[edge.source], subject.shapes[edge.target]
    named = {port.name for port in source.outputs}
    known = "unknown" not in (source.kind, target.kind)
    return known and source.hand_off and target.hand_off and edge.into == "input" and edge.out not in named


def _contract(subject: Subject, edge: Edge) -> Iterator[Problem]:
    nodes = subject.workflow.by_key
    said, wants = promised(nodes[edge.source].params, edge.out), accepted(nodes[edge.target].params)
    if said is None or wants is None:  # without fields of its own, a hand-off has those that are accepted
        return
    who = f"Agent {edge.source!r} hands off to {edge.target!r}"
    at = ("params", "hand_offs", edge.out, "fields")
    fields = f"the `fields` of `hand_offs.{edge.out}`"
    for name, wanted in wants["properties"].items():
        given = said["properties"].get(name)
        if given is None:
            if name in wants["required"]:
                what = f"{who} without `{name}`, which it needs."
                remedy = f"Add `{name}` to {fields}, or take it out of `accepts` of {edge.target!r}."
                yield replace(error("hand-off-lacks", edge.source, what, remedy), path=at)
        elif name in wants["required"] and name not in said["required"]:
            what = f"{who} with or without `{name}`, which it always needs."
            yield replace(error("hand-off-lacks", edge.source, what, f"Make `{name}` required in {fields}."), path=at)
        elif misfit := _misfit(given, wanted):
            what = f"{who} with `{name}` as {misfit[0]}, and it needs {misfit[1]}."
            yield replace(error("hand-off-mismatch", edge.source, what, f"Correct {fields}."), path=at)
    for name in said["properties"]:
        if name not in wants["properties"]:
            what = f"{who} with `{name}`, which it does not accept."
            remedy = f"Take `{name}` out of {fields}, or add it to `accepts` of {edge.target!r}."
            yield replace(error("hand-off-surplus", edge.source, what, remedy), path=at)


def _misfit(given: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[str, str] | None:
    """What a field is and what it should be, where no value of it can be right or some cannot be."""
    mine, theirs = _values(given), _values(wanted)
    if mine is not None and theirs is not None:
        odd = [one for one in mine if one not in theirs]
        return (f"one of {mine}", f"one of {theirs}") if odd else None
    kinds, wanted_kinds = _kinds(given), _kinds(wanted)
    if kinds is None or wanted_kinds is None or kinds <= wanted_kinds | ({"integer"} & kinds & _whole(wanted_kinds)):
        return None
    return " or ".join(sorted(kinds)), " or ".join(sorted(wanted_kinds))


def _values(schema: Mapping[str, Any]) -> list[Any] | None:
    values = schema.get("enum", [schema["const"]] if "const" in schema else None)
    return list(values) if isinstance(values, list | tuple) else None


def _whole(kinds: frozenset[str]) -> frozenset[str]:
    """A whole number is a number."""
    return frozenset({"integer"}) if "number" in kinds else frozenset()


_JSON: Mapping[type, str] = {
    str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object", type(None): "null"
}  # fmt: skip


def _kinds(schema: Mapping[str, Any]) -> frozenset[str] | None:
    """The JSON types of a field; None where that is not said in one word."""
    kinds = schema.get("type")
    if kinds is not None:
        return frozenset([kinds] if isinstance(kinds, str) else kinds)
    values = _values(schema)
    return None if values is None else frozenset(_JSON[type(one)] for one in values)


def _asked(subject: Subject) -> dict[str, list[str]]:
    """Who asks whom: every agent, and the nodes that it may call."""
    asked: dict[str, list[str]] = {}
    for tool, users in subject.users.items():
        for user in users:
            asked.setdefault(user, []).append(tool)
    return asked


def _circle(subject: Subject) -> list[str]:
    """Agents that ask each other in a circle, in the order in which they ask."""
    try:
        TopologicalSorter(_asked(subject)).prepare()
    except CycleError as fault:
        circle: list[str] = fault.args[1][:-1]
        return circle[::-1]
    return []


def _too_deep(subject: Subject) -> Iterator[Problem]:
    asked = _asked(subject)
    depth: dict[str, int] = {}
    for agent in TopologicalSorter(asked).static_order():  # those that are asked come first
        depth[agent] = 1 + max((depth[tool] for tool in asked[agent]), default=0) if agent in asked else 0
    for agent in subject.workflow.by_key:
        if depth.get(agent, 0) > MAX_DELEGATION and not subject.users[agent]:
            yield error(
                "agents-too-deep",
                agent,
                f"From the agent {agent!r} on, agents ask agents {depth[agent]} levels deep; {MAX_DELEGATION} is the "
                "most.",
                "Let some of them hand off instead.",
            )


def _money(subject: Subject, node: Node) -> Iterator[Problem]:
    """An agent's money is counted in one currency, that of the agents it asks, too."""
    if node.params.get("budget_money") is None or subject.site.currencies is None:
        return
    asked, keys = _asked(subject), [node.key]
    for key in keys:
        keys += [tool for tool in asked.get(key, ()) if tool not in keys]
    found: dict[str, str] = {}
    for key in keys:
        node_type = subject.type_of(subject.workflow.by_key[key])
        for role in node_type.needs(subject.workflow.by_key[key].params).roles if node_type else ():
            for currency in sorted(subject.site.currencies.get(role, ())):
                found.setdefault(currency, role)
    if len(found) > 1:
        (one, role), (other, second) = list(found.items())[:2]
        yield error(
            "two-currencies",
            node.key,
            f"The money of the agent {node.key!r} cannot be counted: {role!r} is paid in {one} and {second!r} in "
            f"{other}.",
            "Give the `prices` of both roles in one currency in the settings.",
        )
