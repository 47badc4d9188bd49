"""The steps of a run as a tree: rounds inside loops, child runs inside the steps that started them.

Kept up by what changed, never rebuilt while a run goes on. Rows are found by id, so that Qt holds no Python object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from designer.resources import tr
from designer.runs.steps_rows import Plan, Row, RowKey
from designer.runs.words import (
    clock_text,
    last_words,
    run_tone,
    run_word,
    seconds_text,
    step_tone,
    step_word,
    tone_word,
)
from engine.ids import visit_text
from engine.observe.records import RunTrace, StepKey, StepTrace

Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()
ROW = Qt.ItemDataRole.UserRole
TONE = Qt.ItemDataRole.UserRole + 1
STEP, STATUS, TRIES, STARTED, TOOK, SAYS = range(6)
RIGHT = frozenset({TRIES, TOOK})


class StepsModel(QAbstractItemModel):
    """`now` is asked for the time of what is still under way."""

    def __init__(self, now: Callable[[], float], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._now = now
        self._run = ""
        self._traces: dict[str, RunTrace] = {}
        self._plans: dict[str, Plan] = {}
        self._tries: dict[str, int] = {}
        self._top = Row(0, ("", "run", "", ()), None)
        self._rows: dict[int, Row] = {0: self._top}
        self._keys: dict[RowKey, Row] = {}
        self._next = 1

    # ---- what it shows
    def show(self, run: str, traces: dict[str, RunTrace], plans: dict[str, Plan], tries: dict[str, int]) -> None:
        """Start over with this run; `tries` is how many attempts each node's policy allows."""
        self.beginResetModel()
        self._run, self._traces, self._plans, self._tries = run, traces, plans, tries
        self._top = Row(0, (run, "run", "", ()), None)
        self._rows, self._keys, self._next = {0: self._top}, {}, 1
        plan = plans.get(run, Plan())
        for node, rank in sorted(plan.rank.items(), key=lambda item: item[1]):
            if not plan.scope.get(node) and not node.startswith("team:"):
                self._add(self._top, (run, "step", node, ()), (rank,), plan.title(node), silent=True)
        trace = traces.get(run)
        for key in trace.steps if trace is not None else ():
            self._place(run, key, silent=True)
        self.place_runs(silent=True)
        self.endResetModel()

    def update_steps(self, run: str, keys: Iterable[StepKey]) -> None:
        """These steps have changed, or are new."""
        trace = self._traces.get(run)
        if len(self._traces) > 1:
            self.place_runs()
        if trace is None or (run != self._run and not self._is_open(run)):
            return
        for key in keys:
            if key not in trace.steps:
                continue
            row = self._place(run, key)
            row.step = trace.steps[key]
            self._changed(row)

    def replace_traces(self, traces: dict[str, RunTrace]) -> None:
        """Another moment of the same run: what differs is drawn again, what was not there yet is empty."""
        self._traces = traces
        for row in list(self._rows.values()):
            if row.kind != "step" or row is self._top:
                continue
            trace = traces.get(row.run)
            step = trace.steps.get(row.step_key) if trace is not None else None
            if step is not row.step:
                row.step = step
        for run, trace in traces.items():
            if run == self._run or self._is_open(run):
                for key in trace.steps:
                    self._place(run, key)
        self.place_runs()
        self._changed_all(self._top)

    def tick(self) -> None:
        """Time has passed: what is under way took longer."""
        for row in self._rows.values():
            if row.step is not None and row.step.ended is None and row.step.started is not None:
                at = self.index_of(row, TOOK)
                self.dataChanged.emit(at, at, [])

    # ---- rows
    def row_of(self, index: Index) -> Row | None:
        """The row at an index."""
        return self._rows.get(index.internalId()) if index.isValid() else None

    def find(self, run: str, step: StepKey) -> QModelIndex:
        """Where a step stands; invalid when it has no row."""
        row = self._keys.get((run, "step", *step))
        return self.index_of(row) if row is not None else QModelIndex()

    def trace_of(self, row: Row) -> RunTrace | None:
        """The run that a row belongs to, or is."""
        return self._traces.get(row.run)

    def index_of(self, row: Row, column: int = 0) -> QModelIndex:
        """The index of a row."""
        return QModelIndex() if row is self._top else self.createIndex(row.place, column, row.id)

    def _add(self, parent: Row, key: RowKey, rank: tuple[int, ...], title: str, *, silent: bool = False) -> Row:
        place = parent.place_for(rank)
        row = Row(self._next, key, parent, rank, title)
        self._next += 1
        if not silent:
            self.beginInsertRows(self.index_of(parent), place, place)
        parent.children.insert(place, row)
        self._rows[row.id] = self._keys[key] = row
        if not silent:
            self.endInsertRows()
        return row

    def _place(self, run: str, key: StepKey, *, silent: bool = False) -> Row:
        plan = self._plans.get(run, Plan())
        node, visit = key
        row = self._keys.get((run, "step", node, visit))
        if row is None:
            parent = self._holder(run, plan.holder(run, key), silent)
            title = plan.title(node) + (f" [{visit_text(visit)}]" if visit and parent.kind != "round" else "")
            row = self._add(parent, (run, "step", node, visit), (plan.rank.get(node, 1 << 30), *visit), title,
                            silent=silent)  # fmt: skip
        if row.step is None:
            row.step = self._traces[run].steps.get(key)
        return row

    def _holder(self, run: str, key: RowKey | None, silent: bool) -> Row:
        if key is None:
            return self._keys.get((run, "run", "", ()), self._top)
        found = self._keys.get(key)
        if found is not None:
            return found
        loop = self._place(run, (key[2], key[3][:-1]), silent=silent)
        return self._add(loop, key, (key[3][-1],), tr("Round {n}").format(n=key[3][-1]), silent=silent)

    def place_runs(self, *, silent: bool = False) -> None:
        """Child runs that have started get a row under the step that started them."""
        for run, trace in self._traces.items():
            parent = trace.parent
            if parent is None or (run, "run", "", ()) in self._keys:
                continue
            holder = self._keys.get((parent.run, "step", parent.node, parent.visit))
            if holder is not None:
                title = tr("Item {n}").format(n=parent.index + 1)
                self._add(holder, (run, "run", "", ()), (parent.index,), title, silent=silent).is_open = False

    def _is_open(self, run: str) -> bool:
        row = self._keys.get((run, "run", "", ()))
        return row is not None and row.is_open

    def _changed(self, row: Row) -> None:
        self.dataChanged.emit(self.index_of(row), self.index_of(row, SAYS), [])

    def _changed_all(self, row: Row) -> None:
        if row.children:
            self.dataChanged.emit(self.index_of(row.children[0]), self.index_of(row.children[-1], SAYS), [])
        for child in row.children:
            self._changed_all(child)

    # ---- Qt asks
    def index(self, row: int, column: int, parent: Index = NOWHERE) -> QModelIndex:
        holder = self.row_of(parent) or self._top
        if parent.isValid() and parent.column() != 0:
            return QModelIndex()
        if 0 <= row < len(holder.children) and 0 <= column <= SAYS:
            return self.createIndex(row, column, holder.children[row].id)
        return QModelIndex()

    def parent(self, index: Index) -> QModelIndex:  # type: ignore[override]
        row = self.row_of(index)
        return QModelIndex() if row is None or row.parent is None else self.index_of(row.parent)

    def rowCount(self, parent: Index = NOWHERE) -> int:
        if parent.isValid() and parent.column() != 0:
            return 0
        return len((self.row_of(parent) or self._top).children)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        return SAYS + 1

    def hasChildren(self, parent: Index = NOWHERE) -> bool:
        row = self.row_of(parent) or self._top
        return bool(row.children) or not row.is_open

    def canFetchMore(self, parent: Index) -> bool:
        row = self.row_of(parent)
        return row is not None and not row.is_open

    def fetchMore(self, parent: Index) -> None:
        row = self.row_of(parent)
        if row is None or row.is_open:
            return
        row.is_open = True
        for key in self._traces[row.run].steps:
            self._place(row.run, key)
        self.place_runs()

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (tr("Step"), tr("Status"), tr("Tries"), tr("Started"), tr("Time"), tr("Last"))[section]
        if role == Qt.ItemDataRole.TextAlignmentRole and section in RIGHT:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.row_of(index)
        if row is None:
            return None
        if role == ROW:
            return row
        if role == TONE:
            return self.tone(row)
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(row, index.column())
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole) and index.column() in (STEP, SAYS):
            name = row.step.name if row.step is not None else row.key[2]
            says = self.text(row, SAYS)
            return f"{row.title} ({name})" + (f"\n{says}" if says else "") if row.kind == "step" else row.title
        return None

    def question_of(self, row: Row) -> str:
        """The id of the step's open question; "" when there is none."""
        trace = self._traces.get(row.run)
        if row.step is None or trace is None or trace.ended is not None:
            return ""
        known = trace.questions
        return next((one for one in reversed(row.step.questions) if one in known and known[one].outcome is None), "")

    def asking(self, row: Row) -> str:
        """The headline of the step's open question; "" when there is none."""
        found = self.question_of(row)
        headline = self._traces[row.run].questions[found].form.get("headline", "") if found else ""
        return str(headline) or tr("A person is asked") if found else ""

    def tone(self, row: Row) -> str:
        """The status of a row as the theme names it."""
        if row.kind == "run":
            trace = self._traces.get(row.run)
            return run_tone(trace) if trace is not None else "pending"
        if row.kind == "round":
            tones = {self.tone(child) for child in row.children}
            return next(
                (tone for tone in ("asking", "failed", "running", "waiting", "done") if tone in tones), "skipped"
            )
        return step_tone(row.step, bool(self.asking(row))) if row.step is not None else "pending"

    def text(self, row: Row, column: int) -> str:
        """What stands in one cell."""
        if column == STEP:
            return row.title
        if row.kind != "step":
            return self._group_text(row, column)
        step = row.step
        if step is None:
            return step_word(StepTrace(row.key[2], row.key[3])) if column == STATUS else ""
        if column == STATUS:
            return step_word(step, bool(self.asking(row)))
        if column == TRIES:
            return self._tries_text(row, step)
        if column == STARTED:
            return clock_text(step.started) if step.started is not None and step.status != "skipped" else ""
        if column == TOOK:
            return self._took(step.started, step.ended, row) if step.status != "skipped" else ""
        return last_words(step, self.asking(row))

    def _tries_text(self, row: Row, step: StepTrace) -> str:
        counted = sum(1 for attempt in step.attempts if attempt.outcome != "interrupted")
        allowed = self._tries.get(row.key[2], 1) if row.run == self._run else 1
        if counted > 1 or (counted and allowed > 1):
            return f"{counted}/{allowed}" if counted <= allowed else str(counted)
        return str(counted or "")

    def _took(self, started: float | None, ended: float | None, row: Row) -> str:
        if started is None:
            return ""
        trace = self._traces.get(row.run)
        until = ended if ended is not None else (trace.ended if trace is not None else None) or self._now()
        return seconds_text(until - started)

    def _group_text(self, row: Row, column: int) -> str:
        trace = self._traces.get(row.run)
        if row.kind == "round":
            return self._round_text(row, column)
        if trace is None:
            return ""
        if column == STATUS:
            return run_word(trace)
        if column == STARTED:
            return clock_text(trace.started)
        if column == TOOK:
            return self._took(trace.started, trace.ended, row)
        return trace.error.message if column == SAYS and trace.error is not None else ""

    def _round_text(self, row: Row, column: int) -> str:
        steps = [child.step for child in row.children if child.step is not None and child.step.started is not None]
        if column == STATUS:
            return tone_word(self.tone(row))
        if not steps or column not in (STARTED, TOOK):
            return ""
        started = min(step.started or 0.0 for step in steps)
        if column == STARTED:
            return clock_text(started)
        ends = [step.ended for step in steps]
        return self._took(started, None if None in ends else max(end or 0.0 for end in ends), row)
