"""A run and its child runs as they are and as they were: what panels, timeline, slider and canvas read."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from designer.engine_link.family import PAGE, FamilyReader, version
from designer.engine_link.history import History
from designer.engine_link.link import EngineLink
from designer.engine_link.texts import Texts
from engine.errors import Refused
from engine.ids import Visit, visit_text
from engine.observe.records import QuestionTrace, RunTrace, StepTrace
from engine.run.events import Event, RunStarted
from engine.store import Piece
from engine.workflow.model import Workflow

COALESCE_MS, TICK_MS = 50, 1000


class LiveRun(QObject):
    """One run, followed from now on or loaded from the journal; `changed` comes at most every 50 ms.

    `ticked` comes once a second while `has_clock` says that something counts up or down.
    """

    changed = Signal()
    loaded = Signal()
    failed = Signal(object)  # Refused
    ticked = Signal()

    def __init__(self, link: EngineLink, run: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.link, self.run = link, run
        self.runs: dict[str, RunTrace] = {}
        """The run itself and its children, parents first; read them, never change them."""
        self.is_loaded = False
        """Whether everything that was stored when it was opened has been read."""
        self._histories: dict[str, History] = {}
        self._children: dict[tuple[str, str, Visit], dict[int, str]] = {}
        self._workflows: dict[str, Workflow | None] = {}
        self._texts = Texts()
        self._early: list[Event] = []
        self._closed = False
        self._changes = QTimer(self, singleShot=True, interval=COALESCE_MS)
        self._changes.timeout.connect(self._say_changed)
        self._clock = QTimer(self, interval=TICK_MS)
        self._clock.timeout.connect(self.ticked)
        link.events.connect(self._hear)
        link.pieces.connect(self._hear_pieces)
        self._reader = FamilyReader(run)
        link.call(self._reader.page, self._loaded_page, self._fail)

    # ---- now
    @property
    def main(self) -> RunTrace:
        """The run itself; empty while its first event is not there."""
        return self.runs.get(self.run) or RunTrace(run=self.run)

    @property
    def workflow(self) -> Workflow | None:
        """The version that runs, once it is loaded; None also when the library has lost it."""
        return self._workflows.get(self.main.workflow)

    @property
    def length(self) -> int:
        """The number of the run's last event: where the slider ends."""
        return self.main.seq

    @property
    def ended(self) -> bool:
        """Whether the run is over."""
        return self.main.ended is not None

    @property
    def has_clock(self) -> bool:
        """Whether something in it counts up or down."""
        return any(self.runs[run].ended is None and one.active for run, one in self._histories.items())

    def children_of(self, step: StepTrace, run: str | None = None) -> list[RunTrace]:
        """The child runs of a step that have started, by index."""
        found = self._children.get((run or self.run, step.node, step.visit), {})
        return [self.runs[found[index]] for index in sorted(found)]

    def text_of(self, step: StepTrace, key: str, run: str | None = None) -> str:
        """What an effect that is under way has written so far; "" once it has a result."""
        return self.texts_of(step, run).get(key, "")

    def texts_of(self, step: StepTrace, run: str | None = None) -> dict[str, str]:
        """The same of all effects of a step, by key: a model call has no event before its result."""
        found = self._texts.of(run or self.run, step.node, visit_text(step.visit))
        return {key: text for key, text in found.items() if not _has_ended(step, key)}

    def open_questions(self) -> list[QuestionTrace]:
        """Questions of the run and its children that still want an answer, oldest first."""
        found = [question for trace in self.runs.values() for question in trace.open_questions]
        return sorted(found, key=lambda question: question.asked)

    def workflow_of(self, run: str) -> Workflow | None:
        """The version that a child run runs, once it is loaded."""
        return self._workflows.get(self.runs[run].workflow) if run in self.runs else None

    # ---- then
    def at(self, seq: int, run: str | None = None) -> RunTrace:
        """The run (or one of its children) as it was after event `seq`; the live one at or after its end."""
        history = self._histories.get(run or self.run)
        return history.at(seq) if history is not None else RunTrace(run=run or self.run)

    def events(self, run: str | None = None) -> list[Event]:
        """Every event of the run so far, in order (the first has seq 1); read it, never change it."""
        history = self._histories.get(run or self.run)
        return history.events if history is not None else []

    def moments(self, run: str | None = None) -> list[tuple[int, float, str]]:
        """(seq, at, kind) of every event so far."""
        return [(event.seq, event.at, event.kind) for event in self.events(run)]

    def close(self) -> None:
        """Stop following; twice is harmless."""
        if self._closed:
            return
        self._closed = True
        self._changes.stop()
        self._clock.stop()
        self.link.events.disconnect(self._hear)
        self.link.pieces.disconnect(self._hear_pieces)

    # ---- taking in
    def _loaded_page(self, events: list[Event]) -> None:
        if self._closed:
            return
        for event in events:
            self._take(event)
        if len(events) == PAGE:
            self.link.call(self._reader.page, self._loaded_page, self._fail)
            return
        early, self._early = self._early, []
        self.is_loaded = True
        for event in early:
            self._take(event)
        if self.ended:
            self._texts.begin(())
        else:
            self.link.call(self._reader.pieces, self._loaded_pieces, self._fail)
        self.loaded.emit()
        self._say_changed()

    def _loaded_pieces(self, pieces: list[Piece]) -> None:
        self._texts.begin(pieces)
        self._change()

    def _hear(self, events: Any) -> None:
        if not self.is_loaded:
            self._early += events
            return
        taken = sum(self._take(event) for event in events)
        if taken:
            self._change()

    def _hear_pieces(self, pieces: Any) -> None:
        taken = sum(self._texts.add(piece) for piece in pieces if piece.run in self.runs)
        if taken:
            self._change()

    def _take(self, event: Event) -> bool:
        history = self._histories.get(event.run)
        if history is None:
            if not isinstance(event, RunStarted):
                return False
            if event.run != self.run and (event.parent is None or event.parent.run not in self.runs):
                return False
            history = self._histories[event.run] = History(event.run)
            self.runs[event.run] = history.trace
            if event.parent is not None:
                place = (event.parent.run, event.parent.node, event.parent.visit)
                self._children.setdefault(place, {})[event.parent.index] = event.run
            self._want(event.workflow)
        if not history.take(event):
            return False
        self._texts.hear(event)
        return True

    def _want(self, digest: str) -> None:
        if digest not in self._workflows:
            self._workflows[digest] = None
            self.link.call(lambda store: version(store, digest), partial(self._know, digest))

    def _know(self, digest: str, workflow: Workflow | None) -> None:
        self._workflows[digest] = workflow
        self._change()

    # ---- saying so
    def _change(self) -> None:
        if self.is_loaded and not self._closed and not self._changes.isActive():
            self._changes.start()

    def _say_changed(self) -> None:
        if self.has_clock and not self._clock.isActive():
            self._clock.start()
        elif not self.has_clock:
            self._clock.stop()
        self.changed.emit()

    def _fail(self, why: Refused) -> None:
        if not self._closed:
            self.failed.emit(why)


def _has_ended(step: StepTrace, key: str) -> bool:
    effect = step.effect(key)
    return step.ended is not None or (effect is not None and effect.ended is not None and effect.status != "again")
