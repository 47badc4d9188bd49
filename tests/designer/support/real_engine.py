"""A real data folder with a real engine process: what tests of the link and journeys share."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from designer.engine_link import EngineLink
from engine.store import Lease

PATIENCE_MS = 30_000
"""How long a test waits for something that an engine does; it takes a second on an idle PC."""


@contextmanager
def linked(qtbot: Any, data_dir: Path, *, launch: bool = True, start: bool = True) -> Iterator[EngineLink]:
    """A link to a data folder; it is closed afterwards, and whatever engine it left behind is ended."""
    link = EngineLink(data_dir, launch=launch)
    try:
        if start:
            link.start()
        yield link
    finally:
        link.close()
        end_engine(data_dir)


def wait_for_state(qtbot: Any, link: EngineLink, *states: str) -> None:
    """Wait until the engine is in one of these states."""
    qtbot.waitUntil(lambda: link.status.state in states, timeout=PATIENCE_MS)


def ask(qtbot: Any, how: Any, *args: Any, **named: Any) -> Any:
    """Call one of the link's requests, and wait for the reply."""
    replies: list[Any] = []
    how(*args, done=replies.append, failed=replies.append, **named)
    qtbot.waitUntil(lambda: len(replies) == 1, timeout=PATIENCE_MS)
    return replies[0]


def engine_pid(data_dir: Path) -> int | None:
    """The process that holds the lease."""
    holder = Lease.info(data_dir)
    return holder.pid if holder is not None else None


def kill_engine(data_dir: Path) -> int:
    """End the engine without a warning, as a power cut would; its process id."""
    pid = engine_pid(data_dir)
    assert pid is not None, "there is no engine to kill"
    psutil.Process(pid).kill()
    ends = time.monotonic() + 10
    while engine_pid(data_dir) == pid and time.monotonic() < ends:
        time.sleep(0.01)  # its parent buries it: not waited for here
    return pid


def end_engine(data_dir: Path) -> None:
    """End the engine of a folder, if there is one, and any child of ours that is on its way to be one."""
    ends = time.monotonic() + 20
    while time.monotonic() < ends:
        found = [child for child in psutil.Process().children() if _works_on(child, data_dir)]
        if not found:
            return
        for child in found:
            try:
                child.terminate()
            except psutil.Error:
                continue
        for child in found:
            _gone(child)
    raise AssertionError(f"the engine of {data_dir} does not end")


def _works_on(process: psutil.Process, data_dir: Path) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            _gone(process)
            return False
        return str(data_dir) in process.cmdline() or process.pid == engine_pid(data_dir)
    except psutil.Error:
        return False


def _gone(process: psutil.Process) -> None:
    try:
        process.wait(10)
    except psutil.Error:
        return
