"""How a person hears that something waits: a badge on the tray icon, a desktop message, the window's title."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from designer.engine_link import EngineLink


class Notifier(QObject):
    """`open_requested` carries a question id, `run_requested` (run id, ""), `title_badge_changed` text for a title."""

    open_requested = Signal(str)
    run_requested = Signal(object)
    title_badge_changed = Signal(str)

    def __init__(self, link: EngineLink, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._shown = ""

    def set_shown(self, question: str) -> None:
        """The question that is on the screen: nobody has to be told of it."""
        self._shown = question

    def close(self) -> None:
        """Take the tray icon away and stop the timers."""
