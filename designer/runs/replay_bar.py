"""Replay: go through a run event by event, or let it go through by itself."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from designer.resources import tr
from designer.runs.marks import Mark
from designer.runs.replay_slider import ReplaySlider
from designer.runs.words import clock_ms_text, whole_text
from designer.theme import space
from designer.widgets import ElidedLabel, IconButton, Segmented, button

THROTTLE_MS = 30
FRAME_MS = 40
LONGEST_GAP_S = 1.5
"""A wait for a person of three hours is not replayed in three hours."""


class ReplayBar(QWidget):
    """`moved` carries the event at which the run is to be shown, None for the live run; at most every 30 ms."""

    moved = Signal(object)  # int | None

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._marks: Sequence[Mark] = ()
        self._at: int | None = None
        self._owed = 0.0
        self.slider = ReplaySlider()
        self.back = IconButton("step-back", tr("One event back"))
        self.play = IconButton("play", tr("Play"))
        self.on = IconButton("step-forward", tr("One event on"))
        self.speed = Segmented([("1", "1×"), ("4", "4×"), ("16", "16×")])
        self.speed.set_current("4")
        self.words = ElidedLabel(role="small")
        self.live = button(tr("Live"), "quiet", "rss")
        row = QHBoxLayout(self)
        row.setContentsMargins(space.S, space.XS, space.S, space.XS)
        row.setSpacing(space.XS)
        for part in (self.back, self.play, self.on):
            row.addWidget(part)
        row.addWidget(self.slider, 3)
        row.addSpacing(space.S)
        row.addWidget(self.words, 2)
        row.addWidget(self.speed)
        row.addWidget(self.live)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(THROTTLE_MS)
        self._soon.timeout.connect(self._tell)
        self._frames = QTimer(self)
        self._frames.setInterval(FRAME_MS)
        self._frames.timeout.connect(self._frame)
        self.slider.wished.connect(self.go)
        self.back.clicked.connect(lambda: self.go(self.position - 1))
        self.on.clicked.connect(lambda: self.go(self.position + 1))
        self.play.clicked.connect(self.toggle)
        self.live.clicked.connect(self.go_live)
        self._show()

    @property
    def position(self) -> int:
        """The event that is shown; the last one when live."""
        return len(self._marks) if self._at is None else self._at

    @property
    def is_live(self) -> bool:
        """Whether the run is shown as it is."""
        return self._at is None

    @property
    def is_playing(self) -> bool:
        """Whether it moves by itself."""
        return self._frames.isActive()

    def show_marks(self, marks: Sequence[Mark], *, anew: bool = False) -> None:
        """The events of the run so far; `anew` for another run."""
        self._marks = marks
        if anew:
            self.stop()
            self._at = None
        self._show()

    def go(self, seq: int) -> None:
        """Show the run as it was after an event."""
        self._at = max(0, min(len(self._marks), seq))
        self._show()
        if not self._soon.isActive():
            self._soon.start()

    def go_live(self) -> None:
        """Show the run as it is."""
        self.stop()
        self._at = None
        self._show()
        self._soon.stop()
        self.moved.emit(None)

    def toggle(self) -> None:
        """Play from here (from the start when it stands at the end), or pause."""
        if self.is_playing:
            self.stop()
            return
        if not self._marks:
            return
        if self.position >= len(self._marks):
            self.go(0)
        self._owed = 0.0
        self._frames.start()
        self._show()

    def stop(self) -> None:
        """Stand still."""
        self._frames.stop()
        self._show()

    def close_timers(self) -> None:
        """Nothing moves any more."""
        self._frames.stop()
        self._soon.stop()

    def _frame(self) -> None:
        self._owed += FRAME_MS / 1000 * int(self.speed.current())
        at = self.position
        while at < len(self._marks):
            gap = 0.0 if at == 0 else min(LONGEST_GAP_S, self._marks[at].at - self._marks[at - 1].at)
            if gap > self._owed:
                break
            self._owed -= gap
            at += 1
            if gap == 0.0 and at % 8 == 0:  # what happened at once is still seen to happen
                break
        if at != self.position:
            self.go(at)
        if at >= len(self._marks):
            self.stop()

    def _tell(self) -> None:
        self.moved.emit(self._at)

    def _show(self) -> None:
        at, count = self.position, len(self._marks)
        self.slider.show_marks(self._marks, at)
        for part, on in ((self.back, at > 0), (self.on, at < count), (self.play, count > 0)):
            part.setEnabled(on)
        self.play.set_icon("pause" if self.is_playing else "play", "text")
        self.play.set_tip(tr("Pause") if self.is_playing else tr("Play"))
        self.live.setEnabled(self._at is not None)
        self.words.setText(self._sentence(at, count))

    def _sentence(self, at: int, count: int) -> str:
        if not count:
            return tr("No events yet")
        place = tr("Event {n} of {all}").format(n=whole_text(at), all=whole_text(count))
        if at == 0:
            return f"{place} · {tr('before it started')}"
        mark = self._marks[at - 1]
        return f"{place} · {clock_ms_text(mark.at)} · {mark.words}"
