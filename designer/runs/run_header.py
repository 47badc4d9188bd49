"""The line above a run: what it is, how it stands, who started it, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from designer.resources import tr
from designer.runs.words import day_text, run_tone, run_word, seconds_text, whole_text
from designer.theme import space
from designer.widgets import Chip, ElidedLabel, IconButton, Segmented, button
from engine.observe.records import RunTrace


class RunHeader(QWidget):
    """Shows a run; `stop_wanted`, `continue_wanted`, `fork_wanted`, `whole_wanted` and `other_wanted` (a run id)."""

    stop_wanted = Signal()
    continue_wanted = Signal()
    fork_wanted = Signal()
    whole_wanted = Signal()
    other_wanted = Signal(str)
    view_changed = Signal(object)  # "steps" | "timeline"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run = self._other = ""
        self.chip = Chip("", "idle")
        self.name = ElidedLabel(role="strong")
        self.copy = IconButton("copy", tr("Copy the run's id"))
        self.facts = ElidedLabel(role="muted")
        self.other = button("", "link")
        self.whole = button(tr("Whole run"), "quiet", "list-tree")
        self.view = Segmented([("steps", tr("Steps"), "list-tree"), ("timeline", tr("Timeline"), "chart-gantt")])
        self.stop = button(tr("Stop"), "danger", "square")
        self.go_on = button(tr("Continue"), "", "play")
        self.fork = button(tr("Run again with changes…"), "", "git-fork")
        row = QHBoxLayout(self)
        row.setContentsMargins(space.M, space.XS, space.S, space.XS)
        row.setSpacing(space.S)
        for words in (self.name, self.facts):
            words.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        for part in (self.chip, self.name, self.copy, self.facts, None, self.other, self.whole, self.go_on, self.fork,
                     self.stop, self.view):  # fmt: skip
            row.addWidget(part) if part is not None else row.addStretch(1)
        self.setFixedHeight(40)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._run))
        self.stop.clicked.connect(self.stop_wanted)
        self.go_on.clicked.connect(self.continue_wanted)
        self.fork.clicked.connect(self.fork_wanted)
        self.whole.clicked.connect(self.whole_wanted)
        self.other.clicked.connect(lambda: self.other_wanted.emit(self._other))
        self.view.changed.connect(self.view_changed)

    def show_run(self, run: RunTrace, title: str, now: float, *, over: bool) -> None:
        """How the run stands (or stood) at `now`; `over`: whether it has ended by today."""
        self._run = run.run or self._run
        self.chip.set(run_word(run), run_tone(run))
        self.name.setText(f"{title or run.name}  ·  {run.run[-7:]}")
        self.name.set_tip(f"{title or run.name}\n{run.run}")
        until = run.ended if run.ended is not None else now
        facts = [
            tr("{when} by {who}").format(when=day_text(run.started, now), who=run.by or tr("somebody")),
            seconds_text(until - run.started),
            tr("{n} events").format(n=whole_text(run.seq)),
        ]
        self.facts.setText("  ·  ".join(facts) if run.seq else "")
        self._other = run.parent.run if run.parent is not None else run.continues or ""
        self.other.setVisible(bool(self._other))
        self.other.setText(tr("Part of another run") if run.parent is not None else tr("Goes on after an earlier run"))
        child, ended = run.parent is not None, over
        self.stop.setVisible(not over and not child)
        self.stop.setEnabled(not run.cancelling)
        self.go_on.setVisible(ended and not child and run.status in ("failed", "cancelled"))
        self.fork.setVisible(ended and not child)
