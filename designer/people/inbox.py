"""All questions that wait, the most urgent first, beside the one that is being answered."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from designer.engine_link import EngineLink, OpenQuestion
from designer.people.alive import alive
from designer.people.drafts import Drafts
from designer.people.history import HASTY, HASTY_S, Answered, burst, metrics, read_history
from designer.people.history_page import HistoryPage
from designer.people.inbox_list import InboxList
from designer.people.pane import ApprovalPane
from designer.people.words import hasty_sentence, metrics_sentence
from designer.resources import tr
from designer.theme import space
from designer.widgets import Chip, ElidedLabel, IconButton, Segmented, hline

NARROW = 860
"""Below this width the list and the question take turns."""


class Inbox(QWidget):
    """`badge_changed` carries how many questions wait; `answered` and `run_requested` are the pane's.

    Keys in the list: J and K move, Enter goes into the question, A to its approving button, E to its first field,
    R to the reason for refusing. None of them answers.
    """

    badge_changed = Signal(int)
    answered = Signal(object)
    run_requested = Signal(object)

    def __init__(
        self,
        link: EngineLink,
        parent: QWidget | None = None,
        *,
        drafts: Drafts | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(parent)
        self._link, self._now = link, now
        self.drafts = Drafts() if drafts is None else drafts
        self._questions: list[OpenQuestion] = []
        self._badge = 0
        self._reading = False
        self.list, self.history = InboxList(now=now), HistoryPage(now=now)
        self.pane = ApprovalPane(link, drafts=self.drafts, now=now)
        self.back = IconButton("arrow-left", tr("Back to the list", "people"))
        self.pages = Segmented([("open", tr("Waiting", "people")), ("history", tr("Answered", "people"))])
        self.metrics, self.hasty = ElidedLabel(role="small"), Chip("", "warning", "triangle-alert")
        self._split, self._stack = QSplitter(Qt.Orientation.Horizontal), QStackedWidget()
        self._build()
        self.pages.changed.connect(self._show_page)
        self.back.clicked.connect(self._to_list)
        self.list.chosen.connect(self._chosen)
        self.pane.answered.connect(self._answered)
        for part in (self.pane, self.history):
            part.run_requested.connect(self.run_requested)
        link.questions_changed.connect(self._questions_changed)
        self._questions_changed(link.questions)

    def show_question(self, question: str) -> None:
        """Select a question and show it."""
        self.pages.choose("open")
        self.list.select(question)
        self._into_pane()

    def shown_question(self) -> str:
        """The id of the question that a person can see right now; "" for none."""
        return self.pane.question() if self.pane.isVisible() else ""

    # ---- keys
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, plain = Qt.Key(event.key()), event.modifiers() == Qt.KeyboardModifier.NoModifier
        if not plain or self.pages.current() != "open":
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_J, Qt.Key.Key_K):
            self.list.move_by(1 if key == Qt.Key.Key_J else -1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._into_pane()
        elif key in (Qt.Key.Key_A, Qt.Key.Key_E, Qt.Key.Key_R) and self.pane.question():
            self._into_pane()
            {
                Qt.Key.Key_A: self.pane.focus_approve,
                Qt.Key.Key_E: self.pane.focus_edit,
                Qt.Key.Key_R: self.pane.focus_refuse,
            }[key]()
        elif key == Qt.Key.Key_Escape:
            self._to_list()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._read_history()

    # ---- what happens
    def _questions_changed(self, listed: object) -> None:
        self._questions = list(listed) if isinstance(listed, list | tuple) else []
        self.list.name = self.drafts.name
        self.list.show_questions(self._questions)
        if len(self._questions) != self._badge:
            self._badge = len(self._questions)
            self.pages.set_options(
                [("open", tr("Waiting", "people") + f"  {self._badge}"), ("history", tr("Answered", "people"))]
                if self._badge
                else [("open", tr("Waiting", "people")), ("history", tr("Answered", "people"))]
            )
            self.badge_changed.emit(self._badge)

    def _chosen(self, asked: object) -> None:
        self.pane.show_question(asked if isinstance(asked, OpenQuestion) else None)
        if asked is None:
            self._to_list()

    def _answered(self, answer: object) -> None:
        self.answered.emit(answer)
        self._read_history()
        if isinstance(answer, tuple):
            self.list.go_on(str(answer[0]))
        if self.isVisible():
            self._to_list()

    def _read_history(self) -> None:
        if not self._reading and self.isVisible():
            self._reading = True
            self._link.call(read_history, self._got_history, lambda _refused: self._done_reading())

    def _got_history(self, answers: list[Answered]) -> None:
        if alive(self):
            self._done_reading()
            self.history.show_answers(answers)
            self.metrics.setText(metrics_sentence(metrics(answers)))
            recent = burst(answers, self.drafts.name, self._now() - 5 * HASTY_S)
            self.hasty.set(hasty_sentence(recent))
            self.hasty.setVisible(recent >= HASTY)

    def _done_reading(self) -> None:
        self._reading = False

    # ---- layout
    def _build(self) -> None:
        self._split.addWidget(self.list)
        self._split.addWidget(self.pane)
        self._split.setChildrenCollapsible(False)
        self._split.setStretchFactor(1, 1)
        self._split.setSizes([380, 900])
        self.list.setMinimumWidth(300)
        self._stack.addWidget(self._split)
        self._stack.addWidget(self.history)
        top = QHBoxLayout()
        top.setContentsMargins(space.L, space.S, space.L, space.S)
        top.setSpacing(space.M)
        for part in (self.back, self.pages, self.hasty):
            top.addWidget(part)
        self.metrics.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        top.addWidget(self.metrics, 1)
        self.hasty.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(hline())
        column.addWidget(self._stack, 1)
        self._in_pane = False
        self._arrange()

    def _arrange(self) -> None:
        narrow = self.width() < NARROW
        self.list.setVisible(not (narrow and self._in_pane))
        self.pane.setVisible(not narrow or self._in_pane)
        self.back.setVisible(narrow and self._in_pane)

    def _into_pane(self) -> None:
        if self.pane.question():
            self._in_pane = True
            self._arrange()
            self.pane.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _to_list(self) -> None:
        self._in_pane = False
        self._arrange()
        self.list.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_page(self, key: object) -> None:
        self._stack.setCurrentIndex(1 if key == "history" else 0)
        self._read_history()
