"""Which run is shown on the drawing, live or as it was after an event, and the faces that follow from it."""

from __future__ import annotations

import time
from typing import Any

from PySide6.QtCore import QObject, Signal

from designer.engine_link import EngineLink, LiveRun
from designer.engine_link.faces import Face, faces_of
from designer.main_window.values import last_values
from engine.observe.records import RunTrace
from engine.observe.trace import trace
from engine.store import Store
from engine.workflow.model import Workflow


class Showing(QObject):
    """The run on the canvas. `looking` is True while a past run is shown with its own version, read-only.

    `faces_changed` carries the faces, whether something still moves, and the ports that gave a value, by node;
    `run_changed` comes for another run (or none).
    """

    faces_changed = Signal(object, bool, object)
    run_changed = Signal()
    looking_changed = Signal(bool)
    refused = Signal(object)

    def __init__(self, link: EngineLink, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self.live: LiveRun | None = None
        self.looking = False
        self.seq: int | None = None
        self._drawn = Workflow(name="workflow")
        self._told: Workflow | None = None
        self._newest: RunTrace | None = None

    @property
    def workflow(self) -> Workflow | None:
        """What the canvas draws while looking: the version that ran."""
        return self.live.workflow if self.looking and self.live is not None else None

    def draw(self, workflow: Workflow) -> None:
        """The document as it is now: faces are for its nodes."""
        self._drawn = workflow
        if not self.looking:
            self.refresh()

    def follow(self, run: str, *, looking: bool) -> None:
        """Show this run from now on; `looking`: on its own version instead of the open document."""
        if self.live is None or self.live.run != run:
            self._leave()
            live = LiveRun(self._link, run, self)
            live.changed.connect(self._heard)
            live.loaded.connect(self._loaded)
            live.ticked.connect(self.refresh)
            live.failed.connect(self.refused)
            self.live = live
        self.seq = None
        self._look(looking)
        self.run_changed.emit()
        self.refresh()

    def stop(self) -> None:
        """Show the drawing at rest."""
        self._leave()
        self._look(False)
        self.run_changed.emit()
        self.refresh()

    def back_to_drawing(self) -> None:
        """Leave the past version; a run that goes on stays on the drawing."""
        if self.live is not None and self.live.ended:
            self.stop()
        else:
            self.seq = None
            self._look(False)
            self.refresh()

    def move_to(self, seq: int | None) -> None:
        """Show the run as it was after event `seq`; None is live."""
        self.seq = seq
        self.refresh()

    def refresh(self) -> None:
        """Work the faces out anew."""
        live = self.live
        drawn = self.workflow or self._drawn
        if live is None or live.main.run == "":
            self.faces_changed.emit({}, False, {})
            return
        trace = live.main if self.seq is None else live.at(self.seq)
        faces: dict[str, Face] = faces_of(trace, drawn, time.time(), self.seq)
        gave: dict[str, set[str]] = {}
        for (node, _), step in trace.steps.items():
            if step.outputs:
                gave.setdefault(node, set()).update(step.outputs)
        self.faces_changed.emit(faces, self.seq is None and not live.ended, gave)

    def values(self, key: str) -> dict[str, Any]:
        """What an expression of this node would have seen in the run that is shown, or in the newest one."""
        known = self.live.main if self.live is not None and self.live.main.run else self._newest
        return last_values(known, self.workflow or self._drawn, key)

    @property
    def last_inputs(self) -> dict[str, Any]:
        """What the newest run of this workflow was started with; {} when there was none."""
        known = self.live.main if self.live is not None and self.live.main.run else self._newest
        return dict(known.inputs) if known is not None else {}

    def remember_newest(self, name: str) -> None:
        """Read the newest run of a workflow: its values are what forms preview."""
        self._newest = None

        def read(store: Store) -> RunTrace | None:
            row = next((row for row in store.journal.runs(limit=200) if row.name == name and row.parent is None), None)
            return trace(store.journal.events(row.id)) if row is not None else None

        def known(found: RunTrace | None) -> None:
            if self._drawn.name == name:
                self._newest = found

        self._link.call(read, known, lambda _: None)

    def close(self) -> None:
        """Follow nothing."""
        self._leave()

    def _loaded(self) -> None:
        if self.looking:
            self._look(True)
        self.run_changed.emit()
        self.refresh()

    def _heard(self) -> None:
        if self.looking and self.workflow is not self._told:
            self._look(True)  # the version that ran is read after the run itself
        self.refresh()

    def _look(self, looking: bool) -> None:
        self.looking = looking
        self._told = self.workflow
        self.looking_changed.emit(looking)

    def _leave(self) -> None:
        if self.live is not None:
            self.live.close()
            self.live.deleteLater()
            self.live = None
        self.seq = None
