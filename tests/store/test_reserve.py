"""The WAL has its room in advance, and takes none where room is short."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from engine.run.events import RunCompleted, RunStarted
from engine.store import DATA_FILE, Batch, Lease, open_store, verify
from engine.store.connections import CHECKPOINT_PAGES

Usage = namedtuple("Usage", "total used free")


def _written(folder: Path) -> int:
    """The WAL's size after one run was journaled; its journal is read back whole."""
    lease = Lease.acquire(folder, "here")
    with open_store(folder / DATA_FILE, role="engine") as store:
        facts = {"run": "r", "at": 1.0, "epoch": lease.epoch}
        store.journal.append([Batch((RunStarted(seq=1, workflow="w", **facts), RunCompleted(seq=2, **facts)))])
        size = (folder / f"{DATA_FILE}-wal").stat().st_size
        with open_store(folder / DATA_FILE, role="client") as client:
            assert [event.kind for event in client.journal.events("r")] == ["RunStarted", "RunCompleted"]
            assert verify(client) == []
    lease.release()
    return size


def test_the_wal_has_the_size_of_a_checkpoint_from_the_start(tmp_path: Path) -> None:
    assert _written(tmp_path) >= CHECKPOINT_PAGES * 4096


def test_where_room_is_short_the_wal_takes_only_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 9 * 10**8, 10**8))
    assert _written(tmp_path) < 1_000_000
