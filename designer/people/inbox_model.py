"""The open questions as rows of a list: a line for each group, then its questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from designer.engine_link import OpenQuestion
from designer.people.urgency import Group, group_title
from designer.people.words import risk_word

Index = QModelIndex | QPersistentModelIndex
Row = str | OpenQuestion
ROW = Qt.ItemDataRole.UserRole
_NOWHERE = QModelIndex()


class InboxModel(QAbstractListModel):
    """`ROW` gives a group's name or an `OpenQuestion`; groups cannot be selected."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Row] = []
        self._counts: dict[str, int] = {}
        self.now = 0.0

    def show_groups(self, groups: Sequence[Group], now: float) -> None:
        """Show these; when only times have passed, the rows stay what they are."""
        self.now = now
        rows: list[Row] = []
        for group in groups:
            rows += [group.name, *group.questions]
        self._counts = {group.name: len(group.questions) for group in groups}
        if [_name(row) for row in rows] == [_name(row) for row in self._rows]:
            self._rows = rows
            if rows:
                self.dataChanged.emit(self.index(0), self.index(len(rows) - 1), [])
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def order(self) -> list[str]:
        """The ids of the questions, from the top."""
        return [row.id for row in self._rows if isinstance(row, OpenQuestion)]

    def question_at(self, index: Index) -> OpenQuestion | None:
        """The question of a row; None for a group."""
        row = self._rows[index.row()] if index.isValid() else None
        return row if isinstance(row, OpenQuestion) else None

    def index_of(self, question: str) -> QModelIndex:
        """Where a question is; invalid when it is not listed."""
        names = [_name(row) for row in self._rows]
        return self.index(names.index(question)) if question in names else QModelIndex()

    def count_of(self, group: str) -> int:
        """How many questions a group has."""
        return self._counts.get(group, 0)

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        if isinstance(self._rows[index.row()], str):
            return Qt.ItemFlag.ItemIsEnabled
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == ROW:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            if isinstance(row, str):
                return group_title(row)
            return ", ".join(part for part in (row.headline, risk_word(row.risk), row.title) if part)
        return row.headline if role == Qt.ItemDataRole.ToolTipRole and isinstance(row, OpenQuestion) else None


def _name(row: Row) -> str:
    return f"group:{row}" if isinstance(row, str) else row.id
