"""The parts of the run panel and where they stand. They know nothing of each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QStackedWidget, QWidget

from designer.resources import tr
from designer.runs.panes import column
from designer.runs.replay_bar import ReplayBar
from designer.runs.run_header import RunHeader
from designer.runs.step_detail import StepDetail
from designer.runs.steps_model import StepsModel
from designer.runs.steps_view import StepsView
from designer.runs.timeline import Timeline
from designer.widgets import EmptyState, hline

if TYPE_CHECKING:
    from designer.engine_link.link import EngineLink


class RunPage(QWidget):
    """Header above; steps or timeline left, the chosen step right; replay below. Or the empty state."""

    def __init__(self, link: EngineLink, now: Callable[[], float], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.header = RunHeader()
        self.model = StepsModel(now, self)
        self.steps = StepsView(self.model)
        self.timeline = Timeline()
        self.detail = StepDetail(link)
        self.replay = ReplayBar()
        self.nothing = EmptyState(
            "play", tr("No run to show"), tr("Press Ctrl+Enter to run the workflow, or open a run from the list.")
        )
        self.left = QStackedWidget()
        self.left.addWidget(self.steps)
        self.left.addWidget(self.timeline)
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(self.left)
        self.split.addWidget(self.detail)
        self.split.setStretchFactor(0, 1)
        self.split.setStretchFactor(1, 1)
        self.split.setSizes([640, 720])
        self._run = QWidget()
        page = column(self._run, gap=0)
        for part, stretch in ((self.header, 0), (hline(), 0), (self.split, 1), (hline(), 0), (self.replay, 0)):
            page.addWidget(part, stretch)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.nothing)
        self._pages.addWidget(self._run)
        column(self, gap=0).addWidget(self._pages)
        self.setMinimumHeight(180)
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusProxy(self.steps)

    @property
    def shows_timeline(self) -> bool:
        """Whether the timeline is to be seen, not the steps."""
        return self.left.currentWidget() is self.timeline

    def show_page(self, has_run: bool) -> None:
        """The run, or the empty state."""
        self._pages.setCurrentWidget(self._run if has_run else self.nothing)
