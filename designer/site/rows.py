"""A list of things on this PC: what each is, how it is, and its few figures. Roles, files, servers, keys look alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

Index = QModelIndex | QPersistentModelIndex
ROW = Qt.ItemDataRole.UserRole
_NOWHERE = QModelIndex()


@dataclass(frozen=True, slots=True)
class Mark:
    """A short word on a tinted ground."""

    text: str
    tone: str = "muted"
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing, or a group's head when `key` is empty. `chain` is drawn as small boxes with arrows."""

    key: str
    title: str
    icon: str = ""
    tone: str = "muted"
    marks: tuple[Mark, ...] = ()
    line: str = ""
    right: str = ""
    below: str = ""
    note: str = ""
    note_tone: str = "muted"
    chain: tuple[str, ...] = ()
    words: str = ""

    @property
    def tall(self) -> bool:
        """Whether there is a third line."""
        return bool(self.note or self.chain)

    @property
    def said(self) -> str:
        """The whole row in words."""
        chain = " → ".join(self.chain)
        parts = (self.title, *(one.text for one in self.marks), self.line, self.right, self.below, self.note, chain)
        return ", ".join(part for part in parts if part)


def found(rows: Sequence[Row], query: str) -> list[Row]:
    """The rows that have these words, with the heads of the groups that still have any."""
    if not query.strip():
        return list(rows)
    kept: list[Row] = []
    for row in rows:
        if not row.key:
            if kept and not kept[-1].key:
                kept.pop()
            kept.append(row)
        elif all(_has(row, word) for word in query.split()):
            kept.append(row)
    if kept and not kept[-1].key:
        kept.pop()
    return kept


def _has(row: Row, word: str) -> bool:
    return word.lower() in f"{row.said} {row.words}".lower()


class RowsModel(QAbstractListModel):
    """`ROW` gives the row; heads of groups cannot be chosen."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Row] = []

    def show(self, rows: Sequence[Row]) -> None:
        """Show these; rows that are the same things in the same order stay where they are."""
        new = list(rows)
        if [(row.key, row.tall) for row in new] == [(row.key, row.tall) for row in self._rows]:
            self._rows = new
            if new:
                self.dataChanged.emit(self.index(0), self.index(len(new) - 1), [])
            return
        self.beginResetModel()
        self._rows = new
        self.endResetModel()

    def index_of(self, key: str) -> QModelIndex:
        """Where a thing is; invalid when it is not listed."""
        place = next((nth for nth, row in enumerate(self._rows) if row.key == key), -1)
        return self.index(place) if key and place >= 0 else QModelIndex()

    def first(self) -> QModelIndex:
        """The first thing."""
        place = next((nth for nth, row in enumerate(self._rows) if row.key), -1)
        return self.index(place) if place >= 0 else QModelIndex()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        if not self._rows[index.row()].key:
            return Qt.ItemFlag.ItemIsEnabled
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == ROW:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return row.said
        if role == Qt.ItemDataRole.ToolTipRole and row.key:
            return "\n".join(part for part in (row.title, row.line, row.note) if part)
        return None
