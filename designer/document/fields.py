"""What is known of a value before a run: its kind and its fields, from schemas that the author wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from designer.resources import tr_later
from engine.workflow.model import Node

Schema = Mapping[str, Any]
_KINDS = {
    "string": "text",
    "number": "number",
    "integer": "number",
    "boolean": "boolean",
    "object": "object",
    "array": "list",
}
_ERROR: Schema = {
    "type": "object",
    "properties": {
        "class": {"type": "string", "description": tr_later("What kind of error it is.", "nodes")},
        "message": {"type": "string", "description": tr_later("What went wrong.", "nodes")},
    },
}


def schema_at(node: Node, port: str) -> Schema:
    """The JSON Schema of what a node gives at a port, as far as its params say; empty when they say nothing."""
    params = node.params
    if port == "error":
        return _ERROR
    if node.type in ("agent", "model.ask") and port == "result":
        return _mapping(params.get("output"))
    if node.type == "form" and port == "submitted":
        return _mapping(params.get("form"))
    if node.type == "gate" and port in ("approved", "refused", "sent_back"):
        return _decision(params)
    if node.type == "data.set" and port == "output":
        return {"type": "object", "properties": {name: {} for name in _mapping(params.get("values"))}}
    return {}


def arguments(node: Node) -> Schema:
    """The schema of the arguments that an agent gives to a node that is wired as a tool."""
    return _mapping(_mapping(params).get("parameters")) if (params := node.params.get("tool")) else {}


def properties(schema: Schema) -> dict[str, Schema]:
    """The fields of an object, by name."""
    return {str(name): _mapping(inner) for name, inner in _mapping(schema.get("properties")).items()}


def kind_of_schema(schema: Schema, unknown: str = "any") -> str:
    """The port type of what a schema describes."""
    kind = schema.get("type")
    if schema.get("format") in ("file", "image"):
        return str(schema["format"])
    if isinstance(kind, str):
        return _KINDS.get(kind, unknown)
    choices = schema.get("enum")
    return kind_of(choices[0]) if isinstance(choices, list) and choices else unknown


def kind_of(value: Any) -> str:
    """The port type of a value."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "text"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, Mapping):
        return "object"
    if isinstance(value, list):
        return "table" if value and all(isinstance(item, Mapping) for item in value) else "list"
    return "any"


def _decision(params: Mapping[str, Any]) -> Schema:
    return {
        "type": "object",
        "properties": {
            "option": {"type": "string", "description": tr_later("What was answered.", "nodes")},
            "value": {"description": tr_later("What was approved, with changes.", "nodes")},
            "form": _mapping(params.get("form")) or {"type": "object"},
            "comment": {"type": "string", "description": tr_later("What the person wrote.", "nodes")},
            "by": {"type": "array", "items": {"type": "string"}, "description": tr_later("Who answered.", "nodes")},
        },
    }


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
