"""Do the expressions compile, and does all that they name exist where they stand?"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from engine.checks.before import Before
from engine.checks.problem import Problem, Subject, error, warning
from engine.expressions import ExpressionError, References, condition, parse, path_text
from engine.expressions import texts as texts_of
from engine.nodes.capability import A_TASK
from engine.workflow.model import Node


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an expression stands: which `steps` it may name (None: not known), `ports` in its `input` (None: any)."""

    node: str | None
    path: tuple[str | int, ...]
    steps: Callable[[str], bool] | None
    ports: frozenset[str] | None

    @property
    def name(self) -> str:
        """The place in words."""
        return path_text(self.path)

    def at(self, problem: Problem) -> Problem:
        """The problem, with the way to this place."""
        return replace(problem, path=("params", *self.path) if self.node else self.path)


def check(subject: Subject, before: Before | None) -> Iterator[Problem]:
    """All expressions of a workflow. Without `before` (a broken drawing) the order of steps is not checked."""
    used: set[str] = set()
    everything = False
    for place, text, is_condition in _texts(subject, before):
        try:
            references = _references(text, is_condition)
        except ExpressionError as fault:
            at = f" (at character {fault.position + 1})" if fault.position else ""
            what = f"{_at(place)} cannot be read: {fault.message.rstrip('.')}{at}."
            code = "condition-not-boolean" if "where true or false is needed" in fault.message else "bad-expression"
            yield place.at(error(code, place.node, what, "Correct the expression."))
            continue
        yield from map(place.at, _named(subject, place, references))
        used |= references.inputs
        everything = everything or any(path in (("run",), ("run", "inputs")) for path in references.paths)
    for name in subject.workflow.inputs:
        if name not in used and not everything:
            yield warning(
                "unused-input",
                None,
                f"The run input {name!r} is never used.",
                f"Use it as `run.inputs.{name}`, or remove it.",
            )


def _references(text: str, is_condition: bool) -> References:
    return condition(text).references if is_condition else parse(text).references


def _texts(subject: Subject, before: Before | None) -> Iterator[tuple[_Place, str, bool]]:
    """Every text that is evaluated, with its place and whether it is a condition."""
    for node in subject.workflow.nodes:
        node_type = subject.type_of(node)
        raw = node_type.raw if node_type else frozenset()
        kind = subject.shapes[node.key].kind
        for name, value in node.params.items():
            if name not in raw or (kind == "each" and name == "inputs"):
                for path, text in texts_of(value, (name,)):
                    if "{{" in text:
                        yield from ((place, text, False) for place in _places(subject, before, node, path))
            elif kind == "loop" and name == "until" and isinstance(value, str):
                yield _round_end(before, node), value, True
            elif kind == "branch" and name == "cases" and isinstance(value, list):
                for index, case in enumerate(value):
                    if isinstance(case, Mapping) and isinstance(case.get("when"), str):
                        found = _places(subject, before, node, ("cases", index, "when"))
                        yield from ((place, case["when"], True) for place in found)
    every = before.order.scope.__contains__ if before is not None else None
    for path, text in texts_of(subject.workflow.outputs, ("outputs",)):
        if "{{" in text:
            yield _Place(None, path, every, frozenset()), text, False


def _places(subject: Subject, before: Before | None, node: Node, path: tuple[str | int, ...]) -> Iterator[_Place]:
    """Where a node's param is evaluated: in its own step, or in the steps of the agents that may call it."""
    if subject.users[node.key]:
        steps = [user for user in subject.askers(node.key) if not subject.users[user] or subject.wired[user]]
        for user in steps:
            yield _Place(node.key, path, _steps(before, user), _arguments(subject, node))
        return
    kind = subject.shapes[node.key].kind
    ports = None if kind == "unknown" else frozenset() if kind == "merge" else subject.wired[node.key]
    yield _Place(node.key, path, _steps(before, node.key), ports)


def _arguments(subject: Subject, node: Node) -> frozenset[str] | None:
    """The names of the arguments that a model may give to a node that is wired as a tool."""
    tool = node.params.get("tool")
    schema = tool.get("parameters") if isinstance(tool, Mapping) else None
    if schema is None and subject.shapes[node.key].hand_off:
        schema = A_TASK
    properties = schema.get("properties", {}) if isinstance(schema, Mapping) else {}
    return frozenset(properties) if isinstance(properties, Mapping) else None


def _round_end(before: Before | None, node: Node) -> _Place:
    """A loop's `until` sees what comes before the loop, and the round that has just ended."""
    steps = partial(before.until_sees, node.key) if before is not None and node.key in before.order.scope else None
    return _Place(node.key, ("until",), steps, frozenset({"again", "input", "round"}))


def _steps(before: Before | None, node: str) -> Callable[[str], bool] | None:
    return partial(before.sees, node) if before is not None and node in before.order.scope else None


def _named(subject: Subject, place: _Place, references: References) -> Iterator[Problem]:
    nodes = subject.workflow.by_key
    for key in sorted(references.steps):
        if key not in nodes:
            near = difflib.get_close_matches(key, nodes, n=1)
            yield error(
                "unknown-step",
                place.node,
                f"{_at(place)} names `steps.{key}`, and there is no node {key!r}.",
                f"Did you mean `steps.{near[0]}`?" if near else "Name a node that is there.",
            )
        elif subject.users[key] and not subject.wired[key]:
            yield error(
                "step-of-a-tool",
                place.node,
                f"{_at(place)} names `steps.{key}`, but {key!r} is a tool of an agent and has no step of its own.",
                "Name the agent's step.",
            )
        elif place.steps is not None and not place.steps(key):
            yield error(
                "step-not-before",
                place.node,
                f"{_at(place)} names `steps.{key}`, which is not before it.",
                f"Draw an edge that leads from {key!r} to here, or name a step that is before.",
            )
    for name in sorted(references.inputs - set(subject.workflow.inputs)):
        near = difflib.get_close_matches(name, subject.workflow.inputs, n=1)
        yield error(
            "unknown-run-input",
            place.node,
            f"{_at(place)} names the run input {name!r}, which the workflow does not have.",
            f"Did you mean `run.inputs.{near[0]}`?" if near else "Add it to `inputs`.",
        )
    yield from _roots(place, references)


def _roots(place: _Place, references: References) -> Iterator[Problem]:
    for path in sorted(references.paths, key=str):
        if path[0] == "run" and len(path) > 1 and path[1] not in ("inputs", "id"):
            yield error(
                "unknown-name",
                place.node,
                f"{_at(place)} names `run.{path[1]}`, which is not known.",
                "There are `run.inputs` and `run.id`.",
            )
        if path[0] == "input" and place.ports is not None and len(path) > 1 and path[1] not in place.ports:
            ports = ", ".join(f"`input.{name}`" for name in sorted(place.ports))
            yield error(
                "unknown-name",
                place.node,
                f"{_at(place)} names `input.{path[1]}`, and nothing comes in by that name.",
                f"There is {ports}." if ports else "Nothing comes in here: name a step instead.",
            )


def _at(place: _Place) -> str:
    return f"Node {place.node!r}, `{place.name}`" if place.node is not None else f"`{place.name}`"
