"""Writing in place: the title of a node or frame, the text of a note. One editor at a time, over the drawing."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QRect, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from designer.resources import tr
from designer.theme import font

KEY, MODS = Qt.Key, Qt.KeyboardModifier
SOON_MS = 300


class Editors:
    """Owns the editor that is open; says what was written when it differs."""

    def __init__(self, parent: QWidget) -> None:
        self._parent = parent
        self.open: QLineEdit | QPlainTextEdit | None = None
        self._before = ""
        self._said = ""
        self._done: Callable[[str], None] = lambda text: None
        self._watch = _Watch(self)
        self._soon = QTimer(parent)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SOON_MS)
        self._soon.timeout.connect(self._say)

    def title(self, text: str, area: QRect, size: float, done: Callable[[str], None]) -> None:
        """Edit one line; Enter keeps it, Escape leaves it."""
        editor = QLineEdit(text, self._parent)
        shown = font("title")
        shown.setPixelSize(max(11, round(size)))
        editor.setFont(shown)
        editor.setAccessibleName(tr("Title", "Canvas"))
        editor.setGeometry(area.adjusted(-8, -5, 8, 5))
        editor.setMaxLength(200)
        self._begin(editor, text, done)
        editor.selectAll()

    def note(self, text: str, area: QRect, done: Callable[[str], None]) -> None:
        """Edit Markdown; Ctrl+Enter or a click elsewhere keeps it, Escape leaves it."""
        editor = QPlainTextEdit(text, self._parent)
        editor.setFont(font("mono"))
        editor.setAccessibleName(tr("Text of the note", "Canvas"))
        editor.setPlaceholderText(tr("Markdown: **bold**, *italic*, - lists", "Canvas"))
        editor.setGeometry(area.adjusted(0, 0, max(0, 220 - area.width()), max(0, 110 - area.height())))
        self._begin(editor, text, done)
        editor.textChanged.connect(lambda: None if self._soon.isActive() else self._soon.start())

    def _begin(self, editor: QLineEdit | QPlainTextEdit, text: str, done: Callable[[str], None]) -> None:
        self.keep()
        self.open, self._before, self._said, self._done = editor, text, text, done
        editor.installEventFilter(self._watch)
        editor.show()
        editor.setFocus(Qt.FocusReason.OtherFocusReason)

    def keep(self) -> None:
        """What was written is meant."""
        self._end(True)

    def leave(self) -> None:
        """It is not."""
        self._end(False)

    def _end(self, keep: bool) -> None:
        editor, self.open = self.open, None
        self._soon.stop()
        if editor is None:
            return
        editor.removeEventFilter(self._watch)
        text = editor.text() if isinstance(editor, QLineEdit) else editor.toPlainText()
        had_focus = editor.hasFocus()
        editor.hide()
        editor.deleteLater()
        if had_focus:
            self._parent.setFocus()
        meant = text.strip() if keep else self._before.strip()
        if meant != self._said.strip():
            self._done(meant)

    def _say(self) -> None:
        """A long text is on its way: what is there of it is kept, in case the power goes."""
        if isinstance(self.open, QPlainTextEdit):
            text = self.open.toPlainText().strip()
            if text != self._said.strip():
                self._said = text
                self._done(text)


class _Watch(QObject):
    """Escape, Ctrl+Enter and a lost focus end the editor."""

    def __init__(self, editors: Editors) -> None:
        super().__init__(editors._parent)
        self._editors = editors

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == KEY.Key_Escape:
                self._editors.leave()
                return True
            enter = event.key() in (KEY.Key_Return, KEY.Key_Enter)
            if enter and (isinstance(watched, QLineEdit) or event.modifiers() & MODS.ControlModifier):
                self._editors.keep()
                return True
        if event.type() == QEvent.Type.FocusOut and self._editors.open is watched:
            self._editors.keep()
        return False
