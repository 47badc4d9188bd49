"""The writer and the disk: back-pressure, a full disk, a broken one; what is not on disk has not happened."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from engine_kit import Disk, Place, gate, in_loop, until, values, workflow

from engine.executor.executor import MAX_BEHIND
from engine.store import Batch, Conflict, DiskFault, DiskFull, StoreError, condition


def chain(place: Place, length: int, *last: Any) -> Any:
    async def passes(ctx: Any, params: Any, inputs: Any) -> Any:
        return len(inputs)

    nodes = [place.step(f"p{n}", passes, pure=True) for n in range(length)]
    edges = [f"p{n}.output -> p{n + 1}.input" for n in range(length - 1)]
    return workflow(*nodes, *last, edges=[*edges, *(f"p{length - 1}.output -> {one.key}.input" for one in last)])


@in_loop
async def test_pure_steps_run_ahead_of_the_disk_up_to_a_limit(place: Place) -> None:
    async with place.life() as life:
        disk = Disk(life)
        disk.open.clear()
        digest = life.store.library.put(chain(place, 3 * MAX_BEHIND))
        request = place.request("run", {"workflow": digest, "run": "run0"})
        most = 0

        def stuck() -> bool:
            nonlocal most
            most = max(most, life.executor.writer.behind)
            return life.executor.writer.behind >= MAX_BEHIND

        await until(stuck)
        for _ in range(20):
            await asyncio.sleep(0)
            stuck()
        assert most <= MAX_BEHIND + 2
        assert place.reply(request) is None, "what is not on disk has not been said"
        disk.open.set()
        assert (await life.end("run0")).status == "completed"


@in_loop
async def test_with_run_ahead_off_each_step_is_on_disk_before_the_next(place: Place) -> None:
    async with place.life(run_ahead=False) as life:
        disk = Disk(life)
        state = await life.end(await life.start(chain(place, 20)))
        assert state.status == "completed" and disk.appends >= 20


@pytest.mark.logs("paused")
@in_loop
async def test_a_full_disk_pauses_the_engine_until_there_is_room(place: Place) -> None:
    async with place.life() as life:
        disk = Disk(life)
        waits = await life.start(workflow(gate("ask"), place.write("after"), edges=["ask.approved -> after.input"]))
        question = await life.question(waits)
        disk.error = DiskFull("The disk is full.")
        request = place.request("answer", {"question": question, "option": "approve"})
        await until(lambda: life.app.paused)
        assert "full" in life.app.paused and not life.serving.done()
        seen = condition(place.data)
        assert seen is not None and (seen.doing, seen.reason) == ("paused", "The disk is full.")
        assert place.world.names() == [] and place.reply(request) is None
        disk.error = None
        assert (await life.end(waits)).status == "completed"
        assert life.app.paused == "" and place.reply(request).accepted  # type: ignore[union-attr]
        assert condition(place.data).doing == "working"  # type: ignore[union-attr]
    assert place.world.names() == ["after"]
    assert place.kinds(waits).count("QuestionAnswered") == 1


@pytest.mark.logs("paused")
@in_loop
async def test_an_engine_is_closed_on_a_full_disk_and_the_next_one_goes_on(place: Place) -> None:
    async with place.life() as life:
        disk = Disk(life)
        run = await life.start(workflow(gate("ask")))
        question = await life.question(run)
        disk.error = DiskFull("The disk is full.")
        digest = life.store.library.put(chain(place, 3 * MAX_BEHIND, place.write("after")))
        started = place.request("run", {"workflow": digest, "run": "run1"})
        answered = place.request("answer", {"question": question, "option": "approve"})
        await until(lambda: life.app.paused and life.executor.writer.behind >= MAX_BEHIND)
    assert place.reply(started) is None and place.reply(answered) is None
    async with place.life() as life:
        assert (await life.end(run)).status == (await life.end("run1")).status == "completed"
    assert place.world.names() == ["after"]


@pytest.mark.parametrize("fault", [DiskFault("The disk failed."), Conflict("Somebody else wrote.")])
@in_loop
async def test_a_broken_disk_stops_the_engine_and_the_next_one_recovers(place: Place, fault: StoreError) -> None:
    async with place.life() as life:
        run = await life.start(workflow(gate("ask"), place.write("after"), edges=["ask.approved -> after.input"]))
        question = await life.question(run)
    with pytest.raises(type(fault)):
        async with place.life() as life:
            await until(lambda: run in life.executor.runs)
            disk = Disk(life)
            disk.error = fault
            request = place.request("answer", {"question": question, "option": "approve"})
            await asyncio.wait([life.serving])
    assert place.reply(request) is None and place.world.names() == []
    async with place.life() as life:
        assert (await life.end(run)).status == "completed"
    assert place.reply(request).accepted and place.world.names() == ["after"]  # type: ignore[union-attr]


@in_loop
async def test_a_disk_that_breaks_under_a_world_effect_leaves_it_to_the_next_engine(place: Place) -> None:
    held = place.world.hold("a")
    with pytest.raises(DiskFault):
        async with place.life() as life:
            run = await life.start(workflow(place.write("a", "checkable")))
            await until(lambda: "a" in place.world.entered)
            Disk(life).error = DiskFault("The disk failed.")
            held.set()
            await asyncio.wait([life.serving])
    async with place.life() as life:
        assert (await life.end(run)).status == "completed"
    assert place.world.names() == ["a"] and len(place.world.looked) == 1


@in_loop
async def test_an_append_behind_the_engines_back_is_a_conflict_and_not_a_second_truth(place: Place) -> None:
    with pytest.raises(Conflict):
        async with place.life() as life:
            run = await life.start(workflow(gate("ask")))
            question = await life.question(run)
            seen = place.events(run)
            forged = seen[-1].model_copy(update={"seq": len(seen) + 1, "question": "q0"})
            journal = life.executor.store.journal
            await asyncio.to_thread(journal.append, [Batch((forged,))])
            place.request("answer", {"question": question, "option": "approve"})
            await asyncio.wait([life.serving])
    assert len(place.events(run)) == len(seen) + 1


@pytest.mark.logs("engine stops")
@in_loop
async def test_a_fault_of_ours_in_a_batch_stops_the_engine_before_it_is_written(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.run import stimuli

    with pytest.raises(KeyError):
        async with place.life() as life:
            run = await life.start(workflow(gate("ask"), values("after", x=1), edges=["ask.approved -> after.input"]))
            question = await life.question(run)
            monkeypatch.setattr(stimuli, "_settle", lambda *_, **__: {}["nothing"])
            request = place.request("answer", {"question": question, "option": "approve"})
            await asyncio.wait([life.serving])
    assert "QuestionAnswered" not in place.kinds(run)
    monkeypatch.undo()
    assert place.reply(request) is None
