"""The alarm clock: wakes the executor when something falls due; what that is comes from the journal alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

MAX_AHEAD_S = 3600.0
"""Look at the clock at least this often, so that a changed clock or a suspended PC cannot hide a deadline for long."""


class Alarms:
    """One APScheduler job in memory, re-armed for the earliest due time (seconds since 1970)."""

    def __init__(self, ring: Callable[[], None], clock: Callable[[], float]) -> None:
        from apscheduler.executors.asyncio import AsyncIOExecutor
        from apscheduler.schedulers.asyncio import AsyncIOScheduler

        self._ring, self._clock = ring, clock
        self._due: float | None = None
        self._scheduler: Any = AsyncIOScheduler(timezone=UTC, executors={"default": AsyncIOExecutor()})
        self._scheduler.start()

    def arm(self, due: float | None) -> None:
        """Ring at `due`; None: at nothing in particular."""
        if due == self._due:
            return
        self._due = due
        if due is None:
            self._scheduler.remove_all_jobs()
            return
        left = max(0.0, min(due - self._clock(), MAX_AHEAD_S))
        at = datetime.fromtimestamp(time.time() + left, UTC)
        # late is better than never: no grace time, and many missed rings are one
        self._scheduler.add_job(
            self._rang, "date", run_date=at, id="alarm", replace_existing=True, misfire_grace_time=None, coalesce=True
        )

    async def _rang(self) -> None:
        self._due = None
        self._ring()

    def close(self) -> None:
        """Stop the clock."""
        self._scheduler.shutdown(wait=False)
