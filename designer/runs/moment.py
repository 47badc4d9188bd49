"""A run as it is or as it was: the traces of it and its children at one event, and which steps have changed since."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from designer.runs.book import Book
from engine.observe.records import RunTrace, StepKey

if TYPE_CHECKING:
    from designer.engine_link.live_run import LiveRun


class Moments:
    """One `LiveRun` with an index of its events. `seq` None is the live run."""

    def __init__(self, live: LiveRun) -> None:
        self.live = live
        self.books: dict[str, Book] = {}
        self.seq: int | None = None

    @property
    def book(self) -> Book:
        """The events of the run itself."""
        return self.books.setdefault(self.live.run, Book())

    def take(self) -> dict[str, set[StepKey]]:
        """Index what is new; the steps that it is about, by run."""
        touched = {}
        for run in list(self.live.runs):
            found = self.books.setdefault(run, Book()).take(self.live.events(run))
            if found:
                touched[run] = found
        return touched

    def traces(self) -> dict[str, RunTrace]:
        """The run and its children at the moment that is shown."""
        if self.seq is None:
            return self.live.runs
        main = self.live.at(self.seq)
        found = {self.live.run: main}
        for run in self.live.runs:
            if run == self.live.run:
                continue
            seq = self.seq_of(run)
            if seq:
                found[run] = self.live.at(seq or 0, run)
        return found

    def seq_of(self, run: str) -> int | None:
        """The event of a run at which it is shown; a child's last one before the moment of the run itself."""
        if self.seq is None or run == self.live.run:
            return self.seq
        marks = self.book.marks
        at = marks[self.seq - 1].at if 0 < self.seq <= len(marks) else 0.0
        return bisect_right(self.books[run].marks, at, key=lambda mark: mark.at) if run in self.books else 0
