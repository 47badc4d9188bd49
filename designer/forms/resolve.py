"""References, `allOf` and alternatives of a JSON Schema, put in one place before anybody looks at it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TEMPLATE = r"\{\{"
_MOST = 64
NAME = "x-type-name"
_SAYS = (
    "type",
    "properties",
    "items",
    "prefixItems",
    "const",
    "enum",
    "$ref",
    "anyOf",
    "oneOf",
    "additionalProperties",
)


def resolve(schema: Any, root: Mapping[str, Any]) -> dict[str, Any] | None:
    """The schema with its references followed and `allOf` merged; None where that is not possible."""
    return _resolve(schema, root, frozenset())


def _resolve(schema: Any, root: Mapping[str, Any], seen: frozenset[str]) -> dict[str, Any] | None:
    if schema is True:
        return {}
    if not isinstance(schema, Mapping):
        return None
    found = dict(schema)
    ref = found.pop("$ref", None)
    if ref is not None:
        if not isinstance(ref, str) or ref in seen:
            return None
        target = _resolve(_pointed(ref, root), root, seen | {ref})
        if target is None:
            return None
        if "title" in target:  # the name of a type: it tells variants apart, but is no label of a field
            target = {**target, NAME: target["title"]}
            del target["title"]
        found = {**target, **found}
    for part in found.pop("allOf", []) if isinstance(found.get("allOf"), list) else []:
        below = _resolve(part, root, seen)
        merged = None if below is None else _merged(found, below)
        if merged is None:
            return {**found, "allOf": True}
        found = merged
    return found


def alternatives(schema: Mapping[str, Any], root: Mapping[str, Any]) -> tuple[list[dict[str, Any]], bool, bool]:
    """The ways that `anyOf` and `oneOf` offer, flat; whether null is one of them; whether a text with `{{` is."""
    ways: list[dict[str, Any]] = []
    nullable = template = False
    stack: list[Any] = list(reversed(_offered(schema)))
    steps = 0
    while stack:
        steps += 1
        way = resolve(stack.pop(), root)
        if way is None or steps > _MOST:
            continue
        if way.get("type") == "null" or ("const" in way and way["const"] is None) or way.get("enum") == [None]:
            nullable = True
        elif way.get("type") == "string" and way.get("pattern") == _TEMPLATE:
            template = True
        elif _offered(way) and not any(key in way for key in ("properties", "type")):
            notes = {key: value for key, value in way.items() if key not in ("anyOf", "oneOf")}
            stack.extend({**notes, **one} if isinstance(one, Mapping) else one for one in reversed(_offered(way)))
        else:
            ways.append(way)
    return ways, nullable, template


def is_constraint(way: Mapping[str, Any]) -> bool:
    """Whether an alternative only narrows what is said beside it, as `{required: [a]}` does."""
    return bool(way) and not any(key in way for key in _SAYS)


def _offered(schema: Mapping[str, Any]) -> list[Any]:
    for key in ("anyOf", "oneOf"):
        found = schema.get(key)
        if isinstance(found, list) and found:
            return found
    return []


def _pointed(ref: str, root: Mapping[str, Any]) -> Any:
    if ref == "#":
        return root
    if not ref.startswith("#/"):
        return None
    place: Any = root
    for part in ref[2:].split("/"):
        part = part.replace("~1", "/").replace("~0", "~")
        if isinstance(place, Mapping):
            place = place.get(part)
        elif isinstance(place, list) and part.isdigit() and int(part) < len(place):
            place = place[int(part)]
        else:
            return None
    return place


def _merged(a: dict[str, Any], b: dict[str, Any]) -> dict[str, Any] | None:
    """Both schemas in one; None where only a validator knows what both together mean."""
    merged = {**b, **a}
    for key in a.keys() & b.keys():
        if a[key] == b[key] or key in ("title", "description", "default", "examples", "x-ui", "$schema"):
            continue
        if key == "properties" and not (a[key].keys() & b[key].keys()):
            merged[key] = {**a[key], **b[key]}
        elif key == "required":
            merged[key] = [*a[key], *b[key]]
        elif key in ("minimum", "minLength", "minItems"):
            merged[key] = max(a[key], b[key])
        elif key in ("maximum", "maxLength", "maxItems"):
            merged[key] = min(a[key], b[key])
        else:
            return None
    return merged
