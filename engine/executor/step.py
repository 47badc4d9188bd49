"""One activation of a step: run the node's function until it ends, fails or has to wait; say so in the journal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine import log
from engine.errors import Bug, StepError
from engine.executor.approvals import Caller
from engine.executor.context import StepContext
from engine.executor.effects import Suspend, told_to_stop
from engine.executor.faults import point
from engine.executor.kept import check_kept, fit
from engine.executor.lanes import untimed
from engine.executor.upgraded import ask_about_upgrade, was_upgraded
from engine.expressions import parse
from engine.ids import Visit
from engine.nodes.capability import wired_tool
from engine.nodes.catalog import CATALOG, validate_params
from engine.nodes.context import WiredTool
from engine.nodes.contracts import accepted
from engine.nodes.node_type import NodeType
from engine.run import stimuli
from engine.run.record import ENDED, Step
from engine.run.scope import inputs_of, params_of
from engine.run.state import State
from engine.run.turn import Turn
from engine.workflow.model import Node

if TYPE_CHECKING:
    from engine.executor.executor import Executor


class Activation:
    """One attempt while its coroutine lives. Resumed attempts get a new one and replay."""

    def __init__(self, executor: Executor, state: State, node: str, visit: Visit) -> None:
        self.executor = executor
        self.state = state
        self.run = state.run
        self.node = node
        self.visit = visit
        self.record: Step = state.steps[node, visit]
        self.attempt = self.record.attempt
        self.limit: asyncio.Timeout | None = None
        shape = state.order.shape[node]
        self.hand_offs: tuple[str, ...] = ()
        self.accepts: dict[str, tuple[Mapping[str, Any], ...]] = {}
        self.leaving: dict[str, Any] | None = None
        """The hand-off that the attempt ends with: journaled with its end and with the start of who gets it."""
        if shape.hand_off:
            self._find_targets()

    def _find_targets(self) -> None:
        """The ports to hand off by, and what the agents that they lead to accept."""
        order = self.state.order
        named = {port.name for port in order.shape[self.node].outputs}
        for edge in order.outs[self.node]:
            link = order.links[edge]
            target = link.member or link.target
            if link.out in named or order.mode(target) == "disabled":
                continue
            wanted = accepted(order.node[target].params) if order.shape[target].hand_off else None
            self.accepts[link.out] = (*self.accepts.get(link.out, ()), *([wanted] if wanted is not None else []))
        self.hand_offs = tuple(self.accepts)

    def tools_of(self, agent: str) -> Mapping[str, WiredTool]:
        """The nodes that this step's agent, or one that it asks, may call."""
        order = self.state.order
        return {
            key: _wired(self.executor, order.node[key])
            for key in order.tools.get(agent, ())
            if order.node[key].type in CATALOG
        }

    @property
    def timed_out(self) -> bool:
        """Whether the attempt's time limit has passed."""
        return self.limit is not None and self.limit.expired()

    @property
    def current(self) -> bool:
        """Whether anybody still waits for this attempt."""
        return not self.state.ended and self.record.status not in ENDED and self.record.attempt == self.attempt

    def journal(self, kind: type[Any], **fields: Any) -> None:
        """Add one event of this step; nothing once the run has ended, or once nothing can be written any more."""
        if not self.state.ended and not self.executor.broken:
            self.executor.apply(self.run, lambda turn: turn.do(kind, node=self.node, visit=self.visit, **fields))

    def report(self, stimulus: Callable[[Turn], Any]) -> Any:
        """Tell the core something about this step; None when nobody can take it down any more."""
        if self.state.ended or self.executor.broken:
            return None
        return self.executor.apply(self.run, stimulus)

    async def on_disk(self) -> None:
        """Wait until all that this run has said is on disk; that is not the attempt's time."""
        with untimed(self.limit):
            await self.executor.writer.durable(self.executor.last_ticket(self.run))

    def not_asked(self, key: str) -> None:
        """StepError `drift` when the step asked a person under this key before."""
        if key in self.record.questions:
            raise StepError("drift", "The step acts where it asked a person before.", retryable=False)

    def lane(self, name: str) -> AbstractAsyncContextManager[None]:
        """A place in a lane."""
        return self.executor.lanes.hold(name, self.limit) if name else nullcontext()

    def approved(self, tool: str) -> bool:
        """Whether a person has already approved a call of this tool in this step."""
        asked = (self.state.questions[question][2] for question in self.record.questions.values())
        return any(
            record.asked.type == "approval"
            and record.asked.form.get("evidence", {}).get("tool") == tool
            and record.outcome in ("approve", "approve_with_changes")
            for record in asked
        )


def _wired(executor: Executor, node: Node) -> WiredTool:
    """What an agent is told of a node: what its author says, else what this PC knows of its tool."""
    tool = executor.tools.get(node.type)
    shown = None if tool is None else tool.shown(node.params)
    told = wired_tool(node, CATALOG[node.type])
    if shown is None:
        return told
    use = node.params.get("tool")
    said = use if isinstance(use, Mapping) else {}
    description = told.description if said.get("description") else shown.description or told.description
    parameters = told.parameters if said.get("parameters") else shown.parameters
    return replace(told, description=description, parameters=parameters, effect=shown.effect)


