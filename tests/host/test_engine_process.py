"""The engine process: one at a time, answers for other programs, comes back in order, leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
from engine_kit import Place, ScriptedModels, gate, in_loop, until, values, workflow

import engine.host
from engine.host import Engine, run_engine
from engine.settings import Settings
from engine.store import Draft, HeldElsewhere, Lease, condition, open_store

ROOT = Path(engine.host.__file__).parents[1]
ASK = """
import sys, time
from pathlib import Path
from engine.store import open_store
with open_store(Path(sys.argv[1]), role="client") as store:
    request = store.requests.insert(sys.argv[2], __import__("json").loads(sys.argv[3]), "other", at=time.time())
    while (reply := store.requests.outcome(request)) is None:
        time.sleep(0.002)
    print(reply.accepted, reply.reason or reply.result)
"""
HOLD = """
import sys
from pathlib import Path
from engine.store import Lease
lease = Lease.acquire(Path(sys.argv[1]), "other")
print("held", flush=True)
sys.stdin.read()
lease.release()
"""


def python(code: str, *args: str) -> subprocess.Popen[str]:
    """A program of another process."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-B", "-c", code, *args]
    return subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def of(place: Place, run: str, kind: str) -> list[Any]:
    return [event for event in place.events(run) if event.kind == kind]


@in_loop
async def test_a_second_engine_is_told_who_holds_the_data_folder(place: Place) -> None:
    async with place.life():
        with pytest.raises(HeldElsewhere) as caught:
            await Engine.open(place.data, Settings(), ScriptedModels())  # type: ignore[arg-type]
    assert str(os.getpid()) in str(caught.value)


@in_loop
async def test_an_engine_waits_for_no_other_process_and_starts_when_that_has_gone(place: Place) -> None:
    other = python(HOLD, str(place.data))
    assert other.stdout is not None and other.stdout.readline() == "held\n"
    with pytest.raises(HeldElsewhere) as caught:
        await Engine.open(place.data, Settings(), ScriptedModels())  # type: ignore[arg-type]
    assert caught.value.holder is not None and caught.value.holder.pid == other.pid
    other.communicate("")
    async with place.life() as life:
        assert life.app.recovered == 0


@in_loop
async def test_requests_of_other_processes_are_answered(place: Place) -> None:
    async with place.life() as life:
        run = await life.start(workflow(gate("ask")))
        question = await life.question(run)
        file = str(life.store.path)
        payload = f'{{"question": "{question}", "option": "approve"}}'
        said = await asyncio.to_thread(lambda: python(ASK, file, "answer", payload).communicate())
        assert said[0].startswith("True"), said
        assert (await life.end(run)).status == "completed"
        said = await asyncio.to_thread(lambda: python(ASK, file, "cancel", f'{{"run": "{run}"}}').communicate())
        assert said[0] == f"False The run {run} has already completed.\n", said
    assert [event.actor for event in of(place, run, "QuestionAnswered")] == ["other"]


@in_loop
async def test_after_a_time_off_requests_go_first_then_timers_then_interrupted_steps(place: Place) -> None:
    async def sleeper(ctx: Any, params: Any, inputs: Any) -> Any:
        await ctx.sleep(60)

    held = place.world.hold("work")
    nodes = [values("start", x=1), place.write("work", "idempotent"), place.step("nap", sleeper)]
    nodes += [gate("ask", deadline_s=60), gate("other", deadline_s=60)]
    edges = [f"start.output -> {name}.input" for name in ("work", "nap", "ask", "other")]
    async with place.life() as life:
        run = await life.start(workflow(*nodes, edges=edges))
        asked = await life.event(run, "QuestionAsked", node="ask")
        await life.event(run, "AttemptSuspended", node="nap")
        await until(lambda: "work" in place.world.entered)
        await life.crash()
    before = len(place.events(run))
    place.request("answer", {"question": asked.question, "option": "approve"}, at=asked.due)
    place.clock.ahead = 100
    async with place.life() as life:
        assert life.app.recovered == 1
        held.set()
        state = await life.end(run)
    after = [(event.kind, getattr(event, "node", "")) for event in place.events(run)[before:]]
    wanted = [
        ("AttemptInterrupted", "work"), ("QuestionAnswered", "ask"), ("QuestionSettled", "other"),
        ("AttemptStarted", "work"),
    ]  # fmt: skip
    assert [one for one in after if one in wanted] == wanted
    assert after.index(("EffectSucceeded", "nap")) < after.index(("AttemptStarted", "work"))
    assert list(state.steps["ask", ()].outputs) == ["approved"] and list(state.steps["other", ()].outputs) == [
        "expired"
    ]


@in_loop
async def test_every_life_of_an_engine_has_an_epoch_of_its_own(place: Place) -> None:
    async with place.life() as life:
        run = await life.start(workflow(gate("ask")))
        question = await life.question(run)
    async with place.life() as life:
        await life.answer(question, "approve")
        await life.end(run)
    assert sorted({event.epoch for event in place.events(run)}) == [1, 2]


