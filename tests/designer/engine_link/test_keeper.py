"""When an engine is started, started again, and left alone: decided on what is seen of it, second by second."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from designer.engine_link import keeper as keeping
from designer.engine_link import process as processes
from designer.engine_link.keeper import BACK_OFF_S, START_S, STEADY_S, Keeper
from designer.engine_link.status import EngineStatus
from engine.store import Condition, present


class World:
    """A PC on which engines live as the test says: `holder` has the lease, `child` is what was started."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.holder: Condition | None = None
        self.child: int | None = None
        self.code: int | None = None
        self.last_words = ""
        self.locked = False
        self.ours = True
        self.starts: list[float] = []
        self.ended: list[int] = []
        self.broken: OSError | None = None

    # ---- what Keeper sees of a process
    @property
    def pid(self) -> int | None:
        return self.child

    @property
    def alive(self) -> bool:
        return self.child is not None and self.code is None

    @property
    def started(self) -> float:
        return self.starts[-1]

    def start(self) -> None:
        if self.broken is not None:
            raise self.broken
        self.starts.append(self.now)
        self.child, self.code = 100 + len(self.starts), None

    def terminate(self) -> None:
        if self.alive:
            self.die(0)

    def kill(self) -> None:
        self.die(-9)

    def reap(self) -> int | None:
        code, self.child = (self.code if self.child is not None else None), None
        return code

    def said(self) -> str:
        return self.last_words

    def let_go(self) -> None:
        self.child = None

    # ---- what the test does
    def works(self, pid: int | None = None) -> None:
        self.holder = Condition(pid or self.child or 1, "here", self.now)

    def says(self, doing: Any, reason: str = "") -> None:
        assert self.holder is not None
        self.holder = replace(self.holder, doing=doing, reason=reason)

    def die(self, code: int, words: str = "") -> None:
        self.code, self.last_words, self.holder = code, words, None


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()

    class Clock:
        monotonic = staticmethod(lambda: world.now)
        time = staticmethod(lambda: world.now + 1e9)

    def told(pid: int, *, group: bool) -> None:
        world.ended.append(pid)

    monkeypatch.setattr(keeping, "time", Clock)
    monkeypatch.setattr(keeping, "condition", lambda path: world.holder)
    monkeypatch.setattr(processes, "EngineProcess", lambda path: world)
    monkeypatch.setattr(processes, "is_ours", lambda pid: world.ours)
    monkeypatch.setattr(processes, "terminate", told)
    monkeypatch.setattr(processes, "held_elsewhere", lambda path: world.locked)
    return world


class Watch:
    """A keeper that is looked after every quarter of a second."""

    def __init__(self, world: World, path: Path, launch: bool = True) -> None:
        self.world = world
        self.said: list[EngineStatus] = []
        self.keeper = Keeper(path, launch, self.said.append)

    def run(self, seconds: float = 0.3, wanted: bool = True) -> EngineStatus:
        for _ in range(max(1, round(seconds / 0.25))):
            self.world.now += 0.25
            self.keeper.look(wanted)
        return self.keeper.status


@pytest.fixture
def watch(world: World, tmp_path: Path) -> Iterator[Watch]:
    watch = Watch(world, tmp_path)
    yield watch
    watch.keeper.leave()


def test_an_engine_that_is_there_is_used(world: World, watch: Watch) -> None:
    world.works(77)
    assert (watch.run().state, watch.run().pid, world.starts) == ("running", 77, [])


def test_without_one_it_is_started_at_once(world: World, watch: Watch) -> None:
    assert watch.run().state == "starting" and watch.keeper.hurries
    world.works()
    assert watch.run().state == "running" and len(world.starts) == 1


def test_waits_grow_while_it_keeps_dying_and_are_short_again_when_it_held_out(world: World, watch: Watch) -> None:
    watch.run()
    waits = []
    for _ in range(8):
        died = world.now
        world.die(-11, "Segmentation fault")
        starts = len(world.starts)
        status = watch.run()
        assert status.state == "restarting" and status.sentence == "Segmentation fault"
        assert status.next_try is not None and status.next_try > world.now + 1e9
        while len(world.starts) == starts:
            watch.run()
        waits.append(round(world.now - died))
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30] and max(BACK_OFF_S) == 30
    world.works()
    watch.run(STEADY_S + 1)
    assert watch.keeper.status.restarts == 0
    world.die(-9)
    watch.run()
    watch.run(1.3)
    assert watch.keeper.status.state == "restarting" and world.alive


