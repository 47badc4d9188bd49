"""The timeline's lines: which steps there are, what each did when, and where moments are drawn."""

from __future__ import annotations

from collections.abc import Iterable

from designer.runs.bars import Bar, Segment, bar_of, extent, people_of
from designer.runs.steps_rows import Plan
from designer.runs.timemap import TimeMap, folded_map, plain_map
from engine.ids import visit_text
from engine.observe.records import RunTrace, StepKey

Place = tuple[str, StepKey]


class Bars:
    """One run, kept up step by step. `folds`: whether long waits are folded."""

    def __init__(self) -> None:
        self.run = RunTrace()
        self.plan = Plan()
        self.now = 0.0
        self.lines: list[Bar] = []
        self.people: tuple[Segment, ...] = ()
        self.folds = True
        self._places: dict[Place, int] = {}
        self._times: TimeMap | None = None

    def show(self, run: RunTrace, plan: Plan, now: float) -> None:
        """Another run, or another moment of it."""
        self.run, self.plan, self.now = run, plan, now
        self.lines, self._places, self._times = [], {}, None
        self.take(run.steps)
        self.people = people_of(run)

    def update(self, run: RunTrace, keys: Iterable[StepKey], now: float) -> None:
        """These steps have changed, or are new."""
        self.run, self.now, self._times = run, now, None
        self.take(keys)
        if run.questions:
            self.people = people_of(run)

    def take(self, keys: Iterable[StepKey]) -> None:
        """Work out the lines of these steps."""
        for key in keys:
            step = self.run.steps.get(key)
            bar = bar_of(self.run, step) if step is not None else None
            if bar is None:
                continue
            place = self._places.get((self.run.run, key))
            if place is None:
                self._places[self.run.run, key] = len(self.lines)
                self.lines.append(bar)
            else:
                self.lines[place] = bar

    def pass_time(self, now: float) -> bool:
        """It is later now; whether that changes anything."""
        if self.run.ended is not None or not self.run.seq:
            return False
        self.now, self._times = now, None
        return True

    def fold(self, folds: bool) -> None:
        """Fold long waits, or do not."""
        self.folds, self._times = folds, None

    def place(self, where: Place | None) -> int:
        """The line of a step; -1 when it has none."""
        return self._places.get(where, -1) if where is not None else -1

    def name(self, bar: Bar) -> str:
        """What a person calls a line."""
        node, visit = bar.step
        return self.plan.title(node) + (f" [{visit_text(visit)}]" if visit else "")

    @property
    def until(self) -> float:
        """The moment up to which it is told."""
        return self.run.ended if self.run.ended is not None else self.now

    @property
    def times(self) -> TimeMap:
        """Where moments are drawn."""
        if self._times is None:
            whole = extent(self.lines, self.now) or (self.run.started, self.run.started)
            start = min(self.run.started or whole[0], whole[0])
            end = max(whole[1], self.until or whole[1])
            self._times = folded_map(self.lines, start, end, self.now) if self.folds else plain_map(start, end)
        return self._times
