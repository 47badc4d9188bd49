"""One turn of an agent: what the model is told, what it may say, and what it said.

A turn is one compact JSON object: `{"tool": name, "args": {…}}`, `{"hand_off": name, "reason": …, "goal": …}` (with
`"fields": {…}` where the hand-off has a contract) or `{"final": …}`. Tool results go back as compact JSON with sorted
keys. Models are trained on exactly this text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import Refused
from engine.nodes.context import ModelReply, WiredTool
from engine.nodes.schemas import value_fault
from engine.workflow.canonical import value_json
from engine.workflow.values import parse_json

_FREE_TEXT: Mapping[str, Any] = {"type": "string", "minLength": 1, "maxLength": 1000}
_SENTENCE: Mapping[str, Any] = {"type": "string", "minLength": 1, "maxLength": 200}
_MAX_HINT = 4000


@dataclass(frozen=True, slots=True)
class Call:
    """A valid call of a wired tool."""

    name: str
    args: dict[str, Any]


@dataclass(frozen=True, slots=True)
class HandOff:
    """A wish to give the rest to another agent."""

    to: str
    reason: str
    goal: str
    open_questions: list[str]
    fields: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Final:
    """The answer."""

    value: Any


@dataclass(frozen=True, slots=True)
class Fault:
    """A turn that cannot be carried out: which tool it was for, what is wrong, and how to say it right."""

    tool: str
    fault: str
    hint: str


@dataclass(frozen=True, slots=True)
class Target:
    """An agent to hand off to: what it is for, and the fields that go to it. `wants`: what those who get it accept."""

    purpose: str = ""
    fields: Mapping[str, Any] | None = None
    wants: tuple[Mapping[str, Any], ...] = ()


def system_text(instructions: str, tools: Mapping[str, WiredTool], hand_offs: Mapping[str, Target]) -> str:
    """The system message: instructions, then a line for each tool and each agent to hand off to."""
    lines = [
        f"tool {name}({', '.join(tool.parameters.get('properties', {}))}): {tool.description}"
        for name, tool in tools.items()
    ]
    for name, target in hand_offs.items():
        fields = f"({', '.join(target.fields['properties'])})" if target.fields is not None else ""
        lines.append(f"hand off {name}{fields}: {target.purpose}".rstrip(": "))
    return "\n".join([instructions.strip(), *lines])


def turn_schema(
    tools: Mapping[str, WiredTool], hand_offs: Mapping[str, Target], output: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The JSON Schema of everything that one turn may be."""
    calls = [_closed(tool={"const": name}, args=tool.parameters) for name, tool in tools.items()]
    leaves = [_leave({"const": name}, target.fields) for name, target in hand_offs.items()]
    return {"oneOf": [*calls, *leaves, _closed(final=output if output is not None else _FREE_TEXT)]}


def read_turn(
    reply: ModelReply,
    tools: Mapping[str, WiredTool],
    hand_offs: Mapping[str, Target],
    output: Mapping[str, Any] | None,
) -> Call | HandOff | Final | Fault:
    """What the model wants; nothing that is not valid under its schema gets past this point."""
    if reply.finish == "length":
        return Fault("", "the answer was cut off", "Give a shorter answer: one complete JSON object.")
    if reply.finish == "refusal":
        said_why = f"the model refused: {reply.text[:200]}".rstrip(": ")
        return Fault("", said_why, "Do what of it you may, or say in the final answer why not.")
    said = reply.value
    if said is None:
        try:
            said = parse_json(reply.text)
        except Refused:
            said = None
    choices = [*(["tool"] if tools else []), *(["hand_off"] if hand_offs else []), "final"]
    chosen = [name for name in choices if isinstance(said, dict) and name in said]
    if not isinstance(said, dict) or len(chosen) != 1:
        wanted = " or ".join(f'"{name}"' for name in choices)
        return Fault(
            "", "the answer is not one of the objects asked for", f"Answer with one JSON object that has {wanted}."
        )
    if chosen[0] == "tool":
        return _call(said, tools)
    if chosen[0] == "hand_off":
        return _hand_off(said, hand_offs)
    schema = output if output is not None else _FREE_TEXT
    fault = value_fault(_closed(final=schema), said)
    return _wrong("", "The final answer", fault, schema) if fault else Final(said["final"])


def _call(said: dict[str, Any], tools: Mapping[str, WiredTool]) -> Call | Fault:
    name = said["tool"]
    if not isinstance(name, str) or name not in tools:
        return Fault(str(name)[:100], "there is no such tool", f"The tools are: {', '.join(tools)}.")
    fault = value_fault(_closed(tool={"const": name}, args={"type": "object"}), said)
    if fault:
        return Fault(name, fault, f'Call it as {{"tool":"{name}","args":{{…}}}}, with nothing else.')
    fault = value_fault(tools[name].parameters, said["args"])
    if fault:
        return _wrong(name, f"The arguments of {name}", fault, tools[name].parameters)
    return Call(name, said["args"])


def _hand_off(said: dict[str, Any], targets: Mapping[str, Target]) -> HandOff | Fault:
    name = said["hand_off"]
    target = targets.get(name) if isinstance(name, str) else None
    if target is None or target.fields is None:
        schema = _leave({"enum": list(targets)}, None)
    else:
        schema = _leave({"const": name}, target.fields)
    fault = value_fault(schema, said)
    if fault:
        return _wrong("", "The hand-off", fault, schema)
    fields = said.get("fields")
    for wanted in target.wants if target is not None else ():
        fault = value_fault(wanted, fields)
        if fault:
            return _wrong("", f"The `fields` for {name}", fault, wanted)
    return HandOff(said["hand_off"], said["reason"], said["goal"], said.get("open_questions", []), fields)


def _leave(name: Mapping[str, Any], fields: Mapping[str, Any] | None) -> dict[str, Any]:
    """The schema of a hand-off; the fields of its contract come where the model has said why."""
    leave = _closed(hand_off=name, reason=_SENTENCE, goal=_SENTENCE, **({} if fields is None else {"fields": fields}))
    leave["properties"]["open_questions"] = {"type": "array", "items": _SENTENCE, "maxItems": 5}
    return leave


def _wrong(tool: str, what: str, fault: str, schema: Mapping[str, Any]) -> Fault:
    quoted = value_json(schema)
    quoted = quoted if len(quoted) <= _MAX_HINT else quoted[:_MAX_HINT] + " …"
    return Fault(tool, fault, f"{what} must follow this JSON Schema: {quoted}")


def _closed(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
