"""One case of the kill sweep: kill at a point, maybe again in recovery, then let it finish and count what happened."""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import lives
from shapes import WORLD, shapes

from engine.executor.faults import POINTS

MAX_LIVES = 12


@dataclass(frozen=True)
class Case:
    """`faults` are the fault settings of the first lives; the next ones run without."""

    shape: str
    faults: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.shape}-{'-'.join(self.faults)}"


@dataclass(frozen=True)
class Outcome:
    """How a case ended: `killed` how many lives the faults took."""

    killed: int
    lives: int
    status: str
    faults_found: tuple[str, ...]


def cases(numbers: int) -> Iterator[Case]:
    """Every point x shape, `numbers` different passings of each; one in five is killed a second time in recovery."""
    for shape in WORLD:
        for point in POINTS:
            for number in range(numbers):
                chance = zlib.crc32(f"{shape} {point} {number}".encode())
                nth = 1 + (chance % 4 if number == 0 else number + chance % 9)
                faults = [f"{point}:{nth}"]
                if point.startswith("recover."):
                    faults = [f"attempt.after:{1 + chance % 2}", f"{point}:1"]
                if chance % 5 == 0:
                    faults.append(f"*:{1 + chance // 7 % 12}")
                yield Case(shape, tuple(faults))


def run_case(case: Case, folder: Path, empty: Path, url: str) -> Outcome:
    """Live until the run rests; what is wrong with the outcome, if anything, is in `faults_found`."""
    data = folder / "data"
    shutil.copytree(empty, data)
    workflows = shapes(url)
    killed = 0
    for life in range(MAX_LIVES):
        fault = case.faults[life] if life < len(case.faults) else None
        code = lives.wait(lives.fork_life(data, workflows, case.shape, url, fault))
        if code == 0 and life + 1 >= len(case.faults):
            break
        if code not in (0, -9):
            return Outcome(killed, life + 1, "broken", (f"life {life + 1} ended with {code}",))
        killed += code == -9
    return Outcome(killed, life + 1, *judged(case.shape, data, url))


def judged(shape: str, data: Path, url: str) -> tuple[str, tuple[str, ...]]:
    """The run's last status, and everything that is wrong with what happened."""
    state, kinds = lives.final(data)
    found = []
    if state.status != "completed":
        found.append(f"the run is {state.status}: {state.error}")
    if kinds.count("RunCompleted") != 1 or kinds[-1] != "RunCompleted":
        found.append("the end event is not the last of its kind")
    counts = lives.counts(url)
    times = 3 if shape == "loop" else 1
    for name in WORLD[shape]:
        record = counts.get(name, {"calls": 0, "class": "?"})
        if record["calls"] < times:
            found.append(f"lost: {name} happened {record['calls']} of {times} times")
        if record["calls"] > times:
            found.append(f"doubled: {name} ({record['class']}) happened {record['calls']} times, {times} wanted")
    for name in set(counts) - WORLD[shape]:
        found.append(f"unwanted: {name}")
    return state.status, tuple(found)


def prepare(folder: Path) -> Path:
    """An empty data folder with its file made, and everything imported that a life needs, so that lives start fast."""
    import alembic.command  # noqa: F401
    import apscheduler.executors.asyncio
    import apscheduler.schedulers.asyncio  # noqa: F401
    import httpx2  # noqa: F401

    from engine.store import DATA_FILE, Lease, open_store

    empty = folder / "empty"
    lease = Lease.acquire(empty, "test")
    open_store(empty / DATA_FILE, role="engine").close()
    lease.release()
    return empty
