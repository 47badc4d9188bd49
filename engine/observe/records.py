"""What a reader sees of a run: plain records that `engine.observe.trace` fills from events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from engine.ids import Visit, step_text
from engine.run.events import EffectRef, Error, Parent
from engine.run.spent import spent, together

StepKey = tuple[str, Visit]


@dataclass
class AttemptTrace:
    """One attempt. `outcome`: running, waiting, succeeded, failed, interrupted or cancelled; times since 1970.

    `retry_due` is when the next one may start; `redo_from` the effect from which that one does things again.
    """

    number: int
    started: float
    outcome: str = "running"
    ended: float | None = None
    error: Error | None = None
    cause: str = ""
    retry_due: float | None = None
    redo_from: str | None = None


@dataclass
class EffectTrace:
    """One effect of a step in one generation. `status`: started, ok, failed, doubt, or again."""

    key: str
    gen: int
    tool: str
    effect: str
    started: float
    attempt: int
    via: str = ""
    args: Any = None
    status: str = "started"
    ended: float | None = None
    result: Any = None
    error: Error | None = None
    usage: dict[str, Any] | None = None
    took: float | None = None
    due: float | None = None
    resolved: str = ""
    origin: str | None = None


@dataclass
class AnswerTrace:
    """What one person said."""

    by: str
    at: float
    option: str
    values: Any
    comment: str
    shown: str = ""


@dataclass
class QuestionTrace:
    """A question and what became of it: `outcome` None while it is open."""

    id: str
    run: str
    node: str
    visit: Visit
    type: str
    key: str
    form: dict[str, Any]
    required: int
    asked: float
    due: float | None = None
    on_deadline: str = "expire"
    answers: list[AnswerTrace] = field(default_factory=list)
    outcome: str | None = None
    settled: float | None = None
    escalated_to: str = ""


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung of an agent's ladder, or the way it left: an answer `refused` (`text` is the fault, `tool` whose call it
    was), a model `switched` for another (`to`), a hand-off (`handed`, `to` a port).

    `after` is how many effects the step had by then; `agent` who was asked by the step's agent and took this turn.
    """

    what: Literal["refused", "switched", "handed"]
    at: float
    attempt: int
    after: int
    text: str = ""
    tool: str = ""
    to: str = ""
    agent: str = ""


@dataclass
class StepTrace:
    """One step. `status`: pending, running, waiting, backoff, interrupted, succeeded, failed, skipped or cancelled.

    `sources` says of each output port where its value came from, as in ["file", "model"]; a person's are left out.
    """

    node: str
    visit: Visit
    status: str = "pending"
    started: float | None = None
    ended: float | None = None
    attempts: list[AttemptTrace] = field(default_factory=list)
    effects: list[EffectTrace] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    notes: list[tuple[float, str]] = field(default_factory=list)
    rungs: list[Rung] = field(default_factory=list)
    outputs: dict[str, Any] | None = None
    sources: dict[str, list[str]] = field(default_factory=dict)
    error: Error | None = None
    handled: str = ""
    by: str = ""
    origin: str | None = None
    why: str = ""
    because: str = ""
    due: float | None = None
    rounds: int = 0
    member: str | None = None
    children: dict[int, str] = field(default_factory=dict)
    children_ended: int = 0
    children_total: int | None = None

    @property
    def name(self) -> str:
        """`check`, `check[2.1]`."""
        return step_text(self.node, self.visit)

    @property
    def attempt(self) -> AttemptTrace | None:
        """The newest attempt."""
        return self.attempts[-1] if self.attempts else None

    @property
    def spent(self) -> dict[str, Any]:
        """What it has used: {turns, tokens, seconds, money: {currency: amount}}, what was done anew included."""
        return together(*(spent(one.tool, one.args, one.usage, one.took) for one in self.effects))

    def effect(self, key: str) -> EffectTrace | None:
        """The newest generation of an effect."""
        return next((effect for effect in reversed(self.effects) if effect.key == key), None)


@dataclass
class RunTrace:
    """One run as its events so far tell it. `status`: new, running, completed, failed or cancelled.

    `set` are the values that ports ("step.port") were given when it went on after another run; `only` is the step of
    that run which it replays alone.
    """

    run: str = ""
    name: str = ""
    workflow: str = ""
    status: str = "new"
    cancelling: bool = False
    seq: int = 0
    started: float = 0.0
    at: float = 0.0
    ended: float | None = None
    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] | None = None
    error: Error | None = None
    failed_step: StepKey | None = None
    root: str = ""
    by: str = ""
    engine: str = ""
    cancel_asked: float = 0.0
    cancelled_by: str = ""
    cancel_why: str = ""
    parent: Parent | None = None
    continues: str | None = None
    only: str = ""
    set: dict[str, Any] = field(default_factory=dict)
    in_doubt: tuple[EffectRef, ...] = ()
    steps: dict[StepKey, StepTrace] = field(default_factory=dict)
    questions: dict[str, QuestionTrace] = field(default_factory=dict)
    interruptions: list[tuple[float, str]] = field(default_factory=list)

    @property
    def open_questions(self) -> list[QuestionTrace]:
        """Questions that still want an answer, oldest first."""
        if self.ended is not None:
            return []
        return [question for question in self.questions.values() if question.outcome is None]
