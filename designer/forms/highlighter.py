"""Colours what stands inside `{{ }}`, or a whole expression, lightly: names, texts, numbers."""

from __future__ import annotations

import re

from PySide6.QtGui import QColor, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from designer.theme import tokens, watcher

_PARTS = re.compile(
    r"(?P<text>\"(?:[^\"\\]|\\.)*\"?|'(?:[^'\\]|\\.)*'?)"
    r"|(?P<number>\b\d+(?:\.\d+)?\b)"
    r"|(?P<word>\b(?:true|false|null|in)\b)"
    r"|(?P<call>\b[A-Za-z_]\w*(?=\())"
    r"|(?P<path>\b(?:input|steps|run|item|index)\b(?:\.\w+)*)"
)
_OPEN = 1


class Highlighter(QSyntaxHighlighter):
    """`whole` is for texts that are one expression without braces; braces may span lines."""

    def __init__(self, document: QTextDocument, *, whole: bool = False) -> None:
        super().__init__(document)
        self._whole = whole
        self._dress()
        watcher().changed.connect(self._dress)

    def _dress(self) -> None:
        look = tokens()
        self._formats = {
            "text": _format(look.kind["table"]),
            "number": _format(look.kind["number"]),
            "word": _format(look.kind["boolean"]),
            "call": _format(look.kind["object"]),
            "path": _format(look.accent),
            "braces": _format(look.kind["capability"]),
        }
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        """Colour one line; an expression that is still open goes on in the next."""
        if self._whole:
            self._inside(text, 0, len(text))
            return
        position = 0
        inside = self.previousBlockState() == _OPEN
        while True:
            if not inside:
                start = text.find("{{", position)
                if start < 0:
                    self.setCurrentBlockState(0)
                    return
                self.setFormat(start, 2, self._formats["braces"])
                position = start + 2
            end = text.find("}}", position)
            self._inside(text, position, len(text) if end < 0 else end)
            if end < 0:
                self.setCurrentBlockState(_OPEN)
                return
            self.setFormat(end, 2, self._formats["braces"])
            position, inside = end + 2, False

    def _inside(self, text: str, start: int, end: int) -> None:
        for match in _PARTS.finditer(text, start, end):
            self.setFormat(match.start(), match.end() - match.start(), self._formats[str(match.lastgroup)])


def _format(color: QColor) -> QTextCharFormat:
    made = QTextCharFormat()
    made.setForeground(color)
    return made
