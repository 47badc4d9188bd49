"""What a step was given, what its params came to, what it gave: worked out from the journal with the engine's own
functions. Slow for long runs, so views ask for it on the worker thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from designer.resources import tr
from engine.errors import Bug, SignalboxError
from engine.ids import Visit
from engine.nodes.catalog import shape_of
from engine.observe.trace import state_at
from engine.run import events as ev
from engine.run.scope import inputs_of, params_of
from engine.run.seen import of_inputs
from engine.run.sources import kinds
from engine.run.state import State
from engine.workflow.model import Workflow
from engine.workflow.order import compile


@dataclass(frozen=True, slots=True)
class StepData:
    """Values by port; `params` with every `{{ }}` evaluated, as the step saw them. Secrets stay names.

    `inputs` or `params` None: they cannot be known (`fault` says why), or the step had not begun.
    """

    inputs: dict[str, Any] | None = None
    params: dict[str, Any] | None = None
    outputs: dict[str, Any] | None = None
    fault: str = ""
    tools: tuple[str, ...] = field(default=())
    from_inputs: dict[str, list[str]] = field(default_factory=dict)
    from_outputs: dict[str, list[str]] = field(default_factory=dict)
    """Where the values came from, by port: file, web, tool, model; a person's and the author's are left out."""


def step_data(
    workflow: Workflow, events: Sequence[ev.Event], node: str, visit: Visit, until: int | None = None
) -> StepData:
    """The data of one step at event `until` (the last one, if not given).

    The params are evaluated at the step's first event, because what a later round does must not show in an earlier one.
    """
    if node not in workflow.by_key:
        return StepData(fault=tr("The workflow has no node “{key}”.").format(key=node))
    stop = until if until is not None else (events[-1].seq if events else 0)
    outputs, gave = _outputs(events, node, visit, stop)
    begun = _begun(events, node, visit, stop)
    if begun is None:
        return StepData(outputs=outputs, params=dict(workflow.by_key[node].params), from_outputs=gave)
    try:
        order = compile(workflow, shape_of)
        state = state_at(order, events, begun)
        if (node, visit) not in state.steps:
            return StepData(outputs=outputs, fault=tr("This step had not begun."))
        inputs = _inputs(state, node, visit)
        came = {port: kinds(origin) for port, origin in of_inputs(state, node, visit).items()}
    except (SignalboxError, AssertionError, KeyError) as error:
        return StepData(outputs=outputs, fault=_sentence(error))
    try:
        params = params_of(state, node, visit, inputs)
    except (SignalboxError, KeyError) as error:
        written = dict(workflow.by_key[node].params)
        return StepData(inputs, written, outputs, _sentence(error), from_inputs=came, from_outputs=gave)
    return StepData(inputs, params, outputs, from_inputs=came, from_outputs=gave)


def inputs_at(workflow: Workflow, events: Sequence[ev.Event], node: str, visit: Visit) -> dict[str, Any]:
    """The values that a step's ports were given, for editing them in a fork; {} where they cannot be known."""
    return step_data(workflow, events, node, visit).inputs or {}


def _inputs(state: State, node: str, visit: Visit) -> dict[str, Any]:
    if state.order.kind(node) == "merge":
        links = state.order.links
        tokens = state.steps[node, visit].tokens
        return {f"{links[edge].source}.{links[edge].out}": value for edge, (live, value) in tokens.items() if live}
    return dict(inputs_of(state, node, visit))


def _begun(events: Sequence[ev.Event], node: str, visit: Visit, stop: int) -> int | None:
    for event in events:
        if event.seq > stop:
            return None
        if getattr(event, "node", None) == node and getattr(event, "visit", None) == visit:
            return event.seq if event.kind != "RunFailed" else None
    return None


def _outputs(
    events: Sequence[ev.Event], node: str, visit: Visit, stop: int
) -> tuple[dict[str, Any] | None, dict[str, list[str]]]:
    """What a step gave by port, and where that came from."""
    for event in reversed(events):
        if event.seq > stop or not isinstance(event, ev.StepSucceeded | ev.StepFailed):
            continue
        if event.node == node and event.visit == visit:
            return event.outputs or None, {port: kinds(origin) for port, origin in event.sources.items()}
    return None, {}


def _sentence(error: Exception) -> str:
    if isinstance(error, Bug | AssertionError | KeyError):
        return tr("The workflow version of this run does not fit its journal, so its inputs cannot be shown.")
    return str(error)
