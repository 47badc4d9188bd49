"""Lists: a row for each item, with adding, removing and moving."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from designer.forms.editor import Editor, Sharing
from designer.forms.fits import first_value
from designer.forms.row import Row
from designer.forms.spec import Spec
from designer.forms.values import ABSENT, Path, at, one_line
from designer.resources import tr
from designer.theme import pixmap, space, tokens
from designer.widgets import IconButton, button

FEW = 3
"""More cards than these start folded."""


class ItemsEditor(Editor):
    """A list. Objects stand in cards that fold; everything else is one line with its tools."""

    def __init__(self, spec: Spec, sharing: Sharing, parent: QWidget | None = None) -> None:
        super().__init__(spec, sharing, parent)
        self._given: Any = ABSENT
        self._cards = spec.item.kind == "object"
        self.rows: list[Row] = []
        self._frames: list[QWidget] = []
        self._box = QVBoxLayout()
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(space.S if self._cards else space.XS)
        self.add_button = button(tr("Add", "forms"), "quiet", "plus", self)
        self.add_button.clicked.connect(self.add)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(space.XS)
        whole.addLayout(self._box)
        whole.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignLeft)

    def value(self) -> Any:
        if not self.rows:
            if isinstance(self._given, list) and self._given and self.empty is ABSENT:
                return ABSENT
            return [] if isinstance(self._given, list) else self._given
        found = [row.value() for row in self.rows]
        return [{} if value is ABSENT and self._cards else None if value is ABSENT else value for value in found]

    def set_value(self, value: Any) -> None:
        self._given = value
        items = value if isinstance(value, list) else []
        while len(self.rows) > len(items):
            self._drop(len(self.rows) - 1)
        for row, item in zip(self.rows, items, strict=False):
            row.set_value(item)
        fresh = items[len(self.rows) :]
        for item in fresh:
            self._append(item)
            self.rows[-1].set_open(len(fresh) <= FEW)
        self._retitle()

    def add(self) -> None:
        """Add an item and put the caret into it."""
        self._append(first_value(self.spec.item))
        self._retitle()
        self.rows[-1].set_open(True)
        self._changed()
        self.rows[-1].editor().target().setFocus()

    def remove(self, row: Row) -> None:
        """Take an item out."""
        place = self.rows.index(row)
        self._drop(place)
        self._retitle()
        self._changed()
        near = self.rows[min(place, len(self.rows) - 1)].editor().target() if self.rows else self.add_button
        near.setFocus()

    def shift(self, row: Row, by: int) -> None:
        """Move an item up or down, with the caret in it."""
        place = self.rows.index(row)
        to = place + by
        if not 0 <= to < len(self.rows):
            return
        self.rows.insert(to, self.rows.pop(place))
        frame = self._frames.pop(place)
        self._frames.insert(to, frame)
        self._box.removeWidget(frame)
        self._box.insertWidget(to, frame)
        for one in self._frames:  # Tab follows the order on screen
            QWidget.setTabOrder(one, one)
        self._retitle()
        self._changed()

    def count(self) -> str:
        return str(len(self.rows)) if self.rows else ""

    def rows_below(self) -> dict[str | int, Any]:
        return dict(enumerate(self.rows))

    def set_read_only(self, read_only: bool) -> None:
        self.add_button.setVisible(not read_only)
        for row in self.rows:
            row.set_read_only(read_only)

    def target(self) -> QWidget:
        return self.rows[0].editor().target() if self.rows else self.add_button

    def show_faults(self, faults: Mapping[Path, str]) -> list[Path]:
        taken: list[Path] = []
        for nth, row in enumerate(self.rows):
            here = {path[1:]: text for path, text in faults.items() if path[0] == nth}
            row.show_faults(here)
            if here:
                row.set_open(True)
            taken += [path for path in faults if path[0] == nth]
        return taken

    def focus_path(self, path: Path) -> bool:
        if path and isinstance(path[0], int) and path[0] < len(self.rows):
            return self.rows[path[0]].focus_path(path[1:])
        self.target().setFocus()
        return not path

    def mark(self, original: Any) -> bool:
        if not isinstance(original, list) or len(original) != len(self.rows):
            return False
        for nth, row in enumerate(self.rows):
            row.mark(at(original, (nth,)))
        return bool(self.rows) and self._cards

    def _append(self, item: Any) -> None:
        row: _Item
        remove = _tool("x", tr("Remove", "forms"), "")
        tools: list[QWidget] = [_Mover(lambda by: self.shift(row, by)), remove]
        if self._cards:
            up = _tool("arrow-up", tr("Move up", "forms"), "Alt+Up")
            down = _tool("arrow-down", tr("Move down", "forms"), "Alt+Down")
            up.clicked.connect(lambda: self.shift(row, -1))
            down.clicked.connect(lambda: self.shift(row, 1))
            tools = [up, down, remove]
        # an item is there even when it is empty
        row = _Item(
            self.spec.item, self.sharing, required=not self._cards, bare=not self._cards, helped=False, tools=tools
        )
        row.moved = self.shift
        frame: QWidget = row
        if self._cards:
            frame = QFrame(self)
            frame.setProperty("surface", "inset")
            box = QVBoxLayout(frame)
            box.setContentsMargins(space.S, space.XS, space.XS, space.S)
            box.addWidget(row)
        row.set_value(item)
        row.edited.connect(self._changed)
        remove.clicked.connect(lambda: self.remove(row))
        self.rows.append(row)
        self._frames.append(frame)
        self._box.addWidget(frame)

    def _drop(self, place: int) -> None:
        self.rows.pop(place)
        frame = self._frames.pop(place)
        self._box.removeWidget(frame)
        frame.hide()
        frame.deleteLater()

    def _changed(self) -> None:
        self._retitle()
        self.edited.emit()

    def _retitle(self) -> None:
        for nth, row in enumerate(self.rows):
            row.set_title(f"{nth + 1}  {_summary(row.value())}".rstrip() if self._cards else str(nth + 1))


class _Item(Row):
    """A row that Alt+Up and Alt+Down move."""

    moved: Any = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if by and event.modifiers() & Qt.KeyboardModifier.AltModifier and self.moved is not None:
            focus = self.window().focusWidget()
            self.moved(self, by)
            if focus is not None:
                focus.setFocus()
            return
        super().keyPressEvent(event)


class _Mover(QWidget):
    """Up and down above each other, in the width of one tool; Alt and the arrow keys do the same."""

    def __init__(self, move: Callable[[int], object]) -> None:
        super().__init__()
        self._move = move
        self.setFixedWidth(22)
        self.setToolTip(tr("Move up or down", "forms") + "  (Alt+Up, Alt+Down)")
        self.setAccessibleName(tr("Move up or down", "forms"))
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._move(-1 if event.position().y() < self.height() / 2 else 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        color, ratio = tokens().muted, self.devicePixelRatioF()
        painter.drawPixmap(5, self.height() // 2 - 13, pixmap("chevron-up", color, 12, ratio))
        painter.drawPixmap(5, self.height() // 2 + 1, pixmap("chevron-down", color, 12, ratio))
        painter.end()


def _tool(icon: str, tip: str, keys: str) -> IconButton:
    made = IconButton(icon, tip, keys)
    made.setFixedSize(22, 22)
    made.setIconSize(QSize(14, 14))
    return made


def _summary(value: Any) -> str:
    """What a folded card says: the first text of its object."""
    if isinstance(value, Mapping):
        text = next((one for one in value.values() if isinstance(one, str) and one), "")
        return " ".join(text.split())[:60]
    return "" if value is ABSENT else one_line(value, 40)
