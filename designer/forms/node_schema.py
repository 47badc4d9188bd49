"""The JSON Schema that a node's params are edited by."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from engine.nodes.catalog import CATALOG, params_schema

_TEMPLATE = {"type": "string", "pattern": r"\{\{"}


@lru_cache(maxsize=256)
def node_schema(type_name: str) -> dict[str, Any]:
    """For a type that is not there: an object of anything. Params that are rendered may hold `{{ }}` at any depth."""
    node_type = CATALOG.get(type_name)
    if node_type is None:
        return {"type": "object", "additionalProperties": False}
    schema = dict(params_schema()[type_name])
    properties = dict(schema.get("properties", {}))
    for name, one in properties.items():
        if (name not in node_type.raw or (node_type.kind == "each" and name == "inputs")) and isinstance(one, dict):
            ways = one.get("anyOf")
            if ways is None:
                properties[name] = {**one, "anyOf": [{}, _TEMPLATE]}
            elif _TEMPLATE not in ways:
                properties[name] = {**one, "anyOf": [*ways, _TEMPLATE]}
    return {**schema, "properties": properties}
