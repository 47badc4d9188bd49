"""What the last run knows that an expression may name: for completion and live previews in forms. Pure."""

from __future__ import annotations

from typing import Any

from engine.nodes.catalog import shape_of
from engine.observe.records import RunTrace, StepTrace
from engine.workflow.model import Workflow


def last_values(trace: RunTrace | None, workflow: Workflow, key: str) -> dict[str, Any]:
    """`input` by port, `steps`, `run`: as the newest visit of each step left them; what is not known is left out."""
    if trace is None:
        return {}
    newest: dict[str, StepTrace] = {}
    for (node, _), step in trace.steps.items():
        if step.outputs is not None:
            newest[node] = step
    steps: dict[str, Any] = {}
    for node, step in newest.items():
        known = workflow.by_key.get(node)
        outputs = step.outputs or {}
        main = shape_of(known).main if known is not None else "output"
        value = outputs.get(main, next((one for port, one in outputs.items() if port != "error"), None))
        steps[node] = {"output": value, "outputs": outputs, "error": outputs.get("error")}
    given: dict[str, Any] = {}
    for edge in workflow.edges:
        if edge.target == key and edge.into not in given:
            delivered = newest[edge.source].outputs if edge.source in newest else None
            if delivered and edge.out in delivered:
                given[edge.into] = delivered[edge.out]
    found: dict[str, Any] = {"steps": steps, "run": {"inputs": dict(trace.inputs), "id": trace.run}}
    if given:
        found["input"] = given
    return found
