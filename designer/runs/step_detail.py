"""The right side of the run panel: one step, told as what happened, its data, why, and its events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedWidget, QWidget

from designer.resources import tr
from designer.runs.data_tab import DataTab
from designer.runs.events_tab import EventsTab
from designer.runs.focus import Focus
from designer.runs.hand_off import Handed, hand_offs_of
from designer.runs.hand_off_tab import HandOffTab
from designer.runs.panes import blobs, column
from designer.runs.step_data import StepData, step_data
from designer.runs.story_view import StoryView
from designer.runs.why_tab import WhyTab
from designer.runs.words import run_tone, run_word, step_tone, step_word
from designer.theme import space
from designer.widgets import Chip, ElidedLabel, EmptyState, IconButton, Segmented, StatusDot, hline, set_role
from engine.ids import visit_text

if TYPE_CHECKING:
    from designer.engine_link.link import EngineLink

TABS = ("story", "handoff", "data", "why", "events")


class StepDetail(QWidget):
    """Shows a `Focus`. What can be done with the step is in its menu, which the panel fills."""

    question_opened = Signal(str)
    replay_wanted = Signal(str, str)  # run id, step

    def __init__(self, link: EngineLink, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._focus: Focus | None = None
        self._data_of: object = None
        self._handed: list[Handed] = []
        self._hands = False
        load = blobs(link)
        self.dot = StatusDot()
        self.title = ElidedLabel(role="strong")
        self.chip = Chip("", "idle")
        self.tabs = Segmented(_options(hands=False))
        self.more = IconButton("ellipsis", tr("What can be done with this step"))
        self.menu = QMenu(self)
        self.more.setMenu(self.menu)
        self.more.setPopupMode(IconButton.ToolButtonPopupMode.InstantPopup)
        head = QHBoxLayout()
        head.setContentsMargins(space.M, space.XS, space.S, space.XS)
        head.setSpacing(space.S)
        head.addWidget(self.dot)
        head.addWidget(self.title, 1)
        head.addWidget(self.chip)
        head.addWidget(self.tabs)
        head.addWidget(self.more)
        self.story, self.data = StoryView(load), DataTab(load)
        self.why, self.events = WhyTab(), EventsTab(load)
        self.hand_off = HandOffTab()
        self.nothing = EmptyState(
            "mouse-pointer-2", tr("No step is chosen"), tr("Choose one to see what happened in it.")
        )
        self.pages = QStackedWidget()
        for page in (self.story, self.hand_off, self.data, self.why, self.events, self.nothing):
            self.pages.addWidget(page)
        whole = column(self, gap=0)
        whole.addLayout(head)
        whole.addWidget(hline())
        whole.addWidget(self.pages, 1)
        set_role(self.title, "role", "strong")
        self.tabs.changed.connect(self._switch)
        self.story.question_opened.connect(self.question_opened)
        self.hand_off.replay_wanted.connect(self._replay)
        self.show_focus(None, 0.0)

    @property
    def tab(self) -> str:
        """The tab that is open."""
        return self.tabs.current()

    def show_focus(self, focus: Focus | None, now: float) -> None:
        """Look at this; the same step again is only brought up to date."""
        before, self._focus = self._focus, focus
        anew = focus is None or before is None or _place(before) != _place(focus)
        for part in (self.dot, self.chip, self.tabs, self.more):
            part.setVisible(focus is not None)
        if focus is None:
            self.title.setText("")
            self.pages.setCurrentWidget(self.nothing)
            return
        self._show_head(focus)
        self._handed = hand_offs_of(focus)
        if (hands := bool(self._handed)) != self._hands:
            self._hands = hands
            self.tabs.set_options(_options(hands=hands))
        if anew:
            self._data_of = None
        self._show_page(now, anew=anew)

    def tick(self, now: float) -> None:
        """Time has passed."""
        if self._focus is not None and self.pages.currentWidget() is self.story:
            self.story.tick(now)

    def show_tab(self, name: str) -> None:
        """Open a tab: story, data, why, events."""
        self.tabs.set_current(name)
        self._switch(name)

    def _switch(self, name: object) -> None:
        if self._focus is not None:
            self._show_page(self._focus.trace.at, anew=True)

    def _show_head(self, focus: Focus) -> None:
        step = focus.step
        asking = focus.question is not None
        if focus.node:
            tone = step_tone(step, asking) if step is not None else "pending"
            word = step_word(step, asking) if step is not None else tr("Not yet")
            visit = f" [{visit_text(step.visit)}]" if step is not None and step.visit else ""
        else:
            tone, word, visit = run_tone(focus.trace), run_word(focus.trace), ""
        self.dot.set_status(tone)
        self.title.setText(focus.title + visit)
        self.title.set_tip(f"{focus.title}{visit} ({focus.node})" if focus.node else "")
        self.chip.set(word, tone)

    def _show_page(self, now: float, *, anew: bool) -> None:
        focus = self._focus
        assert focus is not None
        name = self.tabs.current()
        page = (self.story, self.hand_off, self.data, self.why, self.events)[TABS.index(name)]
        if name == "story" and not focus.node:
            page = self.why  # a run's overview is the list of its reasons
        self.pages.setCurrentWidget(page)
        if page is self.story:
            self.story.show_entries(focus.entries(), now, anew=anew)
        elif page is self.hand_off:
            self.hand_off.show_hand_offs(self._handed)
        elif page is self.why:
            self.why.show_reasons(focus.reasons(), focus.trace.started)
        elif page is self.events:
            self.events.show_events(focus.events)
        else:
            self._show_data(focus)

    def _replay(self) -> None:
        if self._focus is not None and self._focus.step is not None:
            self.replay_wanted.emit(self._focus.trace.run, self._focus.step.name)

    def _show_data(self, focus: Focus) -> None:
        if not focus.node:
            trace = focus.trace
            self.data.show_data(StepData(trace.inputs, None, trace.outputs))
            return
        if focus.workflow is None:
            outputs = focus.step.outputs if focus.step is not None else None
            self.data.show_data(StepData(outputs=outputs, fault=tr("The library has no copy of this version.")))
            return
        wanted = (*_place(focus), focus.until, len(focus.events))
        if wanted == self._data_of:
            return
        if self._data_of is None or self._data_of[:3] != wanted[:3]:  # type: ignore[index]
            self.data.show_data(None)
        self._data_of = wanted
        workflow, events, node, until = focus.workflow, tuple(focus.all_events), focus.node, focus.until
        visit = focus.step.visit if focus.step is not None else ()

        def show(data: StepData) -> None:
            if self._data_of == wanted:
                self.data.show_data(data)

        self._link.call(lambda _store: step_data(workflow, events, node, visit, until), show)


def _options(*, hands: bool) -> list[tuple[str, str]]:
    """The tabs; that of hand-offs only where there are any."""
    names = {
        "story": tr("Overview"), "handoff": tr("Hand-off"), "data": tr("Data"), "why": tr("Why?"),
        "events": tr("Events"),
    }  # fmt: skip
    return [(name, names[name]) for name in TABS if hands or name != "handoff"]


def _place(focus: Focus) -> tuple[str, str, tuple[int, ...]]:
    return focus.trace.run, focus.node, focus.step.visit if focus.step is not None else ()
