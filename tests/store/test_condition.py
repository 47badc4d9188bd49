"""What an engine says of itself, and who is there: notes that only count while their process lives."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest
from store_kit import child

from engine.store import Lease, Presence, condition, present
from engine.store.condition import FILE, Note


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_without_an_engine_there_is_no_condition(data: Path) -> None:
    assert condition(data) is None
    data.mkdir()
    note = Note(data, os.getpid())
    note.say("paused", "The disk is full.")
    note.close()
    assert condition(data) is None, "what is left of an engine says nothing"


def test_an_engine_is_at_work_until_it_says_otherwise(data: Path) -> None:
    lease = Lease.acquire(data, "pc")
    try:
        first = condition(data)
        assert first is not None and (first.pid, first.doing) == (os.getpid(), "working")
        note = Note(data, os.getpid())
        for doing, reason in [("paused", "The disk is full. (" + "é" * 300), ("working", ""), ("stopping", "")]:
            note.say(doing, reason)  # type: ignore[arg-type]
            found = condition(data)
            assert found is not None and (found.doing, found.reason) == (doing, reason[:300])
            assert found.at >= first.since
        note.close()
    finally:
        lease.release()
    assert condition(data) is None


def test_the_note_of_another_or_a_torn_one_is_not_believed(data: Path) -> None:
    lease = Lease.acquire(data, "pc")
    try:
        note = Note(data, os.getpid() + 1)
        note.say("paused", "long ago")
        note.close()
        assert condition(data).doing == "working"  # type: ignore[union-attr]
        note = Note(data, os.getpid())
        note.say("paused", "now")
        note.close()
        whole = (data / FILE).read_bytes()
        for torn in (whole.replace(b"now", b"cow"), b"", b"x", whole[:30]):
            (data / FILE).write_bytes(torn)
            assert condition(data).doing == "working"  # type: ignore[union-attr]
    finally:
        lease.release()


def test_a_note_is_rewritten_in_the_room_that_it_has(data: Path) -> None:
    data.mkdir()
    note = Note(data, 1)
    note.say("working")
    before = (data / FILE).stat()
    note.say("paused", "x" * 1000)
    after = (data / FILE).stat()
    note.close()
    assert (before.st_size, before.st_ino) == (after.st_size, after.st_ino)


HERE = """
import sys
from pathlib import Path
from engine.store import Presence
presence = Presence.begin(Path(sys.argv[1]))
print("here", flush=True)
sys.stdin.readline()
presence.end()
print("gone", flush=True)
sys.stdin.readline()
"""


def test_who_is_there_is_seen_until_it_ends_or_dies(data: Path) -> None:
    assert present(data) == []
    one, two = child(HERE, data), child(HERE, data)
    try:
        for process in (one, two):
            assert process.stdout is not None and process.stdout.readline() == "here\n"
        assert sorted(present(data)) == sorted([one.pid, two.pid])
        two.kill()
        two.wait()
        assert present(data) == [one.pid]
        assert [path.name for path in (data / "present").iterdir()] == [f"{one.pid}.lock"], "nothing stays of the dead"
        assert one.stdin is not None and one.stdout is not None
        one.stdin.write("\n")
        one.stdin.flush()
        assert one.stdout.readline() == "gone\n"
        assert present(data) == [] and psutil.pid_exists(one.pid)
    finally:
        for process in (one, two):
            process.kill()
            process.communicate()


def test_presence_in_a_folder_that_may_not_be_written_harms_nobody(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    presence = Presence.begin(blocked)
    presence.end()
    presence.end()
    assert present(blocked) == []
