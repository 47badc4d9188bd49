"""Coming back: every open run is read, then requests, timers and interrupted steps, in that order (SEMANTICS §2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.errors import StepError
from engine.executor.faults import point
from engine.ids import Visit
from engine.run import events as ev
from engine.run import stimuli
from engine.run.reuse import Reuse

if TYPE_CHECKING:
    from engine.executor.executor import Executor


def recover(executor: Executor, serve_requests: Callable[[], int]) -> int:
    """Take up all open runs; how many. An answer given in time wins over its deadline, so requests go first."""
    for run in executor.store.journal.open_runs():
        state = executor.read(run)
        if state is not None and not state.ended:
            executor.runs[run] = state
            point("recover.read")
    for run, state in list(executor.runs.items()):
        started = state.started
        if started is not None and started.continues is not None:
            old = executor.read(started.continues.run)
            if old is not None:
                executor.reuse[run] = Reuse(old, state, started.continues.start, started.continues.start_over)
    for state in list(executor.runs.values()):
        if state.started is not None and state.started.parent is not None:
            parent = state.started.parent
            executor.child_reuse(parent.run, state, parent.node, parent.visit, parent.index)
    live = list(executor.runs)
    for run in live:
        if run in executor.runs:
            executor.apply(run, lambda turn: stimuli.interrupted(turn, "crash"))
    point("recover.interrupted")
    serve_requests()
    _arm(executor)
    executor.tick()
    point("recover.settled")
    for run in live:
        if run in executor.runs:
            executor.apply(run, stimuli.resume)
    for run in live:
        if run in executor.runs:
            _settle_world(executor, run)
    return len(live)


def _arm(executor: Executor) -> None:
    """Alarms are derived: the first batch on each run armed what it touched, this arms the rest."""
    for state in executor.runs.values():
        executor.arm(state)


def _settle_world(executor: Executor, run: str) -> None:
    """Effects that were in flight for steps that are over (cancelled): look up, repeat nothing, or declare in doubt."""
    state = executor.runs[run]
    for node, visit, key in sorted(state.open_world):
        step = state.steps[node, visit]
        if step.status in ("cancelled", "failed", "succeeded", "skipped"):
            executor.keep(_settle(executor, run, node, visit, key))


async def _settle(executor: Executor, run: str, node: str, visit: Visit, key: str) -> None:
    state = executor.runs[run]
    effect = state.steps[node, visit].effects[key]
    tool = executor.tools.get(effect.tool)
    if effect.effect == "checkable" and tool is not None:
        try:
            hit = await tool.lookup(tool.args.model_validate(effect.args), executor.tool_env(effect.idem_key, None))
        except (StepError, ValueError):
            pass
        else:
            kind = ev.EffectFailed if hit is None else ev.EffectSucceeded
            error = {"error": ev.Error(cls="stopped", message="It had not happened when the step was over.")}
            fields = error if hit is None else {"result": hit.result}
            executor.apply(
                run,
                lambda turn: turn.do(
                    kind,
                    node=node,
                    visit=visit,
                    key=key,
                    gen=effect.gen,
                    effect=effect.effect,
                    tool=effect.tool,
                    fingerprint=effect.fingerprint,
                    **fields,
                ),
            )
            return
    if effect.effect == "idempotent":
        gone = ev.Error(cls="stopped", message="The step was over before it was known to have happened.")
        executor.apply(
            run,
            lambda turn: turn.do(
                ev.EffectFailed,
                node=node,
                visit=visit,
                key=key,
                gen=effect.gen,
                effect=effect.effect,
                tool=effect.tool,
                fingerprint=effect.fingerprint,
                error=gone,
                may_have_happened=True,
            ),
        )
        return
    why = {"why": "no result after a crash; its step is over"}
    executor.apply(run, lambda turn: stimuli.in_doubt(turn, node, visit, key, why))
