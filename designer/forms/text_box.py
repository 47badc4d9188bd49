"""A text field that grows with its text: one line for names, more for prompts; Tab leaves it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QResizeEvent, QTextCursor, QTextOption
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QToolTip, QWidget

from designer.resources import tr
from designer.theme import font

_AROUND = 10  # padding and border of the style sheet
LONGEST = 500_000
_UNDO = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)


class TextBox(QPlainTextEdit):
    """`typed` on every change by a person, `left` when the focus goes, `undo_wanted` before the window undoes.

    With `lines == 1` Enter is not a line break but `entered`; long texts wrap, nothing scrolls sideways.
    """

    typed = Signal()
    left = Signal()
    entered = Signal()
    undo_wanted = Signal()

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        lines: int = 1,
        most: int = 6,
        mono: bool = False,
        document_undo: bool = False,
    ) -> None:
        super().__init__(parent)
        self._lines, self._most, self._document_undo = lines, most, document_undo
        self._quiet = self._free = False
        self.setTabChangesFocus(True)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setProperty("field", "single" if lines == 1 else "multi")
        if mono:
            self.setProperty("role", "mono")
            self.setFont(font("mono"))
        self.document().setDocumentMargin(2)
        self.setUndoRedoEnabled(not document_undo)
        self.textChanged.connect(self._changed)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self._fit()

    def text(self) -> str:
        """What stands in the field; `toPlainText` would turn no-break spaces into plain ones."""
        return self.document().toRawText().replace("\u2029", "\n").replace("\u2028", "\n")

    def set_text(self, text: str) -> None:
        """Show another text by changing only what differs, so that the caret stays where it was."""
        for line_break in ("\r\n", "\r", "\u2028", "\u2029"):  # which are all one to Qt
            text = text.replace(line_break, "\n")
        now = self.text()
        if text == now:
            return
        start = 0
        while start < min(len(now), len(text)) and now[start] == text[start]:
            start += 1
        end = 0
        while end < min(len(now), len(text)) - start and now[-1 - end] == text[-1 - end]:
            end += 1
        self._quiet = True
        try:
            cursor = QTextCursor(self.document())
            # positions of Qt count UTF-16 units
            cursor.setPosition(_units(now[:start]))
            cursor.setPosition(_units(now[: len(now) - end]), QTextCursor.MoveMode.KeepAnchor)
            cursor.insertText(text[start : len(text) - end])
        finally:
            self._quiet = False

    def take_text(self, text: str) -> None:
        """Change the text as a person does."""
        self.set_text(text)
        self.typed.emit()

    def free_height(self) -> None:
        """Let the layout say how high the field is."""
        self._free = True
        self.setMaximumHeight(16_777_215)
        self.setMinimumHeight(60)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)

    def caret(self) -> int:
        """Where the caret is, in characters."""
        units = self.textCursor().position()
        return len(self.text().encode("utf-16-le", "surrogatepass")[: 2 * units].decode("utf-16-le", "replace"))

    def put_caret(self, at: int) -> None:
        """Put the caret behind so many characters."""
        cursor = self.textCursor()
        cursor.setPosition(_units(self.text()[:at]))
        self.setTextCursor(cursor)

    def sizeHint(self) -> QSize:
        """As high as the text, between the first number of lines and the most."""
        return QSize(120, self._height())

    def minimumSizeHint(self) -> QSize:
        """Never wider than it must be."""
        return QSize(60, self._height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A narrower field wraps to more lines."""
        super().resizeEvent(event)
        self._fit()

    def event(self, event: QEvent) -> bool:
        """Leave undo to the window where it owns the history."""
        if (
            self._document_undo
            and event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and any(event.matches(key) for key in _UNDO)
        ):
            self.undo_wanted.emit()
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """One-line fields have no line breaks; Ctrl+Enter belongs to the window."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                self.left.emit()
                event.ignore()
                return
            if self._lines == 1 and not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self.entered.emit()
                return
        super().keyPressEvent(event)

    def insertFromMimeData(self, source: QMimeData) -> None:
        """A text of the size of a file would make every key wait for seconds."""
        if source.hasText() and len(source.text()) > LONGEST:
            words = tr("A text of more than {n} characters is not pasted: read it from a file with a node.", "Form")
            at = self.viewport().mapToGlobal(self.cursorRect().bottomLeft())
            QToolTip.showText(at, words.format(n=f"{LONGEST:,}"), self)
            return
        super().insertFromMimeData(source)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """What was typed is final enough."""
        super().focusOutEvent(event)
        self.left.emit()

    def _changed(self) -> None:
        if not self._quiet:
            self.typed.emit()

    def _shown_lines(self) -> int:
        # a plain text layout measures its height in lines
        return max(1, round(self.document().documentLayout().documentSize().height()))

    def _height(self) -> int:
        lines = min(max(self._lines, self._shown_lines()), max(self._most, self._lines))
        return int(lines * self.fontMetrics().lineSpacing() + 2 * self.document().documentMargin() + _AROUND)

    def _fit(self) -> None:
        if self._free:
            return
        scrolls = self._shown_lines() > self._most
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if scrolls else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        if self.verticalScrollBarPolicy() != policy:
            self.setVerticalScrollBarPolicy(policy)
        if self.height() != self._height() or self.minimumHeight() != self._height():
            self.setFixedHeight(self._height())


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
