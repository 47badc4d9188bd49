"""What the core must know of a node's type: its kind and ports, without knowing node types themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from engine.workflow.model import Node

Kind = Literal["task", "branch", "merge", "loop", "gate", "form", "each", "subworkflow", "stop", "unknown"]
"""`task` runs an async function in attempts; the planner decides or drives every other kind (SEMANTICS T15)."""

Source = Literal["person", "file", "web", "tool", "model"]
"""Where a value, or what it was made from, came from: what a person gave or approved, or text that anybody may have
written (a file, the web, a tool), or a model's words."""

PortType = Literal["any", "text", "number", "boolean", "object", "list", "table", "file", "image", "capability"]


@dataclass(frozen=True, slots=True)
class Port:
    """A port: `capability` edges carry no token; inputs are required unless the type says otherwise."""

    name: str
    type: PortType = "any"
    required: bool = True
    help: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """A node as the core sees it. `main` is the output port whose value `steps.<key>.output` means by default."""

    kind: Kind = "task"
    inputs: tuple[Port, ...] = ()
    outputs: tuple[Port, ...] = ()
    main: str = "output"
    pure: bool = False
    version: int = 1
    hand_off: bool = False
    open_inputs: bool = False  # any further input port name is fine (data.template, data.set, merge)
    raw: frozenset[str] = frozenset()  # params that the planner evaluates itself
    made_of: str = ""  # the param that its outputs are, evaluated, and nothing besides
    described: bool = False  # whether somebody else's words say what it is for when it is an agent's tool


Shapes = Callable[[Node], Shape]
