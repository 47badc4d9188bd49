"""Before and after, field by field."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget


class DiffView(QWidget):
    """What changed between two values: each changed field before → after, long texts line by line."""

    def __init__(self, before: Any, after: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = QVBoxLayout(self)
        self._whole.setContentsMargins(0, 0, 0, 0)
        self.set_values(before, after)

    def set_values(self, before: Any, after: Any) -> None:
        """Compare two other values."""
        self.before, self.after = before, after
