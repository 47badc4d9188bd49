"""Why a step was skipped: which of its inputs was dead, and where that started."""

from __future__ import annotations

from engine.ids import Visit
from engine.observe.records import RunTrace, StepTrace
from engine.workflow.model import Edge, Workflow

FAR = 20
"""Steps that are followed back; a longer chain is cut with "…"."""


def why_skipped(run: RunTrace, workflow: Workflow | None, step: StepTrace) -> str:
    """ "it was skipped, because …", back to the step that decided it."""
    if step.because == "disabled":
        return "it was skipped: the node is disabled"
    general = {
        "failed": "something that it needs had failed",
        "not_taken": "no branch that leads to it was taken",
        "cancelled": "what it needs was cancelled",
    }.get(step.why, step.why)
    if workflow is None:
        return f"it was skipped: {general}"
    path, origin = _origin(run, workflow, step)
    if origin is None:
        return f"it was skipped: {general}"
    through = f", by way of {', '.join(path)}" if path else ""
    return f"it was skipped: {origin}{through}"


def _origin(run: RunTrace, workflow: Workflow, step: StepTrace) -> tuple[list[str], str | None]:
    """(skipped steps on the way, what the first dead edge says); None when the journal does not tell."""
    path: list[str] = []
    seen = {(step.node, step.visit)}
    while len(path) < FAR:
        nexts: StepTrace | None = None
        for edge in workflow.edges:
            if edge.target != step.node:
                continue
            source = _at(run, edge.source, step.visit)
            if source is None or (source.node, source.visit) in seen:
                continue
            if source.because == "disabled" and step.why == source.why:
                return path, f"{source.name} is disabled"
            if source.status == "skipped":
                nexts = nexts or source
                continue
            said = _dead(edge, source, step.why)
            if said is not None:
                return path, said
        if nexts is None:
            return path, None
        seen.add((nexts.node, nexts.visit))
        path.append(nexts.name)
        step = nexts
    return [*path[:3], "…"], None


def _dead(edge: Edge, source: StepTrace, why: str) -> str | None:
    """What made this edge dead, if the source says so and it is the reason that was passed on."""
    if source.status == "failed" and why == "failed" and edge.out != "error":
        return f"{source.name} failed" + (f" ({source.error.cls})" if source.error else "")
    if source.status == "failed" and why != "failed" and source.handled in ("route", "continue"):
        return f"{source.name} failed and that was handled, so its port {edge.out} was not taken"
    if source.status == "cancelled" and why == "cancelled":
        return f"{source.name} was cancelled"
    if source.status == "succeeded" and edge.out not in (source.outputs or {}):
        taken = ", ".join(source.outputs or {})
        return (
            f"{source.name} went on by {taken}, not by {edge.out}"
            if taken
            else f"{source.name} did not take {edge.out}"
        )
    return None


def _at(run: RunTrace, node: str, visit: Visit) -> StepTrace | None:
    """The step of a node that a step at this visit hears from: the same round, or the nearest scope around it."""
    for depth in range(len(visit), -1, -1):
        found = run.steps.get((node, visit[:depth]))
        if found is not None:
            return found
    inner = [step for (key, at), step in run.steps.items() if key == node and at[: len(visit)] == visit]
    return inner[-1] if inner else None
