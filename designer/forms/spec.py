"""JSON Schemas as forms see them: which editor a value needs, what may be chosen, what lies below."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from designer.forms.resolve import alternatives, is_constraint, resolve
from designer.forms.values import ABSENT
from designer.forms.words import label_of

SCALARS = frozenset({"text", "integer", "number", "boolean", "choice"})
_TYPES = {"string": "text", "integer": "integer", "number": "number", "boolean": "boolean", "null": "nothing"}
_SIGNS = {
    "object": ("properties", "additionalProperties", "patternProperties", "propertyNames", "required"),
    "array": ("items", "prefixItems", "minItems", "maxItems", "uniqueItems"),
    "string": ("pattern", "minLength", "maxLength", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}


@dataclass(frozen=True, eq=False)
class Spec:
    """One schema, read. `kind` names the editor: text integer number boolean choice choices nothing object map list
    table variants any json. `templates` says that a text with `{{ }}` may stand for any value, here and below.
    """

    kind: str
    schema: Mapping[str, Any]
    root: Mapping[str, Any]
    name: str = ""
    nullable: bool = False
    templates: bool = False
    choices: tuple[Any, ...] = ()
    variants: tuple[Spec, ...] = ()

    @property
    def title(self) -> str:
        """What stands above the field."""
        return label_of(self.name, self.schema.get("title"))

    @property
    def help(self) -> str:
        """What stands below the field."""
        found = self.schema.get("description")
        return found if isinstance(found, str) else ""

    @property
    def hint(self) -> str:
        """What the author of the schema says about the editor, or its `format`."""
        found = self.schema.get("x-ui") or self.schema.get("format")
        return found if isinstance(found, str) else ""

    @property
    def default(self) -> Any:
        """What an absent value means; ABSENT when the schema does not say."""
        return self.schema.get("default", ABSENT)

    @property
    def read_only(self) -> bool:
        """Whether the value may only be looked at."""
        return self.schema.get("readOnly") is True

    @cached_property
    def required(self) -> frozenset[str]:
        """Names of properties that must be there."""
        found = self.schema.get("required")
        return frozenset(name for name in found if isinstance(name, str)) if isinstance(found, list) else frozenset()

    @cached_property
    def properties(self) -> dict[str, Spec]:
        """The named fields of an object, in the schema's order."""
        found = self.schema.get("properties")
        if not isinstance(found, Mapping):
            return {}
        return {name: self.below(schema, name) for name, schema in found.items() if isinstance(name, str)}

    @cached_property
    def item(self) -> Spec:
        """What each item of a list is."""
        return self.below(self.schema.get("items", True), "")

    @cached_property
    def entry(self) -> Spec | None:
        """What further fields of an object are; None when there may be none."""
        more = self.schema.get("additionalProperties", True)
        return None if more is False else self.below(more, "")

    def below(self, schema: Any, name: str) -> Spec:
        """Another schema of the same document."""
        return read(schema, self.root, name=name, templates=self.templates)

    def named(self, name: str) -> Spec:
        """The same under another name."""
        return replace(self, name=name)


def read(schema: Any, root: Mapping[str, Any] | None = None, *, name: str = "", templates: bool = False) -> Spec:
    """Any JSON Schema as a Spec; what no editor is made for is "json". Never raises."""
    top: Mapping[str, Any] = root if root is not None else schema if isinstance(schema, Mapping) else {}
    found = resolve(schema, top)
    if found is None:
        return Spec("json", schema if isinstance(schema, Mapping) else {}, top, name, templates=templates)
    ways, nullable, template = alternatives(found, top)
    templates = templates or template
    notes = {key: value for key, value in found.items() if key not in ("anyOf", "oneOf")}
    if not ways or all(is_constraint(way) for way in ways):
        return _plain(notes, top, name, nullable, templates)
    merged = [_with(notes, way) for way in ways]
    if len(merged) == 1:
        return replace(read(merged[0], top, name=name, templates=templates), nullable=nullable)
    fixed = [_fixed(way) for way in merged]
    if all(fixed):
        choices = tuple(value for values in fixed for value in values or ())
        return Spec("choice", notes, top, name, nullable or None in choices, templates, _without_null(choices))
    shown = [_alone(way, own) for way, own in zip(merged, ways, strict=True)]
    variants = tuple(read(way, top, name="", templates=templates) for way in shown)
    return Spec("variants", notes, top, name, nullable, templates, variants=variants)


