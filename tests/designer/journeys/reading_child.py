"""The desktop program in a process of its own: says in one line of JSON what its buttons say, and closes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from child_start import be
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QAbstractButton

from designer.main_window.window import MainWindow


class Eyes(QObject):
    """Looks once the engine is there."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.window = window
        self.clock = QTimer(self, interval=20)
        self.clock.timeout.connect(self.look)
        self.clock.start()

    def look(self) -> None:
        """Say what is seen."""
        if self.window.link.status.works:
            self.clock.stop()
            found = self.window.findChildren(QAbstractButton)
            print(json.dumps([button.text() for button in found if button.isVisible()]), flush=True)
            self.window.close()


if __name__ == "__main__":
    sys.exit(be(Path(sys.argv[1]), None, Eyes))
