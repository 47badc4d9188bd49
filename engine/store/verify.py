"""Is everything that is stored what was written? Reads all of it and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from engine.errors import SignalboxError
from engine.run.events import END_KINDS, RunStarted, from_json
from engine.store import sql
from engine.store.bodies import decode
from engine.store.errors import StoreError, translated
from engine.store.journal import GENESIS, run_row
from engine.store.store import Store


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was written: `run` and `seq` say where, both empty for the file as a whole."""

    what: str
    run: str = ""
    seq: int = 0


def verify(store: Store, run: str | None = None) -> list[Fault]:
    """Faults of one run, or of the whole file: pages, chains, order, ends, blobs, workflow versions."""
    return list(_faults(store, run))


def _faults(store: Store, run: str | None) -> Iterator[Fault]:
    if run is not None:
        yield from _run_faults(store, run)
        return
    try:
        with translated():
            read = store.connections.read()
            pages = [str(row[0]) for row in read.execute("PRAGMA integrity_check")]
            runs = [str(row[0]) for row in read.execute(sql.RUN_IDS)]
            hashes = [str(row[0]) for row in read.execute(sql.HASHES)]
    except StoreError as error:
        yield Fault(str(error))
        return
    yield from (Fault(page) for page in pages if page != "ok")
    for digest in hashes:
        try:
            store.library.get(digest)
        except SignalboxError as error:
            yield Fault(str(error))
    for one in runs:
        yield from _run_faults(store, one)


def _run_faults(store: Store, run: str) -> Iterator[Fault]:
    digest, expected, end = GENESIS, 1, 0
    try:
        for seq, kind, stored, body in store.journal.rows(run):
            if seq != expected:
                yield Fault(f"Event {expected} is missing; the next one is {seq}.", run, expected)
            digest = sha256(digest + body.encode()).digest()
            if digest != stored:
                yield Fault("The event is not what was written (its hash differs).", run, seq)
            digest, expected = stored, seq + 1
            if end:
                yield Fault(f"The event comes after the run's end (event {end}).", run, seq)
            if kind in END_KINDS:
                end = seq
            yield from _event_faults(store, run, seq, kind, body)
        if expected == 1:
            yield Fault("There is no such run, or it has no events.", run)
    except StoreError as error:
        yield Fault(str(error), run)


def _event_faults(store: Store, run: str, seq: int, kind: str, body: str) -> Iterator[Fault]:
    try:
        event = from_json(decode(body, store.blobs.get))
    except (ValueError, StoreError) as error:
        yield Fault(" ".join(str(error).split())[:300], run, seq)
        return
    if (event.run, event.seq, event.kind) != (run, seq, kind):
        yield Fault(f"The event says that it is event {event.seq} ({event.kind}) of run {event.run}.", run, seq)
    if isinstance(event, RunStarted):
        facts = store.journal.run(run)
        if facts is None or run_row(0, event)[1:] != (
            facts.id, facts.root, facts.parent, facts.workflow, facts.name, facts.at
        ):  # fmt: skip
            yield Fault("The run's row differs from its first event.", run, seq)
