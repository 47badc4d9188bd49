"""The run panel: header and steps of one run on the left, what happened in the chosen step on the right."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QMenu, QSplitter, QStackedWidget, QWidget

from designer.resources import tr
from designer.runs.focus import Focus
from designer.runs.fork_dialog import ForkDialog
from designer.runs.moment import Moments
from designer.runs.panes import column
from designer.runs.plans import plan_of
from designer.runs.replay_bar import ReplayBar
from designer.runs.requests import ContinueRequest
from designer.runs.run_actions import fill_menu
from designer.runs.run_header import RunHeader
from designer.runs.step_detail import StepDetail
from designer.runs.steps_model import StepsModel
from designer.runs.steps_rows import Plan, Row
from designer.runs.steps_view import StepsView
from designer.runs.timeline import Timeline
from designer.widgets import EmptyState, hline
from engine.ids import Visit
from engine.observe.records import RunTrace, StepKey

if TYPE_CHECKING:
    from designer.engine_link.link import EngineLink
    from designer.engine_link.live_run import LiveRun
    from engine.store import Store
    from engine.workflow.model import Workflow


class RunPanel(QWidget):
    """The dock under the canvas. Shows; asks for nothing itself: every wish is a signal."""

    step_selected = Signal(object)  # (node key, visit) of a step of the run itself
    continue_requested = Signal(object)  # ContinueRequest
    retry_requested = Signal(object)  # ContinueRequest
    fork_requested = Signal(object)  # ContinueRequest
    cancel_requested = Signal(str)  # run id
    open_run = Signal(str)  # run id: a child, a parent, the run that this one continues
    question_opened = Signal(str)  # question id: show its dialog
    moved = Signal(object)  # int | None: the replay stands at this event, None is live

    def __init__(self, link: EngineLink, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._moments: Moments | None = None
        self._plans: dict[str, Plan] = {}
        self._asked: set[str] = set()
        self._chosen: tuple[str, StepKey] | None = None
        self._by_hand = False
        self.header = RunHeader()
        self.model = StepsModel(self._now, self)
        self.steps = StepsView(self.model)
        self.timeline = Timeline()
        self.detail = StepDetail(link)
        self.replay = ReplayBar()
        self.fork_dialog: ForkDialog | None = None
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
        self.run_page = QWidget()
        page = column(self.run_page, gap=0)
        for part, stretch in ((self.header, 0), (hline(), 0), (self.split, 1), (hline(), 0), (self.replay, 0)):
            page.addWidget(part, stretch)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.nothing)
        self.pages.addWidget(self.run_page)
        column(self, gap=0).addWidget(self.pages)
        self.setMinimumHeight(180)
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusProxy(self.steps)
        self._connect()

    def _connect(self) -> None:
        self.steps.chosen.connect(self._row_chosen)
        self.steps.opened.connect(self._row_opened)
        self.steps.menu_wanted.connect(self._menu)
        self.timeline.chosen.connect(self._bar_chosen)
        self.detail.question_opened.connect(self.question_opened)
        self.detail.menu.aboutToShow.connect(self._fill_detail_menu)
        self.replay.moved.connect(self._go)
        header = self.header
        header.view_changed.connect(self.show_view)
        header.stop_wanted.connect(lambda: self.cancel_requested.emit(self._main.run))
        header.continue_wanted.connect(lambda: self.continue_requested.emit(ContinueRequest(self._main.run)))
        header.fork_wanted.connect(lambda: self.open_fork(None))
        header.whole_wanted.connect(self.show_whole)
        header.other_wanted.connect(self.open_run)

    # ---- what it shows
    @property
    def live(self) -> LiveRun | None:
        """The run that it shows."""
        return self._moments.live if self._moments is not None else None

    @property
    def is_replaying(self) -> bool:
        """Whether it shows the run as it was."""
        return self._moments is not None and self._moments.seq is not None

    def show_run(self, live: LiveRun | None) -> None:
        """Show this run from now on, or the empty state."""
        if self._moments is not None:
            before = self._moments.live
            before.changed.disconnect(self._changed)
            before.ticked.disconnect(self._tick)
            before.loaded.disconnect(self._changed)
        self._moments = Moments(live) if live is not None else None
        self._chosen, self._by_hand = None, False
        self._plans, self._asked = {}, set()
        self.pages.setCurrentWidget(self.run_page if live is not None else self.nothing)
        self.replay.show_marks((), anew=True)
        if live is None:
            return
        live.changed.connect(self._changed)
        live.ticked.connect(self._tick)
        live.loaded.connect(self._changed)
        self._moments.take()  # type: ignore[union-attr]
        self._show_anew()
        self._want_plans()

    def show_step(self, node: str, visit: Visit | None = None) -> None:
        """Choose a step; without a visit the newest one of the node."""
        if self._moments is None:
            return
        visits = [key[1] for key in self._main.steps if key[0] == node]
        wanted = visit if visit is not None else (visits[-1] if visits else ())
        self._choose(self._moments.live.run, (node, wanted), by_hand=True)

    def show_whole(self) -> None:
        """Look at the run itself: its inputs and outputs, and why it went as it did."""
        self._chosen, self._by_hand = None, True
        self.steps.clearSelection()
        self.timeline.select("", None)
        self._show_detail()

    def show_view(self, name: object) -> None:
        """Steps or timeline."""
        self.header.view.set_current(str(name))
        self.left.setCurrentWidget(self.timeline if name == "timeline" else self.steps)
        self._show_timeline()

    def shut(self) -> None:
        """Let go of the run and stop what moves."""
        self.show_run(None)
        self.replay.close_timers()

    # ---- the run goes on
    @property
    def _main(self) -> RunTrace:
        if self._moments is None:
            return RunTrace()
        if self._moments.seq is None:
            return self._moments.live.main
        return self._traces.get(self._moments.live.run) or RunTrace()

    def _now(self) -> float:
        return self._main.at if self.is_replaying or self._main.ended is not None else time.time()

    def _changed(self) -> None:
        moments = self._moments
        if moments is None:
            return
        self._want_plans()
        touched = moments.take()
        self.replay.show_marks(moments.book.marks)
        if moments.seq is not None:
            return
        for run, keys in touched.items():
            self.model.update_steps(run, keys)
        if self.left.currentWidget() is self.timeline:
            self.timeline.update_steps(moments.live.main, touched.get(moments.live.run, ()), self._now())
        self._show_header()
        if not self._by_hand:
            self._choose_best()
        if self._chosen is None or self._chosen[1] in touched.get(self._chosen[0], ()) or self._is_writing():
            self._show_detail()

    def _tick(self) -> None:
        if self.is_replaying or self._moments is None:
            return
        self._show_header()
        self.model.tick()
        self.detail.tick(self._now())
        if self.left.currentWidget() is self.timeline:
            self.timeline.tick(self._now())

    def _go(self, seq: object) -> None:
        assert self._moments is not None
        self._moments.seq = seq if isinstance(seq, int) else None
        self._traces = self._moments.traces()
        self.model.replace_traces(self._traces)
        self._show_header()
        self._show_timeline()
        self._show_detail()
        self.moved.emit(seq)

    def _show_anew(self) -> None:
        moments = self._moments
        assert moments is not None
        self._traces = moments.traces()
        workflow = moments.live.workflow
        tries = {node.key: node.policy.max_attempts for node in workflow.nodes} if workflow is not None else {}
        self.model.show(moments.live.run, self._traces, self._plans, tries)
        self.replay.show_marks(moments.book.marks)
        self._show_header()
        self._show_timeline()
        if self._chosen is not None:
            self._choose(*self._chosen, by_hand=self._by_hand)
        else:
            self._choose_best()
        self._show_detail()

    def _show_header(self) -> None:
        workflow = self.live.workflow if self.live is not None else None
        over = self.live is not None and self.live.main.ended is not None
        self.header.show_run(self._main, workflow.title if workflow is not None else "", self._now(), over=over)

    def _show_timeline(self) -> None:
        if self._moments is not None and self.left.currentWidget() is self.timeline:
            plan = self._plans.get(self._moments.live.run, Plan())
            self.timeline.show_run(self._main, plan, self._now())

    def _want_plans(self) -> None:
        """Order and titles of each workflow are worked out once, on the worker thread."""
        moments = self._moments
        assert moments is not None
        for run in list(moments.live.runs):
            workflow = self._workflow_of(run)
            if workflow is None or run in self._asked:
                continue
            self._asked.add(run)
            self._link.call(partial(_plan, workflow), partial(self._planned, moments, run))

    def _planned(self, moments: Moments, run: str, plan: Plan) -> None:
        if moments is self._moments:
            self._plans[run] = plan
            if run == moments.live.run:
                self._show_anew()

    def _workflow_of(self, run: str) -> Workflow | None:
        live = self.live
        if live is None:
            return None
        return live.workflow if run == live.run else live.workflow_of(run)

    # ---- the chosen step
    def _choose(self, run: str, key: StepKey, *, by_hand: bool) -> None:
        self._by_hand = self._by_hand or by_hand
        self._chosen = (run, key)
        index = self.model.find(run, key)
        blocked = self.steps.blockSignals(True)
        self.steps.choose(index)
        self.steps.blockSignals(blocked)
        self.timeline.select(run, key)
        self._show_detail()

    def _choose_best(self) -> None:
        """Until somebody chooses: what asks, else what failed, else what is at work, else what ended last."""
        best: tuple[int, float, StepKey] | None = None
        for key, step in self._main.steps.items():
            asks = any(one.id in step.questions for one in self._main.open_questions)
            rank = (
                3 if asks else 2 if step.status == "failed" and step.handled == "no" else 1 if step.ended is None else 0
            )
            if step.started is None or step.status == "skipped":
                continue
            if best is None or (rank, step.ended or step.started) >= best[:2]:
                best = (rank, step.ended or step.started, key)
        if best is not None and self._moments is not None and self._chosen != (self._moments.live.run, best[2]):
            self._choose(self._moments.live.run, best[2], by_hand=False)

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

    def _is_writing(self) -> bool:
        return self._chosen is not None and self._focus_partial(self._chosen) is not None

    def _focus_partial(self, chosen: tuple[str, StepKey]) -> tuple[str, str] | None:
        """What the step is writing right now: the newest of its next effects that has text."""
        live, (run, key) = self.live, chosen
        trace = live.runs.get(run) if live is not None else None
        step = trace.steps.get(key) if trace is not None else None
        if live is None or step is None or step.status != "running" or self.is_replaying:
            return None
        tops = [int(effect.key.split(".")[0]) for effect in step.effects if effect.key.split(".")[0].isdigit()]
        done = {effect.key for effect in step.effects if effect.ended is not None}
        for number in range(max(tops, default=0) + 2, 0, -1):
            if str(number) not in done and (text := live.text_of(step, str(number), run)):
                return str(number), text
        return None

    def _show_detail(self) -> None:
        moments = self._moments
        if moments is None:
            return
        run, key = self._chosen if self._chosen is not None else (moments.live.run, ("", ()))
        trace = self._traces.get(run) or RunTrace(run=run)
        book, until = moments.books.get(run), moments.seq_of(run)
        everything = moments.live.events(run)
        if self._chosen is None:
            events = everything if until is None else everything[:until]
        else:
            events = book.story(key, until) if book is not None else []
        writing = self._focus_partial(self._chosen) if self._chosen is not None else None
        focus = Focus(trace, self._workflow_of(run), events, everything, trace.steps.get(key), until, writing, key[0])
        self.detail.show_focus(focus if trace.seq or self._chosen is not None else None, self._now())

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


def _plan(workflow: Workflow, _store: Store) -> Plan:
    return plan_of(workflow)
