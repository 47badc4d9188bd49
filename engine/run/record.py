"""The mutable parts of a run's state. Only `State.apply` changes them; nobody else holds them across a batch."""

from __future__ import annotations

from typing import Any

from engine.ids import Visit

Token = tuple[Any, ...]
"""(True, value) is live, (False, why) is dead; exactly one per edge and visit (SEMANTICS T1).

A live one whose value came from elsewhere than the author or a person says so: (True, value, origin)."""

StepId = tuple[str, Visit]
ENDED = frozenset({"succeeded", "failed", "skipped", "cancelled"})
RUN_ENDED = frozenset({"completed", "failed", "cancelled"})


class Effect:
    """One effect's record: status started | ok | failed | doubt | again | old."""

    __slots__ = (
        "args",
        "before",
        "due",
        "effect",
        "error",
        "fingerprint",
        "gen",
        "gives",
        "idem_key",
        "may_have_happened",
        "result",
        "status",
        "took",
        "tool",
        "usage",
        "via",
    )

    def __init__(self, effect: str, tool: str, fingerprint: str, gen: int) -> None:
        self.status = "started"
        self.effect, self.tool, self.fingerprint, self.gen = effect, tool, fingerprint, gen
        self.idem_key = ""
        self.gives = ""  # the source of what it took in; "" for what its tool's name says
        self.args: Any = None
        self.via = ""
        self.result: Any = None
        self.error: Any = None
        self.may_have_happened = False
        self.due: float | None = None
        self.usage: Any = None
        self.took: float | None = None
        self.before: Any = None  # what was used by that which a retry does anew from here on (engine.run.spent)

    def view(self) -> tuple[Any, ...]:
        """Everything, for comparing two folds."""
        return tuple(repr(getattr(self, name)) for name in self.__slots__)


class Question:
    """A question and its answers: `answers` by person, `outcome` None while open."""

    __slots__ = ("answers", "asked", "due", "escalated", "outcome")

    def __init__(self, asked: Any) -> None:
        self.asked = asked
        self.answers: dict[str, Any] = {}
        self.outcome: str | None = None
        self.due: float | None = asked.due
        self.escalated: str | None = None

    @property
    def approved(self) -> bool:
        """Whether people have agreed to what was asked, as it was or changed."""
        return self.outcome in ("approve", "approve_with_changes")

    def view(self) -> tuple[Any, ...]:
        """Everything, for comparing two folds."""
        return tuple(repr(getattr(self, name)) for name in self.__slots__)


class Children:
    """The child runs of an `each` or `subworkflow` step."""

    __slots__ = ("at_once", "bad", "ended", "items", "started", "total")

    def __init__(self, total: int, at_once: int) -> None:
        self.total = total
        self.at_once = at_once
        self.started = 0
        self.bad: list[Any] = []  # ends of those that did not complete
        self.items: list[Any] | None = None  # kept by the planner: what it follows from does not change any more
        self.ended: dict[int, Any] = {}


class Step:
    """One visit of a node. `status`: pending, running, waiting, backoff, exhausted, interrupted, or an ended one."""

    __slots__ = (
        "attempt",
        "base",
        "by",
        "children",
        "crashes",
        "due",
        "effects",
        "error",
        "escalations",
        "inputs",
        "interruptions",
        "notes",
        "origin",
        "outputs",
        "questions",
        "sources",
        "status",
        "tokens",
        "value",
        "value_sources",
        "version",
        "waiting",
        "why",
    )

    def __init__(self) -> None:
        self.status = "pending"
        self.attempt = 0
        self.version: int | None = None  # of the node type, when its newest attempt started
        self.base = 0  # attempts used up before the last "try again" of a person
        self.interruptions = 0  # attempts that do not count against max_attempts
        self.crashes = 0
        self.tokens: dict[int, Token] = {}
        self.value: Any = None  # what a team member is handed
        self.value_sources: Any = []
        self.inputs: dict[str, Any] | None = None  # derived from the tokens, kept because it is asked for twice
        self.due: float | None = None
        self.outputs: dict[str, Any] | None = None
        self.sources: dict[str, Any] = {}  # where the outputs came from, by port (engine.run.sources)
        self.why: str | None = None
        self.error: Any = None
        self.by: str = ""
        self.origin: str | None = None
        self.effects: dict[str, Effect] = {}
        self.questions: dict[str, str] = {}  # key -> question id
        self.waiting: tuple[str, ...] = ()
        # refused calls, switched models and hand-offs that are journaled, by key; of a switch the model that took over
        self.notes: dict[str, str] = {}
        self.escalations = 0
        self.children: Children | None = None

    def view(self) -> tuple[Any, ...]:
        """Everything, for comparing two folds."""
        kids = self.children
        return (
            self.status,
            self.attempt,
            self.version,
            self.base,
            self.interruptions,
            self.crashes,
            repr(sorted(self.tokens.items(), key=repr)),
            repr(self.value),
            self.due,
            repr(self.outputs),
            repr((self.sources, self.value_sources)),
            self.why,
            repr(self.error),
            self.by,
            self.origin,
            sorted((key, effect.view()) for key, effect in self.effects.items()),
            sorted(self.questions.items()),
            self.waiting,
            sorted(self.notes.items()),
            self.escalations,
            kids and (kids.total, kids.started, repr(sorted(kids.ended.items()))),
        )


class Round:
    """The current round of a loop or team at one visit."""

    __slots__ = ("again", "left", "member", "number")

    def __init__(self, number: int, left: int, member: str | None) -> None:
        self.number = number
        self.left = left
        self.again: dict[int, Token] = {}
        self.member = member
