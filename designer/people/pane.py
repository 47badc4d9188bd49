"""One question, whole: what it is about, what an answer would do, and the answer itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from designer.people.drafts import Drafts

if TYPE_CHECKING:
    from designer.engine_link import EngineLink, OpenQuestion


class ApprovalPane(QWidget):
    """Shows a question and sends the answer; nothing is ever answered by Enter.

    `answered` carries (question id, option) once the engine has taken the answer; `run_requested` carries
    (run id, node key) when the person wants to see the run behind the question.
    """

    answered = Signal(object)
    run_requested = Signal(object)

    def __init__(self, link: EngineLink, parent: QWidget | None = None, *, drafts: Drafts | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self.drafts = Drafts() if drafts is None else drafts

    def show_question(self, asked: OpenQuestion | None) -> None:
        """Show this question, with what was typed into it before; None shows that nothing waits."""

    def question(self) -> str:
        """The id of the question that is shown; "" for none."""
        return ""

    def focus_approve(self) -> None:
        """Put the focus on the approving button; answers nothing."""

    def focus_refuse(self) -> None:
        """Put the focus on the reason that refusing needs."""

    def focus_edit(self) -> None:
        """Put the focus on the first field that may be changed."""
