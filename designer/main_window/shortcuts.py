"""The shortcut sheet: every key and gesture on one page, made from the command table."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFrame, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from designer.actions.command import Group
from designer.actions.commands import Commands, shown_keys
from designer.actions.table import canvas_gestures
from designer.resources import tr
from designer.theme import space
from designer.widgets import KeyCap

COLUMNS: tuple[tuple[Group, ...], ...] = (("File", "Edit"), ("Run", "View", "People"), ("Arrange", "Help", "Canvas"))


class ShortcutSheet(QDialog):
    """Opened with F1, closed with Esc."""

    def __init__(self, commands: Commands, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Keyboard shortcuts"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        inside = QWidget()
        columns = QHBoxLayout(inside)
        columns.setContentsMargins(space.XL, space.L, space.XL, space.XL)
        columns.setSpacing(space.XL * 2)
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
        self.resize(1180, 680)

    def _group(self, commands: Commands, group: Group) -> QWidget:
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(space.L)
        grid.setVerticalSpacing(space.S - 2)
        title = QLabel(commands.group_title(group))
        title.setProperty("role", "strong")
        grid.addWidget(title, 0, 0, 1, 2)
        rows: list[tuple[str, list[str]]]
        if group == "Canvas":
            rows = [(what, [keys]) for keys, what in canvas_gestures()]
        else:
            found = [commands.table[name] for name in commands.group(group)]
            rows = [(command.title.rstrip("…"), shown_keys(command)) for command in found if command.keys]
        for row, (what, keys) in enumerate(rows, start=1):
            label = QLabel(what)
            label.setWordWrap(True)
            label.setProperty("role", "muted")
            grid.addWidget(label, row, 0)
            grid.addWidget(_caps(keys), row, 1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        grid.setColumnStretch(0, 1)
        return box


def _caps(keys: list[str]) -> QWidget:
    line = QWidget()
    row = QHBoxLayout(line)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(space.XS)
    for key in keys[:2]:
        row.addWidget(KeyCap(key))
    return line
