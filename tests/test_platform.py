"""Locks, atomic files and process groups, with real files and real processes."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from engine import platform

REPO = Path(__file__).parents[1]
posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and modes")


def python(code: str, *args: str, **options: object) -> subprocess.Popen[str]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", code, *args], cwd=REPO, **pipes, **options)  # type: ignore[call-overload]


def line_of(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


def end(child: subprocess.Popen[str]) -> int:
    child.communicate(timeout=20)
    return child.returncode


def becomes(fact: Callable[[], bool], within_s: float = 10) -> bool:
    ends = time.monotonic() + within_s
    while not fact():
        if time.monotonic() > ends:
            return False
        time.sleep(0.005)
    return True


# ---- files
def test_a_file_is_replaced_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "a b ö.txt"
    platform.atomic_write(file, b"one")
    file.chmod(0o640)
    platform.atomic_write(file, b"two\r\n")
    assert file.read_bytes() == b"two\r\n"
    assert sys.platform == "win32" or file.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [file]


@posix
def test_a_new_file_gets_the_mode_of_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        platform.atomic_write(tmp_path / "new", b"")
    finally:
        os.umask(before)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o640


@posix
def test_writing_through_a_link_changes_its_target_and_keeps_the_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    platform.atomic_write(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failed_write_leaves_the_old_content_and_no_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    file = tmp_path / "kept"
    file.write_bytes(b"old")

    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, call, full)
    with pytest.raises(OSError, match="No space"):
        platform.atomic_write(file, b"new")
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


@posix
def test_the_new_content_is_on_disk_before_the_rename_and_the_folder_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    fsync, replace = os.fsync, os.replace

    def record_fsync(handle: int) -> None:
        order.append("folder" if os.path.isdir(f"/proc/self/fd/{handle}") else "file")
        fsync(handle)

    def record_replace(source: Path, target: Path) -> None:
        order.append("rename")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", record_fsync)
    monkeypatch.setattr(os, "replace", record_replace)
    platform.atomic_write(tmp_path / "f", b"x")
    assert order == ["file", "rename", "folder"]


def test_a_reader_never_sees_a_part_of_a_write(tmp_path: Path) -> None:
    file = tmp_path / "value"
    platform.atomic_write(file, b"0" * 200_000)
    stop, seen = threading.Event(), set()

    def read() -> None:
        while not stop.is_set():
            seen.add((len(data := file.read_bytes()), len(set(data))))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(20):
        platform.atomic_write(file, str(number % 10).encode() * 200_000)
    stop.set()
    reader.join()
    assert seen == {(200_000, 1)}


# ---- locks
HOLD = """
import sys
from pathlib import Path
from engine import platform
lock = platform.try_lock(Path(sys.argv[1]), what="engine")
print("held" if lock else "taken", flush=True)
sys.stdin.read()
"""


def test_a_second_process_does_not_get_the_lock_and_learns_who_has_it(tmp_path: Path) -> None:
    file = tmp_path / "engine.lock"
    first = python(HOLD, str(file))
    assert line_of(first) == "held"
    assert platform.try_lock(file) is None
    owner = platform.lock_owner(file)
    assert owner is not None
    assert (owner["pid"], owner["what"]) == (first.pid, "engine")
    end(first)
    assert platform.lock_owner(file) is None
    with platform.try_lock(file) or pytest.fail("the lock was not free"):
        assert platform.lock_owner(file)


def test_killing_the_owner_frees_the_lock_and_its_note_is_not_believed(tmp_path: Path) -> None:
    file = tmp_path / "engine.lock"
    first = python(HOLD, str(file))
    assert line_of(first) == "held"
    first.kill()
    assert becomes(lambda: psutil.Process(first.pid).status() == psutil.STATUS_ZOMBIE)
    assert platform.lock_owner(file) is None, "a killed process that nobody has waited for owns nothing"
    end(first)
    assert json.loads(file.read_bytes())["pid"] == first.pid
    lock = platform.try_lock(file)
    assert lock is not None
    lock.release()
    lock.release()


def test_two_locks_in_one_process_exclude_each_other(tmp_path: Path) -> None:
    with platform.try_lock(tmp_path / "l") or pytest.fail("the lock was not free"):
        assert platform.try_lock(tmp_path / "l") is None


def test_a_child_does_not_keep_its_parents_lock(tmp_path: Path) -> None:
    lock = platform.try_lock(tmp_path / "l")
    assert lock is not None
    child = python("import sys; print('up', flush=True); sys.stdin.read()")
    assert line_of(child) == "up"
    lock.release()
    again = platform.try_lock(tmp_path / "l")
    end(child)
    assert again is not None
    again.release()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pid": "1"}', b'{"pid": -4}', b"\xff", b'{"pid": 1e300}'])
def test_a_damaged_note_means_no_owner(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "l").write_bytes(content)
    assert platform.lock_owner(tmp_path / "l") is None


def test_a_pid_that_went_to_another_process_is_not_the_owner(tmp_path: Path) -> None:
    assert platform.process_alive(os.getpid())
    assert platform.process_alive(os.getpid(), psutil.Process().create_time())
    assert not platform.process_alive(os.getpid(), psutil.Process().create_time() - 100)


# ---- processes
def test_foreign_programs_get_the_environment_from_before_the_frozen_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/bundle")
    monkeypatch.setenv("_PYI_ARCHIVE_FILE", "/bundle/x")
    monkeypatch.setenv("_MEIPASS2", "/bundle")
    assert platform.foreign_environment()["LD_LIBRARY_PATH"] == "/bundle", "from source it is the person's own"
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    cleaned = platform.foreign_environment({"EXTRA": "1"})
    assert not {"LD_LIBRARY_PATH", "_PYI_ARCHIVE_FILE", "_MEIPASS2"} & set(cleaned)
    assert cleaned["EXTRA"] == "1"
    monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", "/opt/lib")
    cleaned = platform.foreign_environment()
    assert cleaned["LD_LIBRARY_PATH"] == "/opt/lib"
    assert "LD_LIBRARY_PATH_ORIG" not in cleaned


FAMILY = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("stop", [platform.kill_group, platform.terminate_group])
def test_ending_a_group_ends_what_the_program_started_too(stop: Callable[[int], None]) -> None:
    parent = python(FAMILY, **platform.spawn_options())
    grandchild = int(line_of(parent))
    stop(parent.pid)
    end(parent)
    assert becomes(lambda: not platform.process_alive(grandchild))
    stop(parent.pid)  # gone already


@posix
@pytest.mark.parametrize("pid", [-1, 0, 1, os.getpgrp() if sys.platform != "win32" else 1])
def test_a_group_that_is_not_ours_to_end_is_refused(pid: int) -> None:
    with pytest.raises(ValueError, match="not a group"):
        platform.kill_group(pid)


PARENT = """
import subprocess, sys
from engine import platform
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE, text=True,
                         **platform.spawn_options(die_with_parent=sys.argv[2] == "foreign"))
