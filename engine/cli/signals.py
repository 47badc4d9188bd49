"""Being told to end: SIGTERM (and Ctrl-Break on Windows) end a command as cleanly as Ctrl-C does."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator


@contextlib.contextmanager
def ends_cleanly() -> Iterator[None]:
    """Within a running event loop: treat the other end signals like SIGINT, which cancels the main task."""
    handler = signal.getsignal(signal.SIGINT)
    others = [getattr(signal, name) for name in ("SIGTERM", "SIGBREAK", "SIGHUP") if hasattr(signal, name)]
    before = {}
    for other in others:
        with contextlib.suppress(ValueError, OSError):  # not in the main thread: then nobody sends us any
            before[other] = signal.signal(other, handler)
    try:
        yield
    finally:
        for other, old in before.items():
            signal.signal(other, old)
