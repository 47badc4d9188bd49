"""Being told to end: SIGTERM (and Ctrl-Break on Windows) end a command as cleanly as Ctrl-C does."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator
from typing import Any


@contextlib.contextmanager
def ends_cleanly() -> Iterator[None]:
    """Within a running event loop: treat the other end signals like SIGINT, which cancels the main task.

    A script's background job is started with SIGINT ignored, and must end on SIGTERM all the same; `nohup` ignores
    SIGHUP, and that stays so.
    """
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):
        handler = _cancels(asyncio.current_task(), asyncio.get_running_loop())
    others = [getattr(signal, name) for name in ("SIGTERM", "SIGBREAK", "SIGHUP") if hasattr(signal, name)]
    before = {}
    for other in others:
        if signal.getsignal(other) is signal.SIG_IGN:
            continue
        with contextlib.suppress(ValueError, OSError):  # not in the main thread: then nobody sends us any
            before[other] = signal.signal(other, handler)
    try:
        yield
    finally:
        for other, old in before.items():
            signal.signal(other, old)


def _cancels(task: asyncio.Task[Any] | None, loop: asyncio.AbstractEventLoop) -> Callable[[int, Any], None]:
    def cancel(number: int, frame: Any) -> None:
        if task is not None:
            loop.call_soon_threadsafe(task.cancel)

    return cancel
