"""A value to read, not to change: short fields in lines, long ones in a box that scrolls, nothing cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QPlainTextEdit, QSizePolicy, QVBoxLayout, QWidget

from designer.resources import tr
from designer.theme import font, space
from designer.widgets import LoadBlob, ValueView, label, visible
from designer.widgets.value_words import has_picture, is_picture

LONG = 600
NAMES = 112
SHORT = 24
NESTED = 240
PICTURE = 320
FEW = 8


class Facts(QWidget):
    """An object field by field, in two columns where all fields are short; anything else as it is."""

    def __init__(self, parent: QWidget | None = None, *, load_blob: LoadBlob | None = None, depth: int = 0) -> None:
        super().__init__(parent)
        self._load_blob, self._depth = load_blob, depth
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(space.L)
        self._grid.setVerticalSpacing(space.XS + 2)

    def set_value(self, value: Any) -> None:
        """Show this value."""
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        if not isinstance(value, Mapping) or is_picture(value):
            self._grid.addWidget(self._shown(value), 0, 0)
            return
        columns = 2 if self._depth == 0 and len(value) >= 4 and all(map(_is_short, value.values())) else 1
        rows = -(-len(value) // columns)
        for nth, (name, field) in enumerate(value.items()):
            row, column = nth % rows, 2 * (nth // rows)
            title = label(visible(str(name)), "muted", wrap=True)
            title.setFixedWidth(NAMES if self._depth == 0 else NAMES - space.XL)
            self._grid.addWidget(title, row, column, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(self._shown(field), row, column + 1)
            self._grid.setColumnStretch(column + 1, 1)

    def _shown(self, value: Any) -> QWidget:
        if value is None:
            return label(tr("empty", "people"), "muted")
        if isinstance(value, bool):
            return label(tr("yes", "people") if value else tr("no", "people"))
        if isinstance(value, str | int | float):
            text = visible(str(value))
            return long_text(text) if len(text) > LONG or text.count("\n") > 8 else line(text)
        if _is_plain_list(value):
            return line("\n".join(visible(str(item)) for item in value))
        if self._depth == 0 and isinstance(value, Mapping) and 0 < len(value) <= FEW and not is_picture(value):
            nested = Facts(load_blob=self._load_blob, depth=1)
            nested.set_value(value)
            return nested
        view = ValueView(value, load_blob=self._load_blob)
        view.setFixedHeight(PICTURE if has_picture(value) else min(NESTED, 56 + 22 * _rows_of(value)))
        return view


def line(text: str) -> QLabel:
    """A text that can be selected and wraps."""
    made = label(text, wrap=True)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
    return made


def long_text(text: str, height: int = 160) -> QWidget:
    """All of a long text in a box that scrolls, with how long it is."""
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(space.XS)
    edit = QPlainTextEdit(text)
    edit.setReadOnly(True)
    edit.setFont(font("mono"))
    edit.setFixedHeight(height)
    edit.setTabChangesFocus(True)
    column.addWidget(edit)
    column.addWidget(
        label(
            tr("{n} characters in {k} lines", "people").format(n=f"{len(text):,}", k=f"{text.count(chr(10)) + 1:,}"),
            "tiny",
        )
    )
    return box


def _rows_of(value: Any, most: int = 12) -> int:
    """How many lines a tree of the value has, counted no further than needed."""
    entries = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    rows = 0
    for item in entries:
        rows += 1 + (_rows_of(item, most - rows) if isinstance(item, Mapping | list) else 0)
        if rows >= most:
            break
    return rows


def _is_plain_list(value: Any) -> bool:
    if not isinstance(value, list) or not 0 < len(value) <= FEW:
        return False
    return all(
        isinstance(item, str | int | float) and len(str(item)) <= 200 and "\n" not in str(item) for item in value
    )


def _is_short(value: Any) -> bool:
    return isinstance(value, str | int | float) and len(str(value)) <= SHORT and "\n" not in str(value)