def run_pure(executor: Executor, state: State, node: str, visit: Visit) -> None:
    """Run a step without effects here and now: it needs no task, and its coroutine never waits."""
    record = state.steps.get((node, visit))
    if state.ended or record is None or record.status != "running":
        return
    attempt = record.attempt
    point("attempt.before")
    try:
        node_type, params, inputs = _prepared(state, node, visit)
        assert node_type.run is not None
        coroutine = node_type.run(None, params, inputs)  # type: ignore[arg-type]
        try:
            coroutine.send(None)  # type: ignore[attr-defined]
        except StopIteration as end:
            outputs = _checked(executor, end.value)
        else:
            coroutine.close()  # type: ignore[attr-defined]
            raise Bug(f"The pure node type {node_type.name} waits.")
    except Bug:
        raise
    except Exception as error:
        failure = fit(error if isinstance(error, StepError) else _internal(error, run_id=state.run, step=node))
        executor.apply(state.run, lambda turn: stimuli.failed(turn, node, visit, attempt, failure))
        return
    point("attempt.after")
    executor.apply(state.run, lambda turn: stimuli.succeeded(turn, node, visit, attempt, outputs))


def _prepared(state: State, node: str, visit: Visit) -> tuple[NodeType, Any, dict[str, Any]]:
    """The node's type, its validated params and its inputs. Params without any `{{ }}` are validated once."""
    order = state.order
    ready = order.prepared.get(node)
    if ready is not None:
        return *ready, inputs_of(state, node, visit)
    node_type = CATALOG.get(order.node[node].type)
    if node_type is None or node_type.run is None:
        raise StepError("not_found", f"The node type {order.node[node].type!r} is not known here.", retryable=False)
    inputs = inputs_of(state, node, visit)
    params = validate_params(node_type, params_of(state, node, visit, inputs))
    if all(parse(value).constant for name, value in order.node[node].params.items() if name not in node_type.raw):
        order.prepared[node] = (node_type, params)
    return node_type, params, inputs


def _checked(executor: Executor, outputs: Any) -> dict[str, Any]:
    given = dict(outputs)
    check_kept(given, executor.settings.max_value_bytes)
    return given


async def run_step(executor: Executor, step: Activation) -> None:
    """Run a step that asks things of the world, and report how it went. Cancelled, it reports nothing."""
    state, node, visit, attempt = step.state, step.node, step.visit, step.attempt
    failure: StepError | None = None
    outputs: dict[str, Any] = {}
    waits: tuple[str, ...] | None = None
    point("attempt.before")
    try:
        outputs = await _limited(executor, step)
    except Suspend as wait:
        waits = wait.on
    except StepError as error:
        failure = error
    except asyncio.CancelledError:
        if told_to_stop():
            raise
        failure = StepError("internal", "Something that the step called broke off by itself.", retryable=False)
    except Exception as error:
        if isinstance(error, Bug) or executor.broken:
            raise
        failure = _internal(error, run_id=step.run, step=node, attempt=attempt)
    if not step.current or executor.broken:
        return
    if waits is not None:
        if executor.apply(step.run, lambda turn: stimuli.suspended(turn, node, visit, attempt, waits)):
            point("attempt.suspended")
        else:
            executor.again(state.run, node, visit)  # what it waits for came meanwhile
    elif failure is not None and failure.cls == "drift" and was_upgraded(state, node, visit):
        executor.apply(step.run, lambda turn: ask_about_upgrade(turn, node, visit))
    elif failure is not None:
        fit(failure)
        executor.apply(step.run, lambda turn: stimuli.failed(turn, node, visit, attempt, failure, failure.effect_key))
    else:
        point("attempt.after")
        executor.apply(step.run, lambda turn: stimuli.succeeded(turn, node, visit, attempt, outputs, step.leaving))


def _internal(error: Exception, **where: Any) -> StepError:
    """A fault inside a node's function: an event for the run, a traceback for the log."""
    log.error("step raised", **where, exc_info=error)
    return StepError("internal", f"{type(error).__name__}: {error}", retryable=False)


async def _limited(executor: Executor, step: Activation) -> dict[str, Any]:
    """The node's outputs, within the attempt's time limit: time asleep, asking people or queueing does not count."""
    state, node, visit = step.state, step.node, step.visit
    node_type, params, inputs = _prepared(state, node, visit)
    assert node_type.run is not None
    seconds = state.order.node[node].policy.timeout_s
    place = (step.run, node, visit, step.attempt)
    left = None if seconds is None else max(0.001, executor.left.get(place, seconds))
    try:
        async with asyncio.timeout(left) as limit:
            step.limit = limit
            context = StepContext(step)
            context.caller = Caller(node, params)
            return _checked(executor, await node_type.run(context, params, inputs))
    except TimeoutError:
        if not step.timed_out:
            raise
        raise StepError("timeout", f"The attempt took longer than {seconds:g} s.") from None
    except Suspend:
        if seconds is not None and step.limit is not None:
            when = None if step.limit.expired() else step.limit.when()
            # one that has run out begins anew: a person is asked, and what they want done needs its time
            executor.left[place] = seconds if when is None else when - asyncio.get_running_loop().time()
        raise
