"""Starting, ending and burying an engine process. It is no part of ours: it outlives the window when runs need it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

from engine.platform import WINDOWS, kill_group, spawn_options, terminate_group, try_lock
from engine.store.lease import LOCK_FILE

CRASH_FILE = "engine.stderr"


class EngineProcess:
    """The engine that this process started, if any. `pid` stays until `reap`."""

    def __init__(self, data_dir: Path) -> None:
        self._dir = data_dir
        self._child: subprocess.Popen[bytes] | None = None
        self.started = 0.0

    @property
    def pid(self) -> int | None:
        """Its process id."""
        return self._child.pid if self._child is not None else None

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._child is not None and self._child.poll() is None

    def start(self) -> None:
        """Start one; OSError when that cannot be done. What it says before it ends goes into the crash file."""
        self._dir.mkdir(parents=True, exist_ok=True)
        with (self._dir / CRASH_FILE).open("wb") as stderr:
            self._child = subprocess.Popen(
                [*program(), "engine", "--until-done", "--data-dir", str(self._dir)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                **spawn_options(),
            )
        self.started = time.monotonic()

    def terminate(self) -> None:
        """Ask it to end cleanly."""
        if self._child is not None and self.alive:
            terminate_group(self._child.pid)

    def kill(self) -> None:
        """End it at once."""
        if self._child is not None and self.alive:
            kill_group(self._child.pid)
            self._child.wait()

    def reap(self) -> int | None:
        """Its exit code, once it has ended; it is forgotten then. None when there was none."""
        child, self._child = self._child, None
        return child.poll() if child is not None else None

    def said(self) -> str:
        """The last thing that it wrote before it ended."""
        try:
            lines = (self._dir / CRASH_FILE).read_text("utf-8", "replace").strip().splitlines()
        except OSError:
            return ""
        return plain(lines[-1]) if lines else ""

    def let_go(self) -> None:
        """Forget it without ending it."""
        child, self._child = self._child, None
        if child is not None and child.poll() is None:
            child.returncode = 0  # it outlives us on purpose: nothing is to be said of that


def program() -> list[str]:
    """How an engine is called: by this interpreter, or by the command line program beside a frozen one."""
    if getattr(sys, "frozen", False):
        return [str(Path(sys.executable).with_name("signalboxctl.exe" if WINDOWS else "signalboxctl"))]
    return [sys.executable, "-m", "engine.cli"]


def plain(line: str) -> str:
    """A line of the command line program as a sentence for people."""
    for start in ("signalboxctl: ", "error: ", "Error: "):
        line = line.removeprefix(start)
    return line


def is_ours(pid: int) -> bool:
    """Whether a process belongs to this user, so that we may end it."""
    try:
        return psutil.Process(pid).username() == psutil.Process(os.getpid()).username()
    except psutil.Error:
        return False


def terminate(pid: int, *, group: bool) -> None:
    """Ask an engine to end cleanly: one of ours with its group, any other alone. Gone already: nothing."""
    if group:
        terminate_group(pid)
    else:
        with contextlib.suppress(psutil.Error):
            psutil.Process(pid).terminate()


def held_elsewhere(data_dir: Path) -> bool:
    """Whether a process that cannot be seen from here (on another PC) holds the folder's lock."""
    try:
        lock = try_lock(data_dir / LOCK_FILE)
    except OSError:
        return False
    if lock is None:
        return True
    lock.release()
    return False
