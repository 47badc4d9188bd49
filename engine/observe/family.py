"""A run and its child runs as they go on: new events in, stories and open questions out."""

from __future__ import annotations

from engine.ids import visit_text
from engine.observe.records import QuestionTrace, RunTrace, StepTrace
from engine.observe.trace import add
from engine.run.events import Event, RunStarted
from engine.store import Store

PAGE = 1000
KEPT_TEXT = 4000
"""Characters of partial model output that are kept for each effect."""


class Family:
    """Everything that is shown of one run; `read` brings it up to date."""

    def __init__(self, store: Store, run: str) -> None:
        self._store = store
        self.run = run
        self.runs: dict[str, RunTrace] = {}
        self.texts: dict[tuple[str, str, str, str], str] = {}
        self._piece = 0
        self._place = store.journal.last_rowid()
        self._past = self._read_past()

    @property
    def main(self) -> RunTrace:
        """The run itself; empty while its first event is not there."""
        return self.runs.get(self.run) or RunTrace(run=self.run)

    def read(self) -> list[Event]:
        """Events that are new since the last call, of this run and its children."""
        new, self._past = self._past, []
        while True:
            page = self._store.journal.follow(self._place, limit=PAGE)
            for place, event in page:
                self._place = place
                if self._take(event):
                    new.append(event)
            if len(page) < PAGE:
                return new

    def read_texts(self) -> bool:
        """Take in partial output; whether there was any."""
        pieces = self._store.progress.tail(self._piece)
        for piece in pieces:
            self._piece = piece.id
            if piece.run in self.runs:
                key = (piece.run, piece.node, piece.visit, piece.key)
                self.texts[key] = (self.texts.get(key, "") + piece.text)[-KEPT_TEXT:]
        return bool(pieces)

    def text_of(self, run: str, step: StepTrace, key: str) -> str:
        """What the effect has written so far."""
        return self.texts.get((run, step.node, visit_text(step.visit), key), "")

    def open_questions(self) -> list[QuestionTrace]:
        """Questions of the run and its children that still want an answer, oldest first."""
        found = [question for run in self.runs.values() for question in run.open_questions]
        return sorted(found, key=lambda question: question.asked)

    @property
    def moving(self) -> bool:
        """Whether anything goes on without a person."""
        return any(goes_on(run) for run in self.runs.values())

    def _read_past(self) -> list[Event]:
        """A run that is there already, with its children; what comes after `_place` is read by `read`."""
        past: list[Event] = []
        row = self._store.journal.run(self.run)
        if row is None:
            return past
        relatives = self._store.journal.runs(limit=1_000_000, root=row.root)
        for one in reversed(relatives):  # parents come before their children
            if one.id == self.run or one.parent in self.runs:
                past += [event for event in self._store.journal.events(one.id) if self._take(event)]
        return sorted(past, key=lambda event: event.at)

    def _take(self, event: Event) -> bool:
        trace = self.runs.get(event.run)
        if trace is None:
            if not isinstance(event, RunStarted):
                return False
            if event.run != self.run and (event.parent is None or event.parent.run not in self.runs):
                return False
            trace = self.runs[event.run] = RunTrace()
        if event.seq <= trace.seq:
            return False
        add(trace, event)
        return True


def goes_on(run: RunTrace) -> bool:
    """Whether something in this run goes on by itself: work under way, or time that will wake it."""
    if run.ended is not None:
        return False
    if not run.steps or run.cancelling:
        return True
    return any(_step_goes_on(step) for step in run.steps.values())


def _step_goes_on(step: StepTrace) -> bool:
    if step.status in ("backoff", "interrupted"):
        return True
    if step.status == "running":
        return not step.rounds and step.children_total is None  # those only wait for what is inside them
    return step.status in ("waiting", "pending") and step.due is not None
