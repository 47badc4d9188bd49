"""The events of one run by step and as marks, kept up as they come: what views read instead of the whole journal."""

from __future__ import annotations

from collections.abc import Sequence

from designer.runs.marks import Mark, mark_of
from engine.observe.records import StepKey
from engine.run import events as ev


class Book:
    """An index of one run's events. `take` is given the whole list each time and reads only what is new."""

    def __init__(self) -> None:
        self.steps: dict[StepKey, list[ev.Event]] = {}
        self.marks: list[Mark] = []

    def take(self, events: Sequence[ev.Event]) -> set[StepKey]:
        """Index the events after those that are known; the steps that they are about."""
        touched: set[StepKey] = set()
        for place in range(len(self.marks), len(events)):
            event = events[place]
            self.marks.append(mark_of(event))
            for key in steps_of(event):
                self.steps.setdefault(key, []).append(event)
                touched.add(key)
        return touched

    def story(self, step: StepKey, until: int | None = None) -> list[ev.Event]:
        """The events of one step, up to one of the run's events."""
        found = self.steps.get(step, [])
        return list(found) if until is None else [event for event in found if event.seq <= until]


def steps_of(event: ev.Event) -> tuple[StepKey, ...]:
    """The steps that an event is about."""
    if isinstance(event, ev.StepsSkipped):
        return tuple((ref.node, ref.visit) for ref in event.steps)
    if isinstance(event, ev.RunFailed):
        return ()
    node = getattr(event, "node", None)
    return ((node, event.visit),) if node else ()  # type: ignore[union-attr]
