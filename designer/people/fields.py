"""Which parts of a question's value may be changed, as a schema for the form: pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from designer.resources import tr

ALONE = "value"
"""The name under which a value that is no object stands in a form."""


@dataclass(frozen=True)
class Parts:
    """The value of a question, parted: `fixed` is only looked at, `given` goes into a form of `schema`.

    `alone` says that the value is no object and stands under one name in the form.
    """

    fixed: Any = None
    given: dict[str, Any] = field(default_factory=dict)
    schema: dict[str, Any] | None = None
    alone: bool = False


def parted(form: Mapping[str, Any]) -> Parts:
    """The value of a question, parted into what may be changed and what may not."""
    value, editable = form.get("value"), form.get("editable", False)
    if not editable:
        return Parts(fixed=value)
    stated = form.get("value_schema")
    stated = stated if isinstance(stated, Mapping) else {}
    if not isinstance(value, Mapping):
        one = dict(stated) if stated or value is None else inferred(value)
        one.setdefault("title", _title_alone(form))
        return Parts(given={ALONE: value}, schema={"type": "object", "properties": {ALONE: one}}, alone=True)
    named = stated.get("properties")
    named = named if isinstance(named, Mapping) else {}
    names = [*value, *(name for name in named if name not in value)]
    if isinstance(editable, list):
        names = [name for name in names if name in editable]
    properties = {name: _field(name, value, named) for name in names}
    required = [name for name in stated.get("required", ()) if name in properties]
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    fixed = {name: item for name, item in value.items() if name not in properties}
    return Parts(fixed or None, {name: value[name] for name in names if name in value}, schema)


def joined(form: Mapping[str, Any], parts: Parts, given: Any) -> Any:
    """The whole value again, after the form gave `given`; the order of the fields stays."""
    if parts.alone:
        return given.get(ALONE) if isinstance(given, Mapping) else given
    value = form.get("value")
    assert isinstance(value, Mapping) and parts.schema is not None
    given = given if isinstance(given, Mapping) else {}
    fields = parts.schema["properties"]
    whole = {name: given.get(name, item) for name, item in value.items() if name not in fields or name in given}
    return {**whole, **{name: item for name, item in given.items() if name not in whole}}


def given_of(parts: Parts, value: Any) -> dict[str, Any]:
    """What the form shows of a whole value."""
    if parts.alone:
        return {ALONE: value}
    if parts.schema is None or not isinstance(value, Mapping):
        return {}
    return {name: value[name] for name in parts.schema["properties"] if name in value}


def filled(form: Mapping[str, Any]) -> dict[str, Any]:
    """What the further fields of a question hold before anybody has typed: their defaults."""
    schema = form.get("form")
    fields = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(fields, Mapping):
        return {}
    return {name: item["default"] for name, item in fields.items() if isinstance(item, Mapping) and "default" in item}


def inferred(value: Any) -> dict[str, Any]:
    """A schema that the value meets and that a form can draw."""
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, int | float):
        return {"type": "number"}
    if isinstance(value, str):
        return {"type": "string", "format": "textarea"} if "\n" in value or len(value) > 120 else {"type": "string"}
    if isinstance(value, Mapping):
        return {"type": "object", "properties": {str(name): inferred(item) for name, item in value.items()}}
    if isinstance(value, list) and value:
        kinds = [inferred(item) for item in value]
        return {"type": "array", "items": kinds[0]} if all(kind == kinds[0] for kind in kinds) else {"type": "array"}
    return {"type": "array"} if isinstance(value, list) else {}


def _field(name: str, value: Mapping[str, Any], named: Mapping[str, Any]) -> dict[str, Any]:
    own = named.get(name)
    own = dict(own) if isinstance(own, Mapping) else {}
    known = any(word in own for word in ("type", "enum", "const", "oneOf", "anyOf", "allOf", "$ref"))
    return own if known or name not in value else {**inferred(value[name]), **own}


def _title_alone(form: Mapping[str, Any]) -> str:
    names = [str(option.get("name", "")) for option in form.get("options", ()) if isinstance(option, Mapping)]
    if "happened" in names:
        return tr("Result, if it happened", "people")
    return tr("Value to go on with", "people") if "value" in names else tr("Value", "people")
