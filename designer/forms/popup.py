"""The list of names under the caret: a child of the window, so that the field keeps the focus."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from designer.forms.scope import Completion
from designer.resources import tr
from designer.theme import font, pixmap, radius, space, tokens, watcher

_ROW, _WIDE, _MOST = 28, 340, 8
_ICONS = {
    "text": "text-quote",
    "number": "hash",
    "boolean": "toggle-left",
    "object": "braces",
    "list": "list",
    "table": "table",
    "file": "file",
    "image": "image",
    "function": "square-function",
    "step": "box",
    "offer": "corner-down-left",
}
_Index = QModelIndex | QPersistentModelIndex


class _Names(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.names: tuple[Completion, ...] = ()

    def put(self, names: tuple[Completion, ...]) -> None:
        self.beginResetModel()
        self.names = names
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.names)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        name = self.names[index.row()]
        return name.path if role == Qt.ItemDataRole.DisplayRole else name if role == Qt.ItemDataRole.UserRole else None


class _Line(QStyledItemDelegate):
    """Icon, last part of the path, and at the right its value in the last run."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(_WIDE, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        name: Completion = index.data(Qt.ItemDataRole.UserRole)
        look = tokens()
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.accent_soft)
            painter.drawRoundedRect(rect.adjusted(4, 1, -4, -1), radius.S, radius.S)
        tone = look.kind.get(name.kind, look.muted)
        shown = pixmap(_ICONS.get(name.kind, "box"), tone, 14, painter.device().devicePixelRatioF())
        painter.drawPixmap(rect.left() + 12, rect.center().y() - 6, shown)
        last = name.path.rpartition(".")[2] or name.path
        painter.setFont(font("mono"))
        painter.setPen(look.text)
        room = rect.adjusted(34, 0, -12, 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, last)
        room.setLeft(room.left() + painter.fontMetrics().horizontalAdvance(last) + 16)
        painter.setFont(font("small"))
        painter.setPen(look.muted)
        beside = painter.fontMetrics().elidedText(
            name.preview or tr(name.help, "forms"), Qt.TextElideMode.ElideRight, max(0, room.width())
        )
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, beside)
        painter.restore()


class Popup(QFrame):
    """`chosen` carries the Completion. The field sends keys to `key`; the mouse works too."""

    chosen = Signal(object)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setObjectName("completions")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._model = _Names(self)
        self._list = QListView(self)
        self._list.setModel(self._model)
        self._list.setItemDelegate(_Line(self._list))
        self._list.setUniformItemSizes(True)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setFrameShape(QFrame.Shape.NoFrame)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.clicked.connect(lambda index: self.chosen.emit(index.data(Qt.ItemDataRole.UserRole)))
        self._list.selectionModel().currentChanged.connect(lambda now, _before: self._tell(now))
        self._help = QLabel(self)
        self._help.setFont(font("small"))
        self._help.setWordWrap(True)
        box = QVBoxLayout(self)
        box.setContentsMargins(1, space.XS, 1, space.XS)
        box.setSpacing(0)
        box.addWidget(self._list)
        box.addWidget(self._help)
        watcher().changed.connect(self._dress)
        self._dress()
        self.hide()

    def offer(self, names: Sequence[Completion], at: QRect) -> None:
        """Show names below (or above) the caret, whose place is given in the window's coordinates."""
        self._model.put(tuple(names))
        self._list.setCurrentIndex(self._model.index(0))
        rows = min(len(names), _MOST)
        self._list.setFixedHeight(rows * _ROW + 2)
        window = self._window
        wide = min(_WIDE, window.width() - 2 * space.S)
        self.setFixedWidth(wide)
        self._tell(self._list.currentIndex())
        high = self.sizeHint().height()
        x = max(space.S, min(at.left() - 34, window.width() - wide - space.S))
        below = at.bottom() + space.XS
        y = below if below + high <= window.height() else max(space.S, at.top() - high - space.XS)
        self.setGeometry(QRect(QPoint(x, y), QSize(wide, high)))
        self.show()
        self.raise_()

    def names(self) -> tuple[Completion, ...]:
        """What is offered."""
        return self._model.names if self.isVisible() else ()

    def key(self, key: int) -> bool:
        """Take a key of the field; whether it meant the list."""
        if not self.isVisible():
            return False
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: _MOST, Qt.Key.Key_PageUp: -_MOST}
        if key in steps:
            count = max(1, len(self._model.names))
            now = self._list.currentIndex().row() + steps[Qt.Key(key)]
            to = now % count if abs(steps[Qt.Key(key)]) == 1 else max(0, min(now, count - 1))
            self._list.setCurrentIndex(self._model.index(to))
            return True
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab):
            found = self._list.currentIndex().data(Qt.ItemDataRole.UserRole)
            if found is not None:
                self.chosen.emit(found)
            return True
        if key == Qt.Key.Key_Escape:
            self.hide()
            return True
        return False

    def _tell(self, index: QModelIndex) -> None:
        name = index.data(Qt.ItemDataRole.UserRole) if index.isValid() else None
        text = name.help if name and name.preview else ""  # without a value, the help stands in the line itself
        self._help.setText(tr(text, "forms"))
        self._help.setVisible(bool(text))

    def _dress(self) -> None:
        look = tokens()
        self.setStyleSheet(
            f"QFrame#completions {{ background: {look.card_top.name()}; border: 1px solid {look.line_strong.name()};"
            f" border-radius: {radius.M}px; }} QListView {{ background: transparent; border: none; }}"
            f" QLabel {{ color: {look.muted.name()}; padding: 6px 12px 4px 12px;"
            f" border-top: 1px solid {look.line.name()}; }}"
        )
