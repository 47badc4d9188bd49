"""What stands under a field: help, what is wrong, what it was before."""

from __future__ import annotations

import html
import re
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from designer.forms.values import ABSENT, one_line
from designer.resources import tr
from designer.theme import font, pixmap, space, tokens, watcher


class Notes(QWidget):
    """Takes no room while there is nothing to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._help = _line(self)
        self._help.setProperty("role", "small")
        self._was = _line(self)
        self._sign = QLabel(self)
        self._fault = _line(self)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(space.XS)
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._fault, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(1, 1, 0, 0)
        box.setSpacing(2)
        box.addLayout(row)
        box.addWidget(self._was)
        box.addWidget(self._help)
        watcher().changed.connect(self._dress)
        for one in (self._help, self._was, self._fault, self._sign):
            one.hide()
        self.hide()
        self._dress()

    def help(self, text: str) -> None:
        """What the field is for; words in back-quotes are set as code."""
        self._help.setTextFormat(Qt.TextFormat.RichText)
        self._help.setText(marked(tr(text, "params")) if text else "")
        self._help.setVisible(bool(text))
        self._settle()

    def fault(self, text: str) -> None:
        """What is wrong; "" for nothing."""
        self._fault.setText(text)
        self._fault.setVisible(bool(text))
        self._sign.setVisible(bool(text))
        self._settle()

    def fault_text(self) -> str:
        """What is said to be wrong."""
        return self._fault.text()

    def was(self, original: Any, changed: bool) -> None:
        """What the value was before a person edited it."""
        words = tr("nothing", "forms") if original is ABSENT else one_line(original, 120)
        self._was.setText(tr("Was: {value}", "forms").format(value=words) if changed else "")
        self._was.setVisible(changed)
        self._settle()

    def was_text(self) -> str:
        """What is shown as the value before."""
        return self._was.text()

    def _settle(self) -> None:
        self.setVisible(any(not one.isHidden() for one in (self._help, self._was, self._fault)))

    def _dress(self) -> None:
        look = tokens()
        self._sign.setPixmap(pixmap("circle-alert", look.danger, 14, self.devicePixelRatioF()))
        self._fault.setStyleSheet(f"color: {look.danger.name()}")
        self._was.setStyleSheet(f"color: {look.warning.name()}")


def marked(text: str) -> str:
    """Rich text in which words in back-quotes are set as code."""
    code = '<span style="font-family: JetBrains Mono; font-size: 11px">\\1</span>'
    return re.sub(r"`([^`]+)`", code, html.escape(text)).replace("\n", "<br>")


def _line(parent: QWidget) -> QLabel:
    made = QLabel(parent)
    made.setFont(font("small"))
    made.setWordWrap(True)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return made
