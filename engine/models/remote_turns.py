"""Our messages and schemas in the terms of a provider's tools, and what comes back as text of ours.

A turn of an agent is one JSON object (`engine.nodes.agent_turns`). Remote models are trained on tool calls instead, so
each branch of a turn's schema becomes a tool and a call becomes the object again, unchanged: whether it is valid is for
the agent's ladder to say, which refuses it with a hint before anything can run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.errors import Refused
from engine.workflow.canonical import value_json
from engine.workflow.values import parse_json

HAND_OFF, FINAL = "hand_off_", "final_answer"
_CHOICES = ("tool", "hand_off", "final")


@dataclass(frozen=True)
class Shape:
    """How a schema is put to a provider: `tools` by name, or one `answer`, `wrapped` when it had to become an object.

    `named` leads from a provider's tool to (choice, name): ("tool", "look_up"), ("hand_off", "buyer"), ("final", "").
    """

    tools: dict[str, dict[str, Any]] = field(default_factory=dict)
    named: dict[str, tuple[str, str]] = field(default_factory=dict)
    answer: dict[str, Any] | None = None
    wrapped: bool = False
    is_turn: bool = False
    """Whether this is a turn of an agent."""

    @property
    def note(self) -> str:
        """What a model must be told that its tools do not say."""
        return f"When you are done, call {FINAL}." if FINAL in self.named else ""


def shape_of(schema: Mapping[str, Any] | None) -> Shape:
    """The shape of a schema; that of free text for None."""
    if schema is None:
        return Shape()
    branches = _branches(schema)
    if not any(choice != "final" for choice, _, _ in branches):
        if len(branches) == 1:
            return Shape(is_turn=True) if _is_text(branches[0][2]) else Shape(answer=dict(schema["oneOf"][0]))
        plain = schema.get("type") == "object"
        return Shape(answer=dict(schema) if plain else _closed({"value": dict(schema)}), wrapped=not plain)
    tools: dict[str, dict[str, Any]] = {}
    named: dict[str, tuple[str, str]] = {}
    for choice, name, parameters in branches:
        if choice == "final" and _is_text(parameters):
            continue  # plain text is the answer
        offered = {"tool": name, "hand_off": HAND_OFF + name, "final": FINAL}[choice]
        while offered in tools:
            offered += "_"
        tools[offered], named[offered] = parameters, (choice, name)
    return Shape(tools, named, is_turn=True)


def _is_text(parameters: Mapping[str, Any]) -> bool:
    return bool(parameters["properties"]["final"].get("type") == "string")


def _branches(schema: Mapping[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """(choice, name, parameters) of each branch of a turn's schema; [] for any other schema."""
    found = []
    if set(schema) != {"oneOf"}:
        return []
    for branch in schema["oneOf"]:
        properties = branch.get("properties", {}) if isinstance(branch, Mapping) else {}
        choice = next((name for name in _CHOICES if name in properties), "")
        if not choice or (choice == "tool" and "args" not in properties):
            return []
        name = "" if choice == "final" else str(properties[choice].get("const", ""))
        if choice == "tool":
            parameters = dict(properties["args"])
        elif choice == "hand_off":
            rest = {key: value for key, value in properties.items() if key != choice}
            parameters = _closed(rest, [key for key in branch.get("required", ()) if key != choice])
        else:
            parameters = _closed({"final": properties["final"]})
        found.append((choice, name, parameters))
    return found


def _closed(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    needed = list(properties) if required is None else required
    return {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}


def call_text(shape: Shape, tool: str, arguments: str | Mapping[str, Any] | None) -> str:
    """A provider's tool call as the text of a turn. Arguments that are no JSON stay text, so the ladder can say so."""
    args = _arguments(arguments)
    choice, name = shape.named.get(tool, ("tool", tool))
    if choice == "hand_off":
        said = {"hand_off": name, **(args if isinstance(args, dict) else {"args": args})}
    elif choice == "final":
        said = {"final": args["final"] if isinstance(args, dict) and set(args) == {"final"} else args}
    else:
        said = {"tool": name, "args": args}
    return value_json(said)


def _arguments(given: str | Mapping[str, Any] | None) -> Any:
    if not isinstance(given, str):
        return dict(given or {})
    if not given.strip():
        return {}
    try:
        return parse_json(given)
    except Refused:
        return given


def plain_text(shape: Shape, text: str) -> str:
    """What a model said in words, as the text of a turn where a turn was asked for."""
    if shape.wrapped:
        found = _object(text)
        return value_json(found["value"]) if found is not None and set(found) == {"value"} else text
    if not shape.is_turn or not text.strip():
        return text
    found = _object(text)
    if found is not None and any(choice in found for choice in _CHOICES):
        return text  # it writes turns as text, as a model without tools does
    if FINAL not in shape.named:
        return value_json({"final": text.strip()})
    return text if found is None else value_json({"final": found})


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = parse_json(text)
    except Refused:
        return None
    return found if isinstance(found, dict) else None


@dataclass(frozen=True)
class Said:
    """One message: who, and a text or a call (`call` with `arguments`), or the result of the call before it."""

    who: str
    text: str
    call: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)


def conversation(messages: Sequence[Mapping[str, str]], shape: Shape) -> list[Said]:
    """Our messages with what was a call, and its result, told apart from mere text."""
    offered = {name: tool for tool, (choice, name) in shape.named.items() if choice == "tool"}
    found: list[Said] = []
    for message in messages:
        who, text = message["role"], message["content"]
        if who == "assistant" and shape.is_turn:
            said = _object(text) or {}
            name, args = said.get("tool"), said.get("args")
            if isinstance(name, str) and name in offered and isinstance(args, dict) and set(said) == {"tool", "args"}:
                found.append(Said(who, text, offered[name], args))
                continue
            if set(said) == {"final"} and isinstance(said["final"], str) and FINAL not in shape.named:
                text = said["final"]
        elif who == "tool" and found and found[-1].call and found[-1].who == "assistant":
            found.append(Said(who, text, found[-1].call))
            continue
        found.append(Said("user" if who == "tool" else who, text))
    answered = {index - 1 for index, said in enumerate(found) if said.who == "tool"}
    return [
        Said(said.who, said.text) if said.who == "assistant" and said.call and index not in answered else said
        for index, said in enumerate(found)
    ]