def test_a_countdown_is_told_once_and_not_with_every_look(world: World, watch: Watch) -> None:
    watch.run()
    for _ in range(4):
        world.die(1)
        watch.run(10)
    world.die(1)
    watch.run()
    told = len(watch.said)
    watch.run(5)
    assert len(watch.said) == told


def test_one_that_never_takes_the_lease_is_ended(world: World, watch: Watch) -> None:
    watch.run()
    watch.run(START_S + 1)
    assert watch.keeper.status.state == "restarting" and not world.alive


def test_a_refusal_is_final_until_somebody_asks_again(world: World, watch: Watch) -> None:
    watch.run()
    world.die(2, "The data file is from a newer version.")
    assert watch.run(60) == watch.keeper.status
    assert (watch.keeper.status.state, watch.keeper.status.sentence) == (
        "failed",
        "The data file is from a newer version.",
    )
    assert len(world.starts) == 1 and watch.keeper.failed
    watch.keeper.start()
    assert watch.run().state == "starting"


def test_an_engine_of_another_pc_is_said_to_be_elsewhere(world: World, watch: Watch) -> None:
    world.locked = True
    watch.run()
    world.die(2, "Another engine works on this data folder.")
    status = watch.run()
    assert status.state == "elsewhere" and status.works and status.next_try is not None


def test_an_engine_of_another_user_works_and_is_not_ended(world: World, watch: Watch) -> None:
    world.ours = False
    world.works(77)
    assert watch.run().state == "elsewhere"
    watch.keeper.stop()
    assert watch.run().state == "elsewhere" and world.ended == []


def test_one_that_left_because_there_was_nothing_to_do_is_missed_only_when_wanted(world: World, watch: Watch) -> None:
    watch.run()
    world.works()
    watch.run()
    world.die(0)
    assert watch.run(60, wanted=False).state == "absent"
    assert watch.run(wanted=True).state == "starting"


def test_one_that_was_stopped_is_not_started_again(world: World, watch: Watch) -> None:
    watch.run()
    world.works()
    watch.run()
    watch.keeper.stop()
    assert watch.run().state == "stopping" and world.ended == [101]
    world.die(0)
    assert watch.run(60).state == "absent"
    watch.keeper.asked()
    assert watch.run().state == "starting"


def test_an_engine_that_another_process_was_vanishes_and_is_replaced(world: World, watch: Watch) -> None:
    world.works(77)
    watch.run()
    world.holder = None
    assert watch.run(60, wanted=False).state == "absent"
    assert watch.run(wanted=True).state == "starting"


def test_a_program_that_is_not_there_is_said_once(world: World, watch: Watch) -> None:
    world.broken = OSError(2, "No such file or directory")
    assert watch.run(10).state == "failed"
    assert "No such file" in watch.keeper.status.sentence


def test_a_link_that_only_looks_never_starts_one(world: World, tmp_path: Path) -> None:
    watch = Watch(world, tmp_path, launch=False)
    assert watch.run(10).state == "absent"
    watch.keeper.no_store("The file is damaged.")
    assert (watch.run().state, watch.keeper.status.sentence) == ("failed", "The file is damaged.")
    assert not world.starts


def test_a_store_that_cannot_be_opened_beside_a_working_engine_is_said_after_a_while(
    world: World, watch: Watch
) -> None:
    world.works(77)
    watch.keeper.no_store("The data file has an older schema.")
    assert watch.run().state == "running"  # it is being upgraded
    assert watch.run(6).state == "failed"
    watch.keeper.no_store("")
    assert watch.run().state == "running"


def test_a_fault_while_reading_is_shown_and_passes(world: World, watch: Watch) -> None:
    world.works(77)
    watch.run()
    watch.keeper.fault("The disk failed to read.")
    assert (watch.run().state, watch.keeper.status.sentence) == ("failed", "The disk failed to read.")
    assert watch.run(6).state == "running"


def test_an_engine_that_cannot_write_is_paused_with_its_reason(world: World, watch: Watch) -> None:
    world.works(77)
    assert watch.run().state == "running"
    world.says("paused", "The disk is full.")
    assert (watch.run().state, watch.keeper.status.sentence) == ("paused", "The disk is full.")
    world.says("working")
    assert watch.run().state == "running"
    world.says("stopping")  # by somebody else's will
    assert watch.run().state == "stopping"


def test_a_window_is_present_while_it_is_there(world: World, watch: Watch, tmp_path: Path) -> None:
    watch.run()
    assert present(tmp_path) == [os.getpid()]
    watch.keeper.leave()
    assert present(tmp_path) == []


def test_a_link_that_only_looks_is_not_present(world: World, tmp_path: Path) -> None:
    Watch(world, tmp_path, launch=False).run()
    assert present(tmp_path) == []
