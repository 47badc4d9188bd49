"""What is known of the engine process: one frozen value that the window shows at all times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

EngineState = Literal[
    "absent",  # none runs and none is wanted
    "starting",  # a process was started and has not taken the lease yet
    "running",  # a process of ours holds the lease
    "stopping",  # it was told to end and has not yet
    "restarting",  # it ended without being told to; the next one starts at `next_try`
    "failed",  # the data file cannot be opened, or the engine cannot start: `sentence` says why
    "elsewhere",  # another user's or another PC's engine holds the lease: it works, but it is not ours to stop
    "paused",  # it runs and writes nothing, because the disk is full for example
]


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """`since` is when this state began and `next_try` when the next start is due, both in seconds since 1970."""

    state: EngineState = "absent"
    pid: int | None = None
    since: float = 0.0
    sentence: str = ""
    restarts: int = 0
    next_try: float | None = None

    @property
    def works(self) -> bool:
        """Whether requests are being answered."""
        return self.state in ("running", "elsewhere")
