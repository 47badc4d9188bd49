"""Before and after, field by field."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QTextBlockFormat, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QTextEdit, QVBoxLayout, QWidget

from designer.resources import tr
from designer.theme import font, space, tokens, watcher
from designer.widgets.buttons import button
from designer.widgets.changes import Change, changes, lines
from designer.widgets.labels import label
from designer.widgets.value_words import whole_text

AT_ONCE = 60
TALLEST = 320


class DiffView(QScrollArea):
    """What changed between two values: each changed field before → after, long texts line by line."""

    def __init__(self, before: Any, after: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._rest: list[Change] = []
        self.set_values(before, after)

    def set_values(self, before: Any, after: Any) -> None:
        """Compare two other values."""
        self._rest = changes(before, after)
        self.count = len(self._rest)
        room = QWidget()
        self._column = QVBoxLayout(room)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(space.M)
        if not self._rest:
            self._column.addWidget(label(tr("No differences"), "muted"))
        self.more = button("", "link")
        self.more.clicked.connect(self.show_next)
        self._column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        self._column.addStretch(1)
        self.setWidget(room)
        self.show_next()

    def show_next(self) -> None:
        """Show the next ones."""
        for change in self._rest[:AT_ONCE]:
            self._column.insertWidget(self._column.count() - 2, change_row(change))
        self._rest = self._rest[AT_ONCE:]
        self.more.setText(tr("{n} more changes").format(n=f"{len(self._rest):,}"))
        self.more.setVisible(bool(self._rest))


def change_row(change: Change) -> QWidget:
    """One change: the field's name, and what was and is under it."""
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(space.XS)
    words = {"added": tr("added"), "removed": tr("removed"), "changed": ""}[change.kind]
    head = QHBoxLayout()
    head.setSpacing(space.S)
    name = label(change.path or tr("value"), "strong")
    name.setWordWrap(True)
    head.addWidget(name)
    head.addWidget(label(words, "small"))
    head.addStretch(1)
    column.addLayout(head)
    if change.long:
        column.addWidget(TextDiff(str(change.before), str(change.after)))
        return made
    pair = QHBoxLayout()
    pair.setSpacing(space.S)
    if change.kind != "added":
        pair.addWidget(_side(change.before, "before"), 1)
    if change.kind == "changed":
        pair.addWidget(label("→", "muted"))
    if change.kind != "removed":
        pair.addWidget(_side(change.after, "after"), 1)
    column.addLayout(pair)
    return made


def _side(value: Any, side: str) -> QLabel:
    made = label(whole_text(value), "mono", wrap=True)
    made.setProperty("diff", side)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    made.setAccessibleName((tr("Before") if side == "before" else tr("After")) + ": " + made.text())
    return made


class TextDiff(QTextEdit):
    """Two texts in one, old lines in red and new ones in green, as tall as it needs to be up to a limit."""

    def __init__(self, before: str, after: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines = lines(before, after)
        self.setReadOnly(True)
        self.setFont(font("mono"))
        self.document().setDocumentMargin(4)
        watcher().changed.connect(self._write)
        self._write()

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._fit()

    def _write(self) -> None:
        now = tokens()
        grounds = {"-": now.danger_soft, "+": now.success_soft, "…": now.hover, " ": QColor(Qt.GlobalColor.transparent)}
        inks = {"-": now.danger, "+": now.success, "…": now.muted, " ": now.text}
        self.clear()
        cursor = QTextCursor(self.document())
        for nth, line in enumerate(self._lines):
            block, ink = QTextBlockFormat(), QTextCharFormat()
            block.setBackground(grounds[line.kind])
            block.setTextIndent(-14)
            block.setLeftMargin(16)
            ink.setForeground(inks[line.kind])
            ink.setFontWeight(QFont.Weight.Normal)
            if nth:
                cursor.insertBlock()
            cursor.setBlockFormat(block)
            skipped = tr("{n} equal lines").format(n=line.text) if line.kind == "…" else line.text
            cursor.insertText(f"{line.kind} {skipped}", ink)
        self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(min(TALLEST, round(self.document().size().height()) + 12))
