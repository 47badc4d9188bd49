"""Loads what the window is for behind its frame, a piece at a time: between two pieces the window lives."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from PySide6.QtCore import QObject, QTimer

PIECES = (
    "pydantic",
    "engine.workflow.model",
    "engine.run.events",
    "yaml",
    "jsonschema",
    "engine.expressions",
    "engine.nodes.catalog",
    "engine.checks",
    "engine.store",
    "designer.engine_link.link",
    "designer.canvas.ngqt",
    "designer.canvas.canvas",
    "designer.forms.node_form",
    "designer.runs.run_panel",
    "designer.people",
    "designer.main_window.room",
)
"""Modules in the order in which they need each other, so that each piece is short."""


class Loading(QObject):
    """Imports one module each time the window has nothing else to do, then calls `done`."""

    def __init__(self, window: QObject, done: Callable[[], object]) -> None:
        super().__init__(window)
        self._left = list(PIECES)
        self._done = done
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._next)
        self._timer.start()

    def _next(self) -> None:
        if self._left:
            import_module(self._left.pop(0))
            return
        self._timer.stop()
        self._done()
        self.deleteLater()
