"""One run event by event: its story now, and its story as it was after any of its events."""

from __future__ import annotations

from bisect import bisect_right
from copy import copy
from dataclasses import is_dataclass, replace
from typing import Any, TypeVar

from engine.observe.records import RunTrace, StepKey, StepTrace
from engine.observe.trace import add
from engine.run.events import Event, StepsSkipped

EVERY = 500
MARKS = 64
"""Snapshots that are kept; of a longer run every second one goes, so that it costs no more memory."""
ACTIVE = frozenset({"running", "waiting", "backoff"})
_R = TypeVar("_R")


class History:
    """Folds events one after the other. A snapshot shares every step that did not change after it was taken.

    So `trace` replaces a step by a copy before it changes one that a snapshot holds: look steps up anew after a change.
    """

    def __init__(self, run: str) -> None:
        self.events: list[Event] = []
        self.trace = RunTrace(run=run)
        self.active: set[StepKey] = set()
        """Steps that may count time up or down."""
        self._own: set[Any] = set()  # steps and questions of `trace` that no snapshot holds
        self._marks: list[RunTrace] = [RunTrace(run=run)]
        self._every = EVERY
        self._glance = self._marks[0]

    def take(self, event: Event) -> bool:
        """Take the next event in; False for one that is known already, or that does not follow."""
        if event.seq != len(self.events) + 1:
            return False
        self.events.append(event)
        _add(self.trace, event, self._own)
        node = getattr(event, "node", None)
        if node:
            key = (node, event.visit)  # type: ignore[union-attr]
            step = self.trace.steps.get(key)
            if step is not None and step.status in ACTIVE:
                self.active.add(key)
            else:
                self.active.discard(key)
        if event.seq % self._every == 0:
            self._mark()
        return True

    def at(self, seq: int) -> RunTrace:
        """The story after event `seq`. Read it, never change it: it shares its steps with others."""
        if seq >= self.trace.seq:
            return self.trace
        seq = max(0, seq)
        base = self._marks[bisect_right(self._marks, seq, key=lambda mark: mark.seq) - 1]
        if base.seq < self._glance.seq <= seq:
            base = self._glance
        if base.seq < seq:
            base = _snapshot(base)
            own: set[Any] = set()
            for event in self.events[base.seq : seq]:
                _add(base, event, own)
        self._glance = base
        return base

    def _mark(self) -> None:
        self._marks.append(_snapshot(self.trace))
        self._own.clear()
        if len(self._marks) > MARKS:
            self._every *= 2
            self._marks = [mark for mark in self._marks if mark.seq % self._every == 0]


def _snapshot(trace: RunTrace) -> RunTrace:
    """The story in records of its own, down to the steps and questions, which it shares."""
    return replace(
        trace,
        steps=dict(trace.steps),
        questions=dict(trace.questions),
        interruptions=list(trace.interruptions),
    )


def _add(trace: RunTrace, event: Event, own: set[Any]) -> None:
    """Fold an event in; what it changes is copied first unless it is in `own`."""
    if isinstance(event, StepsSkipped):
        for ref in event.steps:
            _take_step(trace.steps, (ref.node, ref.visit), own)
    else:
        node = getattr(event, "node", None)
        if node is not None:
            _take_step(trace.steps, (node, getattr(event, "visit", ())), own)
        question = getattr(event, "question", None)
        if question is not None and question not in own:
            own.add(question)
            if question in trace.questions:
                trace.questions[question] = _copied(trace.questions[question])
    add(trace, event)


def _take_step(steps: dict[StepKey, StepTrace], key: StepKey, own: set[Any]) -> None:
    if key not in own:
        own.add(key)
        if key in steps:
            steps[key] = _copied(steps[key])


def _copied(record: _R) -> _R:
    """A record with lists and dicts of its own, and in them records of its own."""
    new = copy(record)
    for name, value in vars(record).items():
        if isinstance(value, list):
            setattr(new, name, [copy(one) if is_dataclass(one) else one for one in value])
        elif isinstance(value, dict):
            setattr(new, name, dict(value))
    return new
