"""Partial output and progress, in a file of its own that may be lost: `synchronous=OFF`, remade when it is damaged."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path

from engine.ids import Visit, visit_text

KEEP = 20_000
_TABLE = (
    "CREATE TABLE IF NOT EXISTS progress"
    "(id INTEGER PRIMARY KEY, run TEXT NOT NULL, node TEXT NOT NULL, visit TEXT NOT NULL,"
    " key TEXT NOT NULL, text TEXT NOT NULL)"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of output: `id` grows, `visit` as in "2.1", `key` the effect's."""

    id: int
    run: str
    node: str
    visit: str
    key: str
    text: str


class Progress:
    """The newest pieces of all runs. Never raises for its file's sake: what cannot be kept is dropped."""

    def __init__(self, path: Path, *, writes: bool) -> None:
        self._path = path
        self._writes = writes
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    def put(self, run: str, node: str, visit: Visit, key: str, text: str) -> None:
        """Add a piece; the oldest ones go when there are many."""
        with self._lock:
            for last_try in (False, True):
                try:
                    connection = self._open()
                    new = connection.execute(
                        "INSERT INTO progress(run, node, visit, key, text) VALUES (?, ?, ?, ?, ?)",
                        (run, node, visit_text(visit), key, text),
                    ).lastrowid
                    if new and new % 1000 == 0:
                        connection.execute("DELETE FROM progress WHERE id <= ?", (new - KEEP,))
                    return
                except (sqlite3.Error, OSError):
                    self._forget(remove=not last_try)

    def tail(self, after: int = 0, run: str | None = None, limit: int = 1000) -> list[Piece]:
        """Pieces after an id, oldest first, of all runs or one; nothing when the file is missing or damaged."""
        with self._lock:
            try:
                rows = self._open().execute(
                    "SELECT id, run, node, visit, key, text FROM progress"
                    " WHERE id > ? AND (? IS NULL OR run = ?) ORDER BY id LIMIT ?",
                    (after, run, run, limit),
                )
                return [Piece(*row) for row in rows]
            except (sqlite3.Error, OSError):
                self._forget(remove=False)
                return []

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._forget(remove=False)

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            mode = "rwc" if self._writes else "ro"
            connection = sqlite3.connect(
                f"{self._path.absolute().as_uri()}?mode={mode}",
                uri=True,
                timeout=0.2,
                isolation_level=None,
                check_same_thread=False,
            )
            try:
                connection.execute("PRAGMA synchronous=OFF")
                connection.execute("PRAGMA trusted_schema=OFF")
                if self._writes:
                    connection.execute("PRAGMA journal_mode=WAL")
                    connection.execute(_TABLE)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _forget(self, *, remove: bool) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
        if remove and self._writes:
            for suffix in ("", "-wal", "-shm"):
                try:
                    self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
                except OSError:
                    return
