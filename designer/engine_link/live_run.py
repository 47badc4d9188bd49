"""A run and its child runs as they are and as they were: what panels, timeline, slider and canvas read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from engine.observe.records import QuestionTrace, RunTrace, StepTrace
from engine.workflow.model import Workflow

if TYPE_CHECKING:
    from designer.engine_link.link import EngineLink


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
        self.workflow: Workflow | None = None
        """The version that runs, once it is loaded; None also when the library has lost it."""

    @property
    def main(self) -> RunTrace:
        """The run itself; empty while its first event is not there."""
        return self.runs.get(self.run) or RunTrace(run=self.run)

    @property
    def is_loaded(self) -> bool:
        """Whether everything that was stored when it was opened has been read."""
        return False

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
        return False

    def at(self, seq: int, run: str | None = None) -> RunTrace:
        """The run (or one of its children) as it was after event `seq`; the live one at or after its end."""
        return self.runs.get(run or self.run) or RunTrace(run=run or self.run)

    def moments(self, run: str | None = None) -> list[tuple[int, float, str]]:
        """(seq, at, kind) of every event so far."""
        return []

    def events(self, run: str | None = None) -> list[Any]:
        """Every event of the run so far, in order; read it, never change it."""
        return []

    def children_of(self, step: StepTrace, run: str | None = None) -> list[RunTrace]:
        """The child runs of a step, by index."""
        return []

    def text_of(self, step: StepTrace, key: str, run: str | None = None) -> str:
        """What an effect that is under way has written so far."""
        return ""

    def open_questions(self) -> list[QuestionTrace]:
        """Questions of the run and its children that still want an answer, oldest first."""
        return []

    def workflow_of(self, run: str) -> Workflow | None:
        """The version that a child run runs, once it is loaded."""
        return None

    def close(self) -> None:
        """Stop following; twice is harmless."""
