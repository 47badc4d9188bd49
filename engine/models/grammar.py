"""JSON Schema to GBNF: our own, because the runtime's converter drops keywords silently and a bad grammar kills it.

`grammar_of(schema)` makes a grammar whose every answer is compact JSON with a known longest length; what it cannot hold
exactly is either checked afterwards against the schema (bounds of fractions, overlapping `oneOf`) or refused with
`SchemaUnsupported`, which names the keyword and its place. Where a schema is open-ended, the grammar allows a bounded
part of it: strings to 400 characters, arrays to 32 items, undeclared values two levels deep, no undeclared properties
beside declared ones.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from engine.models.gbnf import EMPTY, Piece, either, literal, repeated, sequence
from engine.models.values import FREE_KEY, number_piece, scalar_fault, string_piece
from engine.nodes.schemas import schema_fault, value_fault

_MAX_DEPTH, _MAX_NODES, _MAX_TEXT = 32, 5_000, 400_000
_ITEMS, _MAX_ITEMS, _ENTRIES = 32, 256, 16
_REFUSED = (
    "not", "if", "then", "else", "patternProperties", "propertyNames", "dependentSchemas", "dependentRequired",
    "dependencies", "unevaluatedProperties", "unevaluatedItems", "contains", "minContains", "maxContains",
    "additionalItems", "multipleOf", "$dynamicRef", "$recursiveRef", "prefixItems",
)  # fmt: skip
_UNIONS = ("anyOf", "oneOf")
_OWN = {
    "object": ("properties", "required", "additionalProperties", "minProperties", "maxProperties"),
    "array": ("items", "minItems", "maxItems", "uniqueItems"),
    "string": ("minLength", "maxLength", "pattern", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
}
_CONSTRAINTS = frozenset(
    {"type", "enum", "const", "allOf", "$ref", *_UNIONS, *(k for keys in _OWN.values() for k in keys)}
)
_TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")


class SchemaUnsupported(Exception):
    """One sentence: which keyword, where, cannot be held by an on-device model's grammar."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """GBNF text with the rule `root`; `longest` is the most characters an answer can have."""

    text: str
    longest: int


def grammar_of(schema: Mapping[str, Any]) -> Grammar:
    """The grammar of a schema. Raises SchemaUnsupported."""
    _check_size(schema)
    return _cached(json.dumps(schema, separators=(",", ":")))


@lru_cache(maxsize=128)
def _cached(text: str) -> Grammar:
    schema = json.loads(text)
    fault = schema_fault(schema)
    if fault:
        raise SchemaUnsupported(f"The answer's schema is not a JSON Schema: {fault}.")
    builder = _Builder(schema)
    root = builder.piece(builder.root, "#")
    lines = [f"root ::= {root.text}", *(f"{name} ::= {body}" for body, name in builder.rules.items())]
    grammar = "\n".join(lines) + "\n"
    if len(grammar) > _MAX_TEXT:
        raise SchemaUnsupported("The answer's schema is too large for a grammar; split the answer into smaller ones.")
    return Grammar(grammar, root.longest)


def _check_size(schema: Any) -> None:
    todo, nodes = [(schema, 0)], 0
    while todo:
        value, depth = todo.pop()
        nodes += 1
        if depth > _MAX_DEPTH or nodes > _MAX_NODES:
            raise SchemaUnsupported("The answer's schema is too large or nested too deeply for a grammar.")
        if isinstance(value, Mapping):
            todo += [(item, depth + 1) for item in value.values()]
        elif isinstance(value, list | tuple):
            todo += [(item, depth + 1) for item in value]


def _unsupported(what: str, place: str) -> SchemaUnsupported:
    return SchemaUnsupported(f"The answer's schema cannot be held by a grammar: {what} at `{place}`.")


