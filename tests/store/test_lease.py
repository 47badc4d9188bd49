from __future__ import annotations

import os
from pathlib import Path

import pytest
from store_kit import Events, child

from engine.store import Batch, Conflict, HeldElsewhere, Lease, open_store

HOLD = """
import sys
from pathlib import Path
from engine.store import Lease
lease = Lease.acquire(Path(sys.argv[1]), "edge-1")
print(lease.epoch, flush=True)
sys.stdin.read()
"""
RACE = """
import sys
from pathlib import Path
from engine.store import HeldElsewhere, Lease
print("ready", flush=True); sys.stdin.readline()
try: print(Lease.acquire(Path(sys.argv[1]), "edge").epoch, flush=True)
except HeldElsewhere: print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_engine_is_refused_with_who_holds_the_folder(path: Path) -> None:
    process = child(HOLD, path.parent)
    assert process.stdout is not None and process.stdout.readline() == "1\n"
    with pytest.raises(HeldElsewhere) as caught:
        Lease.acquire(path.parent, "edge-2")
    assert caught.value.holder is not None
    assert (caught.value.holder.pid, caught.value.holder.host) == (process.pid, "edge-1")
    assert str(process.pid) in str(caught.value)
    assert Lease.info(path.parent) == caught.value.holder
    process.kill()
    process.communicate()
    assert Lease.info(path.parent) is None
    lease = Lease.acquire(path.parent, "edge-2")
    assert lease.epoch == 2
    lease.release()
    lease.release()
    assert Lease.info(path.parent) is None


def test_of_engines_that_start_together_exactly_one_gets_the_lease(path: Path) -> None:
    processes = [child(RACE, path.parent) for _ in range(4)]
    for process in processes:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.stdout.readline().strip() for process in processes if process.stdout]
    for process in processes:
        process.communicate()
    assert sorted(said) == ["1", "held", "held", "held"]


def test_an_engine_whose_lease_was_taken_over_can_append_no_more(path: Path) -> None:
    old = Lease.acquire(path.parent, "edge")
    with open_store(path, role="engine") as store:
        events = Events(epoch=old.epoch)
        store.journal.append([Batch((events.start(),))])
        old.release()  # as if the lock had been lost: the old engine does not know
        new = Lease.acquire(path.parent, "edge")
        with pytest.raises(Conflict, match="Another engine"):
            store.journal.append([Batch((events.attempt(),))])
        events.seqs["r1"], events.epoch = 1, new.epoch
        store.journal.append([Batch((events.attempt(),))])
        new.release()


def test_the_lease_of_this_process_is_not_given_twice(path: Path) -> None:
    lease = Lease.acquire(path.parent, "edge")
    with pytest.raises(HeldElsewhere):
        Lease.acquire(path.parent, "edge")
    holder = Lease.info(path.parent)
    assert holder is not None and holder.pid == os.getpid()
    lease.release()
