"""Hand-offs of one step: why, what is left of the budget, what the next agent gets beside what this one was given."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from designer.resources import tr
from designer.runs.hand_off import Handed
from designer.runs.panes import column
from designer.runs.story_agents import budget_text
from designer.theme import space
from designer.widgets import Chip, DiffView, ElidedLabel, button, label


class _Side(QWidget):
    """One hand-off."""

    def __init__(self, handed: Handed) -> None:
        super().__init__()
        whole = column(self, space.S, space.XS)
        head = QHBoxLayout()
        head.setSpacing(space.S)
        words = tr("Handed to {who}") if handed.sent else tr("Received from {who}")
        other = handed.receiver if handed.sent else handed.sender
        self.title = label(words.format(who=other) if other else tr("Received"), "strong")
        head.addWidget(self.title)
        left = budget_text(handed.envelope.get("budget_left"))
        self.left = Chip(tr("{left} left").format(left=left), "muted", "hand-coins")
        self.left.setVisible(bool(left))
        head.addWidget(self.left)
        head.addStretch(1)
        whole.addLayout(head)
        self.reason = ElidedLabel(role="muted")
        goal, reason = handed.envelope.get("goal") or "", handed.envelope.get("reason") or ""
        self.reason.setText(" · ".join(part for part in (str(goal), str(reason)) if part))
        whole.addWidget(self.reason)
        sender = handed.sender or tr("the sender")
        whole.addWidget(label(tr("Before: what {who} was given. After: what goes on.").format(who=sender), "small"))
        self.diff = DiffView(*handed.compared)
        whole.addWidget(self.diff, 1)


class HandOffTab(QWidget):
    """Shows hand-offs side by side; `replay_wanted` when the agent shall be tried again alone."""

    replay_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sides: list[_Side] = []
        self._shown: list[Handed] = []
        self.replay = button(tr("Replay this agent alone"), "", "rotate-cw")
        self.replay.setToolTip(
            tr("A new run of this step with what it was given: models are asked anew, writes count as recorded.")
        )
        self.replay.clicked.connect(self.replay_wanted)
        self._split = QSplitter()
        self._split.setChildrenCollapsible(False)
        foot = QHBoxLayout()
        foot.setContentsMargins(space.S, 0, space.S, space.S)
        foot.addWidget(self.replay)
        foot.addStretch(1)
        whole: QVBoxLayout = column(self, gap=0)
        whole.addWidget(self._split, 1)
        whole.addLayout(foot)

    def show_hand_offs(self, found: Sequence[Handed]) -> None:
        """Show these; the same ones again change nothing."""
        if list(found) == self._shown:
            return
        self._shown = list(found)
        for side in self.sides:
            side.hide()
            side.setParent(None)
            side.deleteLater()
        self.sides = [_Side(handed) for handed in found]
        for side in self.sides:
            self._split.addWidget(side)
