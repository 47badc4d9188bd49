"""Another program that keeps the data file locked keeps nobody else waiting."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

from engine_kit import Place, in_loop, until, workflow

from engine.store import DATA_FILE


@in_loop
async def test_a_locked_file_holds_up_a_thread_and_not_the_loop(place: Place) -> None:
    async def writes(ctx: Any, params: Any, inputs: Any) -> Any:
        for number in range(40):
            await ctx.call_tool("test.write", {"name": f"w{number}", "effect": "idempotent"})

    async with place.life() as life:
        other = sqlite3.connect(place.data / DATA_FILE, isolation_level=None)
        run = await life.start(workflow(place.step("a", writes)))
        await until(lambda: place.world.names())
        other.execute("BEGIN IMMEDIATE")
        life.executor.writer._took_s = 0.0  # as on a quick disk: the loop commits by itself
        began = time.perf_counter()
        await until(lambda: life.executor.writer._busy)
        assert time.perf_counter() - began < 5, "the loop waited for the lock"
        other.execute("ROLLBACK")
        other.close()
        assert (await life.end(run)).status == "completed"
    assert len(set(place.world.names())) == len(place.world.names()) == 40
