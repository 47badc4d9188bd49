"""The list of all runs: filter, look, open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QHBoxLayout, QListView, QStackedWidget, QWidget

from designer.resources import tr
from designer.runs.panes import column, paints_selection
from designer.runs.run_facts import RunFacts, facts_of
from designer.runs.runs_delegate import RunsDelegate
from designer.runs.runs_model import FACTS, RunsFilter, RunsModel
from designer.theme import space, watcher
from designer.widgets import EmptyState, SearchField, Segmented, button
from engine.store import RunRow

if TYPE_CHECKING:
    from designer.engine_link import OpenQuestion
    from designer.engine_link.link import EngineLink

PAGE = 100
_STATUSES = {"all": (), "open": ("running", "asking"), "asking": ("asking",), "failed": ("failed", "cancelled")}


class _View(QListView):
    opened = Signal(QModelIndex)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.opened.emit(self.currentIndex())
        else:
            super().keyPressEvent(event)


class RunsList(QWidget):
    """All runs of the data folder, newest first."""

    open_run = Signal(str)  # run id: double-click or Enter

    def __init__(self, link: EngineLink, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._known: dict[str, RunFacts] = {}
        self._rows: list[RunRow] = []
        self._shown = PAGE
        self._reading = False
        self.model = RunsModel(self)
        self.filter = RunsFilter(self.model, self)
        self.search = SearchField(tr("Find a run"))
        self.status = Segmented(
            [("all", tr("All")), ("open", tr("Open")), ("asking", tr("Waiting")), ("failed", tr("Failed"))]
        )
        self.workflow = QComboBox()
        self.workflow.addItem(tr("All workflows"), "")
        self.view = _View()
        self.view.setModel(self.filter)
        paints_selection(self.view)
        self.view.setItemDelegate(RunsDelegate(self.view))
        self.view.setUniformItemSizes(True)
        self.view.setMouseTracking(True)
        self.view.setFrameShape(QListView.Shape.NoFrame)
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.view.setAccessibleName(tr("Runs"))
        self.more = button(tr("Show older runs"), "link")
        self.nothing = EmptyState("history", tr("No runs yet"), tr("Press Ctrl+Enter to run the workflow."))
        self.pages = QStackedWidget()
        listed = QWidget()
        inner = column(listed, gap=0)
        inner.addWidget(self.view, 1)
        inner.addWidget(self.more, 0, Qt.AlignmentFlag.AlignHCenter)
        self.pages.addWidget(listed)
        self.pages.addWidget(self.nothing)
        whole = column(self, gap=space.S)
        top = QHBoxLayout()
        top.setContentsMargins(space.M, space.S, space.M, 0)
        top.setSpacing(space.S)
        top.addWidget(self.search, 1)
        top.addWidget(self.workflow)
        chips = QHBoxLayout()
        chips.setContentsMargins(space.M, 0, space.M, 0)
        chips.addWidget(self.status)
        chips.addStretch(1)
        whole.addLayout(top)
        whole.addLayout(chips)
        whole.addWidget(self.pages, 1)
        self._second = QTimer(self)
        self._second.setInterval(1000)
        self._second.timeout.connect(self.model.tick)
        self._connect()
        self._listed(link.runs)
        self._asked(link.questions)

    def _connect(self) -> None:
        self._link.runs_changed.connect(self._listed)
        self._link.questions_changed.connect(self._asked)
        self.search.textChanged.connect(self.filter.set_query)
        self.search.textChanged.connect(self._tell)
        self.status.changed.connect(self._choose_status)
        self.workflow.currentIndexChanged.connect(self._choose_workflow)
        self.view.doubleClicked.connect(self._open)
        self.view.opened.connect(self._open)
        self.more.clicked.connect(self._show_more)
        watcher().changed.connect(self.view.viewport().update)

    def set_workflow(self, name: str | None) -> None:
        """Show only runs of this workflow; None shows all."""
        place = self.workflow.findData(name or "")
        if place < 0 and name:
            self.workflow.addItem(name, name)
            place = self.workflow.count() - 1
        self.workflow.setCurrentIndex(max(0, place))

    def shut(self) -> None:
        """Stop the clock."""
        self._second.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.workflow.setMaximumWidth(max(120, self.width() // 2 - 40))

    # ---- what there is
    def _listed(self, rows: object) -> None:
        assert isinstance(rows, Sequence)
        self._rows = list(rows)
        self._read()

    def _read(self) -> None:
        """Ask for what is not known yet: of an ended run nothing changes any more."""
        if self._reading:
            return
        shown = self._rows[: self._shown]
        wanted = [row for row in shown if row.id not in self._known or self._known[row.id].end != row.end]
        if not wanted:
            self._show()
            return
        self._reading = True
        self._link.call(lambda store: facts_of(wanted, store), self._take, lambda _refused: self._take([]))

    def _take(self, facts: list[RunFacts]) -> None:
        self._reading = False
        before = len(self._known)
        self._known.update({one.id: one for one in facts})
        self._show()
        if facts or len(self._known) != before:
            self._read()

    def _show(self) -> None:
        facts = [self._known[row.id] for row in self._rows[: self._shown] if row.id in self._known]
        self.model.show_facts(facts)
        for name, title in {one.name: one.title for one in reversed(facts)}.items():
            if self.workflow.findData(name) < 0:
                self.workflow.addItem(title or name, name)
        self.more.setVisible(len(self._rows) > self._shown)
        if any(one.end is None for one in facts):
            self._second.start()
        else:
            self._second.stop()
        self._tell()

    def _asked(self, questions: object) -> None:
        assert isinstance(questions, Sequence)
        asking: dict[str, str] = {}
        found: list[OpenQuestion] = list(questions)
        for one in found:
            asking.setdefault(one.root, one.headline)
            asking.setdefault(one.run, one.headline)
        self.model.show_asking(asking)
        self.filter.invalidate()
        self._tell()

    def _tell(self) -> None:
        empty = self.filter.rowCount() == 0
        self.pages.setCurrentIndex(1 if empty else 0)
        if empty and self.filter.filters and self.model.rowCount():
            self.nothing.say(tr("No run fits"), tr("Other words, or another status, show more."))
        elif empty:
            self.nothing.say(tr("No runs yet"), tr("Press Ctrl+Enter to run the workflow."))

    def _choose_status(self, name: object) -> None:
        self.filter.set_tones(_STATUSES.get(str(name), ()))
        self._tell()

    def _choose_workflow(self, _place: int) -> None:
        self.filter.set_workflow(str(self.workflow.currentData() or ""))
        self._tell()

    def _show_more(self) -> None:
        self._shown += PAGE
        self._read()

    def _open(self, index: QModelIndex) -> None:
        facts = index.data(FACTS)
        if isinstance(facts, RunFacts):
            self.open_run.emit(facts.id)
