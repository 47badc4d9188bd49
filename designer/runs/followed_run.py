"""The run page on a run: follows it while it goes on, goes back in it, keeps one step in view."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from designer.runs.choosing import best_step, writing
from designer.runs.focus import Focus
from designer.runs.moment import Moments
from designer.runs.plans import plan_of
from designer.runs.run_page import RunPage
from designer.runs.steps_rows import Plan
from engine.ids import Visit
from engine.observe.records import RunTrace, StepKey

if TYPE_CHECKING:
    from designer.engine_link.link import EngineLink
    from designer.engine_link.live_run import LiveRun
    from engine.store import Store
    from engine.workflow.model import Workflow


class FollowedRun(RunPage):
    """Shows a `LiveRun`, as it is or as it was. Everything is brought up to date by what changed."""

    moved = Signal(object)  # int | None: the replay stands at this event, None is live

    def __init__(self, link: EngineLink, parent: QWidget | None = None) -> None:
        super().__init__(link, self._now, parent)
        self._link = link
        self._moments: Moments | None = None
        self._traces: dict[str, RunTrace] = {}
        self._plans: dict[str, Plan] = {}
        self._asked: set[str] = set()
        self._chosen: tuple[str, StepKey] | None = None
        self._by_hand = False
        self.replay.moved.connect(self._go)
        self.header.view_changed.connect(self.show_view)
        self.header.whole_wanted.connect(self.show_whole)

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
            if isValid(before):  # type: ignore[no-untyped-call]  # its owner may have deleted it by now
                before.changed.disconnect(self._changed)
                before.ticked.disconnect(self._tick)
                before.loaded.disconnect(self._changed)
        self._moments = Moments(live) if live is not None else None
        self._chosen, self._by_hand = None, False
        self._plans, self._asked = {}, set()
        self.show_page(live is not None)
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
        if self.shows_timeline:
            self.timeline.update_steps(moments.live.main, touched.get(moments.live.run, ()), self._now())
        self._show_header()
        if not self._by_hand:
            self._choose_best()
        if self._chosen is None:
            if moments.live.ended:  # while it goes on, a run's reasons are told anew once a second
                self._show_detail()
        elif self._chosen[1] in touched.get(self._chosen[0], ()) or self._writing() is not None:
            self._show_detail()

    def _tick(self) -> None:
        if self.is_replaying or self._moments is None:
            return
        self._show_header()
        self.model.tick()
        if self._chosen is None:
            self._show_detail()
        self.detail.tick(self._now())
        if self.shows_timeline:
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
        if self._moments is not None and self.shows_timeline:
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
        best = best_step(self._main)
        if best is not None and self._moments is not None and self._chosen != (self._moments.live.run, best):
            self._choose(self._moments.live.run, best, by_hand=False)

    def _writing(self) -> tuple[str, str] | None:
        if self.live is None or self._chosen is None or self.is_replaying:
            return None
        return writing(self.live, *self._chosen)

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
        focus = Focus(
            trace, self._workflow_of(run), events, everything, trace.steps.get(key), until, self._writing(), key[0]
        )
        self.detail.show_focus(focus if trace.seq or self._chosen is not None else None, self._now())


def _plan(workflow: Workflow, _store: Store) -> Plan:
    return plan_of(workflow)
