"""What goes from one agent to the next in a run: the envelope beside what its sender was given. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from designer.runs.focus import Focus
from engine.nodes.envelope import received
from engine.run import events as ev

_ORDER = ("fields", "facts", "tool_results", "open_questions", "budget_left", "goal", "reason")
_NOTHING: dict[str, Any] = {"fields": {}, "tool_results": [], "open_questions": [], "budget_left": {}}


@dataclass(frozen=True, slots=True)
class Handed:
    """One hand-off: titles of both, and `before` (what the sender was given) and `after` (what the receiver gets).

    `sent`: the step that is looked at sent it; else it got it. A sender or receiver that is not known is "".
    """

    sent: bool
    sender: str
    receiver: str
    before: Any
    after: dict[str, Any]

    @property
    def envelope(self) -> dict[str, Any]:
        """What the receiver gets."""
        return self.after

    @property
    def compared(self) -> tuple[Any, Any]:
        """Both to be shown side by side: the declared fields first, each by itself, the sender's words last."""
        after = {name: self.after[name] for name in _ORDER if name in self.after}
        if not isinstance(self.before, dict):
            return self.before, after
        return {**{name: part for name, part in _NOTHING.items() if name in after}, **self.before}, after


def hand_offs_of(focus: Focus) -> list[Handed]:
    """What a step got from another agent and what it handed over, as far as it has come."""
    if focus.step is None or not focus.events:
        return []
    begun = focus.events[0].seq
    until = focus.until if focus.until is not None else focus.trace.seq
    left = [event for event in focus.all_events if isinstance(event, ev.HandedOff) and event.seq <= until]
    found = []
    came = [event for event in left if focus.node in _targets(focus, event) and event.seq < begun]
    if came:
        found.append(_handed(focus, came[-1], left, sent=False))
    elif (given := focus.trace.set.get(f"{focus.node}.input")) is not None and received(given) is not None:
        found.append(Handed(False, "", focus.title, _first(given), given))  # replayed alone, or given by hand
    visit = focus.step.visit
    own = [event for event in left if (event.node, event.visit) == (focus.node, visit)]
    if own:
        found.append(_handed(focus, own[-1], left, sent=True))
    return found


def _handed(focus: Focus, event: ev.HandedOff, left: list[ev.HandedOff], *, sent: bool) -> Handed:
    earlier = [one for one in left if one.seq < event.seq and event.node in _targets(focus, one)]
    before = earlier[-1].envelope if earlier else _first(event.envelope)
    receiver = next(_targets(focus, event), event.to)
    return Handed(sent, _title(focus, event.node), _title(focus, receiver), before, event.envelope)


def _first(envelope: dict[str, Any]) -> dict[str, Any]:
    """What the first agent was given, as it stands in every envelope after it."""
    return {"facts": envelope.get("facts", [])}


def _targets(focus: Focus, event: ev.HandedOff) -> Iterator[str]:
    edges = focus.workflow.edges if focus.workflow is not None else ()
    return (edge.target for edge in edges if (edge.source, edge.out) == (event.node, event.to))


def _title(focus: Focus, key: str) -> str:
    node = focus.workflow.by_key.get(key) if focus.workflow is not None else None
    return (node.title if node is not None else "") or key
