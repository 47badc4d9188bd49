"""What the window's helpers share: the parts of one window, handed to each of them as a whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from designer.actions.commands import Commands
from designer.engine_link import EngineLink
from designer.main_window.desk import Desk
from designer.main_window.drawing import DrawingPage
from designer.main_window.running import Runner
from designer.main_window.showing import Showing
from engine.errors import SignalboxError


@dataclass(frozen=True, slots=True)
class Parts:
    """`say(text, tone)` shows a toast, `refuse` an error in one sentence, `go(page)` changes the page."""

    window: QWidget
    link: EngineLink
    commands: Commands
    desk: Desk
    showing: Showing
    runner: Runner
    drawing: DrawingPage
    say: Callable[[str, str], None]
    refuse: Callable[[SignalboxError], None]
    go: Callable[[str], None]

    def editable(self) -> bool:
        """Whether the drawing can be edited now."""
        return self.desk.is_open and not self.showing.looking and self.drawing.isVisible()

    def selected_nodes(self) -> tuple[str, ...]:
        """The selected nodes, without frames and notes."""
        by_key = self.desk.workflow.by_key
        return tuple(key for key in self.drawing.canvas.selected() if key in by_key)
