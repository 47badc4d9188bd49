"""The run panel: header and steps of one run on the left, what happened in the chosen step on the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QMenu, QWidget

from designer.resources import tr
from designer.runs.followed_run import FollowedRun
from designer.runs.fork_dialog import ForkDialog
from designer.runs.requests import ContinueRequest
from designer.runs.run_actions import fill_menu
from designer.runs.steps_rows import Row
from engine.observe.records import StepKey

if TYPE_CHECKING:
    from designer.engine_link.link import EngineLink


class RunPanel(FollowedRun):
    """The dock under the canvas. Shows; asks for nothing itself: every wish is a signal."""

    step_selected = Signal(object)  # (node key, visit) of a step of the run itself
    continue_requested = Signal(object)  # ContinueRequest
    retry_requested = Signal(object)  # ContinueRequest
    fork_requested = Signal(object)  # ContinueRequest
    cancel_requested = Signal(str)  # run id
    replay_requested = Signal(str, str)  # run id, step: that step again, alone
    open_run = Signal(str)  # run id: a child, a parent, the run that this one continues
    question_opened = Signal(str)  # question id: show its dialog

    def __init__(self, link: EngineLink, parent: QWidget | None = None) -> None:
        super().__init__(link, parent)
        self.fork_dialog: ForkDialog | None = None
        self._connect()

    def _connect(self) -> None:
        self.steps.chosen.connect(self._row_chosen)
        self.steps.opened.connect(self._row_opened)
        self.steps.menu_wanted.connect(self._menu)
        self.timeline.chosen.connect(self._bar_chosen)
        self.detail.question_opened.connect(self.question_opened)
        self.detail.replay_wanted.connect(self.replay_requested)
        self.detail.menu.aboutToShow.connect(self._fill_detail_menu)
        header = self.header
        header.stop_wanted.connect(lambda: self.cancel_requested.emit(self._main.run))
        header.continue_wanted.connect(lambda: self.continue_requested.emit(ContinueRequest(self._main.run)))
        header.fork_wanted.connect(lambda: self.open_fork(None))
        header.other_wanted.connect(self.open_run)

    # ---- the chosen step
    def _row_chosen(self, row: object) -> None:
        if not isinstance(row, Row) or row.kind != "step":
            return
        self._by_hand = True
        self._chosen = (row.run, row.step_key)
        self.timeline.select(*self._chosen)
        self._show_detail()
        if self._moments is not None and row.run == self._moments.live.run:
            self.step_selected.emit(row.step_key)

    def _row_opened(self, row: object) -> None:
        if not isinstance(row, Row):
            return
        if row.kind == "run":
            self.open_run.emit(row.run)
        elif row.step is not None and (asked := self.model.question_of(row)):
            self.question_opened.emit(asked)

    def _bar_chosen(self, run: str, key: Any) -> None:
        self._choose(run, key, by_hand=True)
        self.step_selected.emit(key)

    # ---- what can be done
    def _menu(self, row: object, at: QPoint) -> None:
        if not isinstance(row, Row):
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if row.kind == "run":
            menu.addAction(tr("Open this run")).triggered.connect(lambda: self.open_run.emit(row.run))
        elif row.kind == "step":
            self._fill(menu, row.run, row.step_key)
        if not menu.isEmpty():
            menu.popup(at)

    def _fill_detail_menu(self) -> None:
        self.detail.menu.clear()
        if self._chosen is not None:
            self._fill(self.detail.menu, *self._chosen)

    def _fill(self, menu: QMenu, run: str, key: StepKey) -> None:
        live = self.live
        trace = live.runs.get(run) if live is not None else None
        if trace is None:
            return
        fill_menu(
            menu, trace, key[0], trace.steps.get(key), on_retry=self.retry_requested.emit,
            on_continue=self.continue_requested.emit, on_fork=self.open_fork, on_question=self.question_opened.emit,
            on_replay=lambda name: self.replay_requested.emit(run, name),
        )  # fmt: skip

    def open_fork(self, node: str | None) -> None:
        """Ask what to change, then `fork_requested`; `node` None changes the run's own inputs."""
        live = self.live
        if live is None or live.workflow is None or live.main.ended is None:
            return
        dialog = ForkDialog(self._link, live.workflow, live.main, tuple(live.events()), node, self)
        dialog.wanted.connect(self.fork_requested)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.fork_dialog = dialog
        dialog.open()
