"""The journal's own lines of one step: what is stored, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QGuiApplication, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QSplitter,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from designer.resources import tr
from designer.runs.panes import column, paints_selection
from designer.runs.words import clock_ms_text, one_line
from designer.theme import font, tokens, watcher
from designer.widgets import LoadBlob, ValueView
from engine.run import events as ev

Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()
_ENVELOPE = frozenset({"run", "seq", "at", "host", "epoch", "batch", "kind", "node", "visit"})
_LINE = 300


class EventsModel(QAbstractTableModel):
    """One row an event: number, time, kind, what else it says. Grows at its end."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.events: list[ev.Event] = []
        self._lines: dict[int, str] = {}

    def show_events(self, events: Sequence[ev.Event]) -> None:
        """Show these; when they only go on from what is shown, rows are added."""
        known = len(self.events)
        if 0 < known <= len(events) and events[known - 1] is self.events[-1] and events[0] is self.events[0]:
            if len(events) > known:
                self.beginInsertRows(QModelIndex(), known, len(events) - 1)
                self.events = list(events)
                self.endInsertRows()
            return
        self.beginResetModel()
        self.events, self._lines = list(events), {}
        self.endResetModel()

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.events)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else 4

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (tr("No."), tr("Time"), tr("Event"), tr("What it says"))[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.events):
            return None
        if role == Qt.ItemDataRole.FontRole:
            return font("mono_small")
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == 0:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        event = self.events[index.row()]
        return (str(event.seq), clock_ms_text(event.at), event.kind, self._line(event))[index.column()]

    def _line(self, event: ev.Event) -> str:
        found = self._lines.get(event.seq)
        if found is None:
            found = self._lines[event.seq] = one_line(line_of(event), _LINE)
        return found


def line_of(event: ev.Event) -> str:
    """The event's own fields as one line; long values are cut here and shown whole beside it."""
    parts = []
    for name in event.model_fields_set:
        if name in _ENVELOPE:
            continue
        value = getattr(event, name)
        parts.append((name, one_line(_short(value), 120)))
    return "  ".join(f"{name}={text}" for name, text in sorted(parts))


def _short(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, ev.Error):
        return f"{value.cls}: {value.message}"
    if isinstance(value, dict):
        return "{" + ", ".join(list(map(str, value))[:8]) + "}"
    return f"[{len(value)}]" if isinstance(value, list | tuple) else str(value)


class _Delegate(QStyledItemDelegate):
    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        now, box = tokens(), QRectF(option.rect)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, now.panel)  # over what the style has painted there
            painter.fillRect(box, now.accent_soft)
        painter.setFont(font("mono_small"))
        painter.setPen(now.text if index.column() == 2 else now.muted)
        text = str(index.data() or "")
        room = box.adjusted(8, 0, -8, 0)
        side = Qt.AlignmentFlag.AlignRight if index.column() == 0 else Qt.AlignmentFlag.AlignLeft
        shown = QFontMetricsF(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, side | Qt.AlignmentFlag.AlignVCenter, shown)
        painter.restore()


class EventsTab(QWidget):
    """The lines on the left, the whole of the chosen one on the right; Ctrl+C copies it as JSON."""

    def __init__(self, load_blob: LoadBlob, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = EventsModel(self)
        self.table = QTableView()
        self.table.setModel(self.model)
        paints_selection(self.table)
        self.table.setItemDelegate(_Delegate(self.table))
        self.table.setFrameShape(QTableView.Shape.NoFrame)
        self.table.setShowGrid(False)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.setWordWrap(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(24)
        self.table.verticalHeader().setMinimumSectionSize(20)
        header = self.table.horizontalHeader()
        header.setStretchLastSection(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        for number, width in enumerate((44, 104, 128)):
            self.table.setColumnWidth(number, width)
        self.value = ValueView(None, load_blob=load_blob)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(self.table)
        split.addWidget(self.value)
        split.setSizes([420, 280])
        column(self).addWidget(split)
        self.table.selectionModel().currentRowChanged.connect(self._chosen)
        watcher().changed.connect(self.table.viewport().update)
        copy = self.addAction(tr("Copy as JSON"))
        copy.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        copy.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        copy.triggered.connect(self._copy)

    def show_events(self, events: Sequence[ev.Event]) -> None:
        """The events of the chosen step."""
        self.model.show_events(events)
        if events and not self.table.currentIndex().isValid():
            self.table.selectRow(0)

    def sizeHint(self) -> QSize:
        return QSize(600, 200)

    def _chosen(self, index: QModelIndex, before: QModelIndex) -> None:
        if index.isValid() and index.row() < len(self.model.events):
            self.value.set_value(self.model.events[index.row()].model_dump(mode="json", exclude_defaults=True))

    def _copy(self) -> None:
        index = self.table.currentIndex()
        if index.isValid():
            QGuiApplication.clipboard().setText(ev.to_json(self.model.events[index.row()]))
