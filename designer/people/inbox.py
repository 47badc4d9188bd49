"""All questions that wait, the most urgent first, beside the one that is being answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from designer.people.drafts import Drafts

if TYPE_CHECKING:
    from designer.engine_link import EngineLink


class Inbox(QWidget):
    """`badge_changed` carries how many questions wait; `run_requested` carries (run id, node key)."""

    badge_changed = Signal(int)
    answered = Signal(object)
    run_requested = Signal(object)

    def __init__(self, link: EngineLink, parent: QWidget | None = None, *, drafts: Drafts | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self.drafts = Drafts() if drafts is None else drafts

    def show_question(self, question: str) -> None:
        """Select a question and show it."""

    def shown_question(self) -> str:
        """The id of the question that a person can see right now; "" for none."""
        return ""
