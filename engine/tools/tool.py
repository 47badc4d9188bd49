"""What a tool is: one call to the outside world, with what the engine must know to never do it twice (DESIGN §5)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from pydantic import BaseModel

from engine.net.guard import Guard
from engine.nodes.context import EffectClass
from engine.tools.roots import Roots
from engine.workflow.model import Placement
from engine.workflow.shape import Source

Risk = Literal["low", "medium", "high", "irreversible"]


class Blobs(Protocol):
    """Where large and binary values live, by content."""

    def put(self, data: bytes, media_type: str) -> dict[str, Any]:
        """Keep the bytes; the reference that stands for them in a value."""
        ...

    def get(self, sha: str) -> bytes:
        """The bytes of this SHA-256 (hex)."""
        ...


@dataclass(frozen=True)
class ToolEnv:
    """What one call gets from the engine.

    `idem_key` is the same when the same effect is done again. `timeout_s` None means the tool's own. `workspace` is the
    folder of relative paths. `network` False leaves only loopback. `secret` gives a secret's value
    by its name and the destination that it is for (`engine.keys.bindings`).
    `guard` is the gateway's policy for this call (`engine.net`), `roots` the files it may open beside the workspace.
    `placement` is "edge" where the call may not leave the PC. `progress` shows something meanwhile; it may be lost.
    """

    idem_key: str
    timeout_s: float | None
    workspace: Path
    blobs: Blobs
    network: bool
    secret: Callable[[str, str], str]
    placement: Placement = "either"
    progress: Callable[[str], None] = lambda text: None
    guard: Guard = field(default_factory=Guard)
    roots: Roots = field(default_factory=Roots)


@dataclass(frozen=True)
class Found:
    """A look-up's answer: the effect happened, and this was its result."""

    result: Any


@dataclass(frozen=True)
class Shown:
    """What an agent is told of a tool that only this PC knows, where the author of the node has said nothing."""

    description: str
    parameters: Mapping[str, Any]
    effect: EffectClass


async def _cannot_look_up(args: Any, env: ToolEnv) -> Found | None:
    return None


@dataclass(frozen=True)
class Tool:
    """One tool. `call` gives a JSON value or raises StepError; cancelled, it leaves nothing running.

    `effect(args)` says what a repetition does. `lookup` is asked before an interrupted `checkable` effect is done
    again: Found when it happened, None when it surely did not, StepError when that cannot be told now, and one with
    `outcome_unknown` when it never can: then a person is asked. Calls with
    the same `lane(args)` share a limit on how many run at once. `timeout_s` is in seconds. `shown(params)` is what an
    agent is told of a node with these raw params. `gives` is where its results come from; None:
    they say nothing but what it was told. `chooses` names the arguments
    that say who is reached or what is done (a recipient, path, command or statement); the others only carry data.
    `opaque` names one of which nobody here knows: it counts as choosing in a call that may change something.
    `reach` says in one sentence where it may reach. `health` gives one sentence when it is in order and raises
    StepError when it is not; None: there is nothing to ask before a call.
    """

    name: str
    summary: str
    args: type[BaseModel]
    effect: Callable[[Any], EffectClass]
    call: Callable[[Any, ToolEnv], Awaitable[Any]]
    lane: Callable[[Any], str]
    timeout_s: float
    placement: Placement = "either"
    risk: Risk = "medium"
    lookup: Callable[[Any, ToolEnv], Awaitable[Found | None]] = _cannot_look_up
    shown: Callable[[Mapping[str, Any]], Shown | None] = lambda params: None
    gives: Source | None = "tool"
    chooses: tuple[str, ...] = ()
    opaque: str = ""
    reach: str = ""
    health: Callable[[ToolEnv], Awaitable[str]] | None = None


def timeout_of(tool_timeout_s: float, asked_s: float | None, env: ToolEnv) -> float:
    """Seconds that a call may take: the shortest of what the params, the policy and the tool say."""
    limits = [limit for limit in (asked_s, env.timeout_s) if limit is not None]
    return min(limits) if limits else tool_timeout_s
