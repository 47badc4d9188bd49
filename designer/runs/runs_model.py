"""The table of runs and what is shown of it: newest first, filtered by words, status and workflow."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt

from designer.resources import tr
from designer.runs.run_facts import RunFacts
from designer.runs.words import day_text, one_line, seconds_text

Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()
FACTS = Qt.ItemDataRole.UserRole
TONE = Qt.ItemDataRole.UserRole + 1
NAME, STATUS, STARTED, TOOK, WHO, SAYS = range(6)


class RunsModel(QAbstractTableModel):
    """One row a run."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.facts: list[RunFacts] = []
        self._asking: dict[str, str] = {}

    def show_facts(self, facts: Sequence[RunFacts]) -> None:
        """These are the runs now. New ones at the top are put in; the rest is compared row by row."""
        known = [one.id for one in self.facts]
        ids = [one.id for one in facts]
        fresh = ids.index(known[0]) if known and known[0] in ids else -1
        if fresh < 0 or ids[fresh:] != known[: len(ids) - fresh] or len(ids) - fresh != len(known):
            self.beginResetModel()
            self.facts = list(facts)
            self.endResetModel()
            return
        if fresh:
            self.beginInsertRows(NOWHERE, 0, fresh - 1)
            self.facts = [*facts[:fresh], *self.facts]
            self.endInsertRows()
        for place in range(fresh, len(facts)):
            if self.facts[place] != facts[place]:
                self.facts[place] = facts[place]
                self.dataChanged.emit(self.index(place, 0), self.index(place, SAYS), [])

    def show_asking(self, asking: dict[str, str]) -> None:
        """Runs that wait for a person, with what is asked."""
        if asking == self._asking:
            return
        changed = {run for run in {*asking, *self._asking} if asking.get(run) != self._asking.get(run)}
        self._asking = dict(asking)
        for place, facts in enumerate(self.facts):
            if facts.id in changed:
                self.dataChanged.emit(self.index(place, 0), self.index(place, SAYS), [])

    def tick(self) -> None:
        """Time has passed: open runs took longer."""
        for place, facts in enumerate(self.facts):
            if facts.end is None:
                at = self.index(place, TOOK)
                self.dataChanged.emit(at, at, [])

    def tone(self, facts: RunFacts) -> str:
        """The status of a run."""
        return "asking" if facts.end is None and facts.id in self._asking else facts.tone

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.facts)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else SAYS + 1

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (tr("Run", "run"), tr("Status"), tr("Started"), tr("Time"), tr("By"), "")[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.facts):
            return None
        facts = self.facts[index.row()]
        if role == FACTS:
            return facts
        if role == TONE:
            return self.tone(facts)
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(part for part in (facts.title or facts.name, facts.id, self._says(facts)) if part)
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(facts, index.column())
        return None

    def _text(self, facts: RunFacts, column: int) -> str:
        now = time.time()
        if column == NAME:
            return facts.title or facts.name
        if column == STATUS:
            return {
                "done": tr("Completed"), "failed": tr("Failed"), "cancelled": tr("Cancelled"),
                "asking": tr("Waits for a person"),
            }.get(self.tone(facts), tr("Running"))  # fmt: skip
        if column == STARTED:
            return day_text(facts.started, now)
        if column == TOOK:
            return seconds_text((facts.ended if facts.ended is not None else now) - facts.started)
        return facts.by if column == WHO else self._says(facts)

    def _says(self, facts: RunFacts) -> str:
        if facts.id in self._asking:
            return one_line(self._asking[facts.id])
        return one_line(facts.words) or (tr("Goes on after an earlier run") if facts.continues else "")


class RunsFilter(QSortFilterProxyModel):
    """Runs that hold all words of the query, of one workflow, with some statuses. "" and () let everything through."""

    def __init__(self, source: RunsModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._words: list[str] = []
        self._workflow = ""
        self._tones: frozenset[str] = frozenset()
        self.setSourceModel(source)
        self._source = source

    def set_query(self, text: str) -> None:
        """Only runs in whose line these words stand."""
        self._words = text.casefold().split()
        self.invalidate()

    def set_workflow(self, name: str) -> None:
        """Only runs of this workflow."""
        self._workflow = name
        self.invalidate()

    def set_tones(self, tones: Collection[str]) -> None:
        """Only runs with one of these statuses."""
        self._tones = frozenset(tones)
        self.invalidate()

    @property
    def filters(self) -> bool:
        """Whether anything is left out on purpose."""
        return bool(self._words or self._workflow or self._tones)

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        facts = self._source.facts[row]
        if self._workflow and facts.name != self._workflow:
            return False
        if self._tones and self._source.tone(facts) not in self._tones:
            return False
        line = " ".join((facts.id, facts.name, facts.title, facts.by, facts.words)).casefold()
        return all(word in line for word in self._words)
