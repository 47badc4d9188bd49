"""What is known of the engine process: one frozen value that the window shows at all times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from designer.engine_link.durations import left
from designer.resources import tr

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

    def words(self, now: float) -> str:
        """The state in a few words; the countdown of a restart by the time `now`."""
        if self.state == "restarting" and self.next_try is not None:
            return tr("The engine starts again in {time}").format(time=left(self.next_try - now))
        return {
            "absent": tr("The engine rests"),
            "starting": tr("The engine starts"),
            "running": tr("The engine is at work"),
            "stopping": tr("The engine is stopping"),
            "restarting": tr("The engine starts again"),
            "failed": tr("The engine cannot work"),
            "elsewhere": tr("The engine works elsewhere"),
            "paused": tr("The engine is paused"),
        }[self.state]
