"""The inspector of a frame or a note: title, text, colour."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from designer.forms.pause import Pause
from designer.resources import tr
from designer.theme import space, tokens
from designer.widgets import label
from engine.workflow.model import Note

COLORS = ("blue", "green", "yellow", "red", "grey", "violet")


class NoteForm(QWidget):
    """`changed` carries (key, fields)."""

    changed = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._key = ""
        self._note: Note | None = None
        self.heading = label("", "heading")
        self.title = QLineEdit()
        self.text = QPlainTextEdit()
        self.text.setTabChangesFocus(True)
        self.text_label = label(tr("Text (Markdown)"), "small")
        self._colors = QButtonGroup(self)
        swatches = QHBoxLayout()
        swatches.setSpacing(space.S)
        for number, color in enumerate(COLORS):
            swatch = _Swatch(color)
            swatch.clicked.connect(lambda _=False, chosen=color: self.changed.emit(self._key, {"color": chosen}))
            self._colors.addButton(swatch, number)
            swatches.addWidget(swatch)
        swatches.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(space.L, space.L, space.L, space.L)
        column.setSpacing(space.S)
        for widget in (self.heading, label(tr("Title"), "small"), self.title, self.text_label, self.text):
            column.addWidget(widget)
        column.addWidget(label(tr("Colour"), "small"))
        column.addLayout(swatches)
        column.addStretch(1)
        self._pause = Pause(self.flush, self)
        self.title.textEdited.connect(self._pause.key)
        self.text.textChanged.connect(self._pause.key)

    def show_note(self, key: str, note: Note) -> None:
        """Show a note; what is being typed keeps its caret."""
        if key != self._key:
            self.flush()
        self._key, self._note = key, note
        self.heading.setText(tr("Frame") if note.kind == "frame" else tr("Note"))
        if self.title.text() != note.title:
            self.title.setText(note.title)
        if self.text.toPlainText() != note.text:
            self.text.blockSignals(True)
            self.text.setPlainText(note.text)
            self.text.blockSignals(False)
        for widget in (self.text, self.text_label):
            widget.setVisible(note.kind == "note")
        self._colors.button(COLORS.index(note.color)).setChecked(True)

    def flush(self) -> None:
        """Report what was typed."""
        self._pause.stop()
        note = self._note
        if note is None:
            return
        fields = {}
        if self.title.text() != note.title:
            fields["title"] = self.title.text()
        if note.kind == "note" and self.text.toPlainText() != note.text:
            fields["text"] = self.text.toPlainText()
        if fields:
            self.changed.emit(self._key, fields)


class _Swatch(QAbstractButton):
    def __init__(self, color: str) -> None:
        super().__init__()
        self._color = color
        self.setCheckable(True)
        self.setAccessibleName(color)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        return QSize(26, 26)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens().box[self._color])
        painter.drawEllipse(5, 5, 16, 16)
        if self.isChecked() or self.hasFocus():
            painter.setPen(QColor(tokens().text if self.isChecked() else tokens().focus))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(2, 2, 22, 22)
