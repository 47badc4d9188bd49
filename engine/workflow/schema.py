"""The JSON Schema of the workflow file, for editors that complete and check while somebody types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel

from engine.workflow.model import FORMAT, KEY, NAME, Mode, Note, Policy

_EDGE = r"^\s*[a-z_][a-z0-9_]*\.[A-Za-z0-9_]+\s*->\s*[a-z_][a-z0-9_]*\.[A-Za-z0-9_]+\s*$"
_PLACEMENT = {"enum": ["edge", "cloud", "either"], "description": "Where it may run."}


def file_schema(params: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The schema (draft 2020-12) of a workflow document; `params` are the JSON Schemas of the node types' params.

    A node of a type that is not in `params` may hold anything: it is kept as it is.
    """
    definitions: dict[str, Any] = {"policy": _of(Policy, "policy"), "note": _of(Note, "note")}
    for name, schema in params.items():
        definitions[f"params.{name}"] = _rebased(dict(schema), f"#/$defs/params.{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Signalbox workflow",
        "type": "object",
        "required": ["format", "name"],
        "additionalProperties": False,
        "properties": {
            "format": {"type": "integer", "minimum": 0, "maximum": FORMAT, "description": "The file format's number."},
            "name": {"type": "string", "pattern": NAME, "description": "The workflow's name in the library."},
            "title": {"type": "string", "description": "What people see."},
            "description": {"type": "string"},
            "inputs": {
                "type": "object",
                "description": "What a run is given: a JSON Schema for each name.",
                "additionalProperties": {"type": "object"},
            },
            "placement": _PLACEMENT,
            "nodes": {
                "type": "object",
                "propertyNames": {"pattern": KEY},
                "additionalProperties": _node(params),
            },
            "edges": {
                "type": "array",
                "description": "One `node.port -> node.port` a line; their order is meaning.",
                "items": {"type": "string", "pattern": _EDGE},
            },
            "outputs": {"type": "object", "description": "The run's result: an expression for each name."},
            "layout": {
                "type": "object",
                "description": "Where nodes stand on the canvas.",
                "additionalProperties": {
                    "type": "array",
                    "items": {"type": "number"},
                    "minItems": 2,
                    "maxItems": 2,
                },
            },
            "notes": {
                "type": "object",
                "description": "Texts and frames on the canvas; a run never sees them.",
                "propertyNames": {"pattern": KEY},
                "additionalProperties": {"$ref": "#/$defs/note"},
            },
        },
        "$defs": definitions,
    }


def _node(params: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type"],
        "additionalProperties": False,
        "properties": {
            "type": {"type": "string", "minLength": 1, "anyOf": [{"enum": list(params)}, {"type": "string"}]},
            "title": {"type": "string"},
            "mode": {
                "enum": list(get_args(Mode)),
                "description": "Whether its step runs, is skipped or hands on its input.",
            },
            "params": {"type": "object"},
            "policy": {"$ref": "#/$defs/policy"},
            "placement": _PLACEMENT,
        },
        "allOf": [
            {
                "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
                "then": {"properties": {"params": {"$ref": f"#/$defs/params.{name}"}}},
            }
            for name in params
        ],
    }


def _of(model: type[BaseModel], name: str) -> dict[str, Any]:
    return dict(_rebased(model.model_json_schema(), f"#/$defs/{name}"))


def _rebased(schema: Any, base: str) -> Any:
    """The schema with its own `#/$defs` references made to start at `base`."""
    if isinstance(schema, dict):
        return {
            key: base + value[1:]
            if key == "$ref" and isinstance(value, str) and value.startswith("#/")
            else _rebased(value, base)
            for key, value in schema.items()
        }
    return [_rebased(item, base) for item in schema] if isinstance(schema, list) else schema
