"""A full disk: what was acknowledged stays, nothing half, and it goes on once there is room."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from store_kit import Events

from engine.store import Batch, DiskFull, Store, open_store, verify


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB; only root on Linux can have one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if not sys.platform.startswith("linux") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small file system needs root on Linux; the page limit below stands in for it")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(store: Store, events: Events, limit: int = 2000) -> int:
    """Append until it fails with DiskFull; returns the acknowledged seq of r1."""
    acknowledged = events.seqs["r1"]
    with pytest.raises(DiskFull):
        for _ in range(limit):
            store.journal.append([Batch((events.success("r1", text="x" * 3000), events.attempt("r1")))])
            acknowledged = events.seqs["r1"]
    events.seqs["r1"] = acknowledged
    return acknowledged


def goes_on(store: Store, events: Events, acknowledged: int) -> None:
    batch = Batch((events.success("r1", text="room"), events.end("r1")))
    store.journal.append([batch])
    kept = list(store.journal.events("r1"))
    assert len(kept) == acknowledged + 2
    assert tuple(kept[-2:]) == batch.events
    assert verify(store) == []


@pytest.mark.parametrize("room", range(1, 9))
def test_a_full_file_system_stops_the_append_until_there_is_room(small_disk: Path, events: Events, room: int) -> None:
    """At eight sizes, so that the last write is another one each time: a page, a WAL frame, the shared memory."""
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(1500 * 1024 - room * 4096 * 9))
    with open_store(small_disk / "data" / "signalbox.sqlite", role="engine") as store:
        store.journal.append([Batch((events.start("r1"),))])
        acknowledged = fill(store, events)
        assert len(list(store.journal.events("r1"))) == acknowledged
        with pytest.raises(DiskFull):
            store.journal.append([Batch((events.success("r1", text="y" * 900_000),))])
        events.seqs["r1"] = acknowledged
        ballast.unlink()
        goes_on(store, events, acknowledged)


def test_a_blob_that_finds_no_room_stops_its_batch(small_disk: Path, events: Events) -> None:
    with open_store(small_disk / "data" / "signalbox.sqlite", role="engine") as store:
        store.journal.append([Batch((events.start("r1"),))])
        with pytest.raises(DiskFull, match="full"):
            store.journal.append([Batch((events.success("r1", text="y" * 3_000_000),))])
        events.seqs["r1"] = 1
        goes_on(store, events, 1)
        assert not [file for file in store.blobs.folder.rglob("*") if file.is_file()]


def test_a_folder_without_room_for_a_data_file_is_refused(small_disk: Path) -> None:
    from engine.errors import Refused

    with pytest.raises(OSError, match="No space"):
        (small_disk / "ballast").write_bytes(bytes(3 << 20))
    with pytest.raises(Refused, match="Make room"):
        open_store(small_disk / "signalbox.sqlite", role="engine")
    (small_disk / "ballast").unlink()
    open_store(small_disk / "signalbox.sqlite", role="engine").close()


def test_a_file_that_may_not_grow_stops_the_append_until_it_may(store: Store, events: Events) -> None:
    store.journal.append([Batch((events.start("r1"),))])
    writer = store.journal._writer
    assert writer is not None
    pages = writer.execute("PRAGMA page_count").fetchone()[0]
    writer.execute(f"PRAGMA max_page_count={pages + 20}")
    acknowledged = fill(store, events)
    assert len(list(store.journal.events("r1"))) == acknowledged
    goes_on(store, events, acknowledged)  # the limit went with the connection that failed
