"""Random schemas against the real grammar engine: refused or accepted, never a crash; every answer meets its schema."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.models import Models, SchemaUnsupported, grammar_of
from engine.nodes.schemas import value_fault

pytestmark = pytest.mark.needs_llama

WORDS = [
    "a",
    "b c",
    "ü",
    "日本",
    'quo"te',
    "back\\slash",
    "",
    "line\nbreak",
    "🚀",
    "<|end|>",
    "]",
    "-",
    "::=",
    "#",
    "$x",
]
PATTERNS = [
    "^[A-Z]{2,4}-[0-9]{2}$", r"^\d{1,3}(\.\d)?$", "^(on|off)$", "^[^a-z]{1,5}$", "^.{0,6}$", r"^\w+$",
    r'^["\\\\]{1,3}$', "^[à-ü]{1,3}$", "^x*y?z+$", "^(ab|c){1,3}$", r"^\s\S$", "^$", "^-$", "^[]]$",
]  # fmt: skip
ODD = [
    {"not": {}}, {"multipleOf": 2}, {"uniqueItems": True, "type": "array"}, {"type": "string", "pattern": r"\d"},
    {"$ref": "#/$defs/none"}, {"$ref": "#"}, {"type": "string", "maxLength": 10**9},
    {"minItems": 10**6, "type": "array"}, {"pattern": "^(a?){9}$"}, {"type": "integer", "minimum": 10**30},
    {"enum": []}, {"minLength": 5000}, False,
    {"type": "object", "additionalProperties": {"type": "string", "maxLength": 3}}, {"type": "array"}, {}, True,
    {"properties": {"a": {}}, "required": ["z"]}, {"type": ["string", "null"], "maxLength": 2}, {"type": "number"},
]  # fmt: skip


def schema(chance: random.Random, depth: int, odd: float) -> Any:
    """A schema whose answers are short; with probability `odd` a part is unusual or cannot be held."""
    if chance.random() < odd:
        return chance.choice(ODD)
    kinds = ["enum", "const", "string", "pattern", "integer", "number", "boolean", "null"]
    kind = chance.choice(kinds + ["object", "object", "array", "anyOf", "types"] * (depth > 0))
    if kind == "enum":
        return {"enum": chance.sample([*WORDS, 0, -1.5, None, True, [1, "x"], {"k": 1}], chance.randint(1, 6))}
    if kind == "const":
        return {"const": chance.choice(WORDS)}
    if kind == "string":
        low = chance.randint(0, 4)
        return {"type": "string", "minLength": low, "maxLength": low + chance.randint(0, 8)}
    if kind == "pattern":
        return {"type": "string", "pattern": chance.choice(PATTERNS), "title": "t"}
    if kind in ("integer", "number"):
        low = chance.choice([-(10**9), -120, -7, -1, 0, 1, 9, 1000])
        bounds = {"minimum": low, "maximum": low + chance.choice([0, 1, 5, 90, 12345])}
        return {"type": kind, **dict(chance.sample(list(bounds.items()), chance.randint(0, 2)))}
    if kind == "array":
        low = chance.randint(0, 2)
        return {
            "type": "array",
            "items": schema(chance, depth - 1, odd),
            "minItems": low,
            "maxItems": low + chance.randint(0, 2),
        }
    if kind == "anyOf":
        return {"anyOf": [schema(chance, depth - 1, odd) for _ in range(chance.randint(1, 3))]}
    if kind == "types":
        return {"type": chance.sample(["string", "null", "boolean", "integer"], 2), "maxLength": 4}
    if kind == "object":
        names = chance.sample(WORDS, chance.randint(0, 4))
        required = [name for name in names if chance.random() < 0.6]
        return {
            "type": "object",
            "properties": {name: schema(chance, depth - 1, odd) for name in names},
            "required": required,
            "additionalProperties": False,
        }
    return {"type": kind}


def test_no_schema_crashes_the_grammar_engine(tiny_gguf: Path) -> None:
    chance = random.Random(11)
    grammars, refused = [], 0
    for _ in range(700):
        try:
            grammars.append(grammar_of(schema(chance, 3, 0.06)).text)
        except SchemaUnsupported as fault:
            refused += 1
            assert str(fault).endswith((".", "ones."))
    assert refused > 50 and len(grammars) > 400
    code = (
        "import json, sys\nfrom pathlib import Path\nfrom engine.models.llama import Llama\n"
        "model = Llama(Path(sys.argv[1]), n_ctx=64, threads=1)\n"
        "for number, text in enumerate(json.load(sys.stdin)):\n"
        "    made = model.native.llama_sampler_init_grammar(model.vocab, text.encode(), b'root')\n"
        "    assert made, text\n"
        "    model.native.llama_sampler_free(made)\n"
        "print('all', number + 1)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(tiny_gguf)],
        input=json.dumps(grammars),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout.strip() == f"all {len(grammars)}"


def test_every_answer_of_a_random_model_meets_its_schema(with_models: Any) -> None:
    chance = random.Random(5)
    schemas: list[Any] = []
    while len(schemas) < 130:
        made = schema(chance, 2, 0.0)
        try:
            if grammar_of(made).longest < 3000:
                schemas.append(made)
        except SchemaUnsupported:
            continue

    async def body(models: Models) -> None:
        for number, made in enumerate(schemas):
            reply = await models.ask(
                "small",
                [{"role": "user", "content": f"number {number % 7}"}],
                schema=made,
                temperature=(0.0, 0.7, 1.5)[number % 3],
                seed=number,
                max_tokens=3500,
            )
            assert value_fault(made, reply.value) == ""
            assert len(reply.text) <= grammar_of(made).longest
            assert json.loads(reply.text) == reply.value

    with_models(body)


CLOSED = {"additionalProperties": False}
WRITTEN: list[dict[str, Any]] = [
    {"$defs": {"Size": {"enum": ["s", "m"]}}, "properties": {"size": {"$ref": "#/$defs/Size", "title": "Size"}}},
    {
        "properties": {"a": {"allOf": [{"type": "integer", "minimum": 3, "maximum": 30}], "description": "d"}},
        "required": ["a"],
    },
    {"oneOf": [{"properties": {k: {"const": k}}, "required": [k], **CLOSED} for k in ("x", "y")]},
    {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0, "maximum": 9}, "maxProperties": 1},
    {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}], "default": None},
    {"type": "string", "format": "date-time"},
    {"type": ["number", "string"], "maxLength": 5, "minimum": -0.5, "maximum": 1, "enum": [0.25, "é", "too long"]},
    {"type": "array", "items": {"type": "string", "format": "uuid"}, "minItems": 1, "maxItems": 2, "x-note": 1},
    {"properties": {"a": {"type": ["null", "boolean"]}, "b": {"items": {"const": 1}}}, "required": ["b", "a"]},
    {"type": "integer"},
    {"type": "integer", "exclusiveMinimum": 0, "maximum": 10**12},
]


def test_schemas_as_people_and_libraries_write_them_are_answered(with_models: Any) -> None:
    async def body(models: Models) -> None:
        for number, made in enumerate(WRITTEN):
            reply = await models.ask(
                "small", [{"role": "user", "content": "x"}], schema=made, temperature=0.4, seed=number, max_tokens=4000
            )
            assert value_fault(made, reply.value) == ""

    with_models(body)


def test_a_runtime_that_refuses_a_grammar_is_a_failed_attempt(
    with_models: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.errors import StepError
    from engine.models import service
    from engine.models.grammar import Grammar

    async def body(models: Models) -> None:
        for broken in ("root ::= nothing", "roof ::= [a]", 'root ::= ("a"', "root ::= root [a]"):
            monkeypatch.setattr(service, "grammar_of", lambda schema, text=broken: Grammar(text, 9))
            with pytest.raises(StepError) as caught:
                await models.ask("small", [{"role": "user", "content": "x"}], schema={"enum": [1]})
            assert caught.value.cls == "schema" and "refuses the grammar" in caught.value.message
        monkeypatch.undo()
        await asyncio.sleep(0)
        assert (await models.ask("small", [{"role": "user", "content": "x"}], schema={"enum": [1]})).value == 1

    with_models(body)
