"""A value to read, not to change: short fields in lines, long ones in a box that scrolls, nothing cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QPlainTextEdit, QSizePolicy, QVBoxLayout, QWidget

from designer.people.safe_text import visible
from designer.resources import tr
from designer.theme import font, space
from designer.widgets import LoadBlob, ValueView, label

LONG = 600
NAMES = 128
NESTED = 240
FEW = 8


class Facts(QWidget):
    """An object field by field, anything else as it is."""

    def __init__(self, parent: QWidget | None = None, *, load_blob: LoadBlob | None = None) -> None:
        super().__init__(parent)
        self._load_blob = load_blob
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(space.L)
        self._grid.setVerticalSpacing(space.XS + 2)
        self._grid.setColumnStretch(1, 1)

    def set_value(self, value: Any) -> None:
        """Show this value."""
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        if not isinstance(value, Mapping) or _is_reference(value):
            self._grid.addWidget(self._shown(value), 0, 0, 1, 2)
            return
        for row, (name, item_value) in enumerate(value.items()):
            title = label(visible(str(name)), "muted", wrap=True)
            title.setFixedWidth(NAMES)
            self._grid.addWidget(title, row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(self._shown(item_value), row, 1)

    def _shown(self, value: Any) -> QWidget:
        if value is None:
            return label(tr("empty", "people"), "muted")
        if isinstance(value, bool):
            return label(tr("yes", "people") if value else tr("no", "people"))
        if isinstance(value, str | int | float):
            text = visible(str(value))
            return long_text(text) if len(text) > LONG or text.count("\n") > 8 else line(text)
        if small := _lines_of(value):
            return line(small)
        view = ValueView(value, load_blob=self._load_blob)
        view.setFixedHeight(min(NESTED, 56 + 22 * _rows_of(value)))
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


def _lines_of(value: Any) -> str:
    """A few plain fields or entries as lines; "" for anything larger."""
    entries = list(value.items()) if isinstance(value, Mapping) else [("", item) for item in value]
    if not 0 < len(entries) <= FEW or _is_reference(dict(entries)):
        return ""
    plain = [(name, item) for name, item in entries if isinstance(item, str | int | float) and len(str(item)) <= 200]
    if len(plain) < len(entries) or any("\n" in str(item) for _name, item in plain):
        return ""
    return "\n".join(
        f"{visible(str(name))}: {visible(str(item))}" if name else visible(str(item)) for name, item in plain
    )


def _is_reference(value: Mapping[str, Any]) -> bool:
    return "$blob" in value
