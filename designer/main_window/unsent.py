"""Answers that are typed and not sent, kept in a file: a window that is killed shows them again."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from designer.engine_link import EngineLink
from designer.people.drafts import Drafts
from engine.platform import atomic_write

FILE = "unsent-answers.json"
SOON_MS = 300


class Unsent(QObject):
    """Reads the file once, and writes it beside the window a moment after something was typed."""

    def __init__(self, link: EngineLink, drafts: Drafts, parent: QObject) -> None:
        super().__init__(parent)
        self._link, self._drafts = link, drafts
        self._file: Path = link.data_dir / FILE
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SOON_MS)
        self._timer.timeout.connect(self._write)
        try:
            drafts.load(self._file.read_text("utf-8"))
        except (OSError, ValueError):
            pass  # there is none, or it is no text

    def later(self) -> None:
        """Something was typed."""
        if not self._timer.isActive():
            self._timer.start()

    def close(self) -> None:
        """Write what is not written."""
        if self._timer.isActive():
            self._timer.stop()
            self._write()

    def _write(self) -> None:
        text, file = self._drafts.as_text(), self._file

        def write(_store: object) -> None:
            atomic_write(file, text.encode())

        self._link.call(write, lambda _: None, lambda _: None)
