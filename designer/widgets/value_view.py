"""Any JSON value, as tree, table, text or picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

LoadBlob = Callable[[dict[str, Any], Callable[[bytes], None]], None]
"""Fetch the bytes of a `{"$blob": …}` reference; calls back on the GUI thread, now or later."""


class ValueView(QWidget):
    """Shows a value; big ones lazily, nothing left out silently."""

    def __init__(self, value: Any = None, parent: QWidget | None = None, *, load_blob: LoadBlob | None = None) -> None:
        super().__init__(parent)
        self._value, self.load_blob = value, load_blob
        self._whole = QVBoxLayout(self)
        self._whole.setContentsMargins(0, 0, 0, 0)

    def value(self) -> Any:
        """What it shows."""
        return self._value

    def set_value(self, value: Any) -> None:
        """Show another value."""
        self._value = value
