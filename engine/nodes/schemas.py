"""JSON Schemas that people write: is it one, and what is wrong with a value. Nothing is ever fetched."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator

from engine.workflow.canonical import value_json

_MAX_QUOTED = 200


def schema_fault(schema: Any) -> str:
    """What keeps this from being a JSON Schema (2020-12), as half a sentence; "" when nothing does."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError, best_match

    if not isinstance(schema, Mapping | bool):
        return "it is not an object"
    try:
        errors = Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(schema)
        error = best_match(errors)
    except (SchemaError, RecursionError):
        return "it is nested too deeply"
    return "" if error is None else f"{_short(error.message)} at {_place(error.absolute_path, 'the top')}"


def value_fault(schema: Mapping[str, Any], value: Any) -> str:
    """What is wrong with the value under this schema, as half a sentence; "" when nothing is."""
    from jsonschema.exceptions import best_match
    from referencing.exceptions import Unresolvable

    try:
        error = best_match(_validator(value_json(schema)).iter_errors(value))
    except Unresolvable as fault:
        return f"the schema refers to {fault.ref!r}, which is not in it"
    except RecursionError:
        return "the value is nested too deeply for its schema"
    return "" if error is None else f"{_short(error.message)} at {_place(error.absolute_path, 'the top')}"


def _is_schema(schema: dict[str, Any]) -> dict[str, Any]:
    fault = schema_fault(schema)
    if fault:
        raise ValueError(f"this is not a JSON Schema: {fault}")
    return schema


def _is_object_schema(schema: dict[str, Any]) -> dict[str, Any]:
    if _is_schema(schema).get("type", "object") != "object":
        raise ValueError("this JSON Schema must describe an object (type: object)")
    return schema


JsonSchema = Annotated[dict[str, Any], AfterValidator(_is_schema)]
ObjectSchema = Annotated[dict[str, Any], AfterValidator(_is_object_schema)]


@lru_cache(maxsize=256)
def _validator(schema: str) -> Any:
    """A validator that resolves references inside the schema only: a workflow must not make us open a socket."""
    from json import loads

    from jsonschema import Draft202012Validator
    from referencing import Registry

    registry: Registry[Any] = Registry()
    return Draft202012Validator(loads(schema), registry=registry)


def _place(path: Any, top: str) -> str:
    steps = list(path)
    return "`" + ".".join(map(str, steps)) + "`" if steps else top


def _short(message: str) -> str:
    return message if len(message) <= _MAX_QUOTED else message[:_MAX_QUOTED] + " …"
