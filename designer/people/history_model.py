"""The answers of the past as rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from designer.people.clock_words import local_time, span
from designer.people.history import Answered
from designer.people.words import said
from designer.resources import tr
from designer.theme import tokens
from designer.widgets import visible

Index = QModelIndex | QPersistentModelIndex
ROW = Qt.ItemDataRole.UserRole
_NOWHERE = QModelIndex()
_TONES = {
    "approve": "success", "approve_with_changes": "success", "submit": "success", "happened": "success",
    "refuse": "danger", "fail": "danger", "stop": "danger", "send_back": "warning", "expired": "muted",
}  # fmt: skip


class HistoryModel(QAbstractTableModel):
    """When, who, what, to which question, of which workflow, after how long."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Answered] = []
        self._now = 0.0

    def show_answers(self, answers: Sequence[Answered], now: float) -> None:
        """Show these, newest first."""
        self.beginResetModel()
        self._rows, self._now = list(answers), now
        self.endResetModel()

    def answer_at(self, index: Index) -> Answered | None:
        """The answer of a row."""
        return self._rows[index.row()] if index.isValid() else None

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else 6

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role != Qt.ItemDataRole.DisplayRole or orientation != Qt.Orientation.Horizontal:
            return None
        return (
            tr("When", "people"),
            tr("Who", "people"),
            tr("Answer", "people"),
            tr("Question", "people"),
            tr("Workflow", "people"),
            tr("Decided in", "people"),
        )[section]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        answer = self.answer_at(index)
        if answer is None:
            return None
        column = index.column()
        if role == ROW:
            return answer
        if role == Qt.ItemDataRole.ForegroundRole and column == 2:
            return tokens().tone(_TONES.get(answer.option, "text"))
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return (
                local_time(answer.at, self._now),
                visible(answer.by) or tr("the deadline", "people"),
                said(answer.option),
                " ".join(visible(answer.headline).split()),
                visible(answer.workflow),
                span(answer.at - answer.asked),
            )[column]
        return None
