"""What stands under a field: help, what is wrong, what it was before."""

from __future__ import annotations

import html
import re
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from designer.forms.preview_line import breakable
from designer.forms.values import ABSENT, one_line
from designer.resources import tr
from designer.theme import font, pixmap, space, tokens, watcher
from designer.widgets import set_role


class Advice(str):
    """A sentence under a field that a workflow runs with all the same: set as a warning, not as a mistake."""

    __slots__ = ()


class Notes(QWidget):
    """Takes no room while there is nothing to say; labels are made when they are first needed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: dict[str, QLabel] = {}
        self._sign: QLabel | None = None
        self._mild = False
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(1, 1, 0, 0)
        self._box.setSpacing(2)
        self.hide()

    def help(self, text: str) -> None:
        """What the field is for; words in back-quotes are set as code."""
        self._put("help", marked(tr(text, "params")) if text else "")

    def fault(self, text: str) -> None:
        """What is wrong; "" for nothing."""
        self._put("fault", breakable(text))
        if text:
            self._mild = isinstance(text, Advice)
            set_role(self._lines["fault"], "role", "warning" if self._mild else "danger")
            self._dress()

    def fault_text(self) -> str:
        """What is said to be wrong."""
        return self._text("fault")

    def was(self, original: Any, changed: bool) -> None:
        """What the value was before a person edited it."""
        words = tr("nothing", "forms") if original is ABSENT else one_line(original, 120)
        self._put("was", tr("Was: {value}", "forms").format(value=words) if changed else "")

    def was_text(self) -> str:
        """What is shown as the value before."""
        return self._text("was")

    def _text(self, which: str) -> str:
        return self._lines[which].text().replace("\u200b", "") if which in self._lines else ""

    def _put(self, which: str, text: str) -> None:
        if which not in self._lines:
            if not text:
                return
            self._make(which)
        line = self._lines[which]
        if line.text() == text:
            return
        line.setText(text)
        line.setVisible(bool(text))
        if which == "fault" and self._sign is not None:
            self._sign.setVisible(bool(text))
        self.setVisible(any(one.text() for one in self._lines.values()))

    def _make(self, which: str) -> None:
        line = _line(self)
        line.setProperty("role", {"help": "small", "fault": "danger", "was": "warning"}[which])
        line.setTextFormat(Qt.TextFormat.RichText if which == "help" else Qt.TextFormat.PlainText)
        self._lines[which] = line
        if which == "fault":
            self._sign = QLabel(self)
            row = QHBoxLayout()
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(space.XS)
            row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(line, 1)
            self._box.insertLayout(0, row)
            watcher().changed.connect(self._dress)
            self._dress()
        else:
            above = 1 if "fault" in self._lines and which == "was" else 0
            self._box.insertWidget(-1 if which == "help" else above, line)

    def _dress(self) -> None:
        if self._sign is not None:
            name, color = ("triangle-alert", tokens().warning) if self._mild else ("circle-alert", tokens().danger)
            self._sign.setPixmap(pixmap(name, color, 14, self.devicePixelRatioF()))


def outline(field: QWidget, wrong: bool) -> None:
    """A red border around a field with a fault in it."""
    if bool(field.property("fault")) != wrong:
        field.setProperty("fault", wrong)
        field.style().unpolish(field)
        field.style().polish(field)


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
