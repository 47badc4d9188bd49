"""The answers of the past: who answered what and when, and how carefully people decide."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHeaderView,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from designer.people.clock_words import local_time
from designer.people.decision import same
from designer.people.facts import Facts, line
from designer.people.fitted_diff import FittedDiff
from designer.people.history import Answered
from designer.people.history_model import HistoryModel
from designer.people.words import pretty, said
from designer.resources import tr
from designer.theme import space
from designer.widgets import EmptyState, Section, button, label, visible

_WIDTHS = (96, 104, 176, 0, 140, 90)


class HistoryPage(QWidget):
    """`run_requested` carries (run id, node key)."""

    run_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None, now: Callable[[], float] = time.time) -> None:
        super().__init__(parent)
        self._now = now
        self.model = HistoryModel(self)
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setFrameShape(QFrame.Shape.NoFrame)
        self.table.setShowGrid(False)
        self.table.setStyleSheet("QTableView { selection-background-color: transparent; }")  # the cells are tinted
        self.table.setWordWrap(False)
        self.table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.table.setTabKeyNavigation(False)
        self.table.setAccessibleName(tr("Answers", "people"))
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(36)
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        for column, width in enumerate(_WIDTHS):
            if width:
                header.resizeSection(column, width)
            else:
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        self.table.selectionModel().currentRowChanged.connect(self._chosen)
        self.table.doubleClicked.connect(self._open)
        self._empty = EmptyState(
            "clipboard-check", tr("Nobody has answered anything yet", "people"), tr("Answers are kept here.", "people")
        )
        self._left = QStackedWidget()
        self._left.addWidget(self.table)
        self._left.addWidget(self._empty)
        self._detail = QScrollArea()
        self._detail.setWidgetResizable(True)
        self._detail.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self._left)
        split.addWidget(self._detail)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        split.setSizes([900, 460])
        column_box = QVBoxLayout(self)
        column_box.setContentsMargins(0, 0, 0, 0)
        column_box.addWidget(split)
        self.show_answers([])

    def show_answers(self, answers: list[Answered]) -> None:
        """Show these, newest first; the chosen one stays chosen."""
        before = self.model.answer_at(self.table.currentIndex())
        self.model.show_answers(answers, self._now())
        self._left.setCurrentIndex(0 if answers else 1)
        self._detail.setVisible(bool(answers))
        if answers:
            row = answers.index(before) if before in answers else 0
            self.table.setCurrentIndex(self.model.index(row, 0))

    def _chosen(self, index: QModelIndex, _before: QModelIndex) -> None:
        answer = self.model.answer_at(index)
        if answer is not None:
            self._detail.setWidget(self._shown(answer))

    def _open(self, index: QModelIndex) -> None:
        answer = self.model.answer_at(index)
        if answer is not None:
            self.run_requested.emit((answer.run, answer.node))

    def _shown(self, answer: Answered) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(space.L, space.L, space.L, space.L)
        column.setSpacing(space.M)
        column.addWidget(label(visible(answer.headline), "title", wrap=True))
        who = visible(answer.by) or tr("The deadline", "people")
        at = local_time(answer.at, self._now())
        column.addWidget(label(f"{who}  ·  {said(answer.option)}  ·  {at}", "muted", wrap=True))
        if answer.comment:
            column.addWidget(label(tr("Comment", "people"), "strong"))
            column.addWidget(line(visible(answer.comment)))
        self._add_values(column, answer)
        see = button(tr("See the run", "people"), "link", "arrow-up-right")
        see.clicked.connect(lambda: self.run_requested.emit((answer.run, answer.node)))
        column.addWidget(see, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        return box

    def _add_values(self, column: QVBoxLayout, answer: Answered) -> None:
        form = answer.form if isinstance(answer.form, dict) else {}
        values = answer.values if isinstance(answer.values, dict) else {}
        if "value" in values and not same(values["value"], form.get("value")):
            column.addWidget(label(tr("Changes", "people"), "strong"))
            column.addWidget(FittedDiff(form.get("value"), values["value"]))
        elif form.get("value") is not None:
            column.addWidget(label(tr("What was decided on", "people"), "strong"))
            column.addWidget(_facts(form["value"]))
        if values.get("form"):
            column.addWidget(label(tr("Filled in", "people"), "strong"))
            column.addWidget(_facts(values["form"]))
        raw = Section(tr("Everything as JSON", "people"), open=False)
        raw.add(line(pretty({"shown": form, "answer": answer.values, "option": answer.option})))
        column.addWidget(raw)


def _facts(value: object) -> Facts:
    facts = Facts()
    facts.set_value(value)
    return facts
