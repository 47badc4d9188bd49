"""What is new in an open store since the last look."""

from __future__ import annotations

from collections.abc import Iterator

from designer.engine_link.book import Book
from designer.engine_link.messages import Asked, Happened, Listed, Message, Replied, Written
from engine.store import Store

PAGE = 250
"""Events in one message: few enough that the GUI thread deals with them within a frame or two."""
PIECES = 500


class Reader:
    """Follows one store from where it stands. `more`: the last look did not see everything."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._place = store.journal.last_rowid()
        self._book = Book(store)
        self._awaited: set[int] = set()
        self._seen = -1
        self._first = True
        self._piece = _last_piece(store)
        self.more = False

    @property
    def awaits(self) -> bool:
        """Whether a request is unanswered."""
        return bool(self._awaited)

    @property
    def has_open_runs(self) -> bool:
        """Whether any run has not ended."""
        return self._book.has_open_runs

    def wait_for(self, request: int) -> None:
        """Look out for the reply to a request."""
        self._awaited.add(request)
        self._seen = -1

    def read(self, room: bool) -> Iterator[Message]:
        """Everything new; events and pieces, a page of each, only where there is room for them."""
        if self._first:
            self._first = False
            yield Listed(self._book.runs())
            yield Asked(self._book.questions())
        version = self._store.data_version()
        if version != self._seen or self.more:
            if room:
                self._seen = version
                yield from self._events()
            if not self.more:
                yield from self._replies()
        if room and self._book.has_open_runs:
            yield from self._pieces()

    def _events(self) -> Iterator[Message]:
        page = self._store.journal.follow(self._place, limit=PAGE)
        self.more = len(page) == PAGE
        if not page:
            return
        self._place = page[-1][0]
        events = [event for _place, event in page]
        asked, listed = self._book.take(events)
        yield Happened(events)
        if listed:
            yield Listed(self._book.runs())
        if asked:
            yield Asked(self._book.questions())

    def _replies(self) -> Iterator[Message]:
        for request in sorted(self._awaited):
            reply = self._store.requests.outcome(request)
            if reply is not None:
                self._awaited.discard(request)
                yield Replied(reply)

    def _pieces(self) -> Iterator[Message]:
        pieces = self._store.progress.tail(self._piece, limit=PIECES)
        if pieces:
            self._piece = pieces[-1].id
            yield Written(pieces)


def _last_piece(store: Store) -> int:
    last = 0
    while pieces := store.progress.tail(last, limit=5000):
        last = pieces[-1].id
    return last
