"""When what is typed is reported: at the first pause, and while somebody types on and on, often enough to be kept."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QElapsedTimer, QObject, QTimer

PAUSE_MS = 150
LONGEST_MS = 300
"""With autosave's own wait, a key is on disk within a second however fast the next ones come."""


class Pause(QTimer):
    """Calls `report` 150 ms after the last `key`, and at the latest 450 ms after the first one."""

    def __init__(self, report: Callable[[], object], parent: QObject) -> None:
        super().__init__(parent)
        self.setSingleShot(True)
        self.setInterval(PAUSE_MS)
        self._since = QElapsedTimer()
        self.timeout.connect(report)

    def key(self) -> None:
        """Something was typed."""
        if not self.isActive():
            self._since.start()
            self.start()
        elif self._since.elapsed() < LONGEST_MS:
            self.start()
