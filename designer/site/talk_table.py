"""A plain table of who talks to whom: text, colour and icon of each cell come ready from who fills it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QFrame, QHeaderView, QStackedWidget, QTableView, QWidget

from designer.theme import icon, tokens
from designer.widgets import EmptyState, visible

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one place; `tone` colours text and icon."""

    text: str
    tone: str = "text"
    icon: str = ""
    tip: str = ""


class TalkModel(QAbstractTableModel):
    """Rows of cells under fixed heads."""

    def __init__(self, heads: Sequence[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.heads = list(heads)
        self.rows: list[tuple[Cell, ...]] = []

    def show(self, rows: Sequence[tuple[Cell, ...]]) -> None:
        """Show these; nothing happens when they are the ones that are shown."""
        if list(rows) != self.rows:
            self.beginResetModel()
            self.rows = list(rows)
            self.endResetModel()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.heads)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return self.heads[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        cell = self.rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return visible(cell.text)
        if role == Qt.ItemDataRole.ToolTipRole:
            return visible(cell.tip or cell.text)
        if role == Qt.ItemDataRole.ForegroundRole:
            return tokens().tone(cell.tone)
        if role == Qt.ItemDataRole.DecorationRole and cell.icon:
            return icon(cell.icon, cell.tone)
        return None


class TalkTable(QStackedWidget):
    """The table, or why it is empty."""

    def __init__(
        self, name: str, heads: Sequence[str], widths: Sequence[int], empty: EmptyState, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.model, self.view, self.empty = TalkModel(heads, self), QTableView(), empty
        view = self.view
        view.setModel(self.model)
        view.setFrameShape(QFrame.Shape.NoFrame)
        view.setAccessibleName(name)
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.verticalHeader().hide()
        view.verticalHeader().setDefaultSectionSize(34)
        view.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        view.setTabKeyNavigation(False)
        view.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        head = view.horizontalHeader()
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        head.setHighlightSections(False)
        head.setStretchLastSection(True)
        for column, width in enumerate(widths):
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
            head.resizeSection(column, width)
        self.addWidget(view)
        self.addWidget(empty)

    def show_rows(self, rows: Sequence[tuple[Cell, ...]]) -> None:
        """Show these rows."""
        self.model.show(rows)
        self.setCurrentWidget(self.view if rows else self.empty)
