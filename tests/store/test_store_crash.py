"""Death and damage with real processes and real files."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
from store_kit import Events, finished

from engine.errors import Refused
from engine.run.events import Event
from engine.store import StoreError, open_store, verify

KILL = """
import os, random, signal, sys
from pathlib import Path
from store_kit import Events
from engine.store import Batch, open_store

path, chance = Path(sys.argv[1]), random.Random(20)
open_store(path, role="engine").close()
for number in range(20):
    run, (ears, mouth) = f"r{number}", os.pipe()
    writer = os.fork()
    if writer == 0:
        events, store = Events(), open_store(path, role="engine")
        store.journal.append([Batch((events.start(run),))])
        while True:
            steps = tuple(events.success(run, text="x" * 2000) for _ in range(3))
            store.journal.append([Batch(steps), Batch((events.attempt(run),))])
            os.write(mouth, b"%d\\n" % events.seqs[run])
    os.close(mouth)
    with os.fdopen(ears, "rb") as heard:
        lines = [heard.readline() for _ in range(chance.randrange(1, 40))]
        os.kill(writer, signal.SIGKILL)
        os.waitpid(writer, 0)
        lines += heard.read().splitlines()
    print(run, int(lines[-1]), flush=True)
os._exit(0)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no fork on Windows; whole engines are killed there")
def test_what_a_killed_engine_had_acknowledged_is_there_and_no_group_is_half_there(path: Path) -> None:
    acknowledged = [line.split() for line in finished(KILL, path).splitlines()]
    assert len(acknowledged) == 20
    with open_store(path, role="client") as store:
        for run, seq in acknowledged:
            kept = sum(1 for _event in store.journal.events(run))
            assert kept >= int(seq)
            assert kept % 4 == 1, "a group of batches is there as a whole"
    with open_store(path, role="engine") as store:
        assert verify(store) == []
        assert len(store.journal.open_runs()) == 20


def test_a_flipped_byte_anywhere_is_found_or_harmless(path: Path, events: Events) -> None:
    with open_store(path, role="engine") as store:
        store.journal.append([events.whole_run(f"r{number}", 60) for number in range(6)])
        runs = [row.id for row in store.journal.runs()]
        written = {run: tuple(store.journal.events(run)) for run in runs}
    whole = path.read_bytes()
    chance = random.Random(1000)
    found = 0
    for _ in range(300):
        place = chance.randrange(len(whole))
        path.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << chance.randrange(8))]) + whole[place + 1 :])
        read = _read_all(path, runs)
        if read is None:
            found += 1
        else:
            assert read == written, f"a flip at byte {place} was read as if it were true"
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    assert found > 150


def _read_all(path: Path, runs: list[str]) -> dict[str, tuple[Event, ...]] | None:
    try:
        with open_store(path, role="engine") as store:
            if [row.id for row in store.journal.runs()] != runs or store.journal.open_runs():
                return None  # seen by `verify` and by whoever looks for the run
            return {run: tuple(store.journal.events(run)) for run in runs}
    except (Refused, StoreError):
        return None
