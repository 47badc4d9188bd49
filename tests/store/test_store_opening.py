from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import pytest
from store_kit import Events, finished

from engine.errors import Refused
from engine.store import Batch, open_store


@pytest.fixture
def data(path: Path, events: Events) -> Path:
    """A closed data file with a finished run and an open one."""
    with open_store(path, role="engine") as store:
        store.journal.append([events.whole_run("r1", steps=40), Batch((events.start("r2"), events.attempt("r2")))])
    return path


def sentence(path: Path, role: str) -> str:
    before = path.read_bytes() if path.exists() else None
    with pytest.raises(Refused) as caught:
        open_store(path, role=role)  # type: ignore[arg-type]
    assert (path.read_bytes() if path.exists() else None) == before, "a refused file is left as it was"
    assert "Traceback" not in str(caught.value) and "\n" not in str(caught.value)
    return str(caught.value)


def test_a_client_of_a_missing_file_is_told_so_and_makes_nothing(path: Path) -> None:
    assert "no data file here yet" in sentence(path, "client")
    assert not path.parent.exists()


@pytest.mark.parametrize("role", ["engine", "client"])
def test_an_empty_file_is_refused(path: Path, role: str) -> None:
    path.parent.mkdir()
    path.touch()
    assert "empty (0 bytes)" in sentence(path, role)


@pytest.mark.parametrize("role", ["engine", "client"])
@pytest.mark.parametrize("content", [b"hello\n" * 100, b"S", b"SQLite format 3\0"])
def test_what_is_no_database_is_refused(path: Path, role: str, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    assert "no SQLite database" in sentence(path, role)


def test_a_database_of_another_program_is_refused(path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE notes(id)")
    other.close()
    assert "another program" in sentence(path, "engine")


@pytest.mark.parametrize("role", ["engine", "client"])
def test_a_cut_off_file_is_refused_wherever_it_was_cut(data: Path, role: str) -> None:
    whole = data.read_bytes()
    for size in range(100, len(whole), 3001):
        data.write_bytes(whole[:size])
        assert "cut off" in sentence(data, role)


def test_a_zeroed_page_is_found_before_the_engine_starts(data: Path) -> None:
    whole = data.read_bytes()
    for page in range(1, len(whole) // 4096):
        data.write_bytes(whole[: page * 4096] + bytes(4096) + whole[(page + 1) * 4096 :])
        assert "damaged" in sentence(data, "engine")


DIES = """
import os, sys
from pathlib import Path
from store_kit import Events
from engine.store import open_store
store = open_store(Path(sys.argv[1]), role="engine")
for n in range(9): store.journal.append([Events().whole_run(f"{sys.argv[2]}{n}", 30)])
os._exit(0)
"""


def test_the_wal_of_another_database_is_found_and_not_copied_into_the_file(data: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / data.name
    finished(DIES, other, "q")
    data.with_name(f"{data.name}-wal").write_bytes(other.with_name(f"{data.name}-wal").read_bytes())
    assert "its events are other ones" in sentence(data, "engine")


def test_a_wal_that_was_removed_is_missed(path: Path) -> None:
    finished(DIES, path, "r")
    path.with_name(f"{path.name}-wal").unlink()
    path.with_name(f"{path.name}-shm").unlink()
    said = sentence(path, "engine")
    assert "ends at event 0, and had come to event 558" in said and "delete signalbox.mark" in said
    path.with_name("signalbox.mark").unlink()
    open_store(path, role="engine").close()


def test_an_older_copy_of_the_file_is_noticed(data: Path, events: Events) -> None:
    copy = data.read_bytes()
    with open_store(data, role="engine") as store:
        store.journal.append([events.whole_run("r3")])
    data.write_bytes(copy)
    assert "had come to event" in sentence(data, "engine")


@pytest.mark.parametrize("note", [b"", b"12 ab", b"99 " + b"0" * 64 + b" 00000000", b"\xff" * 100])
def test_an_unreadable_note_says_nothing(data: Path, note: bytes) -> None:
    data.with_name("signalbox.mark").write_bytes(note)
    open_store(data, role="engine").close()


def test_the_settings_of_the_connections_are_the_house_ones(data: Path) -> None:
    with open_store(data, role="engine") as store:
        store.journal.reload()
        read = store.connections.read()
        for pragma, value in {"query_only": 1, "wal_autocheckpoint": 0, "mmap_size": 0, "trusted_schema": 0}.items():
            assert read.execute(f"PRAGMA {pragma}").fetchone() == (value,)
        with store.connections.write() as write:
            for pragma, value in {"synchronous": 2, "wal_autocheckpoint": 0, "foreign_keys": 1}.items():
                assert write.execute(f"PRAGMA {pragma}").fetchone() == (value,)
        assert read.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_client_that_is_the_last_to_close_does_not_checkpoint(path: Path) -> None:
    finished(DIES, path, "r")
    wal = path.with_name(path.name + "-wal")
    left, file = wal.stat().st_size, path.read_bytes()
    with open_store(path, role="client") as client:
        client.requests.insert("cancel", {}, "ann", at=1.0)
        assert len(list(client.journal.events("r1"))) == 62
    assert wal.stat().st_size >= left
    assert path.read_bytes() == file


READ_ONLY = """
import os, sys
from pathlib import Path
from engine.errors import Refused
from engine.store import ReadOnly, open_store
path = Path(sys.argv[1])
if os.getuid() == 0: os.setgid(65534); os.setuid(65534)
with open_store(path, role="client") as store:
    print([row.id for row in store.journal.runs()], len(list(store.journal.events("r1"))))
    try: store.requests.insert("cancel", {}, "ann", at=1.0)
    except ReadOnly as error: print("ReadOnly")
try: open_store(path, role="engine")
except Refused as error: print(error)
try: open_store(path.parent / "new" / "signalbox.sqlite", role="engine")
except Refused as error: print(error)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows folders have no write permission of this kind")
def test_in_a_read_only_folder_a_client_still_reads_and_an_engine_is_refused(data: Path) -> None:
    folder = data.parent
    for one in (folder, *folder.parents):  # a test run as root drops its rights: let it reach the folder
        if one.owner() == Path.home().owner() and one != Path("/") and "pytest" in str(one):
            one.chmod(one.stat().st_mode | stat.S_IRUSR | stat.S_IXUSR | stat.S_IROTH | stat.S_IXOTH)
    data.chmod(0o444)
    folder.chmod(0o555)
    try:
        lines = finished(READ_ONLY, data).splitlines()
    finally:
        folder.chmod(0o755)
    assert lines[:2] == ["['r2', 'r1'] 82", "ReadOnly"]
    assert "may not be written" in lines[2] and "may not be written" in lines[3]


def test_opening_a_file_that_is_up_to_date_does_not_load_alembic(data: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom engine.store import open_store\n"
        "open_store(Path(sys.argv[1]), role='engine').close()\nassert 'alembic' not in sys.modules\n"
    )
    finished(code, data)


def test_a_crash_while_the_file_is_made_leaves_no_half_file(path: Path) -> None:
    path.parent.mkdir()
    path.with_name(path.name + ".new").write_bytes(b"SQLite format 3\0 and no more")
    open_store(path, role="engine").close()
    assert not path.with_name(path.name + ".new").exists()
