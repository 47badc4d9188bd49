"""Nodes that are disabled or bypassed: what is wrong with them stops no run, and a bypass must fit its edges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from engine.checks.edges import fits, output
from engine.checks.problem import Problem, Subject, error, takes_tools
from engine.workflow.model import Edge, Node
from engine.workflow.shape import PortType


def check(subject: Subject) -> Iterator[Problem]:
    """Bypassed nodes that nothing leads into, and what they hand on to ports that cannot take it."""
    into: dict[str, list[Edge]] = {}
    for edge in subject.workflow.edges:
        if edge.source in subject.shapes and edge.target in subject.shapes and not _is_tool(subject, edge):
            into.setdefault(edge.target, []).append(edge)
    for node in subject.workflow.nodes:
        if node.mode != "bypassed" or (subject.users[node.key] and not subject.wired[node.key]):
            continue
        if not _enters(subject, node, into):
            yield error(
                "bypass-without-input",
                node.key,
                f"Node {node.key!r} is bypassed, and nothing leads into it that it could hand on.",
                "Draw an edge to it, or disable it instead.",
            )
            continue
        yield from _unfit(subject, node, into)


def gentler(subject: Subject, problem: Problem) -> Problem:
    """A problem of a node that does not do its work is only a warning."""
    node = subject.workflow.by_key.get(problem.node or "")
    off = node is not None and node.mode != "on"
    return replace(problem, severity="warning") if off and problem.severity == "error" else problem


def _unfit(subject: Subject, node: Node, into: dict[str, list[Edge]]) -> Iterator[Problem]:
    carried = dict.fromkeys(_carried(subject, node, into, set()))
    for edge in subject.workflow.edges:
        if edge.source != node.key or edge.target not in subject.shapes or edge.out != _main(subject, node):
            continue
        port = next((port for port in subject.shapes[edge.target].inputs if port.name == edge.into), None)
        misfit = next((kind for kind in carried if port is not None and not fits(kind, port.type)), None)
        if port is not None and misfit is not None:
            yield error(
                "bypass-misfit",
                node.key,
                f"Node {node.key!r} is bypassed and hands on a value of type {misfit}; "
                f"the edge `{edge}` leads to a port of type {port.type}.",
                "Switch the node on, disable it, or put a node after it that makes the one into the other.",
            )


def _carried(subject: Subject, node: Node, into: dict[str, list[Edge]], seen: set[str]) -> Iterator[PortType]:
    """The types of the values that a bypassed node may hand on; those of bypassed nodes before it, too."""
    stack = [node.key]
    while stack:
        key = stack.pop()
        if key in seen:
            continue
        seen.add(key)
        for edge in into.get(key, ()):
            source = subject.workflow.by_key[edge.source]
            if source.mode == "bypassed" and edge.out == _main(subject, source):
                stack.append(source.key)
            elif source.mode != "disabled" and (port := output(subject, edge)) is not None:
                yield port.type


def _enters(subject: Subject, node: Node, into: dict[str, list[Edge]]) -> bool:
    loop = subject.shapes[node.key].kind == "loop"
    return any(not (loop and edge.into == "again") for edge in into.get(node.key, ()))


def _main(subject: Subject, node: Node) -> str:
    shape = subject.shapes[node.key]
    if shape.kind != "unknown":
        return shape.main
    return next((edge.out for edge in subject.workflow.edges if edge.source == node.key), shape.main)


def _is_tool(subject: Subject, edge: Edge) -> bool:
    return takes_tools(subject.shapes[edge.target], edge.into)
