"""The steps tree as it is drawn: status as shape, colour and word, one line a step, wide columns given to words."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from designer.resources import tr
from designer.runs.panes import paints_selection
from designer.runs.steps_model import RIGHT, ROW, SAYS, STARTED, STATUS, STEP, TONE, TOOK, TRIES, StepsModel
from designer.runs.steps_rows import Row
from designer.theme import font, pixmap, status_icon, tokens, watcher

ROW_HEIGHT = 28
_WIDTHS = {STATUS: 110, TRIES: 52, STARTED: 76, TOOK: 98}


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(40, ROW_HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        now, column = tokens(), index.column()
        row: Row = index.data(ROW)
        tone: str = index.data(TONE)
        box = QRectF(option.rect)
        state = option.state
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, now.panel)  # over what the style has painted there
            painter.fillRect(box, now.accent_soft)
            if column == STEP and state & QStyle.StateFlag.State_HasFocus:
                painter.fillRect(QRectF(0, box.y(), 2, box.height()), now.accent)
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(box, now.hover)
        quiet = tone in ("pending", "skipped", "idle", "cancelled")
        text = str(index.data() or "")
        ink = now.muted
        painter.setFont(font("small"))
        if column == STEP:
            icon = pixmap(status_icon(tone), now.tone(tone), 16, painter.device().devicePixelRatioF())
            painter.drawPixmap(round(box.x()) + 8, round(box.center().y()) - 8, icon)
            box.setLeft(box.left() + 32)
            painter.setFont(font("body", 500 if not quiet and row.kind == "step" else 400))
            ink = now.muted if quiet else now.text
        elif column == STATUS:
            painter.setFont(font("small", 500))
            ink = now.muted if quiet else now.tone(tone)
        elif column == SAYS and tone in ("failed", "asking"):
            ink = now.tone(tone)
        painter.setPen(ink)
        room = box.adjusted(0 if column == STEP else 9, 0, -9, 0)
        shown = QFontMetricsF(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        side = Qt.AlignmentFlag.AlignRight if column in RIGHT else Qt.AlignmentFlag.AlignLeft
        painter.drawText(room, side | Qt.AlignmentFlag.AlignVCenter, shown)
        painter.restore()


class StepsView(QTreeView):
    """Choose a step with the mouse or the keyboard; Return opens it, the context menu says what can be done."""

    chosen = Signal(object)  # Row
    opened = Signal(object)  # Row: Return or double-click
    menu_wanted = Signal(object, QPoint)  # Row, global position

    def __init__(self, model: StepsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self._steps = model
        self.setItemDelegate(_Delegate(self))
        self.setUniformRowHeights(True)
        self.setIndentation(16)
        self.setRootIsDecorated(False)
        self.setMouseTracking(True)
        self.setFrameShape(QTreeView.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName(tr("Steps of the run"))
        header = self.header()
        header.setStretchLastSection(True)
        header.setSectionsMovable(False)
        header.setMinimumSectionSize(40)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column, width in _WIDTHS.items():
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
            self.setColumnWidth(column, width)
        self.customContextMenuRequested.connect(self._menu)
        self.doubleClicked.connect(self._open)
        self.selectionModel().currentRowChanged.connect(self._moved)
        model.modelReset.connect(self._decorate)
        model.rowsInserted.connect(self._grown)
        watcher().changed.connect(self.viewport().update)
        paints_selection(self)

    def choose(self, index: QModelIndex) -> None:
        """Make a row the current one, with everything above it unfolded."""
        if not index.isValid():
            self.clearSelection()
            return
        above = index.parent()
        while above.isValid():
            self.expand(above)
            above = above.parent()
        self.setCurrentIndex(index)
        self.scrollTo(index)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = self.viewport().width()
        for column, least in ((STARTED, 720), (TRIES, 400)):  # a narrow panel keeps what says most
            self.setColumnHidden(column, room < least)
        rest = room - sum(width for column, width in _WIDTHS.items() if not self.isColumnHidden(column))
        self.setColumnWidth(STEP, max(140, min(320, round(rest * 0.56))))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open(self.currentIndex())
            return
        super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self.viewport().update()

    def drawBranches(self, painter: QPainter, rect: QRect, index: QModelIndex | QPersistentModelIndex) -> None:
        now = tokens()
        if self.selectionModel().isSelected(index):
            painter.fillRect(rect, now.panel)  # over what the style has painted there
            painter.fillRect(rect, now.accent_soft)
        if self._steps.hasChildren(index):
            name = "chevron-down" if self.isExpanded(index) else "chevron-right"
            left, top = rect.right() - self.indentation() + 4, rect.center().y() - 5
            painter.drawPixmap(left, top, pixmap(name, now.muted, 12, painter.device().devicePixelRatioF()))

    def _moved(self, index: QModelIndex, before: QModelIndex) -> None:
        row = self._steps.row_of(index)
        if row is not None:
            self.chosen.emit(row)

    def _open(self, index: QModelIndex) -> None:
        row = self._steps.row_of(index)
        if row is not None:
            self.opened.emit(row)

    def _menu(self, at: QPoint) -> None:
        row = self._steps.row_of(self.indexAt(at))
        if row is not None:
            self.menu_wanted.emit(row, self.viewport().mapToGlobal(at))

    def _decorate(self) -> None:
        """Only a run with loops or children needs room for the little arrows."""
        top = [self._steps.index(place, 0) for place in range(self._steps.rowCount())]
        self.setRootIsDecorated(any(self._steps.hasChildren(index) for index in top))
        for index in top:
            self.expand(index)

    def _grown(self, parent: QModelIndex, first: int, last: int) -> None:
        if not parent.isValid():
            return
        self.setRootIsDecorated(True)
        row = self._steps.row_of(parent)
        if row is not None and row.kind == "step" and len(row.children) <= 8:
            self.expand(parent)
