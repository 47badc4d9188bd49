"""Which runs there are and which questions are open, kept up to date from the journal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from designer.engine_link.questions import OpenQuestion
from engine.errors import SignalboxError
from engine.observe.records import QuestionTrace, RunTrace
from engine.observe.trace import add
from engine.run.events import END_KINDS, Event, RunStarted
from engine.store import RunRow, Store
from engine.store.bodies import parse

RUNS = 300
"""Runs in the list that is kept up to date; older ones are there for who asks the journal."""
ASKING = frozenset({"QuestionAsked", "QuestionAnswered", "QuestionSettled", "QuestionEscalated"})
KINDS = ASKING | END_KINDS | {"RunStarted"}


class Book:
    """The runs of one store. Of open runs it keeps who began them and what they ask, and nothing else."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows = {row.id: row for row in reversed(_newest(store))}
        self._open: dict[str, RunTrace] = {}
        for run in store.journal.open_runs():
            bodies = [body for _seq, kind, body in store.journal.bodies(run) if kind in KINDS]
            self.take(parse(bodies, store.blobs.get))

    @property
    def has_open_runs(self) -> bool:
        """Whether any run has not ended."""
        return bool(self._open)

    def take(self, events: Iterable[Event]) -> tuple[bool, bool]:
        """Take events in; whether that changed the questions, and the list of runs."""
        asked = listed = False
        for event in events:
            if event.kind not in KINDS:
                continue
            trace = self._open.get(event.run)
            if isinstance(event, RunStarted):
                if trace is not None or self._ended(event.run):
                    continue
                trace = self._open[event.run] = RunTrace()
                listed = self._list(event) or listed
            if event.kind in END_KINDS:
                listed = self._end(event) or listed
            if trace is None or event.seq <= trace.seq:
                continue
            add(trace, event)
            if event.kind in ASKING:
                asked = True
            elif event.kind in END_KINDS:
                asked = bool(trace.questions) or asked
                del self._open[event.run]
        return asked, listed

    def runs(self) -> list[RunRow]:
        """The newest runs that a person started, the newest first."""
        return list(reversed(self._rows.values()))

    def questions(self) -> list[OpenQuestion]:
        """All open questions, oldest first."""
        found = [self._open_question(trace, one) for trace in self._open.values() for one in trace.open_questions]
        return sorted(found, key=lambda one: one.question.asked)

    def _list(self, event: RunStarted) -> bool:
        if event.parent is not None or event.run in self._rows:
            return False
        row = RunRow(event.run, event.root_run or event.run, None, event.workflow, event.name, event.at, None)
        self._rows[event.run] = row
        if len(self._rows) > RUNS:
            del self._rows[next(iter(self._rows))]
        return True

    def _end(self, event: Event) -> bool:
        row = self._rows.get(event.run)
        if row is None or row.end is not None:
            return False
        self._rows[event.run] = replace(row, end=event.kind)
        return True

    def _ended(self, run: str) -> bool:
        row = self._rows.get(run)
        return row is not None and row.end is not None

    def _open_question(self, trace: RunTrace, question: QuestionTrace) -> OpenQuestion:
        top = trace
        while top.parent is not None and top.parent.run in self._open:
            top = self._open[top.parent.run]
        title, node_title = self._titles(trace.workflow, question.node)
        return OpenQuestion(
            replace(question, answers=list(question.answers)),
            run_name=trace.name,
            title=title or trace.name,
            node_title=node_title or question.node,
            started_by=top.by,
            run_started=top.started,
            root=top.run,
            workflow=trace.workflow,
        )

    def _titles(self, workflow: str, node: str) -> tuple[str, str]:
        try:
            found = self._store.library.get(workflow)
        except SignalboxError:  # a version that was lost takes the titles away, not the question
            return "", ""
        return found.title, found.by_key[node].title if node in found.by_key else ""


def _newest(store: Store) -> list[RunRow]:
    """The newest runs without child runs, the newest first."""
    found: list[RunRow] = []
    before: str | None = None
    while len(found) < RUNS:
        page = store.journal.runs(limit=1000, before=before)
        found += [row for row in page if row.parent is None]
        if len(page) < 1000:
            break
        before = page[-1].id
    return found[:RUNS]
