"""A workflow's inputs as rows that people edit, and back to JSON Schemas without losing what rows do not show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from designer.forms.values import ABSENT
from designer.resources import tr, tr_later

# what people choose, and the schema that it means
KINDS: Mapping[str, Mapping[str, Any]] = {
    tr_later("text", "choices"): {"type": "string"},
    tr_later("number", "choices"): {"type": "number"},
    tr_later("whole number", "choices"): {"type": "integer"},
    tr_later("yes or no", "choices"): {"type": "boolean"},
    tr_later("file", "choices"): {"type": "string", "format": "file"},
    tr_later("date and time", "choices"): {"type": "string", "format": "date-time"},
    tr_later("list", "choices"): {"type": "array"},
    tr_later("object", "choices"): {"type": "object"},
}
_OWN = ("description", "default", "required")


def rows_schema() -> dict[str, Any]:
    """The table of inputs."""
    return {
        "type": "array",
        "title": tr("Inputs", "workflow"),
        "description": tr("What a run is asked for before it starts; used as `run.inputs.name`.", "workflow"),
        "items": {
            "type": "object",
            "properties": {
                "name": {"type": "string", "title": tr("Name", "workflow"), "minLength": 1},
                "kind": {"title": tr("Kind", "workflow"), "enum": list(KINDS), "default": "text"},
                "description": {"type": "string", "title": tr("Description", "workflow")},
                "default": {"title": tr("Default", "workflow")},
                "required": {"type": "boolean", "default": True, "title": tr("Required", "workflow")},
                "schema": {
                    "type": "object", "x-ui": "json-schema", "title": tr("Schema", "workflow"),
                    "description": tr("More rules, as JSON Schema.", "workflow"),
                },
            },
            "required": ["name"],
            "additionalProperties": False,
        },
    }  # fmt: skip


def to_rows(inputs: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One row for each input."""
    return [_row(name, schema) for name, schema in inputs.items()]


def from_rows(
    rows: Sequence[Mapping[str, Any]], before: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]] | None:
    """The inputs that rows mean; None while a name is missing or doubled. A row nobody touched is its old schema."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        name = row.get("name")
        if not isinstance(name, str) or not name or name in found:
            return None
        old = before.get(name)
        found[name] = dict(old) if old is not None and _row(name, old) == row else _schema(row)
    return found


def _row(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {"name": name}
    rest = {key: value for key, value in schema.items() if key not in _OWN}
    if not isinstance(schema.get("required", True), bool):
        rest["required"] = schema["required"]
    kind = _kind(rest)
    if kind is not None:
        row["kind"] = kind
        rest = {key: value for key, value in rest.items() if key not in KINDS[kind]}
    for key in ("description", "default"):
        if key in schema:
            row[key] = schema[key]
    if schema.get("required", True) is False:
        row["required"] = False
    if rest:
        row["schema"] = rest
    return row


def _schema(row: Mapping[str, Any]) -> dict[str, Any]:
    kind = row.get("kind", "text" if "schema" not in row else ABSENT)
    found: dict[str, Any] = dict(KINDS[kind]) if kind in KINDS else {}
    rest = row.get("schema")
    found.update(rest if isinstance(rest, Mapping) else {})
    for key in ("default", "description"):
        if key in row:
            found[key] = row[key]
    if row.get("required") is False:
        found["required"] = False
    return found


def _kind(schema: Mapping[str, Any]) -> str | None:
    """The most exact kind that the schema says; None when it says no type."""
    fitting = [kind for kind, means in KINDS.items() if all(schema.get(key) == value for key, value in means.items())]
    return max(fitting, key=lambda kind: len(KINDS[kind]), default=None)
