"""A titled part of a panel that folds away."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from designer.resources import tr
from designer.theme import font, icon, space


class Section(QWidget):
    """A header that opens and closes what is under it; put widgets into `body` or with `add`."""

    toggled = Signal(bool)

    def __init__(self, title: str, parent: QWidget | None = None, *, open: bool = True) -> None:
        super().__init__(parent)
        self._head = QToolButton(text=title)
        self._head.setFont(font("strong"))
        self._head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._head.setIconSize(QSize(14, 14))
        self._head.setProperty("kind", "section")
        self._head.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._head.setAccessibleName(title)
        self._open: bool = open
        self._head.clicked.connect(lambda: self.set_open(not self._open))
        self._note = QLabel()
        self._note.setProperty("role", "small")
        self._bar = QHBoxLayout()
        self._bar.setContentsMargins(0, 0, 0, 0)
        self._bar.setSpacing(space.XS)
        self._bar.addWidget(self._head)
        self._bar.addWidget(self._note)
        self._bar.addStretch(1)
        self._room = QWidget()
        self.body = QVBoxLayout(self._room)
        self.body.setContentsMargins(space.XS, 0, 0, space.S)
        self.body.setSpacing(space.S)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(space.XS)
        whole.addLayout(self._bar)
        whole.addWidget(self._room)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._show()

    def add(self, widget: QWidget) -> None:
        """Put a widget under the others."""
        self.body.addWidget(widget)

    def add_tool(self, widget: QWidget) -> None:
        """Put a small button at the right end of the header."""
        self._bar.addWidget(widget)

    def set_title(self, title: str) -> None:
        """Another title."""
        self._head.setText(title)
        self._head.setAccessibleName(title)

    def set_note(self, text: str) -> None:
        """A few muted words beside the title: a count, a summary of what is folded away."""
        self._note.setText(text)

    def is_open(self) -> bool:
        """Whether what is under the header is shown."""
        return self._open

    def set_open(self, open: bool) -> None:
        """Open or close it."""
        if open != self._open:
            self._open = open
            self._show()
            self.toggled.emit(open)

    def _show(self) -> None:
        self._head.setIcon(icon("chevron-down" if self._open else "chevron-right", "muted"))
        self._head.setAccessibleDescription(tr("open", "section") if self._open else tr("closed", "section"))
        self._room.setVisible(self._open)
