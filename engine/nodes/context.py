"""What a node's function may ask of the world. The executor implements it; every call is recorded and replayed.

Keys are paths of ordinals: the 3rd call is "3", the 2nd call in the 1st branch of a `gather` that is the 3rd call is
"3.1.2". A step's function must therefore ask for the same things in the same order when it is run again with the same
records; two calls at once on one context are refused: use `gather`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from engine.errors import ErrorClass
from engine.nodes.budget import Budget, Used

EffectClass = Literal["pure", "idempotent", "checkable", "at_most_once"]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call that a model wants: `args` is the parsed object, or None with `fault` saying what is wrong with it."""

    name: str
    args: dict[str, Any] | None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class ModelReply:
    """A model's turn. `text` is the raw answer; `value` its parsed JSON when a schema was asked for.

    `confidence` in [0, 1] or None when the runtime cannot say; `finish` is "stop", "length", "cancelled" or "refusal"
    (then `text` says why); `usage` counts tokens {prompt, prompt_cached, completion, and prompt_restored of those
    cached from disk}, seconds {prefill_s, decode_s} and, where prices are set, {cost, currency}; `model` says which
    model answered and on what provider.
    """

    text: str
    value: Any = None
    finish: str = "stop"
    confidence: float | None = None
    usage: Mapping[str, Any] | None = None
    model: Mapping[str, Any] | None = None


LASTING: frozenset[ErrorClass] = frozenset({"not_found", "invalid", "permission", "limit", "schema"})
"""Failures of a model that asking again does not mend, but another model may."""

PASSING: frozenset[ErrorClass] = frozenset({"timeout", "connection", "rate_limit", "server"})
"""Failures of a model that may be over in a while."""


@dataclass(frozen=True, slots=True)
class Fallback:
    """Who may take over from a model role, in order, and on which failures."""

    roles: tuple[str, ...] = ()
    on: frozenset[ErrorClass] = LASTING


@dataclass(frozen=True, slots=True)
class Choice:
    """Who is asked next: the role, why in place of another, and how long its answer and the answer's first words may
    take while others could be asked."""

    role: str
    why: str = ""
    limit_s: float | None = None
    first_s: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person said: the option's name, the form's values and a comment; `option` "expired" past a deadline."""

    option: str
    values: Any = None
    comment: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class WiredTool:
    """A node wired into an agent's `tools` port. `parameters` is a JSON Schema of an object."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    effect: EffectClass
    approval: Literal["never", "first", "each", "when_tainted"] = "when_tainted"


class Context(Protocol):
    """The door between a node's function and everything that is not a function of its params and inputs."""

    run_id: str
    root_run: str
    node: str
    visit: tuple[int, ...]
    via: str
    """The node's key when an agent has called it as a tool; "" for a step of its own."""
    tools: Mapping[str, WiredTool]
    hand_offs: tuple[str, ...]
    accepts: Mapping[str, tuple[Mapping[str, Any], ...]]
    """The contracts of those who are handed off to, by port."""
    budget: Budget | None
    """What the agent that called it lets it use; None for a step of its own."""

    @property
    def used(self) -> Used:
        """What this function has used so far, and whoever it has called."""
        ...

    async def ask_model(
        self,
        role: str,
        messages: Sequence[Mapping[str, str]],
        *,
        schema: Mapping[str, Any] | None = None,
        max_tokens: int = 512,
        temperature: float = 0.0,
        seed: int = 0,
        timeout_s: float | None = None,
        first_s: float | None = None,
    ) -> ModelReply:
        """One turn of the model that settings map `role` to. Messages are {role, content}; a `schema` (JSON Schema)
        constrains the answer. Pure: repeated after a crash, recorded when done."""
        ...

    async def run_model(
        self, role: str, inputs: Mapping[str, Any], *, timeout_s: float | None = None
    ) -> Mapping[str, Any]:
        """One inference of an ONNX model: inputs by tensor name as nested lists, outputs likewise. Pure."""
        ...

    async def call_tool(
        self, tool: str, args: Mapping[str, Any], *, effect: EffectClass | None = None, timeout_s: float | None = None
    ) -> Any:
        """One call of a registered tool (`http.request`, `file.write`, ...). `effect` narrows or widens the class that
        the tool itself states for these arguments."""
        ...

    async def call_wired(self, name: str, args: Mapping[str, Any], *, budget: Budget | None = None) -> Any:
        """Run a node wired into this agent's `tools` port with these (already validated) arguments, another agent too;
        its own effects are recorded below this call's key. Asks for approval first where the node says so. A
        `redo_from` of its failure is a key of this context."""
        ...

    async def ask_person(
        self, form: Mapping[str, Any], *, required: int = 1, deadline_s: float | None = None, type: str = "agent"
    ) -> Answer:
        """Ask a person; the step is suspended (its coroutine dropped) until the answer is there."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; survives restarts (a step asleep holds no lane and no coroutine)."""
        ...

    async def now(self) -> float:
        """Seconds since 1970, UTC; recorded, so a replay sees the same."""
        ...

    async def gather(self, *branches: Callable[[Context], Awaitable[Any]]) -> list[Any]:
        """Several at once; results in argument order. All run to their end; in doubt beats error beats wait."""
        ...

    async def refuse_call(self, tool: str, fault: str, hint: str) -> None:
        """Record that a tool call was refused before it could run (DESIGN §6)."""
        ...

    def fallback(self, role: str, named: str | None = None) -> Fallback:
        """The chain of a role: itself, `named` by the node, then what the settings say, in the order of its rules. A
        replay gets the one that took over, whatever the settings say by then."""
        ...

    def choose_model(
        self,
        root: str,
        named: str | None,
        role: str,
        failed: Sequence[str],
        *,
        started: bool,
        prompt: int,
        answer: int,
    ) -> Choice:
        """Who is asked in place of `role` by the rules of `root` (what it costs, how long it takes, where text may go),
        for `prompt` characters and `answer` tokens at most. A replay gets the one that was asked. Raises StepError."""
        ...

    async def switch_model(self, from_role: str, to_role: str, why: str) -> None:
        """Record that another model takes over (DESIGN §6)."""
        ...

    async def hand_off(self, to: str, envelope: Mapping[str, Any]) -> Mapping[str, Any]:
        """Record a hand-off; returns the outputs to end the step with."""
        ...

    def progress(self, text: str) -> None:
        """Something to show meanwhile; may be lost."""
        ...
