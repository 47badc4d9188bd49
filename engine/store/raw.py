"""The disk's own speed: bare commits with the journal's durability, for the benchmark to compare with."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path


class RawCommits:
    """A file with one table, WAL and `synchronous=FULL`; each commit inserts one row of `body`."""

    def __init__(self, path: Path, body: str) -> None:
        self._body = body
        self._connection = sqlite3.connect(path, isolation_level=None)
        for statement in (
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=FULL",
            "CREATE TABLE raw(id INTEGER PRIMARY KEY, body TEXT NOT NULL)",
        ):
            self._connection.execute(statement)

    def rate(self, commits: int) -> float:
        """Commits a second, over this many."""
        execute = self._connection.execute
        began = time.perf_counter()
        for _ in range(commits):
            execute("BEGIN IMMEDIATE")
            execute("INSERT INTO raw(body) VALUES (?)", (self._body,))
            execute("COMMIT")
        return commits / (time.perf_counter() - began)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
