"""What is wrong with a value, as a sentence for each field: by a JSON Schema, or by a node type's params."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from designer.forms.values import ABSENT, Path, at, holds_expression
from designer.resources import tr, tr_later
from engine.nodes.node_type import NodeType
from engine.workflow.canonical import value_json


def faults_of(schema: Mapping[str, Any], value: Any) -> dict[Path, str]:
    """Every fault of the value under the schema by path, in plain words."""
    from referencing.exceptions import Unresolvable

    found: dict[Path, str] = {}
    try:
        for error in _validator(value_json(schema)).iter_errors(value):
            path, sentence = _told(error)
            found.setdefault(path, sentence)
    except (Unresolvable, RecursionError):
        return found
    return found


def param_faults(node_type: NodeType, params: Mapping[str, Any]) -> dict[Path, str]:
    """Every fault of a node's params by path; what an expression will fill in is not looked at."""
    try:
        node_type.params.model_validate(params)
    except ValidationError as error:
        found: dict[Path, str] = {}
        for one in error.errors(include_url=False):
            path = _known(params, one["loc"], one["type"])
            if not holds_expression(at(params, path)):
                found.setdefault(path, _sentence(one))
        return found
    return {}


def _known(params: Any, loc: tuple[int | str, ...], kind: str) -> Path:
    """The part of a fault's place that is in the value: pydantic also names the member of a union."""
    path: list[str | int] = []
    place = params
    for part in loc:
        below = at(place, (part,))
        if below is ABSENT:
            if kind == "missing" and part == loc[-1] and isinstance(place, Mapping):
                path.append(part)
            continue
        path.append(part)
        place = below
    return tuple(path)


def _sentence(fault: Any) -> str:
    kind, context = fault["type"], fault.get("ctx") or {}
    if kind == "missing":
        return tr("This is needed.", "forms")
    if kind == "extra_forbidden":
        return tr("This node type does not know it.", "forms")
    if kind == "literal_error":
        return tr("It can be {words}.", "forms").format(words=context.get("expected", ""))
    message = str(fault["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return f"{message[:1].upper()}{message[1:].rstrip('.')}."


def _told(error: Any) -> tuple[Path, str]:
    path: Path = tuple(error.absolute_path)
    rule, limit, value = error.validator, error.validator_value, error.instance
    if rule == "required" and isinstance(value, Mapping):
        missing = next((name for name in limit if name not in value and repr(name) in error.message), None)
        if missing is not None:
            return (*path, missing), tr("This is needed.", "forms")
    if rule in ("anyOf", "oneOf") and error.context:
        deepest = max(error.context, key=lambda one: len(one.absolute_path))
        if len(deepest.absolute_path) > len(path):
            return _told(deepest)
        return path, tr("It fits none of what it may be.", "forms")
    words = {
        "type": tr("It must be {limit}.", "forms"),
        "minimum": tr("It must be at least {limit}.", "forms"),
        "maximum": tr("It must be at most {limit}.", "forms"),
        "exclusiveMinimum": tr("It must be more than {limit}.", "forms"),
        "exclusiveMaximum": tr("It must be less than {limit}.", "forms"),
        "minLength": tr("It must not be empty.", "forms")
        if limit == 1
        else tr("It needs at least {limit} characters.", "forms"),
        "maxLength": tr("It may have at most {limit} characters.", "forms"),
        "pattern": tr("It must look like {limit}.", "forms"),
        "minItems": tr("It needs at least {limit} items.", "forms"),
        "maxItems": tr("It may have at most {limit} items.", "forms"),
        "uniqueItems": tr("The same item is there twice.", "forms"),
        "enum": tr("It must be one of {limit}.", "forms"),
        "additionalProperties": tr("There is a field that is not known.", "forms"),
    }
    shown = limit
    if rule == "type":
        types = limit if isinstance(limit, list) else [limit]
        shown = [tr(_TYPES[one], "forms") if one in _TYPES else one for one in types]
    if isinstance(shown, list):
        shown = ", ".join(map(str, shown[:12]))
    return path, words[rule].format(limit=shown) if rule in words else f"{error.message}."


_TYPES = {
    "string": tr_later("text", "forms"),
    "integer": tr_later("a whole number", "forms"),
    "number": tr_later("a number", "forms"),
    "boolean": tr_later("yes or no", "forms"),
    "array": tr_later("a list", "forms"),
    "object": tr_later("fields with values", "forms"),
    "null": tr_later("nothing", "forms"),
}


@lru_cache(maxsize=64)
def _validator(schema: str) -> Any:
    """A validator that resolves references inside the schema only: a form must not make us open a socket."""
    from json import loads

    from jsonschema import Draft202012Validator
    from referencing import Registry

    registry: Registry[Any] = Registry()
    return Draft202012Validator(loads(schema), registry=registry)
