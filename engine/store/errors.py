"""What the store says when disk or file cannot do their part; one translation of SQLite's and the OS's codes."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import SignalboxError


class StoreError(SignalboxError):
    """The store could not do what was asked; nothing of it was kept."""


class DiskFull(StoreError):
    """No room (or quota) left; the same call succeeds once there is room."""


class DiskFault(StoreError):
    """The disk failed to read, write or sync; the writer must be reopened and the state read again."""


class ReadOnly(StoreError):
    """The file or its folder may not be written."""


class Corrupt(StoreError):
    """The stored bytes are not what was written."""


class Conflict(StoreError):
    """Somebody else appended first, or the caller's state is not the journal's."""


class Busy(StoreError):
    """Another process kept the file locked for longer than the store waits."""


class Unstorable(StoreError):
    """An event holds something that is not JSON; `run` and `seq` say which event."""

    def __init__(self, run: str, seq: int, why: str) -> None:
        super().__init__(f"Event {seq} of run {run} cannot be written as JSON: {why}")
        self.run, self.seq = run, seq


_SQLITE: dict[int, tuple[type[StoreError], str]] = {
    sqlite3.SQLITE_FULL: (DiskFull, "The disk is full."),
    sqlite3.SQLITE_IOERR: (DiskFault, "The disk failed to read or write."),
    sqlite3.SQLITE_READONLY: (ReadOnly, "The data file may not be written."),
    sqlite3.SQLITE_CANTOPEN: (ReadOnly, "The data file could not be opened."),
    sqlite3.SQLITE_PERM: (ReadOnly, "The data file may not be written."),
    sqlite3.SQLITE_CORRUPT: (Corrupt, "The data file is damaged."),
    sqlite3.SQLITE_NOTADB: (Corrupt, "The data file is not a database."),
    sqlite3.SQLITE_BUSY: (Busy, "Another process keeps the data file locked."),
    sqlite3.SQLITE_LOCKED: (Busy, "The data file is locked."),
    sqlite3.SQLITE_CONSTRAINT: (Conflict, "The journal already holds something else in this place."),
}
_OS: dict[int, tuple[type[StoreError], str]] = {
    errno.ENOSPC: (DiskFull, "The disk is full."),
    errno.EFBIG: (DiskFull, "The file may not grow any more."),
    errno.EACCES: (ReadOnly, "The data folder may not be written."),
    errno.EPERM: (ReadOnly, "The data folder may not be written."),
    errno.EROFS: (ReadOnly, "The data folder is on a read-only file system."),
}
if hasattr(errno, "EDQUOT"):
    _OS[errno.EDQUOT] = (DiskFull, "The disk quota is used up.")


STORAGE = (sqlite3.Error, OSError, UnicodeDecodeError)
"""What sqlite3 and the OS raise; the last when SQLite's own message quotes damaged bytes."""


def store_error(error: BaseException) -> StoreError:
    """The store's word for what sqlite3 or the OS raised."""
    if isinstance(error, StoreError):
        return error
    if isinstance(error, UnicodeDecodeError) or "Could not decode to UTF-8" in str(error):
        return Corrupt(f"The data file is damaged. ({error})")
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        cls, sentence = _SQLITE.get((code or 0) & 0xFF, (StoreError, "The data file could not be used."))
        return cls(f"{sentence} ({error})")
    number = getattr(error, "errno", None)
    cls, sentence = _OS.get(number or 0, (DiskFault, "The disk failed to read or write."))
    return cls(f"{sentence} ({error})")


def no_room(folder: Path) -> bool:
    """Whether less than one growth step of the WAL is left on the folder's disk."""
    try:
        return shutil.disk_usage(folder).free < 1 << 17
    except OSError:
        return False


@contextmanager
def translated() -> Iterator[None]:
    """Raise StoreError subclasses instead of sqlite3.Error and OSError."""
    try:
        yield
    except STORAGE as error:
        raise store_error(error) from error
