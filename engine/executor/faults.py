"""Named fault points: a test may stop the engine at any of them; in normal use each is a call that does nothing.

`SIGNALBOX_FAULT=name:n` in the environment kills the process (SIGKILL, or its counterpart) at the n-th passing of the
point; `name` may be `*` for any point. It is read once, when this module is imported.
"""

from __future__ import annotations

import os
from collections.abc import Callable

POINTS = (
    "batch.made",  # consequences are folded in memory, nothing is queued yet
    "commit.before",  # in the writer, before the transaction
    "commit.after",  # in the writer, on disk, nobody told
    "commit.told",  # back in the loop, those who waited are released
    "attempt.before",  # an attempt is about to run
    "attempt.after",  # its function has returned, nothing journaled
    "attempt.suspended",  # its coroutine is dropped, to wait for people or time
    "effect.before_start",  # nothing said about the effect yet
    "effect.after_start",  # EffectStarted is on disk, the world untouched
    "effect.after_call",  # the world has changed, nothing journaled
    "effect.after_result",  # its result is queued
    "question.asked",  # queued, the step not yet suspended
    "timer.fired",  # something fell due, its consequences are queued
    "request.before",  # a request was read, nothing decided
    "request.after",  # its consequences and reply are queued
    "child.started",  # a batch that starts child runs is queued
    "recover.read",  # a run was read back
    "recover.interrupted",  # its attempts are marked as interrupted
    "recover.settled",  # requests and timers of the time off are done, interrupted steps not yet started
    "run.ended",  # a run's end is queued
)


def _nothing(name: str) -> None:
    """Normal use."""


def _trigger(setting: str) -> Callable[[str], None]:
    wanted, _, number = setting.partition(":")
    left = int(number or "1")
    if wanted != "*" and wanted not in POINTS:
        raise ValueError(f"There is no fault point {wanted!r}.")

    def point(name: str) -> None:
        nonlocal left
        if wanted in ("*", name):
            left -= 1
            if left == 0:
                if hasattr(os, "kill") and os.name == "posix":
                    import signal

                    os.kill(os.getpid(), signal.SIGKILL)
                os._exit(137)  # Windows: ends at once, no handler, no flush

    return point


point: Callable[[str], None] = _trigger(os.environ["SIGNALBOX_FAULT"]) if "SIGNALBOX_FAULT" in os.environ else _nothing
