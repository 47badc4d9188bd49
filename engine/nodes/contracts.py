"""What goes from one agent to another beside words: declared fields, closed and bounded, checked by who sends them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from engine.nodes.node_type import Params, ui
from engine.nodes.schemas import schema_fault

MAX_TEXT, MAX_ITEMS, MAX_FIELDS = 1000, 100, 50
"""The longest text, the most items of a list and the most fields where a contract says nothing."""

_SAYS_WHAT = ("type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref")


def _closed(schema: Any) -> dict[str, Any]:
    """A contract with everything said that its author left out; ValueError for one that would let anything pass."""
    if fault := schema_fault(schema):
        raise ValueError(f"this is not a JSON Schema: {fault}")
    if schema.get("type") != "object" or not schema.get("properties"):
        raise ValueError("a contract names its fields: `type: object` with `properties`")
    defs = schema.get("$defs")
    found = _bounded(schema, "the contract", defs if isinstance(defs, Mapping) else {})
    if len(found["properties"]) > MAX_FIELDS:
        raise ValueError(f"a contract has at most {MAX_FIELDS} fields")
    return found


def _bounded(schema: Any, where: str, defs: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(schema, Mapping) or not any(name in schema for name in _SAYS_WHAT):
        raise ValueError(f"{where} takes anything: say its `type`")
    if "$ref" in schema:  # written out: a contract becomes a part of the schema of a whole turn
        name = str(schema["$ref"]).removeprefix("#/$defs/")
        if name not in defs:
            raise ValueError(f"{where} refers to {schema['$ref']!r}, which is not in its own `$defs` or is around it")
        return _bounded(defs[name], where, {key: one for key, one in defs.items() if key != name})
    found = {key: one for key, one in schema.items() if key != "$defs"}
    kinds = schema.get("type", ())
    kinds = (kinds,) if isinstance(kinds, str) else tuple(kinds)
    if "enum" in schema or "const" in schema:
        return found
    if "object" in kinds:
        if not isinstance(schema.get("properties"), Mapping) or schema.get("additionalProperties", False) is not False:
            raise ValueError(f"{where} is open: name its `properties`, and leave `additionalProperties` out")
        found["properties"] = {name: _bounded(one, f"`{name}`", defs) for name, one in schema["properties"].items()}
        found["required"] = list(schema.get("required", schema["properties"]))
        found["additionalProperties"] = False
    if "string" in kinds and not any(name in schema for name in ("maxLength", "pattern", "format")):
        found["maxLength"] = max(MAX_TEXT, int(schema.get("minLength", 0)))
    if "array" in kinds:
        found["items"] = _bounded(schema.get("items"), f"what is in {where}", defs)
        found.setdefault("maxItems", max(MAX_ITEMS, int(schema.get("minItems", 0))))
    for name in ("anyOf", "oneOf", "allOf"):
        if name in schema:
            found[name] = [_bounded(one, where, defs) for one in schema[name]]
    return found


ContractSchema = Annotated[dict[str, Any], AfterValidator(_closed)]
"""A JSON Schema of an object that is closed and bounded: every field is required unless `required` says otherwise."""


class Contract(Params):
    """What an agent to hand off to is for, and the fields that it gets."""

    model_config = ConfigDict(title="Fields")  # beside "Text", where a form offers both

    purpose: str = Field(default="", alias="for", max_length=2000, description="When to hand off to it.")
    fields: ContractSchema | None = Field(
        default=None,
        description="JSON Schema of the fields that it gets, all of them and nothing else.",
        json_schema_extra=ui("json-schema"),
    )


class _OrText:
    """A contract may be written as text alone: what the other agent is for."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [{"type": "string"}, handler(core)]}


HandOffTo = Annotated[Contract, BeforeValidator(lambda said: {"for": said} if isinstance(said, str) else said), _OrText]


def closed(schema: Any) -> dict[str, Any] | None:
    """A contract as it counts, or None for anything that is none (checks name it)."""
    try:
        return _closed(schema)
    except (ValueError, TypeError, RecursionError):
        return None


def promised(params: Mapping[str, Any], port: str) -> dict[str, Any] | None:
    """The fields that an agent's raw params promise at a port, or None."""
    hand_offs = params.get("hand_offs")
    said = hand_offs.get(port) if isinstance(hand_offs, Mapping) else None
    fields = said.get("fields") if isinstance(said, Mapping) else None
    return closed(fields) if fields is not None else None


def accepted(params: Mapping[str, Any]) -> dict[str, Any] | None:
    """The fields that an agent's raw params want from who hands off to it, or None."""
    accepts = params.get("accepts")
    return closed(accepts) if accepts is not None else None
