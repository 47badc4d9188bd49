"""The desktop program in a process of its own that is to be killed: runs a workflow to its question, then types.

Every line on standard output is a fact in JSON: the open question, then each text that was typed, with its time.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from child_start import be
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from designer.main_window.window import MainWindow

EVERY_MS = 20


class Hands(QObject):
    """Runs what is drawn; with the question open, types into the first node's text for ever."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.window, self.text, self.ran = window, "", False
        self.clock = QTimer(self, interval=EVERY_MS)
        self.clock.timeout.connect(self.act)
        self.clock.start()

    def act(self) -> None:
        """The next thing that a person would do."""
        window = self.window
        if not (window.desk.is_open and window.link.status.works and window.drawing.isVisible()):
            return
        if not self.ran:
            self.ran = True
            window.activateWindow()
            QTest.keyClick(window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        elif window.link.questions and window.showing.live is not None:
            if not self.text:
                say(question=window.link.questions[0].id, run=window.showing.live.run)
                key = window.desk.workflow.nodes[0].key
                window.drawing.canvas.select((key,))
                window.inspector.node.focus_path(("params", "text"))
                QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
            letter = "abcdefghij"[len(self.text) % 10]
            self.text += letter
            QTest.keyClick(QApplication.focusWidget(), letter)
            say(text=self.text, at=time.time())


def say(**fact: object) -> None:
    """One line of what is so."""
    print(json.dumps(fact), flush=True)


if __name__ == "__main__":
    sys.exit(be(Path(sys.argv[1]), Path(sys.argv[2]), Hands))
