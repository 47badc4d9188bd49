"""One batch in the making: events are made, folded and kept in one go, so that state and journal cannot part."""

from __future__ import annotations

from typing import Any

from engine.ids import Visit, question_id
from engine.run.events import Event, QuestionAsked, RoundStarted, RunCompleted, StepFailed, StepSucceeded, made
from engine.run.seen import of_event
from engine.run.state import State

_LABELLED = frozenset({StepSucceeded, StepFailed, RoundStarted, RunCompleted})
"""Events with values in them: what is known of where these came from goes along."""


class Turn:
    """One stimulus and its consequences on one run. `now` in seconds since 1970; time never runs backwards in a run."""

    __slots__ = ("actor", "at", "batch", "epoch", "events", "host", "now", "state")

    def __init__(
        self, state: State, now: float, actor: str = "engine", *, host: str | None = None, epoch: int | None = None
    ) -> None:
        self.state = state
        self.host = state.host if host is None else host
        self.epoch = state.epoch if epoch is None else epoch
        self.now = now
        self.at = max(now, state.at)
        self.actor = actor
        self.batch = state.batch + 1
        self.events: list[Event] = []

    def do(self, kind: type[Any], **fields: Any) -> None:
        """Make, fold and keep one event."""
        state = self.state
        if state.labelled and kind in _LABELLED and "sources" not in fields:
            fields["sources"] = of_event(state, kind, fields)
        fields["run"], fields["seq"], fields["at"], fields["batch"] = state.run, state.seq + 1, self.at, self.batch
        fields["actor"], fields["host"], fields["epoch"] = self.actor, self.host, self.epoch
        event = made(kind, fields)
        state.apply(event)
        self.events.append(event)

    def ask(self, node: str, visit: Visit, *, key: str, **fields: Any) -> str:
        """Ask a person; returns the question's id, which depends only on where and how often the run asks."""
        question = question_id(self.state.run, node, visit, key, len(self.state.questions))
        self.do(QuestionAsked, node=node, visit=visit, key=key, question=question, **fields)
        return question
