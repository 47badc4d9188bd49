"""All node types by name, and what the core, the checks and the editors want to know of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ValidationError

from engine.errors import StepError
from engine.nodes import agents, composition, control, data, devices, files, mcp, models, people, tables, tools
from engine.nodes.node_type import NodeType
from engine.workflow.model import Node
from engine.workflow.shape import Shape

CATALOG: dict[str, NodeType] = {
    node_type.name: node_type
    for family in (data, tables, files, control, composition, people, models, agents, tools, devices, mcp)
    for node_type in family.TYPES
}

_UNKNOWN = Shape(kind="unknown", hand_off=True, open_inputs=True)
"""Of a type that this program does not have: any port is fine, so that the drawing is kept as it is."""


def shape_of(node: Node) -> Shape:
    """The node as the core sees it; never raises, whatever its params hold."""
    node_type = CATALOG.get(node.type)
    return _UNKNOWN if node_type is None else node_type.shape(node.params)


def validate_params(node_type: NodeType, rendered: Mapping[str, Any]) -> Any:
    """The params as the type's `run` wants them; StepError `schema` with a sentence that names the param."""
    try:
        return node_type.params.model_validate(rendered)
    except ValidationError as error:
        raise StepError("schema", params_fault(node_type, error), retryable=False) from None


def params_fault(node_type: NodeType, error: ValidationError) -> str:
    """The first fault as a sentence: which param, what is wrong, and which names there are for an unknown one."""
    first = error.errors(include_url=False)[0]
    path = [str(part) for part in first["loc"]]
    place = f"The param `{'.'.join(path)}` of {node_type.name}" if path else f"The params of {node_type.name}"
    if first["type"] == "extra_forbidden" and len(path) == 1:
        known = ", ".join(_names(node_type.params)) or "none"
        return f"{node_type.name} has no param `{path[0]}`; it has {known}."
    if first["type"] == "missing":
        return f"{place} is missing."
    message = first["msg"].removeprefix("Value error, ")
    return f"{place} is wrong: {message[:1].lower()}{message[1:]}."


@lru_cache(maxsize=1)
def params_schema() -> dict[str, dict[str, Any]]:
    """JSON Schemas of all types' params for editors: whatever can be rendered may also be text that holds `{{ }}`."""
    return {name: _editable(node_type) for name, node_type in CATALOG.items()}


_TEMPLATE = {"type": "string", "pattern": r"\{\{"}


def _editable(node_type: NodeType) -> dict[str, Any]:
    schema = node_type.params.model_json_schema(by_alias=True)
    rendered = {name: one for name, one in schema.get("properties", {}).items() if name not in node_type.raw}
    for name in _named(rendered, schema.get("$defs", {})):
        inner = schema["$defs"][name].get("properties", {})
        inner.update({key: _or_template(one) for key, one in inner.items()})
    schema.get("properties", {}).update({name: _or_template(one) for name, one in rendered.items()})
    return schema


def _named(schema: Any, defs: Mapping[str, Any]) -> set[str]:
    """The definitions that a schema leads to."""
    found: set[str] = set()
    stack = [schema]
    while stack:
        one = stack.pop()
        if isinstance(one, list):
            stack.extend(one)
        elif isinstance(one, dict):
            stack.extend(one.values())
            name = str(one.get("$ref", "")).removeprefix("#/$defs/")
            if name in defs and name not in found:
                found.add(name)
                stack.append(defs[name])
    return found


def _or_template(schema: dict[str, Any]) -> dict[str, Any]:
    inner = dict(schema)
    notes: dict[str, Any] = {key: inner.pop(key) for key in ("description", "title", "default", "x-ui") if key in inner}
    for key in ("additionalProperties", "items"):
        if isinstance(inner.get(key), dict):
            inner[key] = _or_template(inner[key])
    return {**notes, "anyOf": [inner, _TEMPLATE]} if inner else notes


def _names(params: type[BaseModel]) -> list[str]:
    return sorted(field.alias or name for name, field in params.model_fields.items())
