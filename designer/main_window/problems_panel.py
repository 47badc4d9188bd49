"""The Problems panel: what the checks found, in sentences; a click or F8 goes to the place."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QStackedLayout,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from designer.resources import tr
from designer.theme import icon, space, watcher
from designer.widgets import ElidedLabel, EmptyState, button
from engine.checks.problem import Problem
from engine.workflow.model import Workflow

PROBLEM = Qt.ItemDataRole.UserRole
MENDED = frozenset(
    ("missing-role", "missing-secret", "missing-server", "server-not-approved", "server-tool-not-approved")
)
"""Problems of this PC and not of the drawing."""


class ProblemsPanel(QWidget):
    """`chosen` carries the Problem; `mend_requested` one that is mended on the page of this PC; `count_changed`
    (errors, warnings)."""

    chosen = Signal(object)
    mend_requested = Signal(object)
    count_changed = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.problems: tuple[Problem, ...] = ()
        self.list = QTreeWidget(self)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setHeaderLabels([tr("What"), tr("Where"), tr("What to do")])
        header = self.list.header()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.resizeSection(0, 520)
        header.resizeSection(1, 160)
        header.setStretchLastSection(True)
        self.list.itemClicked.connect(lambda item: self._choose(item))
        self.list.itemActivated.connect(lambda item: self._choose(item))
        self._stack = QStackedLayout(self)
        self._stack.addWidget(
            EmptyState("circle-check", tr("No problems"), tr("The checks find nothing wrong with this workflow."))
        )
        self._stack.addWidget(self.list)
        self._workflow = Workflow(name="untitled")
        watcher().changed.connect(self._restyle)

    def show_problems(self, problems: Sequence[Problem], workflow: Workflow) -> None:
        """Errors first, warnings after them."""
        self.problems = tuple(sorted(problems, key=lambda problem: problem.severity != "error"))
        self._fill(workflow)
        errors = sum(problem.severity == "error" for problem in self.problems)
        self.count_changed.emit(errors, len(self.problems) - errors)

    def _restyle(self) -> None:
        self._fill(self._workflow)

    def _fill(self, workflow: Workflow) -> None:
        self._workflow = workflow
        current = self.list.currentIndex().row()
        self.list.clear()
        for problem in self.problems:
            node = workflow.by_key.get(problem.node or "")
            where = (node.title or node.key) if node else tr("Workflow")
            item = QTreeWidgetItem([problem.sentence, where, problem.remedy])
            bad = problem.severity == "error"
            item.setIcon(0, icon("circle-alert" if bad else "triangle-alert", "danger" if bad else "warning"))
            for column in range(3):
                item.setToolTip(column, f"{problem.sentence}\n{problem.remedy}")
            item.setData(0, PROBLEM, problem)
            self.list.addTopLevelItem(item)
            if problem.code in MENDED:
                item.setText(2, "")
                self.list.setItemWidget(item, 2, self._mend(problem))
        self._stack.setCurrentIndex(1 if self.problems else 0)
        if 0 <= current < self.list.topLevelItemCount():
            self.list.setCurrentIndex(self.list.model().index(current, 0))

    def _mend(self, problem: Problem) -> QWidget:
        """What to do about it, with the way there."""
        made = QWidget()
        row = QHBoxLayout(made)
        row.setContentsMargins(space.XS, 0, space.S, 0)
        row.addWidget(ElidedLabel(problem.remedy), 1)
        link = button(tr("Open in This PC"), "link")
        link.clicked.connect(lambda _=False: self.mend_requested.emit(problem))
        row.addWidget(link)
        return made

    def walk(self, step: int) -> None:
        """Go to the next (+1) or the previous (-1) problem, around the ends."""
        count = self.list.topLevelItemCount()
        if not count:
            return
        now = self.list.currentIndex().row()
        item = self.list.topLevelItem((now + step if now >= 0 or step > 0 else -1) % count)
        if item is not None:
            self.list.setCurrentItem(item)
            self._choose(item)

    def _choose(self, item: QTreeWidgetItem) -> None:
        self.chosen.emit(item.data(0, PROBLEM))
