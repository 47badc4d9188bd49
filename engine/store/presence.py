"""Which programs have a data folder open and want an engine to stay while they do: windows, above all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from engine.platform import Lock, lock_owner, try_lock

FOLDER = "present"


class Presence:
    """A process's wish that the engine stays between runs, until `end` or its own end; one for each process."""

    def __init__(self, lock: Lock | None, path: Path) -> None:
        self._lock, self._path = lock, path

    @classmethod
    def begin(cls, data_dir: Path) -> Presence:
        """Say that this process is there. Where nothing may be written, it is there unsaid."""
        path = data_dir / FOLDER / f"{os.getpid()}.lock"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = try_lock(path) or try_lock(path)  # an engine may just be looking whether it is a dead one's
            return cls(lock, path)
        except OSError:
            return cls(None, path)

    def end(self) -> None:
        """Not there any more; twice is harmless."""
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()
            with contextlib.suppress(OSError):
                self._path.unlink()


def present(data_dir: Path) -> list[int]:
    """The processes that are there now. What dead ones left is removed."""
    found = []
    try:
        paths = sorted((data_dir / FOLDER).glob("*.lock"))
    except OSError:
        return []
    for path in paths:
        owner = lock_owner(path)
        if owner is not None:
            found.append(int(owner["pid"]))
        else:
            _remove_stale(path)
    return found


def _remove_stale(path: Path) -> None:
    """Only under its lock: one that has just been taken is not yet filled in."""
    with contextlib.suppress(OSError):
        lock = try_lock(path)
        if lock is not None:
            lock.release()
            path.unlink()