def _plain(schema: Mapping[str, Any], root: Mapping[str, Any], name: str, nullable: bool, templates: bool) -> Spec:
    fixed = _fixed(schema)
    if fixed:
        return Spec("choice", schema, root, name, nullable or None in fixed, templates, _without_null(fixed))
    types = schema.get("type")
    if isinstance(types, list):
        ways = [one for one in types if one != "null"]
        nullable = nullable or "null" in types
        if len(ways) == 1:
            return _plain({**schema, "type": ways[0]}, root, name, nullable, templates)
        if ways:
            shown = {key: value for key, value in schema.items() if key not in ("description", "default", "title")}
            variants = tuple(_plain({**shown, "type": one}, root, "", False, templates) for one in ways)
            return Spec("variants", schema, root, name, nullable, templates, variants=variants)
        types = "null" if nullable else None
    if not isinstance(types, str):
        signs = (kind for kind, keys in _SIGNS.items() if any(key in schema for key in keys))
        types = next(signs, None)
    spec = Spec("any", schema, root, name, nullable, templates)
    if types is None:
        return replace(spec, kind="json") if spec.hint == "json-schema" or not _open(schema) else spec
    if types == "object":
        return replace(spec, kind=_object(spec))
    if types == "array":
        kind, choices = _array(spec)
        return replace(spec, kind=kind, choices=choices)
    return replace(spec, kind=_TYPES.get(types, "json"))


def _object(spec: Spec) -> str:
    if spec.hint == "json-schema" or "patternProperties" in spec.schema:
        return "json"
    return "object" if spec.schema.get("properties") or spec.schema.get("additionalProperties") is False else "map"


def _array(spec: Spec) -> tuple[str, tuple[Any, ...]]:
    if "prefixItems" in spec.schema or spec.schema.get("items") is False:
        return "json", ()
    item = resolve(spec.schema.get("items", True), spec.root)
    chosen = _fixed(item) if item else None
    if chosen and len(chosen) <= 24 and spec.schema.get("uniqueItems") is not False:
        return "choices", chosen
    # looked at without reading it: an item may hold lists of itself
    return ("table" if item and isinstance(item.get("properties"), Mapping) else "list"), ()


def _alone(way: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """A variant without the words that stand above all of them."""
    hidden = {"description", "default"} | ({"title"} - own.keys())
    return {key: value for key, value in way.items() if key not in hidden}


def _fixed(schema: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """The values that a schema allows, when it names scalars only."""
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if not isinstance(values, list | tuple) or not values:
        return None
    return tuple(values) if all(value is None or isinstance(value, str | int | float) for value in values) else None


def _without_null(values: tuple[Any, ...]) -> tuple[Any, ...]:
    # 1, 1.0 and true are three choices
    return tuple({(type(value), value): value for value in values if value is not None}.values())


def _open(schema: Mapping[str, Any]) -> bool:
    """Whether a schema without a type says nothing that a text could break."""
    return not any(key in schema for key in ("not", "if", "enum", "const", "contains", "dependentSchemas", "allOf"))


def _with(notes: Mapping[str, Any], way: Mapping[str, Any]) -> dict[str, Any]:
    """One alternative with what is said for all of them; the notes' own words win, fields of both are kept."""
    merged = {**notes, **way}
    for key in ("title", "description", "default", "x-ui", "readOnly"):
        if key in notes and (key != "title" or "title" not in way):
            merged[key] = notes[key]
    if isinstance(notes.get("properties"), Mapping) and isinstance(way.get("properties"), Mapping):
        merged["properties"] = {**notes["properties"], **way["properties"]}
    if isinstance(notes.get("required"), list) and isinstance(way.get("required"), list):
        merged["required"] = [*notes["required"], *way["required"]]
    return merged
