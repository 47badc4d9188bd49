"""Find anything: commands, nodes of this workflow, workflows and runs, in one field (Ctrl+K)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QFrame, QListView, QStyledItemDelegate, QStyleOptionViewItem, QVBoxLayout, QWidget

from designer.resources import tr
from designer.theme import font, pixmap, space, tokens
from designer.widgets import SearchField, fuzzy

ROW = 40
SHOWN = 60
WIDTH, HIGHEST, AROUND = 620, 460, 62
"""The panel; `AROUND` is the field with the space above, below and between."""
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be found; `kind` is a word shown at the right, `words` are searched, too."""

    title: str
    kind: str
    icon: str
    act: Callable[[], None]
    hint: str = ""
    words: str = ""


class Finder(QFrame):
    """A panel over the window. `open_with` hands it what there is; more entries may come later with `add`."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("finder")
        self.setProperty("surface", "card")
        self.field = SearchField(tr("Find commands, nodes, workflows, runs"), self)
        self.model = _Found(self)
        self.list = QListView(self)
        self.list.setModel(self.model)
        self.list.setItemDelegate(_Row(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.clicked.connect(self._use)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(space.S, space.S, space.S, space.S)
        whole.setSpacing(space.S)
        whole.addWidget(self.field)
        whole.addWidget(self.list)
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)
        self._entries: list[Entry] = []
        self._before: QWidget | None = None
        self.hide()

    def open_with(self, entries: Iterable[Entry]) -> None:
        """Show the panel, empty field, everything in it."""
        window = self.parentWidget()
        assert window is not None
        self._before = window.focusWidget()
        self._entries = list(entries)
        self.field.clear()
        self._search("")
        self._fit()
        self.show()
        self.raise_()
        self.field.setFocus()

    def add(self, entries: Iterable[Entry]) -> None:
        """More was found while the panel is open."""
        self._entries += entries
        if self.isVisible():
            self._search(self.field.text())

    def leave(self) -> None:
        """Close it and give the focus back."""
        self.hide()
        if self._before is not None:
            self._before.setFocus()
            self._before = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrow keys move in the list while the field keeps the focus; losing the focus closes the panel."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}.get(
                Qt.Key(event.key())
            )
            if step is not None:
                self._go(step)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._use(self.list.currentIndex())
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.leave()
                return True
        if event.type() == QEvent.Type.FocusOut and self.isVisible():
            self.hide()
        return super().eventFilter(watched, event)

    def _go(self, step: int) -> None:
        rows = self.model.rowCount()
        if rows:
            row = max(0, min(rows - 1, self.list.currentIndex().row() + step))
            self.list.setCurrentIndex(self.model.index(row))

    def _search(self, text: str) -> None:
        self.model.show(found(self._entries, text))
        self.list.setCurrentIndex(self.model.index(0))
        self._fit()

    def _fit(self) -> None:
        """As high as what was found needs, up to a limit."""
        window = self.parentWidget()
        assert window is not None
        width = min(WIDTH, window.width() - 2 * space.XL)
        rows = self.model.rowCount() * ROW + AROUND
        high = max(AROUND + ROW, min(rows, HIGHEST, window.height() - 120))
        self.setGeometry((window.width() - width) // 2, max(56, window.height() // 9), width, high)

    def _use(self, index: QModelIndex) -> None:
        entry = self.model.entry(index.row())
        if entry is not None:
            self.leave()
            entry.act()


def found(entries: Iterable[Entry], text: str) -> list[Entry]:
    """The entries that a text finds, best first; all of them, in their order, for an empty one."""
    query = text.strip()
    if not query:
        return list(entries)[:SHOWN]
    scored = []
    for place, entry in enumerate(entries):
        title = fuzzy(query, entry.title)
        other = fuzzy(query, f"{entry.words} {entry.hint} {entry.kind}")
        best = max(
            (score for score in (title, None if other is None else other * 0.6) if score is not None), default=None
        )
        if best is not None:
            scored.append((-best, place, entry))
    return [entry for _, _, entry in sorted(scored, key=lambda one: one[:2])[:SHOWN]]


class _Found(QAbstractListModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._shown: list[Entry] = []

    def show(self, entries: list[Entry]) -> None:
        self.beginResetModel()
        self._shown = entries
        self.endResetModel()

    def entry(self, row: int) -> Entry | None:
        return self._shown[row] if 0 <= row < len(self._shown) else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self.entry(index.row())
        if entry is None:
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return entry.title
        return entry if role == Qt.ItemDataRole.UserRole else None


class _Row(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry = index.data(Qt.ItemDataRole.UserRole)
        if not isinstance(entry, Entry):
            return
        look, view = tokens(), option.widget
        chosen = isinstance(view, QListView) and view.currentIndex().row() == index.row()
        rect: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.accent_soft)
            painter.drawRoundedRect(rect.adjusted(2, 1, -2, -1), 6, 6)
        ratio = view.devicePixelRatioF() if view is not None else 1.0
        painter.drawPixmap(rect.x() + 12, rect.y() + 11, pixmap(entry.icon, look.muted, 18, ratio))
        painter.setFont(font("small"))
        right = painter.fontMetrics().horizontalAdvance(entry.kind)
        painter.setPen(look.muted)
        painter.drawText(
            rect.adjusted(0, 0, -14, 0), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, entry.kind
        )
        painter.setFont(font("body"))
        painter.setPen(look.text)
        room = rect.width() - 44 - right - 32
        title = painter.fontMetrics().elidedText(entry.title, Qt.TextElideMode.ElideRight, room)
        painter.drawText(rect.adjusted(42, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, title)
        used = painter.fontMetrics().horizontalAdvance(title)
        if entry.hint and room - used > 60:
            painter.setFont(font("small"))
            painter.setPen(look.muted)
            hint = painter.fontMetrics().elidedText(entry.hint, Qt.TextElideMode.ElideRight, room - used - 12)
            painter.drawText(rect.adjusted(54 + used, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, hint)
        painter.restore()
