"""The Offline switch: large, with what it means now."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QWidget

from designer.resources import tr
from designer.site.facts import Network
from designer.site.panes import Icon, boxed, stacked
from designer.theme import font, space, tokens
from designer.widgets import label, set_role


class _Switch(QAbstractButton):
    """On is offline. As large as a gloved finger."""

    def __init__(self) -> None:
        super().__init__()
        self.setCheckable(True)
        self.setText(tr("Offline", "site"))
        self.setAccessibleName(tr("Offline", "site"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedSize(self.sizeHint())

    def sizeHint(self) -> QSize:
        return QSize(136, 44)

    def paintEvent(self, event: QPaintEvent) -> None:
        now, on = tokens(), self.isChecked()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(self.width() - 62, 6, 58, 32)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush((now.status["asking"] if on else now.line_strong) if self.isEnabled() else now.line)
        painter.drawRoundedRect(track, 16, 16)
        painter.setBrush(now.on_accent if self.isEnabled() else now.faint)
        painter.drawEllipse(QRectF(track.right() - 29 if on else track.left() + 3, track.top() + 3, 26, 26))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(now.focus, 1.5))
            painter.drawRoundedRect(track.adjusted(-2, -2, 2, 2), 18, 18)
        painter.setPen(now.text if self.isEnabled() else now.faint)
        painter.setFont(font("title"))
        painter.drawText(
            self.rect().adjusted(0, 0, -74, 0), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self.text()
        )
        painter.end()


class OfflineCard(QFrame):
    """`switched` carries whether a person wants to be offline."""

    switched = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "card")
        self.icon, self.title, self.words = (
            Icon("wifi", "success", 28),
            label("", "heading"),
            label("", "muted", wrap=True),
        )
        self.switch = _Switch()
        row = QHBoxLayout(self)
        row.setContentsMargins(space.L, space.M, space.L, space.M)
        row.setSpacing(space.L)
        row.addWidget(self.icon)
        row.addWidget(boxed(stacked(self.title, self.words, gap=2)), 1)
        row.addWidget(self.switch)
        self.switch.clicked.connect(lambda _=False: self._ask())

    def show_network(self, network: Network) -> None:
        """How it is now."""
        hosts = len({talk.host for talk in network.would if talk.host})
        self.switch.setEnabled(True)
        self.switch.setChecked(network.offline)
        self.icon.set("wifi-off" if network.offline else "wifi", "asking" if network.offline else "success")
        set_role(self, "surface", "warning" if network.offline else "card")
        if network.offline:
            self.title.setText(tr("Offline: the program opens no connection beyond this PC", "site"))
            text = (
                tr("1 host would be asked if it were on; steps that need it are refused.", "site")
                if hosts == 1
                else tr("{n} hosts would be asked if it were on; steps that need them are refused.", "site")
            )
            none = tr("No workflow of the library needs the network.", "site")
        else:
            self.title.setText(tr("The network may be used", "site"))
            text = (
                tr("Workflows of the library would talk to 1 host. Local models, files and devices need none.", "site")
                if hosts == 1
                else tr("Workflows of the library would talk to {n} hosts. Local models and files need none.", "site")
            )
            none = tr("No workflow of the library needs it: everything runs on this PC.", "site")
        self.words.setText(text.format(n=hosts) if hosts else none)

    def _ask(self) -> None:
        wanted = self.switch.isChecked()
        self.switch.setEnabled(False)  # until it is so
        self.switched.emit(wanted)
