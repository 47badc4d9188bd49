"""The approval pane in a window of its own, for a toast or a node on the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QWidget

from designer.people.drafts import Drafts
from designer.people.pane import ApprovalPane

if TYPE_CHECKING:
    from designer.engine_link import EngineLink, OpenQuestion


class ApprovalDialog(QDialog):
    """Use `open()`. Esc closes it without an answer and keeps what was typed in `drafts`."""

    def __init__(
        self, link: EngineLink, asked: OpenQuestion, parent: QWidget | None = None, *, drafts: Drafts | None = None
    ) -> None:
        super().__init__(parent)
        self.pane = ApprovalPane(link, self, drafts=drafts)
        self.pane.show_question(asked)
