"""The line under an expression: its value in the last run, or what is wrong with it."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from designer.forms.scope import Preview
from designer.resources import tr
from designer.theme import font, space, tokens, watcher
from designer.widgets import ElidedLabel


class PreviewLine(QWidget):
    """Hidden while there is nothing to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: Preview | None = None
        self._sign = QLabel("=", self)
        self._sign.setFont(font("mono_small"))
        self._value = ElidedLabel(parent=self)
        self._value.setFont(font("mono_small"))
        self._from = QLabel(tr("last run", "forms"), self)
        self._from.setProperty("role", "tiny")
        self._fault = QLabel(self)
        self._fault.setFont(font("small"))
        self._fault.setWordWrap(True)
        line = QHBoxLayout(self)
        line.setContentsMargins(2, 0, 0, 0)
        line.setSpacing(space.XS)
        line.addWidget(self._sign)
        line.addWidget(self._value, 1)
        line.addWidget(self._from)
        line.addWidget(self._fault, 1)
        watcher().changed.connect(self._dress)
        self.say(None)

    def say(self, preview: Preview | None) -> None:
        """Show a preview, or nothing."""
        self._shown = preview
        self.setVisible(preview is not None and bool(preview.text))
        if preview is None:
            return
        good = preview.state == "value"
        for part in (self._sign, self._value, self._from):
            part.setVisible(good)
        self._fault.setVisible(not good)
        (self._value if good else self._fault).setText(preview.text)
        self._dress()

    def text(self) -> str:
        """What is shown; "" for nothing."""
        return self._shown.text if self._shown is not None else ""

    def _dress(self) -> None:
        look = tokens()
        fault = self._shown is not None and self._shown.state == "fault"
        self._value.setStyleSheet(f"color: {look.success.name()}")
        self._sign.setStyleSheet(f"color: {look.success.name()}")
        self._fault.setStyleSheet(f"color: {(look.danger if fault else look.muted).name()}")
