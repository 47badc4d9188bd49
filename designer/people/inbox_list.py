"""The list side of the inbox: filters, the questions by urgency, and moving through them by single keys."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QListView, QStackedWidget, QVBoxLayout, QWidget

from designer.engine_link import OpenQuestion
from designer.people.inbox_model import InboxModel
from designer.people.inbox_row import InboxRow
from designer.people.urgency import Wanted, arrange, narrowed, neighbour
from designer.resources import tr
from designer.theme import space
from designer.widgets import EmptyState, KeyCap, SearchField, Segmented, label


class _View(QListView):
    """Leaves single letters to the inbox instead of searching by them."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)
        if (event.text().isprintable() and event.text().strip() and plain) or event.key() in (
            Qt.Key.Key_Return,
            Qt.Key.Key_Enter,
        ):
            event.ignore()
        else:
            super().keyPressEvent(event)


class InboxList(QWidget):
    """`chosen` carries the question that is selected now, or None."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None, now: Callable[[], float] = time.time) -> None:
        super().__init__(parent)
        self._now = now
        self._questions: list[OpenQuestion] = []
        self._current = ""
        self._follower = ""
        self._done: set[str] = set()
        self.name = ""
        self.which = Segmented(
            [
                ("all", tr("All", "people")),
                ("mine", tr("Mine", "people")),
                ("overdue", tr("Overdue", "people")),
                ("risk", tr("High risk", "people")),
            ]
        )
        self.which.changed.connect(lambda _key: self.refresh())
        self.search = SearchField(tr("Search questions", "people"))
        self.search.textChanged.connect(lambda _text: self.refresh())
        self.search.moved.connect(self.move_by)
        self.search.taken.connect(self._to_list)
        self.model = InboxModel(self)
        self.view = _View()
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        self.view.setModel(self.model)
        self.view.setItemDelegate(InboxRow(self.view))
        self.view.setMouseTracking(True)
        self.view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setAccessibleName(tr("Questions that wait", "people"))
        self.view.selectionModel().currentChanged.connect(self._moved)
        self.empty = EmptyState("inbox", tr("Nothing waits for you", "people"), "")
        self._stack = QStackedWidget()
        self._stack.addWidget(self.view)
        self._stack.addWidget(self.empty)
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._timer.timeout.connect(self.refresh)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, space.M, 0, 0)
        column.setSpacing(space.S)
        tools = QVBoxLayout()
        tools.setContentsMargins(space.L, 0, space.L, 0)
        tools.setSpacing(space.S)
        tools.addWidget(self.search)
        tools.addWidget(self.which)
        column.addLayout(tools)
        column.addWidget(self._stack, 1)
        column.addLayout(_keys())

    def show_questions(self, questions: list[OpenQuestion]) -> None:
        """These wait now."""
        self._questions = questions
        self.refresh()

    def current(self) -> str:
        """The question that is selected; "" for none."""
        return self._current

    def select(self, question: str) -> None:
        """Select a question, whatever the filters are."""
        if not self.model.index_of(question).isValid() and any(one.id == question for one in self._questions):
            self.search.clear()
            self.which.set_current("all")
            self.refresh()
        index = self.model.index_of(question)
        if index.isValid():
            self.view.setCurrentIndex(index)

    def go_on(self, question: str) -> None:
        """This one was answered here: the next may take its place."""
        self._done.add(question)
        self.refresh()

    def move_by(self, step: int) -> None:
        """Select the question so many places further."""
        order = self.model.order()
        left = self._current not in order and self._follower in order
        found = self._follower if left else neighbour(order, self._current, step)
        if found:
            self.view.setCurrentIndex(self.model.index_of(found))

    def refresh(self) -> None:
        """Sort and narrow again; what is selected stays so while it is listed.

        One that somebody else has closed stays before the person who was reading it, until they move on.
        """
        at = self._now()
        before = self.model.order()
        wanted = Wanted(self.which.current(), self.search.text(), self.name)
        self.model.show_groups(arrange(narrowed(self._questions, wanted, at), at), at)
        order = self.model.order()
        self._stack.setCurrentIndex(0 if order else 1)
        if not order:
            self._say_empty()
        if self._current not in order:
            if self._current in before:
                place = before.index(self._current)
                self._follower = next((one for one in before[place:] if one in order), order[-1] if order else "")
            waits = any(one.id == self._current for one in self._questions)
            if not self._current or waits or self._current in self._done:
                self._done.discard(self._current)
                self._go(self._follower if self._follower in order else (order[0] if order else ""))
            else:
                self.view.setCurrentIndex(QModelIndex())
        else:
            index = self.model.index_of(self._current)
            if self.view.currentIndex() != index:
                self.view.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _go(self, question: str) -> None:
        if question:
            self.view.setCurrentIndex(self.model.index_of(question))
        elif self._current:
            self._current = ""
            self.chosen.emit(None)

    def _moved(self, index: QModelIndex, _before: QModelIndex) -> None:
        asked = self.model.question_at(index)
        if asked is not None and asked.id != self._current:
            self._current = asked.id
            self.chosen.emit(asked)

    def _to_list(self) -> None:
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _say_empty(self) -> None:
        if self._questions:
            self.empty.say(tr("No question fits", "people"), tr("Others wait: widen the filter.", "people"))
        else:
            self.empty.say(
                tr("Nothing waits for you", "people"),
                tr("Questions of running workflows come here.", "people"),
            )


def _keys() -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(space.L, space.S, space.L, space.S)
    row.setSpacing(space.XS)
    for keys, words in (
        (("J", "K"), tr("move", "people")),
        (("A",), tr("approve", "people")),
        (("E",), tr("edit", "people")),
        (("R",), tr("refuse", "people")),
    ):
        for key in keys:
            row.addWidget(KeyCap(key))
        row.addWidget(label(words, "tiny"))
        row.addSpacing(space.S)
    row.addStretch(1)
    return row