print(child.stdout.readline().strip(), flush=True)
sys.stdin.read()
"""
FOREIGN = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
OWN = f"import os; from engine import platform; platform.die_with_parent(os.getppid()); {FOREIGN}"
WATCHING = OWN.replace("die_with_parent(os.getppid())", "exit_when_gone(os.getppid(), lambda: os._exit(1))")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        pytest.param(FOREIGN, "foreign", marks=pytest.mark.skipif(not platform.LINUX, reason="prctl is Linux's")),
        (OWN, "own"),
        (WATCHING, "own"),
    ],
    ids=["foreign", "own", "watching"],
)
def test_a_child_dies_when_its_parent_is_killed(code: str, kind: str) -> None:
    parent = python(PARENT, code, kind)
    child = int(line_of(parent))
    assert platform.process_alive(child)
    parent.send_signal(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
    end(parent)
    assert becomes(lambda: not platform.process_alive(child))


def test_a_note_is_its_writers_for_as_long_as_it_lives(tmp_path: Path) -> None:
    platform.note_owner(tmp_path / "note", loaded=["a"])
    said = platform.lock_owner(tmp_path / "note")
    assert said is not None and said["loaded"] == ["a"] and said["pid"] == os.getpid()
    child = python("import sys; from pathlib import Path; from engine import platform\n"
                   "platform.note_owner(Path(sys.argv[1]))", str(tmp_path / "note"))  # fmt: skip
    child.communicate()
    assert platform.lock_owner(tmp_path / "note") is None
    assert [file.name for file in tmp_path.iterdir()] == ["note"]


@posix
def test_removable_media_are_where_something_is_mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ann" / "STICK").mkdir(parents=True)
    (tmp_path / "cdrom").mkdir()
    (tmp_path / "a file").write_text("")
    mounted = {tmp_path / "ann" / "STICK", tmp_path / "cdrom"}
    monkeypatch.setattr(platform, "_MEDIA", (tmp_path, tmp_path / "nothing"))
    monkeypatch.setattr(os.path, "ismount", lambda place: Path(place) in mounted)
    assert set(platform.removable_drives()) == mounted


def test_how_often_the_system_ran_out_of_memory_is_a_number_or_not_told() -> None:
    assert platform.oom_kills() >= 0
