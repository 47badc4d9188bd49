"""The list itself: search above, rows below, and what is said when there is nothing to show."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QListView, QStackedWidget, QVBoxLayout, QWidget

from designer.resources import tr
from designer.site.rows import ROW, Row, RowsModel, found
from designer.site.rows_paint import RowsDelegate
from designer.theme import space, watcher
from designer.widgets import EmptyState, SearchField


class _View(QListView):
    taken = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.taken.emit()
        else:
            super().keyPressEvent(event)


class RowsList(QWidget):
    """`chosen` carries the key of the row that is selected now, "" for none; `taken` the one that Enter took."""

    chosen = Signal(str)
    taken = Signal(str)

    def __init__(self, name: str, empty: EmptyState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Row] = []
        self._current = ""
        self.search = SearchField(tr("Search", "site"))
        self.model = RowsModel(self)
        self.view = _View()
        self.view.setModel(self.model)
        self.view.setItemDelegate(RowsDelegate(self.view))
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        self.view.setMouseTracking(True)
        self.view.setAccessibleName(name)
        self.view.setStyleSheet("QAbstractItemView { selection-background-color: transparent; }")
        self.view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.empty = empty
        self.nothing = EmptyState("search-x", tr("Nothing fits", "site"), tr("Other words show more.", "site"))
        self.stack = QStackedWidget()
        for page in (self.view, self.empty, self.nothing):
            self.stack.addWidget(page)
        self.tools = QHBoxLayout()
        self.tools.setContentsMargins(space.L, space.M, space.L, space.XS)
        self.tools.setSpacing(space.S)
        self.tools.addWidget(self.search, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self.tools)
        column.addWidget(self.stack, 1)
        self.search.textChanged.connect(lambda _text: self._show())
        self.search.moved.connect(self.move_by)
        self.search.taken.connect(self.view.setFocus)
        self.view.selectionModel().currentChanged.connect(self._moved)
        self.view.taken.connect(lambda: self.taken.emit(self._current))
        self.view.doubleClicked.connect(lambda _index: self.taken.emit(self._current))
        watcher().changed.connect(self.view.viewport().update)

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show these, and keep what is selected where it is still there."""
        self._rows = list(rows)
        self._show()

    def current(self) -> str:
        """The key of what is selected."""
        return self._current

    def select(self, key: str) -> None:
        """Select a thing, wherever the search has put it."""
        if not self.model.index_of(key).isValid():
            self.search.clear()
        if self.model.index_of(key).isValid():
            self.view.setCurrentIndex(self.model.index_of(key))
            self.view.scrollTo(self.model.index_of(key))

    def move_by(self, step: int) -> None:
        """Select the next thing in a direction; heads of groups are stepped over."""
        row, count = self.view.currentIndex().row() + step, self.model.rowCount()
        while 0 <= row < count:
            if self.model.index(row).data(ROW).key:
                self.view.setCurrentIndex(self.model.index(row))
                return
            row += 1 if step > 0 else -1

    def _show(self) -> None:
        wanted = self._current
        shown = found(self._rows, self.search.text())
        self.model.show(shown)
        some = any(row.key for row in self._rows)
        self.stack.setCurrentWidget(self.view if shown else self.nothing if some else self.empty)
        self.search.setEnabled(some)
        index = self.model.index_of(wanted)
        index = index if index.isValid() else self.model.first()
        if index != self.view.currentIndex():
            self.view.setCurrentIndex(index)
        if not index.isValid():
            self._tell("")
        elif index.data(ROW).key == self._current:
            self.chosen.emit(self._current)  # the same thing, perhaps with other facts

    def _moved(self, now: QModelIndex, _before: QModelIndex) -> None:
        if now.isValid() and now.data(ROW).key:
            self._tell(now.data(ROW).key)

    def _tell(self, key: str) -> None:
        if key != self._current:
            self._current = key
            self.chosen.emit(key)
