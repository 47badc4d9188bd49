"""What a continued run would take over and what it would do again, before anybody asks for it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from designer.resources import tr
from engine.errors import Refused
from engine.expressions import ExpressionError, references
from engine.nodes.catalog import shape_of
from engine.observe.records import RunTrace
from engine.workflow.model import Workflow
from engine.workflow.order import Order, compile


@dataclass(frozen=True, slots=True)
class ReusePlan:
    """Nodes by what becomes of their steps, each in the drawing's order.

    `reused`: the recorded result counts, unless params or inputs differ then. `again`: run again. `goes_on`: they
    had not succeeded, and go on from what they had done. `fault` says why nothing can be told.
    """

    reused: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    goes_on: tuple[str, ...] = ()
    fault: str = ""


def reuse_plan(
    workflow: Workflow, trace: RunTrace, start: str | None, changed_inputs: Collection[str] = ()
) -> ReusePlan:
    """The plan for continuing `trace` at `start` (None: wherever it stopped), with some run inputs changed."""
    try:
        order = compile(workflow, shape_of)
    except Refused as refused:
        return ReusePlan(fault=str(refused))
    if start is not None and start not in order.rank:
        return ReusePlan(fault=tr("“{key}” makes no steps of its own.").format(key=start))
    fresh = set(order.following(start)) if start is not None else set()
    for node in _readers(workflow, order, changed_inputs):
        fresh |= order.following(node)
    outcomes: dict[str, set[str]] = {}
    for step in trace.steps.values():
        outcomes.setdefault(step.node, set()).add(step.status)
    reused, again, goes_on = [], [], []
    for key in order.rank:
        if key not in workflow.by_key:
            continue
        known = outcomes.get(key, set()) - {"skipped", "pending"}
        if key in fresh:
            again.append(key)
        elif known == {"succeeded"}:
            reused.append(key)
        elif known:
            goes_on.append(key)
    return ReusePlan(tuple(reused), tuple(again), tuple(goes_on))


def _readers(workflow: Workflow, order: Order, names: Collection[str]) -> list[str]:
    """The nodes whose params, or whose tools' params, name one of these run inputs."""
    if not names:
        return []
    wanted = set(names)
    reads = set()
    for node in workflow.nodes:
        try:
            found = references(node.params)
        except ExpressionError:
            continue
        if found.inputs & wanted or ("run" in found.roots and not found.inputs):
            reads.add(node.key)
    users = [user for user, tools in order.tools.items() if reads & set(tools)]
    return [key for key in (*reads, *users) if key in order.rank]
