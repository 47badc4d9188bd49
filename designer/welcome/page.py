"""The first page: start with the example, a template, an empty workflow or where you left off."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, QThread, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from designer.resources import tr
from designer.theme import space
from designer.welcome.card import RecentRow, TemplateCard
from designer.welcome.hero import Hero
from designer.welcome.reading import Reading
from designer.welcome.recent import Recent
from designer.widgets import EmptyState, button, label

WIDEST, SIDE, CARD = 1560, 296, 264
AT_ONCE = 5


class WelcomePage(QScrollArea):
    """Says what was chosen; opens nothing itself."""

    show_me = Signal()
    start_empty = Signal()
    import_requested = Signal()
    template_chosen = Signal(object)
    draft_chosen = Signal(object)
    run_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setProperty("surface", "surface")
        self.cards: list[TemplateCard] = []
        self.rows: list[RecentRow] = []
        self._reading: Reading | None = None
        self.hero = Hero()
        self.hero.show_me.connect(self.show_me)
        self.hero.start_empty.connect(self.start_empty)
        self.hero.import_requested.connect(self.import_requested)
        self._grid = QGridLayout()
        self._grid.setSpacing(space.L)
        self._grid.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._side = QVBoxLayout()
        self._side.setSpacing(space.XS)
        self.setWidget(self._room())
        self.show_recent((), ())

    def show_recent(self, drafts: Sequence[Recent], runs: Sequence[Recent]) -> None:
        """What to go on with: open runs first, they may wait for an answer."""
        _empty(self._side)
        self.rows = []
        self._list(tr("Open runs"), runs, self.run_chosen.emit)
        self._list(tr("Drafts"), drafts, self.draft_chosen.emit)
        if not drafts and not runs:
            nothing = EmptyState("workflow", tr("Nothing yet"), tr("What you draw and run turns up here."))
            self._side.addWidget(nothing)
        self._side.addStretch(1)

    def stop(self) -> None:
        """End the reading, should it still be going on."""
        if self._reading is not None:
            self._reading.stop()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._reading is None:
            self._read()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_cards()

    def _read(self) -> None:
        reading = self._reading = Reading()
        reading.hardware.connect(self._show_hardware)
        reading.template.connect(self._show_template)
        self.destroyed.connect(reading.stop)  # a thread must not outlive what it reports to
        reading.start(QThread.Priority.LowPriority)

    def _show_hardware(self, found: object) -> None:
        from designer.welcome.hardware import Facts, sentence

        if isinstance(found, Facts):
            self.hero.hardware.setText(sentence(found))

    def _show_template(self, found: object) -> None:
        from designer.welcome.templates import SHOW_ME, Template

        if not isinstance(found, Template):
            return
        if found.name == SHOW_ME:
            self.hero.show_example(found)
        card = TemplateCard(found)
        card.clicked.connect(lambda: self.template_chosen.emit(found.name))
        self.cards.append(card)
        self._place_cards()

    def _room(self) -> QWidget:
        room, inner = QWidget(), QWidget()
        inner.setMaximumWidth(WIDEST)
        inner.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        gallery = QVBoxLayout()
        gallery.setSpacing(space.M)
        gallery.addWidget(label(tr("Templates"), "title"))
        gallery.addLayout(self._grid)
        gallery.addStretch(1)
        side = QWidget()
        side.setFixedWidth(SIDE)
        aside = QVBoxLayout(side)
        aside.setContentsMargins(0, 0, 0, 0)
        aside.setSpacing(space.M)
        aside.addWidget(label(tr("Continue"), "title"))
        aside.addLayout(self._side)
        lower = QHBoxLayout()
        lower.setSpacing(space.XL + space.S)
        lower.addLayout(gallery, 1)
        lower.addWidget(side)
        whole = QVBoxLayout(inner)
        whole.setContentsMargins(space.XL + space.S, space.XL, space.XL + space.S, space.XL)
        whole.setSpacing(space.XL + space.S)
        whole.addWidget(self.hero)
        whole.addLayout(lower, 1)
        outer = QHBoxLayout(room)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addStretch(1)
        outer.addWidget(inner, 1000)
        outer.addStretch(1)
        return room

    def _list(self, title: str, items: Sequence[Recent], chosen: Callable[[str], None]) -> None:
        if not items:
            return
        self._side.addWidget(label(title, "small"))
        self._rows(items[:AT_ONCE], chosen, self._side.count())
        if len(items) > AT_ONCE:
            more = button(tr("{n} more").format(n=len(items) - AT_ONCE), "link")
            self._side.addWidget(more, 0, Qt.AlignmentFlag.AlignLeft)
            more.clicked.connect(lambda: self._rows(items[AT_ONCE:], chosen, self._side.indexOf(more)))
            more.clicked.connect(more.hide)
        self._side.addSpacing(space.M)

    def _rows(self, items: Sequence[Recent], chosen: Callable[[str], None], at: int) -> None:
        for nth, item in enumerate(items):
            row = RecentRow(item)
            row.clicked.connect(lambda _checked=False, id=item.id: chosen(id))
            self.rows.append(row)
            self._side.insertWidget(at + nth, row)

    def _place_cards(self) -> None:
        width = min(WIDEST, self.viewport().width()) - 2 * (space.XL + space.S) - SIDE - (space.XL + space.S)
        card = max([CARD, *(card.minimumSizeHint().width() for card in self.cards)])  # longer words in another language
        columns = max(1, (width + space.L) // (card + space.L))
        for nth, placed in enumerate(self.cards):
            self._grid.addWidget(placed, nth // columns, nth % columns)
        for column in range(max(columns, self._grid.columnCount())):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        self.hero.example.setFixedHeight(min(340, max(200, self.viewport().height() * 3 // 10)))


def _empty(layout: QVBoxLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
