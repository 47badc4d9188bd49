"""The shortcut sheet: every key and gesture on one page, made from the command table."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from designer.actions.command import Group
from designer.actions.commands import Commands, shown_keys
from designer.actions.table import canvas_gestures
from designer.resources import tr
from designer.theme import space
from designer.widgets import KeyCap, hline, label

COLUMNS: tuple[tuple[Group, ...], ...] = (("File", "Help", "People", "PC"), ("Edit",), ("Run", "View"), ("Arrange",))


class ShortcutSheet(QDialog):
    """Opened with F1, closed with Esc."""

    def __init__(self, commands: Commands, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Keyboard shortcuts"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        inside = QWidget()
        rows = QVBoxLayout(inside)
        rows.setContentsMargins(space.XL, space.L, space.XL, space.XL)
        rows.setSpacing(space.L)
        columns = QHBoxLayout()
        columns.setSpacing(space.XL + space.S)
        rows.addLayout(columns)
        rows.addWidget(hline())
        rows.addWidget(self._gestures(commands))
        rows.addStretch(1)
        for groups in COLUMNS:
            column = QVBoxLayout()
            column.setSpacing(space.L)
            for group in groups:
                column.addWidget(self._group(commands, group))
            column.addStretch(1)
            columns.addLayout(column, 1)
        area = QScrollArea()
        area.setWidget(inside)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)
        self.resize(min(1300, max(640, parent.width() - 40)), 700)

    def _group(self, commands: Commands, group: Group) -> QWidget:
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(space.L)
        grid.setVerticalSpacing(space.S - 2)
        grid.addWidget(label(commands.group_title(group), "strong"), 0, 0, 1, 2)
        found = [commands.table[name] for name in commands.group(group)]
        for row, command in enumerate((one for one in found if one.keys), start=1):
            grid.addWidget(label(command.title.rstrip("…"), "muted"), row, 0)
            grid.addWidget(_caps(shown_keys(command)), row, 1, Qt.AlignmentFlag.AlignRight)
        grid.setColumnStretch(0, 1)
        return box

    def _gestures(self, commands: Commands) -> QWidget:
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(space.L)
        grid.setVerticalSpacing(space.S - 2)
        grid.addWidget(label(commands.group_title("Canvas"), "strong"), 0, 0, 1, 4)
        found = canvas_gestures()
        half = (len(found) + 1) // 2
        for place, (keys, what) in enumerate(found):
            column = 0 if place < half else 2
            grid.addWidget(label(keys), place % half + 1, column)
            grid.addWidget(label(what, "muted"), place % half + 1, column + 1)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        return box


def _caps(keys: list[str]) -> QWidget:
    line = QWidget()
    row = QHBoxLayout(line)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(space.M)
    for key in keys[:2]:
        row.addWidget(KeyCap(key))
    return line
