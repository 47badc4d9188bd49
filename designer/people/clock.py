"""The deadline of a question, ticking: how long, until when, and what happens then."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QWidget

from designer.people.clock_words import clock_words
from designer.resources import tr
from designer.theme import tokens, watcher
from designer.widgets import ElidedLabel
from engine.observe.records import QuestionTrace


class Clock(QLabel):
    """How long is left, in large; `then` is the sentence that says until when and what then, for another place.

    Ticks once a second while it can be seen.
    """

    def __init__(self, parent: QWidget | None = None, now: Callable[[], float] = time.time) -> None:
        super().__init__(parent)
        self._now = now
        self._question: QuestionTrace | None = None
        self._to = ""
        self._tone = ""
        self.setProperty("role", "title")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.then = ElidedLabel()
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._timer.timeout.connect(self.tick)
        watcher().changed.connect(self._color)

    def set_question(self, question: QuestionTrace | None, escalate_to: str = "") -> None:
        """Show the clock of this question."""
        self._question, self._to = question, escalate_to
        self.tick()

    def tick(self) -> None:
        """Say what the time is now."""
        question = self._question
        if question is None:
            return
        words = clock_words(question, self._now(), self._to)
        if question.outcome is not None or words is None:
            self.setText("")
            self.then.setText(
                tr("over", "people") if question.outcome else tr("none: it waits until somebody answers", "people")
            )
            return
        self.setText(words.left)
        self.then.setText(tr("{time}, {then}", "people").format(time=words.until, then=words.then))
        if words.tone != self._tone:
            self._tone = words.tone
            self._color()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.tick()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _color(self) -> None:
        now = tokens()
        color = {"late": now.danger, "soon": now.warning}.get(self._tone, now.text)
        self.setStyleSheet(f"color: {color.name()};")
