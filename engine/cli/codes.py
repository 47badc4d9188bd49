"""Exit codes: how scripts learn what became of it."""

from __future__ import annotations

COMPLETED = 0
FAILED = 1
REFUSED = 2
"""A bad file, input or usage: the person can act, and stderr says how."""
WAITING = 3
"""A person must answer first."""
CANCELLED = 4
FAULT = 70
"""A fault of this program."""
INTERRUPTED = 130
"""Ctrl-C: nothing is lost, the run can go on."""
PIPE_CLOSED = 141
"""The reader of our output went away."""

OF_RUN = {"completed": COMPLETED, "failed": FAILED, "cancelled": CANCELLED, "running": WAITING}
