"""The list of all runs: filter, look, open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from designer.engine_link.link import EngineLink


class RunsList(QWidget):
    """All runs of the data folder, newest first."""

    open_run = Signal(str)  # run id: double-click or Enter

    def __init__(self, link: EngineLink, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link = link

    def set_workflow(self, name: str | None) -> None:
        """Show only runs of this workflow; None shows all."""
