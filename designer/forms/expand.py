"""A larger view of a text field: a sheet over the window, closed with Esc, nothing to confirm."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from designer.forms.prompt import Prompt
from designer.resources import tr
from designer.theme import space, tokens
from designer.widgets import IconButton, KeyCap, label


class Sheet(QWidget):
    """The text of `field` in a large editor; every key goes on to the field at once."""

    def __init__(self, field: Prompt, title: str) -> None:
        super().__init__(field.window())
        self._window = field.window()
        self._field = field
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.editor = Prompt(
            scope=field.scope, whole=field.whole, expressions=field.expressions, lines=4, most=10_000,
            mono=field.property("role") == "mono", document_undo=False,
        )  # fmt: skip
        self.editor.set_text(field.text())
        self.editor.setReadOnly(field.isReadOnly())
        self.editor.setMinimumHeight(0)
        self.editor.free_height()
        self.editor.typed.connect(self._pass_on)
        field.typed.connect(self._take)
        self._close = IconButton("x", tr("Close", "forms"), "Esc")
        self._close.clicked.connect(self.close)
        bar = QHBoxLayout()
        bar.addWidget(label(title, "title"))
        bar.addStretch(1)
        bar.addWidget(label(tr("Close with", "forms"), "small"))
        bar.addWidget(KeyCap("Esc"))
        bar.addWidget(self._close)
        self._card = QFrame(self)
        self._card.setProperty("surface", "card")
        inside = QVBoxLayout(self._card)
        inside.setContentsMargins(space.L, space.M, space.L, space.L)
        inside.setSpacing(space.S)
        inside.addLayout(bar)
        inside.addWidget(self.editor, 1)
        self.preview = QLabel()
        self.preview.setProperty("role", "small")
        self.preview.setWordWrap(True)
        inside.addWidget(self.preview)
        field.window().installEventFilter(self)
        field.destroyed.connect(self.close)
        self._fit()
        self.show()
        self.raise_()
        self.editor.setFocus()
        self._pass_on()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
            return
        super().keyPressEvent(event)

    def mousePressEvent(self, event: object) -> None:
        """A click beside the card closes it."""
        self.close()

    def closeEvent(self, event: object) -> None:
        self._field.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._fit()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(0, 0, 0, 120 if tokens().name == "dark" else 70))
        painter.end()

    def _fit(self) -> None:
        window = self._window
        self.setGeometry(window.rect())
        wide, high = min(860, window.width() - 2 * space.XL), min(620, window.height() - 2 * space.XL)
        self._card.setGeometry((window.width() - wide) // 2, (window.height() - high) // 2, wide, high)

    def _pass_on(self) -> None:
        text = self.editor.text()
        if text != self._field.text():
            self._field.take_text(text)
        shown = self._field.scope.evaluate(text, self._field.whole) if "{{" in text or self._field.whole else None
        self.preview.setText(shown.text if shown else "")

    def _take(self) -> None:
        self.editor.set_text(self._field.text())
