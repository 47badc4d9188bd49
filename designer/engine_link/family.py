"""Reading a stored run and its child runs, a page at a time, so that other calls get their turn."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from engine.errors import SignalboxError
from engine.run.events import Event
from engine.store import Piece, RunRow, Store
from engine.workflow.model import Workflow

PAGE = 500
PIECES = 20_000


class FamilyReader:
    """Used on the worker thread only, through `EngineLink.call`."""

    def __init__(self, run: str) -> None:
        self.run = run
        self._events: Iterator[Event] | None = None

    def page(self, store: Store) -> list[Event]:
        """The next events, parents before their children; fewer than PAGE when there are no more."""
        if self._events is None:
            self._events = self._all(store)
        return list(islice(self._events, PAGE))

    def pieces(self, store: Store) -> list[Piece]:
        """Partial output that is there of runs that have not ended."""
        open_runs = [row.id for row in self._family(store) if row.end is None]
        return [piece for run in open_runs for piece in store.progress.tail(0, run=run, limit=PIECES)]

    def _all(self, store: Store) -> Iterator[Event]:
        for row in self._family(store):
            yield from store.journal.events(row.id)

    def _family(self, store: Store) -> list[RunRow]:
        """The run, if it is there, and all that hang on it."""
        row = store.journal.run(self.run)
        if row is None:
            return []
        found = {row.id: row}
        for one in reversed(store.journal.runs(limit=1_000_000, root=row.root)):  # parents come before their children
            if one.parent in found:
                found[one.id] = one
        return list(found.values())


def version(store: Store, digest: str) -> Workflow | None:
    """A workflow version, or None when the library has lost it: the run's story can be told without."""
    try:
        return store.library.get(digest)
    except SignalboxError:
        return None
