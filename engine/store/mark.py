"""How far the journal had come, noted beside the data file: shows that a write-ahead file or a newer copy is missing.

SQLite cannot tell: without its `-wal`, or with another one, a data file is a whole database of an earlier time. The
note is written after each commit and never synced, so it may be older than the journal, but not newer.
"""

from __future__ import annotations

import sqlite3
import zlib
from pathlib import Path
from typing import IO

from engine.errors import Refused
from engine.store import sql

_LENGTH = 100


def mark_path(path: Path) -> Path:
    """Where the note of a data file lies."""
    return path.with_suffix(".mark")


class Mark:
    """Writes the note; what cannot be written is left out."""

    def __init__(self, path: Path) -> None:
        self._path = mark_path(path)
        self._file: IO[bytes] | None = None

    def set(self, place: int, digest: bytes) -> None:
        """The journal's last event: its place and hash."""
        text = b"%d %s" % (place, digest.hex().encode())
        try:
            if self._file is None:
                self._path.touch()
                self._file = self._path.open("r+b", buffering=0)
            self._file.seek(0)
            self._file.write((b"%s %08x" % (text, zlib.crc32(text))).ljust(_LENGTH))
        except OSError:
            self.close()

    def close(self) -> None:
        """Close the file."""
        file, self._file = self._file, None
        if file is not None:
            file.close()


def check_mark(path: Path, connection: sqlite3.Connection) -> None:
    """Refuse a data file that lacks what the note says was in it; a missing or unreadable note says nothing."""
    try:
        words = mark_path(path).read_bytes().split()
        text = b" ".join(words[:2])
        if len(words) != 3 or int(words[2], 16) != zlib.crc32(text):
            return
        place, digest = int(words[0]), bytes.fromhex(words[1].decode())
    except (OSError, ValueError):
        return
    row = connection.execute(sql.HASH_OF_PLACE, (place,)).fetchone()
    if row is not None and row[0] == digest:
        return
    last = connection.execute(sql.LAST_EVENT).fetchone()[0] or 0
    what = f"it ends at event {last}, and had come to event {place}" if last < place else "its events are other ones"
    raise Refused(
        f"The data file is not as the engine left it: {what} (its -wal file was removed, or a copy put in its place).",
        where=str(path),
        remedy=f"Put the files back as they were, or delete {mark_path(path).name} to go on from what is there.",
    )
