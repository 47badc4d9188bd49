"""What the list of runs says of each: worked out from a run's first and last event, a few runs at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.errors import SignalboxError
from engine.store import RunRow, Store

_TONES = {"RunCompleted": "done", "RunFailed": "failed", "RunCancelled": "cancelled"}


@dataclass(frozen=True, slots=True)
class RunFacts:
    """One run as a list shows it. `ended` None while it is open; `title` is the workflow's, as it ran."""

    id: str
    name: str
    title: str
    by: str
    started: float
    ended: float | None
    end: str | None
    events: int
    words: str
    continues: str

    @property
    def tone(self) -> str:
        """Its status as the theme names it; whether somebody is asked is not known here."""
        return _TONES.get(self.end or "", "running")


def facts_of(rows: Iterable[RunRow], store: Store) -> list[RunFacts]:
    """Read what is to be said of these runs; one that cannot be read keeps what its row says."""
    return [_facts(row, store) for row in rows]


def _facts(row: RunRow, store: Store) -> RunFacts:
    first = next((event for _place, event in store.journal.follow(0, 1, row.id)), None)
    head = store.journal.head(row.id)
    seq = head[0] if head is not None else 0
    last = next(iter(store.journal.events(row.id, seq - 1)), None) if seq > 1 and row.end is not None else None
    title = ""
    try:
        title = store.library.get(row.workflow).title
    except SignalboxError:
        pass  # a version that is lost or damaged has no title; its run is listed all the same
    error = getattr(last, "error", None)
    continues = getattr(first, "continues", None)
    return RunFacts(
        row.id,
        row.name,
        title,
        getattr(first, "actor", ""),
        row.at,
        last.at if last is not None else None,
        row.end,
        seq,
        f"{error.cls}: {error.message}" if error is not None else "",
        continues.run if continues is not None else "",
    )
