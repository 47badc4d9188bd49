"""What happened: the closed list of events (SEMANTICS §5). Past tense, final; the state is their fold."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from engine.ids import Visit

EffectClass = Literal["pure", "idempotent", "checkable", "at_most_once"]
DeadWhy = Literal["not_taken", "failed", "cancelled"]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Event(_Value):
    """The envelope: `at` in seconds since 1970 (UTC), `actor` a person or "engine", `epoch` of the owning host."""

    run: str = ""
    seq: int = 0
    at: float = 0.0
    actor: str = "engine"
    host: str = ""
    epoch: int = 0
    batch: int = 0


class _StepEvent(_Event):
    node: str
    visit: Visit = ()


class Error(_Value):
    """Why an attempt, step or run failed: a class of `engine.errors`, a sentence, and optional detail (JSON)."""

    cls: str
    message: str
    detail: Any = None


class Parent(_Value):
    """Which step of which run a child run belongs to."""

    run: str
    node: str
    visit: Visit = ()
    index: int = 0


class StepRef(_Value):
    """A step by name."""

    node: str
    visit: Visit = ()


class EffectRef(_Value):
    """An effect by name."""

    node: str
    visit: Visit = ()
    key: str


class Continues(_Value):
    """What a continuing run was asked to keep and change: reuse the steps of `run` that are not at or after `start`."""

    run: str
    start: str | None = None
    set: dict[str, Any] = {}
    start_over: bool = False
    only: StepRef | None = None  # a replay of this one step alone
    steps: dict[str, Any] = {}  # then: what the steps gave that its params name
    sources: dict[str, Any] = {}  # where all this came from: by "step.port" and "steps.key" (engine.run.sources)
    live: bool = False  # whether its writes are made anew without asking


class ItemEnd(_Value):
    """How one child of an `each` or `subworkflow` step ended."""

    index: int
    run: str
    outcome: Literal["completed", "failed", "cancelled"]
    output: Any = None
    sources: Any = {}  # where the output came from (engine.run.sources)


# ---- the run
class RunStarted(_Event):
    kind: Literal["RunStarted"] = "RunStarted"
    workflow: str  # content hash
    name: str = ""
    engine: str = ""
    inputs: dict[str, Any] = {}
    roots: tuple[str, ...] = ()
    workflows: dict[str, str] = {}  # pinned sub-workflows: name -> content hash
    parent: Parent | None = None
    continues: Continues | None = None
    root_run: str = ""  # the run that this family of runs began with; "" for itself
    effects_root: str = ""  # the same when a run or a child is continued: what it does is then one with what was done
    item: Any = None
    index: int | None = None
    traced: bool = False  # whether the run follows where its values come from; runs of older engines did not
    sources: dict[str, Any] = {}  # where its inputs came from, by name (engine.run.sources); a person's are left out
    item_sources: Any = []


class RunCancelRequested(_Event):
    kind: Literal["RunCancelRequested"] = "RunCancelRequested"
    request: int | None = None
    why: str = ""


class RunCompleted(_Event):
    kind: Literal["RunCompleted"] = "RunCompleted"
    outputs: dict[str, Any] = {}
    in_doubt: tuple[EffectRef, ...] = ()
    sources: dict[str, Any] = {}  # by name of an output


class RunFailed(_Event):
    kind: Literal["RunFailed"] = "RunFailed"
    node: str = ""
    visit: Visit = ()
    error: Error
    in_doubt: tuple[EffectRef, ...] = ()


class RunCancelled(_Event):
    kind: Literal["RunCancelled"] = "RunCancelled"
    in_doubt: tuple[EffectRef, ...] = ()


class OwnerChanged(_Event):
    kind: Literal["OwnerChanged"] = "OwnerChanged"
    to_host: str
    to_epoch: int


# ---- attempts and steps
class AttemptStarted(_StepEvent):
    kind: Literal["AttemptStarted"] = "AttemptStarted"
    attempt: int
    type_version: int = 1
    inputs_hash: str = ""
    items: int | None = None  # how many children an `each` or `subworkflow` step has
    at_once: int = 1  # how many of them run at the same time


class AttemptSuspended(_StepEvent):
    kind: Literal["AttemptSuspended"] = "AttemptSuspended"
    attempt: int
    on: tuple[str, ...] = ()  # effect keys of the questions or sleeps it waits for


class AttemptInterrupted(_StepEvent):
    kind: Literal["AttemptInterrupted"] = "AttemptInterrupted"
    attempt: int
    cause: Literal["crash", "shutdown"]


class AttemptFailed(_StepEvent):
    kind: Literal["AttemptFailed"] = "AttemptFailed"
    attempt: int
    error: Error
    redo_from: str | None = None
    retry_due: float | None = None


class StepSucceeded(_StepEvent):
    kind: Literal["StepSucceeded"] = "StepSucceeded"
    outputs: dict[str, Any] = {}
    by: Literal["attempt", "planner", "person", "deadline", "reused", "bypassed"] = "attempt"
    origin: str | None = None
    sources: dict[str, Any] = {}  # where the outputs came from, by port (engine.run.sources); a person's are left out


class StepFailed(_StepEvent):
    kind: Literal["StepFailed"] = "StepFailed"
    error: Error
    handled: Literal["no", "route", "continue"] = "no"
    outputs: dict[str, Any] = {}
    sources: dict[str, Any] = {}


class StepsSkipped(_Event):
    kind: Literal["StepsSkipped"] = "StepsSkipped"
    steps: tuple[StepRef, ...]
    why: DeadWhy
    because: Literal["", "disabled"] = ""  # decided here, rather than by what led here


class StepCancelled(_StepEvent):
    kind: Literal["StepCancelled"] = "StepCancelled"
    why: Literal["lost_race", "run_failed", "run_cancelled", "stopped"]


class RoundStarted(_StepEvent):
    kind: Literal["RoundStarted"] = "RoundStarted"
    round: int
    value: Any = None
    member: str | None = None  # teams: who plays this round
    sources: dict[str, Any] = {}  # of the `value`


class MergeArmed(_StepEvent):
    kind: Literal["MergeArmed"] = "MergeArmed"
    due: float


class ItemsEnded(_StepEvent):
    kind: Literal["ItemsEnded"] = "ItemsEnded"
    items: tuple[ItemEnd, ...]


# ---- effects
class EffectStarted(_StepEvent):
    kind: Literal["EffectStarted"] = "EffectStarted"
    key: str
    gen: int = 1
    effect: EffectClass
    tool: str
    fingerprint: str
    idem_key: str = ""
    args: Any = None
    via: str = ""  # the wired node through which an agent called it
    due: float | None = None  # a sleep's end


class EffectSucceeded(_StepEvent):
    kind: Literal["EffectSucceeded"] = "EffectSucceeded"
    key: str
    gen: int = 1
    effect: EffectClass = "pure"
    tool: str = ""
    fingerprint: str = ""
    result: Any = None
    usage: dict[str, Any] | None = None
    took: float | None = None  # seconds that the world was at work
    args: Any = None  # of a pure effect, which has no EffectStarted
    via: str = ""
    origin: str | None = None  # carried from the run that this one continues
    gives: str = ""  # the source of the result; "" for what the tool's name says (engine.run.seen.source_of)


class EffectFailed(_StepEvent):
    kind: Literal["EffectFailed"] = "EffectFailed"
    key: str
    gen: int = 1
    error: Error
    effect: EffectClass = "pure"
    tool: str = ""
    fingerprint: str = ""
    args: Any = None
    via: str = ""
    took: float | None = None
    may_have_happened: bool = False  # then a redo keeps the generation and so the idempotency key
    origin: str | None = None  # told by the run that this one continues: done again, under the next generation
    gives: str = ""


class EffectInDoubt(_StepEvent):
    kind: Literal["EffectInDoubt"] = "EffectInDoubt"
    key: str
    gen: int = 1
    evidence: dict[str, Any] = {}


class EffectResolved(_StepEvent):
    kind: Literal["EffectResolved"] = "EffectResolved"
    key: str
    gen: int = 1
    how: Literal["happened", "do_it", "stop"]
    result: Any = None


# ---- people
class QuestionAsked(_StepEvent):
    kind: Literal["QuestionAsked"] = "QuestionAsked"
    question: str
    key: str  # effect key, or "gate", "form", "escalation", "doubt:<effect key>"
    type: Literal["gate", "form", "agent", "approval", "escalation", "doubt", "upgrade"]
    form: dict[str, Any]  # what is shown and asked: engine.run.questions.Form as JSON
    required: int = 1
    due: float | None = None
    on_deadline: str = "expire"


class QuestionAnswered(_StepEvent):
    kind: Literal["QuestionAnswered"] = "QuestionAnswered"
    question: str
    option: str
    values: Any = None
    comment: str = ""
    request: int | None = None
    shown: str = ""  # engine.run.questions.shown_hash of what the person had before them; "" where nothing was shown


class QuestionSettled(_StepEvent):
    kind: Literal["QuestionSettled"] = "QuestionSettled"
    question: str
    outcome: str  # an option's name, "expired" or "withdrawn"


class QuestionEscalated(_StepEvent):
    kind: Literal["QuestionEscalated"] = "QuestionEscalated"
    question: str
    to: str
    due: float | None = None


# ---- agents
class HandedOff(_StepEvent):
    kind: Literal["HandedOff"] = "HandedOff"
    key: str
    to: str
    envelope: dict[str, Any]


class ToolCallRefused(_StepEvent):
    kind: Literal["ToolCallRefused"] = "ToolCallRefused"
    key: str
    tool: str = ""
    fault: str
    hint: str


class ModelSwitched(_StepEvent):
    kind: Literal["ModelSwitched"] = "ModelSwitched"
    key: str
    from_model: str
    to_model: str
    why: str


StepEvent = (
    AttemptStarted | AttemptSuspended | AttemptInterrupted | AttemptFailed | StepSucceeded | StepFailed
    | StepCancelled | RoundStarted | MergeArmed | ItemsEnded | EffectStarted | EffectSucceeded | EffectFailed
    | EffectInDoubt | EffectResolved | QuestionAsked | QuestionAnswered | QuestionSettled | QuestionEscalated
    | HandedOff | ToolCallRefused | ModelSwitched
)  # fmt: skip
Event = (
    RunStarted | RunCancelRequested | RunCompleted | RunFailed | RunCancelled | OwnerChanged | StepsSkipped | StepEvent
)
END_KINDS = frozenset({"RunCompleted", "RunFailed", "RunCancelled"})

_ADAPTER: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])


_DEFAULTS: dict[type[Any], dict[str, Any]] = {
    kind: {name: field.default for name, field in kind.model_fields.items()} for kind in (AttemptStarted, StepSucceeded)
}
"""Of the two kinds that every step has: they are made so often that checking our own words costs more than a step."""


def made(kind: type[Any], fields: dict[str, Any]) -> Any:
    """An event of the planner; the busiest kinds are not validated again (what comes from disk always is)."""
    defaults = _DEFAULTS.get(kind)
    if defaults is None:
        return kind(**fields)
    event: Any = object.__new__(kind)
    give = object.__setattr__
    give(event, "__dict__", {**defaults, **fields})
    give(event, "__pydantic_fields_set__", set(fields))
    give(event, "__pydantic_extra__", None)
    give(event, "__pydantic_private__", None)
    return event


def to_json(event: Event) -> str:
    """The event's body as stored: compact JSON, defaults left out, never re-serialised afterwards."""
    return event.model_dump_json(exclude_defaults=True)[:-1] + f',"kind":"{event.kind}"}}'


def from_json(body: str | bytes) -> Event:
    """Read a stored body; an unknown kind or field raises (an old engine must not guess)."""
    return _ADAPTER.validate_json(body)
