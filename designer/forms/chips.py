"""Chips to turn on and off, in as many lines as they need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtWidgets import QLayout, QLayoutItem, QPushButton, QSizePolicy, QWidget

from designer.theme import font, radius, space, tokens, watcher


class Flow(QLayout):
    """Lays widgets out like words in a paragraph."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(space.XS)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._place(QRect(0, 0, width, 0), test=True)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._place(rect, test=False)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        widest = max((item.sizeHint().width() for item in self._items), default=0)
        return QSize(widest, 28)

    def _place(self, rect: QRect, *, test: bool) -> int:
        x, y, high = rect.x(), rect.y(), 0
        for item in self._items:
            if item.isEmpty():
                continue
            size = item.sizeHint()
            if x + size.width() > rect.right() + 1 and high:
                x, y, high = rect.x(), y + high + self.spacing(), 0
            if not test:
                item.setGeometry(QRect(QPoint(x, y), size))
            x += size.width() + self.spacing()
            high = max(high, size.height())
        return y + high - rect.y()


class Chips(QWidget):
    """Several of some words. Options are (key, word, explanation)."""

    changed = Signal()

    def __init__(
        self, options: Sequence[tuple[str, str, str]], parent: QWidget | None = None, *, first: int = 0, more: str = ""
    ) -> None:
        super().__init__(parent)
        self._buttons: dict[str, QPushButton] = {}
        self._first = first or len(options)
        self._all = not more
        flow = Flow(self)
        for key, word, help in options:
            made = QPushButton(word, self)
            made.setCheckable(True)
            made.setAutoDefault(False)
            made.setFont(font("small"))
            made.setToolTip(help)
            made.setCursor(Qt.CursorShape.PointingHandCursor)
            made.clicked.connect(self.changed)
            self._buttons[key] = made
            flow.addWidget(made)
        self.more = QPushButton(more, self)
        self.more.setAutoDefault(False)
        self.more.setFont(font("small"))
        self.more.clicked.connect(self.show_all)
        flow.addWidget(self.more)
        self._settle()
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        watcher().changed.connect(self._dress)
        self._dress()

    def chosen(self) -> tuple[str, ...]:
        """The keys that are on, in the order of the options."""
        return tuple(key for key, one in self._buttons.items() if one.isChecked())

    def choose(self, keys: Iterable[str]) -> None:
        """Turn exactly these on without telling anybody."""
        wanted = set(keys)
        for key, one in self._buttons.items():
            one.setChecked(key in wanted)
        self._settle()

    def show_all(self) -> None:
        """Show the rarer options as well."""
        self._all = True
        self._settle()

    def _settle(self) -> None:
        for nth, one in enumerate(self._buttons.values()):
            one.setVisible(self._all or nth < self._first or one.isChecked())
        self.more.setVisible(not self._all)
        self.updateGeometry()

    def chip(self, key: str) -> QPushButton:
        """The button of one option."""
        return self._buttons[key]

    def _dress(self) -> None:
        look = tokens()
        accent = look.accent_soft
        ground = f"rgba({accent.red()}, {accent.green()}, {accent.blue()}, {accent.alpha()})"
        self.setStyleSheet(
            f"QPushButton {{ border: 1px solid {look.line_strong.name()}; border-radius: {radius.L}px;"
            f" padding: 3px 10px; min-height: 16px; background: transparent; color: {look.muted.name()}; }}"
            f"QPushButton:checked {{ background: {ground}; border-color: {look.accent.name()};"
            f" color: {look.text.name()}; }}"
            f"QPushButton:hover {{ border-color: {look.faint.name()}; }}"
            f"QPushButton:focus {{ border-color: {look.focus.name()}; border-width: 2px; padding: 2px 9px; }}"
        )
