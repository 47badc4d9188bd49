"""Coming back: every open run is read, then requests, timers and interrupted steps, in that order (SEMANTICS §2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.executor.faults import point
from engine.executor.leftovers import settle_left
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
            settle_left(executor, run)
    return len(live)


def _arm(executor: Executor) -> None:
    """Alarms are derived: the first batch on each run armed what it touched, this arms the rest."""
    for state in executor.runs.values():
        executor.arm(state)
