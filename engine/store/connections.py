"""The connections of one open store: a reader for each thread, a shared writer for small rows, the journal's own."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.store import database
from engine.store.errors import ReadOnly, translated
from engine.store.held import hold, let_go
from engine.store.reserve import reserve_wal

CHECKPOINT_PAGES = 2000  # 8 MB of WAL: rare enough not to be felt, small enough to be read quickly after a crash


class Connections:
    """Opens lazily, closes writers before readers (see `database`: who closes last matters).

    `watch` is the connection whose `PRAGMA data_version` says that somebody else has committed.
    """

    def __init__(self, path: Path, watch: sqlite3.Connection) -> None:
        self.path = path
        self._watch = watch
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._writer: sqlite3.Connection | None = None
        self._lock = threading.Lock()
        self._held = hold(path)

    def data_version(self) -> int:
        """A number that differs after another connection has committed."""
        with translated():
            return int(self._watch.execute("PRAGMA data_version").fetchone()[0])

    def read(self) -> sqlite3.Connection:
        """This thread's reading connection."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            with translated():
                connection = database.reader(self.path)
            self._local.connection = connection
            with self._lock:
                self._readers.append(connection)
        return connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A short transaction on rows that are not the journal's: committed at the end, or nothing of it."""
        with self._lock, translated():
            if self._writer is None:
                try:
                    self._writer = database.connect(self.path, "rw")
                except sqlite3.Error as error:
                    raise ReadOnly(f"The data file may not be written. ({error})") from error
            connection = self._writer
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # reopened next time: after a failed commit nothing in this connection is to be trusted
                self._writer = None
                connection.close()
                raise

    def journal_writer(self) -> sqlite3.Connection:
        """A new connection for the journal: the only kind that checkpoints. The caller closes it."""
        connection = database.connect(self.path, "rw", checkpoint_pages=CHECKPOINT_PAGES)
        connection.execute("PRAGMA journal_size_limit=67108864").close()
        reserve_wal(connection, self.path, CHECKPOINT_PAGES + 200)
        return connection

    def close(self) -> None:
        """Close everything."""
        with self._lock:
            writer, self._writer = self._writer, None
            readers, self._readers = self._readers, []
        for connection in (writer, *readers, self._watch):
            if connection is not None:
                connection.close()
        held, self._held = self._held, None
        let_go(held)
