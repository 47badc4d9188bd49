"""The editor of texts with expressions in them: completion, the value from the last run, a larger view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QRect, QTimer
from PySide6.QtGui import QFocusEvent, QKeyEvent, Qt, QTextCursor
from PySide6.QtWidgets import QWidget

from designer.forms.complete import closing, complete, stepped_over
from designer.forms.highlighter import Highlighter
from designer.forms.popup import Popup
from designer.forms.scope import NO_SCOPE, Completion, Scope
from designer.forms.text_box import TextBox


class Prompt(TextBox):
    """A text box that knows expressions. `whole`: all of the text is one; `offers`: values for the plain text."""

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        scope: Scope = NO_SCOPE,
        whole: bool = False,
        expressions: bool = True,
        offers: Sequence[str] = (),
        lines: int = 1,
        most: int = 6,
        mono: bool = False,
        document_undo: bool = False,
    ) -> None:
        super().__init__(parent, lines=lines, most=most, mono=mono or whole, document_undo=document_undo)
        self.scope, self.whole, self.expressions, self.offers = scope, whole, expressions, tuple(offers)
        self._popup: Popup | None = None
        self._start = 0
        if expressions:
            self._highlighter = Highlighter(self.document(), whole=whole)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(0)
        self._wait.timeout.connect(self._follow)

    def begin_expression(self) -> None:
        """Put `{{ }}` at the caret and offer names."""
        self.setFocus()
        if not self.whole:
            self._insert("{{ ", " }}")
        self.offer_names()

    def offer_names(self) -> None:
        """Show what may stand at the caret."""
        if self.isReadOnly():
            return
        text, caret = self.text(), self.caret()
        found = complete(text, caret, self.scope.names, whole=self.whole) if self.expressions else None
        names = found.names if found else ()
        start = found.start if found else 0
        if not names and self.offers and not self.whole and "{{" not in text[:caret]:
            typed = text[:caret].lower()
            fitting = [offer for offer in self.offers if typed in offer.lower()] or list(self.offers)
            names, start = tuple(Completion(offer, "offer") for offer in fitting), 0
        word = text[start:caret]
        if not names or (len(names) == 1 and names[0].path.rpartition(".")[2] == word):
            self.hide_names()
            return
        self._offer(names, start)

    def offer_all(self) -> None:
        """Show every value to choose from, whatever stands in the field."""
        self._offer(tuple(Completion(offer, "offer") for offer in self.offers), 0)

    def hide_names(self) -> None:
        """Close the list of names."""
        if self._popup is not None:
            self._popup.hide()

    def popup(self) -> Popup | None:
        """The list of names, once it was wanted."""
        return self._popup

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The open list takes arrows, Enter, Tab and Esc; `{{`, `.` and Ctrl+Space open it."""
        if self._popup is not None and self._popup.key(event.key()):
            event.accept()
            return
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if control and event.key() == Qt.Key.Key_Space:
            self.offer_names()
            return
        if event.key() == Qt.Key.Key_Down and self.offers and not self.text():
            self.offer_names()
            return
        before = self.text()
        over = None
        if self.expressions and not self.whole and event.text() and not self.textCursor().hasSelection():
            over = stepped_over(before, self.caret(), event.text())
        if over is not None:
            self.put_caret(over)
            if event.text() == "}":
                self.hide_names()
            return
        super().keyPressEvent(event)
        if self.text() == before and event.key() in (
            Qt.Key.Key_Left,
            Qt.Key.Key_Right,
            Qt.Key.Key_Home,
            Qt.Key.Key_End,
        ):
            self.hide_names()
        if not event.text() or not event.text().isprintable() or control:
            if self._is_open():
                self._wait.start()
            return
        caret, text = self.caret(), self.text()
        if event.text() == "{" and text[max(0, caret - 2) : caret] == "{{" and self.expressions and not self.whole:
            close = closing(text, caret)
            if close:
                self._insert(" ", close[1:])
        if event.text() in "{." or event.text() == "_" or event.text().isalnum() or self._is_open():
            self._wait.start()

    def event(self, event: object) -> bool:
        """Tab and Esc belong to the open list before they leave the field or the window."""
        if isinstance(event, QKeyEvent) and self._is_open():
            if event.type() == QKeyEvent.Type.ShortcutOverride and event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Tab):
                event.accept()
                return True
            if event.type() == QKeyEvent.Type.KeyPress and event.key() == Qt.Key.Key_Tab:
                self.keyPressEvent(event)
                return True
        return super().event(event)  # type: ignore[arg-type]

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The list goes with the focus."""
        self.hide_names()
        super().focusOutEvent(event)

    def hideEvent(self, event: object) -> None:
        """The list goes with the field."""
        self.hide_names()
        super().hideEvent(event)  # type: ignore[arg-type]

    def _offer(self, names: tuple[Completion, ...], start: int) -> None:
        self._start = start
        spot = self.cursorRect()
        self._shown().offer(names, QRect(self.viewport().mapTo(self.window(), spot.topLeft()), spot.size()))

    def _follow(self) -> None:
        if self.hasFocus() and (self.expressions or self.offers):
            self.offer_names()

    def _is_open(self) -> bool:
        return self._popup is not None and self._popup.isVisible()

    def _shown(self) -> Popup:
        if self._popup is None or self._popup.parentWidget() is not self.window():
            if self._popup is not None:
                self._popup.deleteLater()
            self._popup = Popup(self.window())
            self._popup.chosen.connect(self._take)
            self.destroyed.connect(self._popup.deleteLater)
        return self._popup

    def _take(self, name: Any) -> None:
        cursor = self.textCursor()
        word = self.text()[self._start : self.caret()]
        for _ in word:
            cursor.movePosition(QTextCursor.MoveOperation.Left, QTextCursor.MoveMode.KeepAnchor)
        plain = name.kind == "offer"
        if plain:
            cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(name.path if plain else name.path.rpartition(".")[2])
        if name.kind == "function":
            cursor.insertText("()")
            cursor.movePosition(QTextCursor.MoveOperation.Left)
        self.setTextCursor(cursor)
        self.hide_names()

    def _insert(self, before: str, after: str) -> None:
        cursor = self.textCursor()
        cursor.insertText(before + after)
        for _ in after:
            cursor.movePosition(QTextCursor.MoveOperation.Left)
        self.setTextCursor(cursor)
