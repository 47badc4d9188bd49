"""The keys of a field: Ctrl+E uses an expression, Ctrl+Shift+Backspace goes back to the default."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent


class Keyed(Protocol):
    """What a field can do by key."""

    def may_be_expression(self) -> bool: ...
    def may_be_cleared(self) -> bool: ...
    def toggle_expression(self) -> None: ...
    def clear(self) -> None: ...


def shortcut(row: Keyed, event: QKeyEvent) -> Callable[[], None] | None:
    """What a key means for this field; None when it means nothing here."""
    control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
    shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
    if control and event.key() == Qt.Key.Key_E and not shift and row.may_be_expression():
        return row.toggle_expression
    if control and shift and event.key() == Qt.Key.Key_Backspace and row.may_be_cleared():
        return row.clear
    return None
