"""Before and after, as tall as it is up to a limit: for a page that scrolls itself."""

from __future__ import annotations

from typing import Any

from PySide6.QtGui import QResizeEvent

from designer.widgets import DiffView

TALLEST = 360


class FittedDiff(DiffView):
    """A `DiffView` that takes the height of its changes."""

    def set_values(self, before: Any, after: Any) -> None:
        super().set_values(before, after)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        inner = self.widget()
        layout = inner.layout() if inner is not None else None
        if layout is None:
            return
        width = self.viewport().width()
        tall = layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else layout.sizeHint().height()
        self.setFixedHeight(min(TALLEST, tall + 2))
