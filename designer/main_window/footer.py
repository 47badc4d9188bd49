"""The bar at the bottom: the engine's state at all times, problems, network, zoom."""

from __future__ import annotations

import time

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QIcon, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from designer.engine_link.status import EngineStatus
from designer.resources import tr
from designer.theme import icon, space, tokens, watcher
from designer.widgets import StatusDot, button, set_role

HEIGHT = 30
DOT = {
    "absent": "idle", "starting": "waiting", "running": "done", "stopping": "waiting", "restarting": "asking",
    "failed": "failed", "elsewhere": "done", "paused": "asking",
}  # fmt: skip


class Footer(QWidget):
    """`engine_clicked` asks for the engine's menu, `problems_clicked` for the panel, `zoom_clicked` for actual size,
    `network_clicked` for who may be reached."""

    engine_clicked = Signal()
    problems_clicked = Signal()
    zoom_clicked = Signal()
    network_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(HEIGHT)
        row = QHBoxLayout(self)
        row.setContentsMargins(space.M, 0, space.M, 0)
        row.setSpacing(space.XS)
        self.dot = StatusDot("idle", 14)
        self.engine = button("", "quiet")
        self.engine.clicked.connect(self.engine_clicked)
        self.problems = button("", "quiet")
        self.problems.clicked.connect(self.problems_clicked)
        self.network = button(tr("On this PC"), "quiet")
        self.network.setToolTip(tr("Who may be reached from this PC, and who is"))
        self.network.clicked.connect(self.network_clicked)
        self.zoom = button("100 %", "quiet")
        self.zoom.setToolTip(tr("Zoom to 100 %"))
        self.zoom.clicked.connect(self.zoom_clicked)
        row.addWidget(self.dot)
        row.addWidget(self.engine)
        row.addSpacing(space.M)
        row.addWidget(self.problems)
        row.addStretch(1)
        row.addWidget(self.network)
        row.addSpacing(space.M)
        row.addWidget(self.zoom)
        self._status = EngineStatus()
        self._clock = QTimer(self)
        self._clock.setInterval(1000)
        self._clock.timeout.connect(lambda: self.show_engine(self._status))
        watcher().changed.connect(self.update)
        self.show_engine(self._status)
        self.show_problems(0, 0)

    def show_engine(self, status: EngineStatus) -> None:
        """The engine's state in words; a countdown while the next start is waited for."""
        self._status = status
        counting = status.state == "restarting" and status.next_try is not None
        if counting and not self._clock.isActive():
            self._clock.start()
        elif not counting:
            self._clock.stop()
        self.dot.set_status(DOT[status.state])
        self.engine.setText(engine_words(status, time.time()))
        parts = [status.sentence, tr("Process {pid}").format(pid=status.pid) if status.pid else ""]
        self.engine.setToolTip("\n".join(part for part in parts if part))

    def show_problems(self, errors: int, warnings: int) -> None:
        """How many there are."""
        if errors:
            text = tr("1 error") if errors == 1 else tr("{n} errors").format(n=errors)
        elif warnings:
            text = tr("1 warning") if warnings == 1 else tr("{n} warnings").format(n=warnings)
        else:
            text = tr("No problems")
        self.problems.setText(text)
        self.problems.setProperty("tone", "danger" if errors else "warning" if warnings else "")
        self.problems.style().unpolish(self.problems)
        self.problems.style().polish(self.problems)

    def set_page(self, page: str) -> None:
        """Problems and scale are the drawing's: elsewhere they say nothing."""
        self.problems.setVisible(page == "drawing")
        self.zoom.setVisible(page == "drawing")

    def show_offline(self, offline: bool) -> None:
        """Whether the Offline switch is on."""
        self.network.setText(tr("Offline") if offline else tr("On this PC"))
        self.network.setIcon(icon("wifi-off", "warning") if offline else QIcon())
        set_role(self.network, "tone", "warning" if offline else "")

    def show_zoom(self, scale: float) -> None:
        """The canvas's scale."""
        self.zoom.setText(f"{round(scale * 100)} %")

    def close_footer(self) -> None:
        """Stop the clock."""
        self._clock.stop()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground and the hairline above."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), tokens().panel)
        painter.fillRect(0, 0, self.width(), 1, tokens().line)


def engine_words(status: EngineStatus, now: float) -> str:
    """The engine's state in a few words."""
    words = {
        "absent": tr("Engine is off"),
        "starting": tr("Engine is starting …"),
        "running": tr("Engine runs"),
        "stopping": tr("Engine is stopping …"),
        "failed": tr("Engine cannot start"),
        "elsewhere": tr("Engine of another user runs"),
        "paused": tr("Engine is paused"),
    }
    if status.state == "restarting":
        left = max(0, round((status.next_try or now) - now))
        return tr("Engine ended, starts again in {n} s").format(n=left) if left else tr("Engine ended, starts again …")
    return words[status.state]
