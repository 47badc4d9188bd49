"""The workflow document: one frozen value that canvas, file, checks and engine all read (DESIGN §4)."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.errors import TRANSIENT, ErrorClass

FORMAT = 1
KEY = r"^[a-z_][a-z0-9_]{0,62}$"
NAME = r"^[a-z0-9][a-z0-9_-]{0,99}$"
Placement = Literal["edge", "cloud", "either"]
Mode = Literal["on", "disabled", "bypassed"]
Color = Literal["blue", "green", "yellow", "red", "grey", "violet"]
Seconds = Annotated[float, Field(ge=0, le=31_536_000 * 10, allow_inf_nan=False)]


class Frozen(BaseModel):
    """A value: equal by content, never changed, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")


class Backoff(Frozen):
    """The wait before attempt n+1: `first_s * factor**(n-1)`, at most `max_s`, times 1 ± `jitter`."""

    first_s: Seconds = 1.0
    factor: Annotated[float, Field(ge=1, le=100)] = 2.0
    max_s: Seconds = 60.0
    jitter: Annotated[float, Field(ge=0, le=1)] = 0.1


class Policy(Frozen):
    """How the engine treats a node: total attempts, waits, per-attempt timeout, what happens after the last one."""

    max_attempts: Annotated[int, Field(ge=1, le=1000)] = 1
    backoff: Backoff = Backoff()
    timeout_s: Annotated[float, Field(gt=0, le=31_536_000)] | None = None
    retry_on: tuple[ErrorClass, ...] | None = None
    max_interruptions: Annotated[int, Field(ge=0, le=1000)] = 3
    on_error: Literal["fail", "route", "continue", "escalate"] = "fail"
    value: Any = None

    def retries(self, cls: str) -> bool:
        """Whether an error of this class is worth another attempt."""
        return cls in (TRANSIENT if self.retry_on is None else self.retry_on)


class Node(Frozen):
    """One node: `key` is its name in expressions; `params` are the type's own settings, kept even when unknown.

    `mode`: a disabled node is skipped; a bypassed one hands its input on instead of doing its work.
    """

    key: Annotated[str, Field(pattern=KEY)]
    type: Annotated[str, Field(min_length=1, max_length=200)]
    title: str = ""
    mode: Mode = "on"
    params: dict[str, Any] = {}
    policy: Policy = Policy()
    placement: Placement | None = None


Length = Annotated[float, Field(gt=0, le=1e9, allow_inf_nan=False)]
Place = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]


class Note(Frozen):
    """What is drawn and means nothing to a run: a text, or a frame around nodes. `rect`: x, y, width, height."""

    kind: Literal["frame", "note"] = "note"
    title: str = ""
    text: str = ""
    color: Color = "yellow"
    rect: tuple[Place, Place, Length, Length]


_EDGE = re.compile(r"^\s*([a-z_][a-z0-9_]*)\.([A-Za-z0-9_]+)\s*->\s*([a-z_][a-z0-9_]*)\.([A-Za-z0-9_]+)\s*$")


class Edge(Frozen):
    """A connection `source.out -> target.into`; its place in the list is meaning (ports and merges go by it)."""

    source: str
    out: str
    target: str
    into: str

    @classmethod
    def parse(cls, text: str) -> Edge:
        """Read `a.port -> b.port`; ValueError with a sentence otherwise."""
        match = _EDGE.match(text)
        if match is None:
            raise ValueError(f"{text!r} is not an edge; write it as `node.port -> node.port`.")
        return cls(source=match[1], out=match[2], target=match[3], into=match[4])

    def __str__(self) -> str:
        return f"{self.source}.{self.out} -> {self.target}.{self.into}"


class Workflow(Frozen):
    """A whole document. `inputs` and each value in it are JSON Schemas; `outputs` maps names to expressions."""

    format: int = FORMAT
    name: Annotated[str, Field(pattern=NAME)]
    title: str = ""
    description: str = ""
    placement: Placement = "either"
    inputs: dict[str, dict[str, Any]] = {}
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    outputs: dict[str, Any] = {}
    layout: dict[str, tuple[float, float]] = {}
    notes: dict[Annotated[str, Field(pattern=KEY)], Note] = {}

    @model_validator(mode="after")
    def _keys_are_unique(self) -> Workflow:
        seen: set[str] = set()
        for node in self.nodes:
            if node.key in seen:
                raise ValueError(f"two nodes have the key {node.key!r}; a key names one node.")
            seen.add(node.key)
        for key in self.notes:
            if key in seen:
                raise ValueError(f"a note and a node both have the key {key!r}; a key names one thing.")
        return self

    @cached_property
    def by_key(self) -> dict[str, Node]:
        """Nodes by key."""
        return {node.key: node for node in self.nodes}
