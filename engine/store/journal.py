"""The journal: append whole batches in one transaction, read them back in order, follow them as they come.

`hash = sha256(hash of the event before it in its run ‖ body bytes)`, 32 zero bytes before the first. One thread of the
engine appends; anybody reads. A failed append leaves nothing behind, and the next one starts from what is on disk.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple

from engine.errors import Bug
from engine.run.events import END_KINDS, Event, RunStarted
from engine.store import sql
from engine.store.blobs import Blobs
from engine.store.bodies import encode, parse
from engine.store.connections import Connections
from engine.store.database import BUSY_S
from engine.store.errors import (
    STORAGE,
    Conflict,
    Corrupt,
    DiskFault,
    DiskFull,
    StoreError,
    no_room,
    store_error,
    translated,
)
from engine.store.mark import Mark
from engine.store.requests import Reply, reply_row

GENESIS = bytes(32)
PAGE = 2000
"""Rows fetched at a time: a reader that kept its cursor open would keep the WAL from being reused."""
_NEAR = 20_000


@dataclass(frozen=True, slots=True)
class Batch:
    """One stimulus and all its consequences, over one or more runs: all of it is stored or nothing."""

    events: tuple[Event, ...]
    replies: tuple[Reply, ...] = ()


@dataclass(frozen=True, slots=True)
class RunRow:
    """What a run started with, and how it ended: the kind of its end event, None while it is open."""

    id: str
    root: str
    parent: str | None
    workflow: str
    name: str
    at: float
    end: str | None


class _Head(NamedTuple):
    number: int
    seq: int
    hash: bytes
    ended: bool


class Journal:
    """All events of one data file."""

    def __init__(self, connections: Connections, blobs: Blobs, *, writes: bool) -> None:
        self._connections = connections
        self._blobs = blobs
        self._writes = writes
        self._writer: sqlite3.Connection | None = None
        self._mark = Mark(connections.path)
        self._wait_s = BUSY_S
        self._heads: dict[str, _Head] = {}
        self._last = 0
        self._last_run = 0

    # ---- writing (the engine's writer thread only)
    def append(self, batches: Sequence[Batch], *, wait_s: float = BUSY_S) -> int:
        """Store all batches in one transaction, durable when this returns; returns the place of the last event.

        Events come with run, seq, at and epoch set. Conflict when a seq is not the next one, a run has ended, the epoch
        is not the lease's, or a request is answered twice; Unstorable, DiskFull, DiskFault, ReadOnly, Corrupt, Busy as
        the words say. Nothing is kept of a failed call. `wait_s`: how long another process may keep the file locked.
        """
        if not self._writes:
            raise Bug("A client appended to the journal.")
        try:
            if self._writer is None:
                self.reload()
            if wait_s != self._wait_s:
                self._writer.execute(f"PRAGMA busy_timeout={int(wait_s * 1000)}").close()  # type: ignore[union-attr]
                self._wait_s = wait_s
            return self._append(batches)
        except STORAGE as error:
            self._drop()
            raise self._fault(error) from error
        except BaseException:
            if self._writer is not None and self._writer.in_transaction:
                self._drop()
            raise

    def reload(self) -> None:
        """Open the writing connection anew and forget what was known, so that the disk is the only truth."""
        self._drop()
        with translated():
            writer = self._connections.journal_writer()
            try:
                self._last = writer.execute(sql.LAST_EVENT).fetchone()[0] or 0
                self._last_run = writer.execute(sql.LAST_RUN).fetchone()[0] or 0
            except BaseException:
                writer.close()
                raise
            self._writer, self._wait_s = writer, BUSY_S

    def checkpoint(self) -> None:
        """Move the WAL into the file and empty it, as far as readers allow; the writer thread only."""
        if self._writer is not None:
            with translated():
                self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def tidy(self) -> None:
        """Move into the file what clients have written meanwhile, waiting for nobody; the writer thread only.

        They never do it themselves (see `engine.store.database`), and an engine at rest commits nothing.
        """
        if self._writer is None:
            self.reload()
        with translated():
            self._writer.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()  # type: ignore[union-attr]

    def close(self) -> None:
        """Checkpoint and close the writer."""
        try:
            self.checkpoint()
        except StoreError:
            pass  # the WAL stays and is read by the next engine
        finally:
            self._drop()
            self._mark.close()

    def _fault(self, error: BaseException) -> StoreError:
        """SQLite calls some failures for want of room (of its -shm file, of a sync) plain I/O errors."""
        fault = store_error(error)
        if isinstance(fault, DiskFault) and no_room(self._connections.path.parent):
            return DiskFull(f"The disk is full. ({error})")
        return fault

    def _drop(self) -> None:
        writer, self._writer = self._writer, None
        self._heads = {}
        if writer is not None:
            writer.close()  # rolls back

    def _append(self, batches: Sequence[Batch]) -> int:
        writer = self._writer
        assert writer is not None
        heads: dict[str, _Head] = {}
        runs: list[tuple[Any, ...]] = []
        rows: list[tuple[int, int, int, str, bytes, str]] = []
        epochs: set[int] = set()
        put, known, place = self._blobs.put, self._heads, self._last
        for batch in batches:
            for event in batch.events:
                run, seq = event.run, event.seq
                head = heads.get(run) or known.get(run) or self._head(run)
                if head is None:
                    if not isinstance(event, RunStarted):
                        raise Conflict(f"{event.kind} of run {run} came before its RunStarted.")
                    head = _Head(self._last_run + len(runs) + 1, 0, GENESIS, False)
                    runs.append(run_row(head.number, event))
                if seq != head.seq + 1 or head.ended:
                    raise Conflict(
                        f"Event {seq} ({event.kind}) of run {run} does not follow: the journal's head is {head.seq}"
                        + (", the run's end." if head.ended else ".")
                    )
                body = encode(event, put)
                digest = sha256(head.hash + body.encode()).digest()
                place += 1
                kind = event.kind
                rows.append((place, head.number, seq, kind, digest, body))
                heads[run] = _Head(head.number, seq, digest, kind in END_KINDS)
                epochs.add(event.epoch)
        replies = [reply_row(reply) for batch in batches for reply in batch.replies]
        writer.execute("BEGIN IMMEDIATE")
        if epochs:
            owner = writer.execute(sql.EPOCH).fetchone()
            if epochs != {owner[0] if owner else 0}:
                raise Conflict(f"Another engine owns this file now (epoch {owner[0] if owner else 0}).")
        if runs:
            writer.executemany(sql.INSERT_RUN, runs)
        writer.executemany(sql.INSERT_EVENT, rows)
        if replies and writer.executemany(sql.ANSWER, replies).rowcount != len(replies):
            raise Conflict("A request was answered twice, or does not exist.")
        writer.execute("COMMIT")
        self._last, self._last_run = place, self._last_run + len(runs)
        if rows:
            self._mark.set(place, rows[-1][4])
        for run, head in heads.items():
            if head.ended:
                known.pop(run, None)
            else:
                known[run] = head
        return place

    def _head(self, run: str) -> _Head | None:
        assert self._writer is not None
        row = self._writer.execute(sql.HEAD, (run,)).fetchone()
        return None if row is None else _Head(row[0], row[1], _digest(row[2]), row[3] in END_KINDS)

    # ---- reading
    def events(self, run: str, after: int = 0) -> Iterator[Event]:
        """Events of a run after a seq, whole and validated, the hash chain checked on the way; Corrupt otherwise."""
        digest = GENESIS
        if after > 0:
            with translated():
                row = self._connections.read().execute(sql.HASH_AT, (run, after)).fetchone()
            if row is None:
                return
            digest = _digest(row[0])
        for page in self._pages(run, after):
            for seq, _kind, stored, body in page:
                after += 1
                digest = sha256(digest + body.encode()).digest()
                if digest != stored or seq != after:
                    raise Corrupt(f"Event {after} of run {run} is not what was written; run `signalboxctl verify`.")
            yield from parse([row[3] for row in page], self._blobs.get)

    def bodies(self, run: str, after: int = 0) -> Iterator[tuple[int, str, str]]:
        """(seq, kind, stored body) of a run after a seq; large values stay blob references."""
        for seq, kind, _hash, body in self.rows(run, after):
            yield seq, kind, body

    def rows(self, run: str, after: int = 0) -> Iterator[tuple[int, str, bytes, str]]:
        """(seq, kind, stored hash, stored body) of a run after a seq, unchecked."""
        for page in self._pages(run, after):
            yield from page

    def follow(self, after_rowid: int, limit: int = 1000, run: str | None = None) -> list[tuple[int, Event]]:
        """(place, event) of the next events after a place in the whole journal, of all runs or one."""
        with translated():
            if run is None:
                rows = self._connections.read().execute(sql.FOLLOW, (after_rowid, limit)).fetchall()
            else:
                near = self.last_rowid() - after_rowid < _NEAR
                statement = sql.FOLLOW_RUN_NEAR if near else sql.FOLLOW_RUN
                rows = self._connections.read().execute(statement, (after_rowid, run, limit)).fetchall()
        events = parse([body for _place, body in rows], self._blobs.get)
        return [(row[0], event) for row, event in zip(rows, events, strict=True)]

    def head(self, run: str) -> tuple[int, bytes] | None:
        """(seq, hash) of a run's last event on disk, or None when there is no such run."""
        with translated():
            row = self._connections.read().execute(sql.HEAD, (run,)).fetchone()
        return None if row is None else (row[1], _digest(row[2]))

    def open_runs(self) -> list[str]:
        """Ids of the runs without an end event, oldest first."""
        with translated():
            return [row[0] for row in self._connections.read().execute(sql.OPEN_RUNS)]

    def runs(self, limit: int = 50, before: str | None = None, root: str | None = None) -> list[RunRow]:
        """Runs, newest first; only those that started before the run `before`, only those of one root."""
        with translated():
            read = self._connections.read()
            number = 1 << 62
            if before is not None:
                row = read.execute(sql.NUMBER, (before,)).fetchone()
                number = row[0] if row else 0
            if root is None:
                return [RunRow(*row) for row in read.execute(sql.RUNS, (number, limit))]
            return [RunRow(*row) for row in read.execute(sql.RUNS_OF_ROOT, (number, root, limit))]

    def run(self, run: str) -> RunRow | None:
        """One run by id."""
        with translated():
            row = self._connections.read().execute(sql.ONE_RUN, (run,)).fetchone()
        return None if row is None else RunRow(*row)

    def last_rowid(self) -> int:
        """The place of the last event on disk; 0 in an empty journal."""
        with translated():
            return int(self._connections.read().execute(sql.LAST_EVENT).fetchone()[0] or 0)

    def _pages(self, run: str, after: int) -> Iterator[list[tuple[int, str, bytes, str]]]:
        while True:
            with translated():
                page = self._connections.read().execute(sql.BODIES, (run, after, PAGE)).fetchall()
            if page:
                if any(type(row[3]) is not str for row in page):
                    raise Corrupt(f"An event of run {run} is not text; run `signalboxctl verify`.")
                yield page
                after = page[-1][0]
            if len(page) < PAGE:
                return


def _digest(stored: object) -> bytes:
    if isinstance(stored, bytes) and len(stored) == len(GENESIS):
        return stored
    raise Corrupt("A stored hash is damaged; run `signalboxctl verify`.")


def run_row(number: int, event: RunStarted) -> tuple[Any, ...]:
    """Parameters of `sql.INSERT_RUN`: what the run's first event says, for lists."""
    parent = event.parent.run if event.parent else None
    return number, event.run, event.root_run or event.run, parent, event.workflow, event.name, event.at
