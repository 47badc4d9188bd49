from __future__ import annotations

import sqlite3

import pytest
from store_kit import Events

from engine.store import Batch, Store, verify
from engine.workflow.model import Workflow


@pytest.fixture
def full(store: Store, events: Events) -> Store:
    store.library.put(Workflow(name="line"))
    store.journal.append([events.whole_run("r1"), Batch((events.start("r2"), events.success("r2", text="x" * 70_000)))])
    return store


def test_a_sound_store_has_no_faults(full: Store) -> None:
    assert verify(full) == []
    assert verify(full, "r1") == []


@pytest.mark.parametrize(
    ("damage", "where", "what"),
    [
        ("UPDATE event SET body = replace(body, 'xxx', 'xyx') WHERE id = 3", ("r1", 3), "not what was written"),
        ("DELETE FROM event WHERE id = 3", ("r1", 3), "missing"),
        ("UPDATE event SET kind = 'RunFailed' WHERE id = 2", ("r1", 3), "after the run's end"),
        ("UPDATE event SET kind = 'StepFailed' WHERE id = 2", ("r1", 2), "says that it is"),
        ("UPDATE run SET name = 'other' WHERE id = 'r1'", ("r1", 1), "row differs"),
        ("UPDATE workflow SET document = replace(document, 'line', 'lime')", ("", 0), "not what was stored"),
        ("DELETE FROM event WHERE run = 2", ("r2", 0), "no events"),
    ],
)
def test_a_change_is_found_where_it_is(full: Store, damage: str, where: tuple[str, int], what: str) -> None:
    with sqlite3.connect(full.path) as other:
        other.execute(damage)
    other.close()
    full.library._read.clear()
    assert any((fault.run, fault.seq) == where and what in fault.what for fault in verify(full))


def test_a_blob_that_is_gone_or_changed_is_found(full: Store) -> None:
    (blob,) = (file for file in full.blobs.folder.rglob("*") if file.is_file())
    blob.write_bytes(b"other")
    assert [(fault.run, fault.seq) for fault in verify(full)] == [("r2", 2)]
    blob.unlink()
    assert "missing" in verify(full, "r2")[0].what


def test_an_unknown_run_is_a_fault(full: Store) -> None:
    assert "no such run" in verify(full, "r9")[0].what
