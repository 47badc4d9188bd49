"""Lanes: how many effects of one kind run at once (per model, per tool, cpu)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from time import perf_counter


@contextmanager
def untimed(limit: asyncio.Timeout | None) -> Iterator[None]:
    """What is done inside does not count against the attempt's time limit."""
    deadline = None if limit is None or limit.expired() else limit.when()
    if limit is None or deadline is None:
        yield
        return
    loop = asyncio.get_running_loop()
    left = deadline - loop.time()
    limit.reschedule(None)
    try:
        yield
    finally:
        if not limit.expired():
            limit.reschedule(loop.time() + left)


@contextmanager
def set_aside(limit: asyncio.Timeout | None, aside: list[float]) -> Iterator[None]:
    """The same, and the seconds are added to `aside`."""
    began = perf_counter()
    try:
        with untimed(limit):
            yield
    finally:
        aside.append(perf_counter() - began)


class Lanes:
    """Semaphores by name, made on first use; `width(name)` says how many at once."""

    def __init__(self, width: Callable[[str], int]) -> None:
        self._width = width
        self._lanes: dict[str, asyncio.Semaphore] = {}

    @asynccontextmanager
    async def hold(self, name: str, limit: asyncio.Timeout | None) -> AsyncIterator[None]:
        """Hold a place in a lane; waiting for it does not count against the attempt's time limit."""
        lane = self._lanes.get(name)
        if lane is None:
            lane = self._lanes[name] = asyncio.Semaphore(max(1, self._width(name)))
        with untimed(limit):
            await lane.acquire()
        try:
            yield
        finally:
            lane.release()
