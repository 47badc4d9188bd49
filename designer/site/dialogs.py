"""Windows over the page: one thing to type or to choose, or one consequence to agree to."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from designer.resources import tr
from designer.theme import space
from designer.widgets import button, hline, label, set_role


class Sheet(QDialog):
    """A dialog with a heading, content that scrolls, and one primary button. Use `open()`; Esc changes nothing."""

    def __init__(
        self,
        title: str,
        text: str,
        do: str,
        parent: QWidget,
        *,
        kind: str = "primary",
        size: tuple[int, int] = (560, 0),
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.setMinimumWidth(min(size[0], 440))
        self.say = label("", "small", wrap=True)
        self.say.setProperty("role", "danger")
        self.say.hide()
        self.heading, self.words = label(title, "heading", wrap=True), label(text, "muted", wrap=True)
        if not text:  # and not setVisible(bool(text)): without a parent it would be a window for a moment
            self.words.hide()
        inner = QWidget()
        self.body = QVBoxLayout(inner)
        self.body.setContentsMargins(space.XL, space.L, space.XL, space.L)
        self.body.setSpacing(space.M)
        self.body.addWidget(self.heading)
        self.body.addWidget(self.words)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.no, self.yes = button(tr("Cancel", "site")), button(do, kind)
        self.no.clicked.connect(self.reject)
        foot = QHBoxLayout()
        foot.setContentsMargins(space.XL, space.M, space.XL, space.M)
        foot.setSpacing(space.S)
        foot.addWidget(self.say, 1)
        foot.addStretch(0)
        foot.addWidget(self.no)
        foot.addWidget(self.yes)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(area, 1)
        whole.addWidget(hline())
        whole.addLayout(foot)
        self._inner, self._size = inner, size

    def open(self) -> None:
        """Show it as large as its content needs, within the window it belongs to."""
        parent = self.parentWidget()
        room = parent.window().height() - 80 if parent is not None else 700
        wanted = self._size[1] or self._inner.sizeHint().height() + 64
        width = self._size[0]
        if self._inner.hasHeightForWidth():
            wanted = max(self._size[1], self._inner.heightForWidth(width) + 64)
        self.resize(width, min(room, wanted))
        super().open()

    def refuse(self, sentence: str) -> None:
        """Say why it cannot be done as it stands."""
        self.say.setText(sentence)
        self.say.setVisible(bool(sentence))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.yes.isEnabled() and self.yes.isDefault():
            self.yes.click()
        else:
            super().keyPressEvent(event)


def confirm(
    parent: QWidget, title: str, text: str, do: str, call: Callable[[], None], *, kind: str = "danger"
) -> Sheet:
    """Ask for agreement to a consequence; nothing is the default, so that Enter alone does nothing."""
    sheet = Sheet(title, text, do, parent, kind=kind, size=(480, 0))
    set_role(sheet.words, "role", "")
    sheet.yes.clicked.connect(lambda _=False: sheet.accept())
    sheet.accepted.connect(call)
    sheet.open()
    sheet.no.setFocus()
    return sheet
