"""Tool calls under their grammar: every one valid, from a model that knows its work and from one that knows nothing."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Refused, StepError
from engine.models import Models
from engine.nodes.agent_turns import Call, read_turn, system_text, turn_schema
from engine.nodes.context import WiredTool
from engine.settings import resources_dir
from engine.workflow.values import parse_json

pytestmark = pytest.mark.needs_llama


def _tool(name: str, description: str, needed: int, **properties: Any) -> WiredTool:
    parameters = {
        "type": "object", "properties": properties, "required": list(properties)[:needed],
        "additionalProperties": False,
    }  # fmt: skip
    return WiredTool(name, description, parameters, "pure")


TOOLS = {
    tool.name: tool
    for tool in (
        _tool("history", "Earlier alarms of a machine.", 1,
              machine={"type": "string", "pattern": "^[A-Z]{2,4}-[0-9]{2}$"},
              days={"type": "integer", "minimum": 1, "maximum": 90}),
        _tool("stock", "Whether a part is there.", 2, part={"type": "string", "minLength": 1, "maxLength": 12},
              urgent={"type": "boolean"}),
        _tool("set_limit", "Sets a limit.", 2, sensor={"enum": ["pressure", "temperature", "vibration"]},
              limit={"type": "number", "minimum": -40, "maximum": 250}),
        _tool("book", "Books people for a shift.", 2, day={"type": "string", "format": "date"},
              people={"type": "array", "items": {"enum": ["ann", "ben", "cem"]}, "minItems": 1, "maxItems": 3}),
        _tool("note", "Keeps a note.", 1, note={"type": "object", "required": ["text"], "additionalProperties": False,
              "properties": {"text": {"type": "string", "maxLength": 20}, "tags": {"type": "array", "maxItems": 2,
                             "items": {"type": "string", "minLength": 1, "maxLength": 6}}}}),
    )
}  # fmt: skip
WISHES = (
    "machine: PUMP-12\ncode: E142\nfamily: vibration\ntrend: rising", "Is a seal in stock? It is urgent.",
    "Set the limit of the pressure to 80.", "Book ann and ben for 2026-11-24.", "Note that the gate was open.",
)  # fmt: skip
MODELS = {
    "shipped": str(resources_dir() / "models" / "small.gguf"),
    "random": str(Path(__file__).parent / "data" / "tiny.gguf"),
}


def _case(chance: random.Random) -> tuple[dict[str, WiredTool], list[dict[str, str]], dict[str, Any]]:
    """Some of the tools, a wish, and the schema under which nothing but a call is possible."""
    names = chance.sample(sorted(TOOLS), chance.randint(1, len(TOOLS)))
    tools = {name: TOOLS[name] for name in names}
    schema = turn_schema(tools, {}, None)
    messages = [
        {"role": "system", "content": system_text("Call the tool that helps.", tools, {})},
        {"role": "user", "content": chance.choice(WISHES)},
    ]
    return tools, messages, {"oneOf": schema["oneOf"][:-1]}


async def _valid(models: Models, count: int, constrained: bool) -> int:
    chance = random.Random(f"{count} {constrained}")
    valid = 0
    for number in range(count):
        tools, messages, schema = _case(chance)
        options: dict[str, Any] = {"temperature": chance.choice([0.0, 1.0]), "seed": number + 1}
        options |= {"schema": schema, "max_tokens": 300} if constrained else {"max_tokens": 120}
        try:
            reply = await models.ask("small", messages, **options)
        except StepError:
            continue
        try:
            read = parse_json(reply.text)
        except Refused:
            read = None
        assert not constrained or read == reply.value
        valid += isinstance(read_turn(reply, tools, {}, None), Call)
    return valid


def _figures(with_models: Any, name: str, calls: int, free: int) -> tuple[int, int]:
    async def body(models: Models) -> tuple[int, int]:
        return await _valid(models, calls, True), await _valid(models, free, False)

    found: tuple[int, int] = with_models(body, small={"model": MODELS[name], "n_ctx": 1024})
    return found


@pytest.mark.parametrize("name", MODELS)
def test_fifty_constrained_calls_are_valid(with_models: Any, name: str) -> None:
    valid, _ = _figures(with_models, name, 50, 0)
    assert valid == 50


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", MODELS)
def test_a_thousand_constrained_calls_are_valid_and_what_a_model_does_without_is_told(
    with_models: Any, name: str
) -> None:
    valid, free = _figures(with_models, name, 1_000, 200)
    print(f"{name}: {valid} of 1000 constrained calls valid, {free} of 200 without a grammar")
    assert valid == 1_000
    assert name != "random" or free == 0, "a model that knows nothing says nothing valid by chance"
