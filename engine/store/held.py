"""Which data files this process has open through SQLite.

On POSIX, closing any other descriptor of such a file drops the locks that SQLite holds on it, and the next one to come
takes its WAL away under everybody else.
"""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

Identity = tuple[int, int]
_lock = threading.Lock()
_held: Counter[Identity] = Counter()


def identity(path: Path) -> Identity | None:
    """The file behind a path, whatever it is called; None when it cannot be looked at."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def hold(path: Path) -> Identity | None:
    """The file is open from now on, until `let_go` is called with what this returns."""
    found = identity(path)
    if found is not None:
        with _lock:
            _held[found] += 1
    return found


def let_go(held: Identity | None) -> None:
    """It is closed again."""
    if held is not None:
        with _lock:
            _held[held] -= 1
            if _held[held] <= 0:
                del _held[held]


def is_held(path: Path) -> bool:
    """Whether this process has the file open, so that it must not be opened in another way."""
    found = identity(path)
    with _lock:
        return found is not None and found in _held
