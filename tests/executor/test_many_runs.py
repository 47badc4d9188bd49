"""Many runs at once under kills and cancels at chance moments: each ends, each effect once, memory is given back."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from engine_kit import Place, in_loop, until, values, workflow

from engine.store import StoreError, verify


def shape(place: Place) -> Any:
    nodes = [values("start", x=1), *(place.write(name, "checkable") for name in ("a", "b", "c")), values("end", x=1)]
    edges = ["start.output -> a.input", "start.output -> b.input", "a.output -> c.input", "b.output -> end.b",
             "c.output -> end.c"]  # fmt: skip
    return workflow(*(node.model_copy(update={"policy": node.policy.model_copy(update={"max_interruptions": 99})})
                      for node in nodes), edges=edges)  # fmt: skip


@in_loop
async def test_forty_runs_over_ten_crashes_have_each_effect_once_and_keep_a_whole_journal(place: Place) -> None:
    chance = random.Random(7)
    async with place.life() as life:
        digest = life.store.library.put(shape(place))
    names = [f"run{number:02}" for number in range(40)]
    for name in names:
        place.request("run", {"workflow": digest, "run": name})
    for _ in range(10):
        async with place.life() as life:
            calls = len(place.world.calls) + chance.randrange(1, 12)
            await until(lambda: len(place.world.calls) >= calls or not life.executor.runs)  # noqa: B023
            # at once, with whatever is on its way to the disk: some of it gets there
            life.closed = True
            life.executor.writer.fault = StoreError("The power went.")
            life.serving.cancel()
            await asyncio.gather(life.serving, return_exceptions=True)
            life.store.close()
            await life.app.close()
    async with place.life() as life:
        for name in names:
            assert (await life.end(name)).status == "completed"
        executor = life.executor
        assert not executor.runs and not executor._tasks and not executor.in_flight and not executor.left
        await life.end(await life.start(workflow(values("last", x=1), name="last")))
        assert len(executor._recent) <= 1 and len(executor._tickets) <= 1, "ended runs are forgotten"
    assert sorted(place.world.names()) == sorted(["a", "b", "c"] * 40)
    with place.client() as store:
        assert verify(store) == []


@in_loop
async def test_runs_cancelled_at_chance_moments_all_end_and_have_no_effect_twice(place: Place) -> None:
    chance = random.Random(8)
    async with place.life() as life:
        digest = life.store.library.put(shape(place))
        names = [f"run{number:02}" for number in range(40)]
        for name in names:
            place.request("run", {"workflow": digest, "run": name})
            for _ in range(chance.randrange(4)):
                await asyncio.sleep(0)
            if chance.random() < 0.7:
                place.request("cancel", {"run": name})
        ends = [(await life.end(name)).status for name in names]
        assert not life.executor.in_flight and not life.executor._drains
    assert set(ends) <= {"completed", "cancelled"}
    assert len(set(place.world.calls)) == len(place.world.calls)
    for name in names:
        assert place.kinds(name)[-1] in ("RunCompleted", "RunCancelled")
