"""The top of a question: the effect in the operator's words, how much is at stake, who asks and why, and the clock."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from designer.engine_link import OpenQuestion
from designer.people.clock import Clock
from designer.people.clock_words import ago, local_time
from designer.people.dossier import Dossier
from designer.people.words import agreed, earlier_counts, kind_word, risk_word, rule_sentence
from designer.resources import tr
from designer.theme import space
from designer.widgets import Chip, ElidedLabel, button, label, set_role, visible

SHORT = 64
RISK_ICONS = {"low": "shield-check", "medium": "shield-check", "high": "triangle-alert", "irreversible": "shield-alert"}
ENVIRONMENTS = {"simulated": "flask-conical", "live": "zap"}


class Head(QWidget):
    """`run_requested` when the person wants to see the run."""

    run_requested = Signal()

    def __init__(self, parent: QWidget | None = None, now: Callable[[], float] = time.time) -> None:
        super().__init__(parent)
        self._now = now
        self.risk, self.kind, self.place, self.people = Chip(""), Chip(""), Chip(""), Chip("")
        self.clock = Clock(self, now)
        self.headline = label("", "heading", wrap=True)
        self.headline.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        chips = QHBoxLayout()
        chips.setSpacing(space.S)
        for chip in (self.risk, self.place, self.kind, self.people):
            chips.addWidget(chip)
        chips.addStretch(1)
        chips.addWidget(self.clock)
        self._facts = {name: ElidedLabel() for name in ("workflow", "step", "started", "why", "earlier")}
        self._titles: dict[str, QLabel] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space.S)
        column.addLayout(chips)
        column.addWidget(self.headline)
        column.addSpacing(space.XS)
        column.addLayout(self._grid())

    def show_question(self, asked: OpenQuestion, dossier: Dossier | None) -> None:
        """Show what is known; `dossier` comes a moment later."""
        question, form, now = asked.question, asked.question.form, self._now()
        self.headline.setText(visible(asked.headline))
        set_role(self.headline, "role", "display" if len(asked.headline) <= SHORT else "heading")
        risk = asked.risk
        self._chip(self.risk, risk_word(risk), risk or "muted", RISK_ICONS.get(risk, ""))
        self._chip(
            self.kind, kind_word(question.type), "warning" if question.type in ("doubt", "escalation") else "muted"
        )
        place = str(form.get("environment") or "")
        known = {"simulated": tr("Simulated", "people"), "live": tr("Live", "people")}
        tone = "warning" if place == "live" else "muted"
        self._chip(self.place, known.get(place, visible(place)), tone, ENVIRONMENTS.get(place, ""))
        self._chip(self.people, agreed(question), "accent", "users")
        self.clock.set_question(question, dossier.escalate_to if dossier else "")
        title = visible(asked.title or asked.run_name)
        self._facts["workflow"].setText(f"{title}  ·  {asked.workflow.removeprefix('sha256:')[:8]}")
        self._facts["workflow"].set_tip(tr("Version {hash}", "people").format(hash=asked.workflow))
        step = visible(asked.node_title) or asked.step
        if step != asked.step:
            step += f"  ·  {asked.step}"
        self._facts["step"].setText(step)
        self._facts["step"].set_tip(tr("Run {run}", "people").format(run=asked.run))
        started = tr("by {name}, {time}", "people").format(
            name=visible(asked.started_by) or tr("a program", "people"), time=local_time(asked.run_started, now)
        )
        waits = tr("asked {time}", "people").format(time=local_time(question.asked, now))
        if now - question.asked >= 60:
            waits += ", " + tr("waits {time}", "people").format(time=ago(now - question.asked))
        self._facts["started"].setText(f"{started}  ·  {waits}")
        why = rule_sentence(dossier) if dossier else ""
        if question.escalated_to:
            why = tr("Nobody answered in time: it went to {name}.", "people").format(
                name=visible(question.escalated_to)
            )
        self._facts["why"].setText(why)
        earlier = earlier_counts(dossier.earlier) if dossier else ""
        for part in (self._facts["earlier"], self._titles["earlier"]):
            part.setVisible(bool(earlier))
        self._facts["earlier"].setText(earlier)

    def _grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(space.M)
        grid.setVerticalSpacing(space.XS)
        titles = {
            "deadline": tr("Deadline", "people"),
            "workflow": tr("Workflow", "people"),
            "step": tr("Step", "people"),
            "started": tr("Started", "people"),
            "why": tr("Why", "people"),
            "earlier": tr("Before", "people"),
        }
        for row, (name, title) in enumerate(titles.items()):
            self._titles[name] = label(title, "muted")
            grid.addWidget(self._titles[name], row, 0)
            grid.addWidget(self.clock.then if name == "deadline" else self._facts[name], row, 1)
        grid.setColumnStretch(1, 1)
        see = button(tr("See the run", "people"), "link", "arrow-up-right")
        see.clicked.connect(self.run_requested)
        grid.addWidget(see, 0, 2, 2, 1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        return grid

    def _chip(self, chip: Chip, text: str, tone: str, icon: str = "") -> None:
        chip.set(text, tone, icon)
        chip.setVisible(bool(text))
