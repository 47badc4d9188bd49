"""The story of one step as a column of cards; only what changed is made anew."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QEvent, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from designer.resources import tr
from designer.runs.panes import column, scroll
from designer.runs.story import Entry
from designer.runs.story_cards import EntryCard
from designer.runs.words import whole_text
from designer.theme import space
from designer.widgets import LoadBlob, button

LIMIT = 60
"""Cards at a time: an agent that made hundreds of calls is read from its end."""


class StoryView(QWidget):
    """Shows entries; `question_opened` when somebody wants to answer one."""

    question_opened = Signal(str)

    def __init__(self, load_blob: LoadBlob, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._load_blob = load_blob
        self._cards: dict[str, EntryCard] = {}
        self._entries: list[Entry] = []
        self._limit = LIMIT
        self._inner = inner = QWidget()
        self._list: QVBoxLayout = column(inner, gap=0)
        self._list.setContentsMargins(space.M, space.S, space.M, space.M)
        self._more: QPushButton = button("", "link")
        self._more.clicked.connect(self._show_more)
        self._list.addWidget(self._more)
        self._list.addStretch(1)
        self._area = scroll(inner)
        column(self).addWidget(self._area)

    def show_entries(self, entries: Sequence[Entry], now: float, *, anew: bool = False) -> None:
        """Show these from now on; `anew` for another step, which is read from its start."""
        if anew:
            self._limit = LIMIT
            for card in self._cards.values():
                card.hide()  # a layout shows what it was given in its next moment, and then it would be a window
                card.setParent(None)
                card.deleteLater()
            self._cards = {}
        bar = self._area.verticalScrollBar()
        at_end = not anew and bar.maximum() > 0 and bar.value() >= bar.maximum() - 4
        self._entries = list(entries)
        shown = self._entries[-self._limit :]
        left = len(self._entries) - len(shown)
        self._more.setVisible(left > 0)
        self._more.setText(tr("Show {n} earlier").format(n=whole_text(left)))
        wanted = {entry.id for entry in shown}
        for name in [name for name in self._cards if name not in wanted]:
            card = self._cards.pop(name)
            card.hide()
            card.setParent(None)
            card.deleteLater()
        for place, entry in enumerate(shown):
            known = self._cards.get(entry.id)
            if known is None:
                known = self._cards[entry.id] = EntryCard(entry, self._load_blob)
                known.question_opened.connect(self.question_opened)
            else:
                known.show_entry(entry)
            if self._list.indexOf(known) != place + 1:
                self._list.insertWidget(place + 1, known)
            known.set_last(place == len(shown) - 1)
        self.tick(now)
        self._settle()
        if at_end:
            bar.rangeChanged.connect(self._to_end)
        elif anew:
            bar.setValue(0)

    def _settle(self) -> None:
        """Give the cards their heights now: left to the area, they would be squashed for a moment."""
        for card in self._cards.values():
            if layout := card.layout():
                layout.activate()
        self._list.activate()
        QCoreApplication.sendEvent(self._inner, QEvent(QEvent.Type.LayoutRequest))

    def tick(self, now: float) -> None:
        """Time has passed: what lasts took longer."""
        for card in self._cards.values():
            card.tick(now)

    def _show_more(self) -> None:
        self._limit += LIMIT * 2
        self.show_entries(self._entries, self._entries[-1].at if self._entries else 0.0)

    def _to_end(self, least: int, most: int) -> None:
        bar = self._area.verticalScrollBar()
        bar.rangeChanged.disconnect(self._to_end)
        bar.setValue(most)