@in_loop
async def test_a_closed_engine_leaves_no_file_open_and_no_thread_task_or_process(place: Place) -> None:
    me = psutil.Process()
    files, tasks = {file.path for file in me.open_files()}, asyncio.all_tasks()
    app = await Engine.open(place.data, Settings(poll_ms=1))
    serving = asyncio.ensure_future(app.serve())
    with place.client() as store:
        digest = store.library.put(workflow(place.write("a"), gate("ask"), edges=["a.output -> ask.input"]))
        store.requests.insert("run", {"workflow": digest, "run": "run0"}, "ann", at=place.clock())
        await until(lambda: any(event.kind == "QuestionAsked" for event in store.journal.events("run0")))
    app.stop()
    await serving
    await app.close()
    assert {file.path for file in me.open_files()} - files == set()
    assert asyncio.all_tasks() == tasks
    wal = place.data / "signalbox.sqlite-wal"
    assert not wal.exists() or wal.stat().st_size == 0, "the next program finds one whole file"


@in_loop
async def test_closing_twice_and_closing_before_serving_are_harmless(place: Place) -> None:
    app = await Engine.open(place.data, Settings(), ScriptedModels())  # type: ignore[arg-type]
    await app.close()
    Lease.acquire(place.data, "test").release()


@in_loop
async def test_an_engine_that_cannot_recover_gives_the_lease_back(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> int:
        raise RuntimeError("cannot read")

    with monkeypatch.context() as patched:
        patched.setattr(engine.host, "recover", broken)
        with pytest.raises(RuntimeError, match="cannot read"):
            await Engine.open(place.data, Settings(), ScriptedModels())  # type: ignore[arg-type]
    async with place.life() as life:
        assert (await life.end(await life.start(workflow(values("a", x=1))))).status == "completed"


@in_loop
async def test_a_model_runtime_that_cannot_close_keeps_neither_file_nor_lease(place: Place) -> None:
    class Stuck(ScriptedModels):
        async def close(self) -> None:
            raise RuntimeError("stuck")

    with pytest.raises(RuntimeError, match="stuck"):
        async with place.life(Stuck()):
            pass
    async with place.life() as life:
        assert life.app.lease.epoch == 2


@in_loop
async def test_an_engine_process_that_is_told_to_end_stops_cleanly(place: Place) -> None:
    ready: list[Engine] = []
    running = asyncio.ensure_future(run_engine(place.data, Settings(poll_ms=1), ready=ready.append))
    await until(lambda: ready)
    with place.client() as store:
        held = place.world.hold("a")
        digest = store.library.put(workflow(place.write("a", "idempotent")))
        store.requests.insert("run", {"workflow": digest, "run": "run0"}, "ann", at=place.clock())
    await until(lambda: "a" in place.world.entered)
    running.cancel()
    await asyncio.wait([running])
    assert running.cancelled()
    assert place.kinds("run0")[-1] == "AttemptInterrupted"
    held.set()
    async with place.life() as life:
        assert (await life.end("run0")).status == "completed"


@in_loop
async def test_a_clock_that_is_set_back_delays_nothing_that_was_due_and_turns_no_time_back(place: Place) -> None:
    async def nap(ctx: Any, params: Any, inputs: Any) -> Any:
        await ctx.sleep(0.05)

    async with place.life() as life:
        run = await life.start(workflow(gate("ask"), place.step("nap", nap), edges=["ask.approved -> nap.input"]))
        question = await life.question(run)
        place.clock.ahead = -3600
        await life.answer(question, "approve")
        assert (await life.end(run)).status == "completed"
    times = [event.at for event in place.events(run)]
    assert times == sorted(times)


@in_loop
async def test_a_clock_that_is_set_forward_or_a_pc_that_was_asleep_brings_what_is_due_at_once(place: Place) -> None:
    async def nap(ctx: Any, params: Any, inputs: Any) -> Any:
        await ctx.sleep(1800)

    async with place.life() as life:
        run = await life.start(workflow(place.step("nap", nap)))
        await life.event(run, "AttemptSuspended")
        place.clock.ahead = 1801
        assert (await life.end(run)).status == "completed"


@in_loop
async def test_an_engine_at_rest_moves_what_clients_write_into_the_data_file(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine.host, "TIDY_S", 0.0)
    async with place.life() as life:
        path = life.store.path
        with open_store(path, role="client") as client:
            for number in range(8):
                client.drafts.put(Draft(f"d{number}", "big", "x" * 1_000_000))
                size = 900_000 * (number + 1)
                await until(lambda size=size: path.stat().st_size > size)
            wal = path.with_name(path.name + "-wal")
            assert wal.stat().st_size < 12_000_000
            assert len(client.drafts.list()) == 8
        run = await life.start(workflow(values("a", x=1)))
        assert (await life.end(run)).status == "completed", "and it still writes its own"


@in_loop
async def test_an_engine_that_ends_says_so_before_it_is_gone(place: Place) -> None:
    async with place.life() as life:
        found = condition(place.data)
        assert found is not None and (found.pid, found.doing) == (os.getpid(), "working")
        life.app._note.say("stopping")
        assert condition(place.data).doing == "stopping"  # type: ignore[union-attr]
    assert condition(place.data) is None
