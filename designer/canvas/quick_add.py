"""Quick add: a palette at the mouse that finds a node type while one types. A child of the canvas, never a menu."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from designer.canvas import texts
from designer.resources import tr
from designer.theme import pixmap, soft, tokens
from designer.widgets import SearchField, fuzzy, label
from engine.nodes.node_type import NodeType

WIDTH, ROW, ROWS, RECENT = 372, 44, 7, 5
TYPE = Qt.ItemDataRole.UserRole


def ranked(types: Sequence[NodeType], query: str, recent: Sequence[str] = ()) -> list[NodeType]:
    """The types that the words fit, best first: title before other names for it, before category and summary."""
    found: list[tuple[float, int, NodeType]] = []
    for place, one in enumerate(types):
        score = _score(one, query)
        if score is None:
            continue
        if one.name in recent:
            score += 6.0 - recent.index(one.name) if not query else 2.0
        found.append((-score, place, one))
    return [one for _, _, one in sorted(found, key=lambda item: item[:2])]


def _score(one: NodeType, query: str) -> float | None:
    if not query.strip():
        return 0.0
    best: float | None = None
    fields = ((tr(one.title, "NodeType"), 8.0), (one.title, 6.0), (one.name, 4.0), *((word, 3.0) for word in one.words))
    for text, bonus in fields:
        score = fuzzy(query, text)
        if score is not None and (best is None or score + bonus > best):
            best = score + bonus
    low = query.casefold().strip()
    said = (tr(one.category, "NodeType"), one.category)
    if low in tr(one.summary, "NodeType").casefold() or any(word.casefold().startswith(low) for word in said):
        best = max(best, 1.0) if best is not None else 1.0
    return best


class Rows(QStyledItemDelegate):
    """One type: icon in the colour of its category, title, summary."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(100, ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        t, one = tokens(), index.data(TYPE)
        area: QRect = option.rect.adjusted(0, 1, 0, -1)
        state: QStyle.StateFlag = option.state
        color = t.category[one.category]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if state & QStyle.StateFlag.State_Selected:
            painter.setBrush(t.accent_soft)
            painter.drawRoundedRect(area, 8, 8)
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(t.hover)
            painter.drawRoundedRect(area, 8, 8)
        painter.setBrush(soft(color, 38))
        painter.drawRoundedRect(QRect(area.x() + 8, area.y() + 7, 28, 28), 8, 8)
        ratio = painter.device().devicePixelRatio()
        painter.drawPixmap(area.x() + 13, area.y() + 12, pixmap(one.icon, color, 18, ratio))
        category = tr(one.category, "NodeType")
        side = texts.width_of(category, texts.CHIP)
        x, room = area.x() + 46, area.width() - 56
        painter.setPen(t.text)
        texts.draw(painter, x, area.y() + 4, tr(one.title, "NodeType"), texts.FRAME, room - side - 10)
        painter.setPen(t.muted)
        texts.draw(painter, x, area.y() + 22, tr(one.summary, "NodeType"), texts.LABEL, room)
        painter.setPen(t.faint)
        texts.draw_right(painter, area.right() - 8, area.y() + 5, category, texts.CHIP, side + 2)
        painter.restore()


class QuickAdd(QFrame):
    """Opens at a place, lists what may be added there, says which was chosen."""

    chosen = Signal(str)
    closed = Signal(bool)
    """Nothing was chosen; whether the keyboard was here."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Add a node", "Canvas"))
        self._parent = parent
        self.recent: list[str] = []
        self._types: Sequence[NodeType] = ()
        self.field = SearchField(tr("Add a node…", "Canvas"), self)
        self.head = label("", "small")
        self.nothing = label(tr("No node type has such a name.", "Canvas"), "muted")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.list = QListWidget(self)
        self.list.setItemDelegate(Rows(self.list))
        self.list.setMouseTracking(True)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setAccessibleName(tr("Node types", "Canvas"))
        box = QVBoxLayout(self)
        box.setContentsMargins(8, 8, 8, 8)
        box.setSpacing(6)
        for widget in (self.field, self.head, self.list, self.nothing):
            box.addWidget(widget)
        self.head.setContentsMargins(6, 2, 0, 2)
        self.setFixedWidth(WIDTH)
        self.field.textChanged.connect(self.refill)
        self.field.moved.connect(self._step)
        self.field.taken.connect(self._take)
        self.field.left.connect(self.close_palette)
        self.list.itemClicked.connect(lambda item: self._take())
        self.hide()
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._focus_moved)

    def _focus_moved(self, before: QWidget | None, now: QWidget | None) -> None:
        if now is not None and self.isVisible() and now is not self and not self.isAncestorOf(now):
            self.close_palette()

    def open(self, at: QPoint, types: Sequence[NodeType], head: str = "") -> None:
        """Show these types beside a point of the parent."""
        self._types = types
        self.head.setText(head)
        self.head.setVisible(bool(head))
        self.field.clear()
        self.refill("")
        room = self._parent.rect()
        self.move(
            max(8, min(at.x(), room.right() - self.width() - 8)), max(8, min(at.y(), room.bottom() - self.height() - 8))
        )
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def refill(self, query: str) -> None:
        """List what the words fit."""
        found = ranked(self._types, query, self.recent)
        self.list.clear()
        for one in found:
            item = QListWidgetItem(self.list)
            item.setData(TYPE, one)
            item.setData(
                Qt.ItemDataRole.AccessibleTextRole, f"{tr(one.title, 'NodeType')}. {tr(one.summary, 'NodeType')}"
            )
            item.setToolTip(tr(one.summary, "NodeType"))
        self.list.setCurrentRow(0)
        rows = min(ROWS, max(1, len(found)))
        self.list.setFixedHeight(rows * ROW + 4)
        self.list.setVisible(bool(found))
        self.nothing.setVisible(not found)
        self.nothing.setFixedHeight(ROW)
        self.adjustSize()

    def names(self) -> list[str]:
        """The types as they are listed."""
        return [self.list.item(row).data(TYPE).name for row in range(self.list.count())]

    def _step(self, by: int) -> None:
        row = max(0, min(self.list.count() - 1, self.list.currentRow() + by))
        self.list.setCurrentRow(row)

    def _take(self) -> None:
        if not self.list.count():
            return
        item = self.list.currentItem()
        name = str(item.data(TYPE).name)
        self.recent = [name, *(one for one in self.recent if one != name)][:RECENT]
        self.hide()
        self.chosen.emit(name)

    def close_palette(self) -> None:
        """Nothing was chosen."""
        if self.isVisible():
            had_focus = self.field.hasFocus()
            self.hide()
            self.closed.emit(had_focus)

    def focusNextPrevChild(self, forwards: bool) -> bool:
        self.close_palette()  # Tab opened it, Tab closes it
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        t, p = tokens(), QPainter(self)
        p.setRenderHint(QPainter.RenderHint.Antialiasing)
        p.setPen(QPen(t.line_strong, 1))
        p.setBrush(t.card_top)
        p.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 12, 12)
        p.end()