class _Builder:
    """Collects rules while it walks one schema; equal bodies share a rule."""

    def __init__(self, root: Any) -> None:
        self.root = root
        self.rules: dict[str, str] = {}
        self.refs: dict[str, Piece] = {}
        self.open: list[str] = []

    def rule(self, piece: Piece) -> Piece:
        """The piece under a name, so that repeating it copies only the name."""
        name = self.rules.setdefault(piece.text, f"r{len(self.rules)}")
        return Piece(name, piece.shortest, piece.longest, True)

    def piece(self, schema: Any, place: str) -> Piece:
        if schema is True or schema == {}:
            return self.anything(2)
        if schema is False:
            raise _unsupported("`false`, which no value satisfies,", place)
        for word in _REFUSED:
            if word in schema:
                raise _unsupported(f"the keyword `{word}`", place)
        if "$id" in schema and place != "#":
            raise _unsupported("a nested `$id`", place)
        words = [word for word in schema if word in _CONSTRAINTS]
        if not words:
            return self.anything(2)
        if "enum" in schema or "const" in schema:
            return self.enum(schema, place)
        if "$ref" in schema:
            self.alone(words, "$ref", place)
            return self.ref(schema["$ref"], place)
        if "allOf" in schema:
            self.alone(words, "allOf", place)
            if len(schema["allOf"]) != 1:
                raise _unsupported("`allOf` of several schemas", place)
            return self.piece(schema["allOf"][0], f"{place}/allOf/0")
        for word in _UNIONS:
            if word in schema:
                return self.union(schema, words, word, place)
        return self.typed(schema, words, place)

    def alone(self, words: Sequence[str], word: str, place: str) -> None:
        others = [other for other in words if other != word]
        if others:
            raise _unsupported(f"the keyword `{others[0]}` beside `{word}`", place)

    def enum(self, schema: Mapping[str, Any], place: str) -> Piece:
        values = schema["enum"] if "enum" in schema else [schema["const"]]
        # A pattern is left out too: a hostile one, tried on a chosen value, takes for ever.
        refs = {key: schema[key] for key in ("$ref", *_UNIONS, "allOf", "pattern") if key in schema}
        if refs:
            raise _unsupported(f"the keyword `{next(iter(refs))}` beside `enum` or `const`", place)
        beside = {key: schema[key] for key in _CONSTRAINTS & set(schema) if key != "enum"}
        fitting = [value for value in values if not value_fault(beside, value)] if beside else values
        if not fitting:
            raise _unsupported("an `enum` or `const` none of whose values fits the other keywords", place)
        texts = [json.dumps(value, separators=(",", ":"), ensure_ascii=True) for value in fitting]
        return self.rule(either([literal(text) for text in texts]))

    def ref(self, ref: Any, place: str) -> Piece:
        if not isinstance(ref, str) or not ref.startswith("#/"):
            raise _unsupported(f"the reference `{str(ref)[:80]}`, which does not point into the schema,", place)
        if ref in self.open:
            raise _unsupported(f"the reference `{ref[:80]}`, which contains itself,", place)
        if ref not in self.refs:
            target: Any = self.root
            for step in ref[2:].split("/"):
                step = step.replace("~1", "/").replace("~0", "~")
                if not isinstance(target, dict) or step not in target:
                    raise _unsupported(f"the reference `{ref[:80]}`, which points at nothing,", place)
                target = target[step]
            self.open.append(ref)
            self.refs[ref] = self.rule(self.piece(target, ref))
            self.open.pop()
        return self.refs[ref]

    def union(self, schema: Mapping[str, Any], words: Sequence[str], word: str, place: str) -> Piece:
        self.alone([other for other in words if other != "type"], word, place)
        branches = []
        for index, branch in enumerate(schema[word]):
            if "type" in schema and isinstance(branch, dict) and branch.get("type", schema["type"]) != schema["type"]:
                raise _unsupported(f"a `type` beside `{word}` that its branches do not share", place)
            typed = {"type": schema["type"], **branch} if "type" in schema and isinstance(branch, dict) else branch
            branches.append(self.rule(self.piece(typed, f"{place}/{word}/{index}")))
        return either(branches)

    def typed(self, schema: Mapping[str, Any], words: Sequence[str], place: str) -> Piece:
        types = schema.get("type") or [name for name, own in _OWN.items() if any(key in schema for key in own)]
        types = [types] if isinstance(types, str) else list(types)
        return either([self.rule(self.of_type(kind, schema, place)) for kind in types])

    def of_type(self, kind: str, schema: Mapping[str, Any], place: str) -> Piece:
        if kind == "null":
            return literal("null")
        if kind == "boolean":
            return either([literal("true"), literal("false")])
        if kind in ("integer", "number", "string"):
            fault = scalar_fault(kind, schema)
            if fault:
                raise _unsupported(fault, place)
            return (
                string_piece(schema, self.rule) if kind == "string" else number_piece(schema, whole=kind == "integer")
            )
        return self.array(schema, place) if kind == "array" else self.object(schema, place)

    def array(self, schema: Mapping[str, Any], place: str) -> Piece:
        if schema.get("uniqueItems"):
            raise _unsupported("the keyword `uniqueItems`", place)
        least, most = int(schema.get("minItems", 0)), int(schema.get("maxItems", _MAX_ITEMS))
        if "maxItems" not in schema:
            most = max(least, _ITEMS)
        if least > _MAX_ITEMS or least > most:
            raise _unsupported(f"an array of at least {least} items (the most is {min(most, _MAX_ITEMS)})", place)
        return self.list_of(
            self.rule(self.piece(schema.get("items", True), f"{place}/items")), least, min(most, _MAX_ITEMS)
        )

    def list_of(self, item: Piece, least: int, most: int, ends: str = "[]") -> Piece:
        inner = EMPTY
        if most:
            more = self.rule(sequence([literal(","), item]))
            filled = sequence([item, repeated(more, max(least - 1, 0), most - 1)])
            inner = filled if least else repeated(filled, 0, 1)
        return sequence([literal(ends[0]), inner, literal(ends[1])])

    def object(self, schema: Mapping[str, Any], place: str) -> Piece:
        properties: Mapping[str, Any] = schema.get("properties") or {}
        required, extra = set(schema.get("required", ())), schema.get("additionalProperties")
        missing = sorted(required - set(properties))
        if missing:
            raise _unsupported(
                f"the required property `{missing[0][:80]}`, which `properties` does not describe,", place
            )
        if properties and isinstance(extra, dict) and extra:
            raise _unsupported("a schema for undeclared properties beside declared ones", place)
        most = schema.get("maxProperties", max(_ENTRIES, len(properties)))
        floor = schema.get("minProperties", 0)
        if floor > (len(required) if properties else 1) or most < len(properties):
            raise _unsupported("`minProperties` or `maxProperties`", place)
        if not properties:
            if extra is False or "properties" in schema:
                return literal("{}")
            value = (
                self.anything(1)
                if extra in (None, True)
                else self.rule(self.piece(extra, f"{place}/additionalProperties"))
            )
            return self.map_of(value, int(floor), min(int(most), _ENTRIES))
        parts = [
            (self.rule(self.member(name, inner, f"{place}/properties/{name}")), name in required)
            for name, inner in properties.items()
        ]
        return sequence([literal("{"), self.members(parts), literal("}")])

    def member(self, name: str, schema: Any, place: str) -> Piece:
        return sequence([literal(json.dumps(name) + ":"), self.piece(schema, place)])

    def members(self, parts: list[tuple[Piece, bool]]) -> Piece:
        """The members in order, optional ones left out freely; built from the end, two rules for each member."""
        alone = after = EMPTY  # what may follow when nothing, or something, was written already
        for part, needed in reversed(parts):
            comma = sequence([literal(","), part, after])
            alone = sequence([part, after]) if needed else either([sequence([part, after]), alone])
            after = comma if needed else repeated_or(comma, after)
            alone, after = self.rule(alone), self.rule(after)
        return alone

    def map_of(self, value: Piece, least: int, most: int) -> Piece:
        return self.list_of(self.rule(sequence([self.rule(FREE_KEY), literal(":"), value])), least, most, "{}")

    def anything(self, depth: int) -> Piece:
        """Any value, `depth` levels of arrays and objects deep."""
        kinds: list[Piece] = [self.of_type(kind, {}, "#") for kind in _TYPES[:2]]
        kinds += [self.rule(number_piece({}, whole=False)), self.rule(string_piece({}, self.rule))]
        if depth:
            inner = self.anything(depth - 1)
            kinds += [self.list_of(inner, 0, 8), self.map_of(inner, 0, 8)]
        return self.rule(either(kinds))


def repeated_or(first: Piece, other: Piece) -> Piece:
    """One of the two, where the other may be empty."""
    return repeated(first, 0, 1) if not other.longest else either([first, other])
