"""JSON Schema to grammar: what is held exactly, what is refused, and how."""

from __future__ import annotations

import re
from typing import Any

import pytest

from engine.models import SchemaUnsupported, grammar_of
from engine.models.gbnf import whole_numbers
from engine.models.pattern import PatternUnsupported, pattern_piece


def _matcher(gbnf: str) -> re.Pattern[str]:
    """A grammar without rule names as a Python expression."""
    text = re.sub(r'"((?:[^"\\]|\\.)*)"', lambda found: f"(?:{re.escape(found[1])})", gbnf)
    return re.compile(text.replace(" ", ""))


@pytest.mark.parametrize(
    ("low", "high"), [(0, 0), (0, 9), (7, 7), (0, 10), (3, 41), (10, 99), (8, 123), (99, 1000), (120, 1299)]
)
def test_a_range_of_whole_numbers_allows_exactly_its_members(low: int, high: int) -> None:
    matcher = _matcher(whole_numbers(low, high).text)
    for number in range(1400):
        assert bool(matcher.fullmatch(str(number))) == (low <= number <= high)
    assert not matcher.fullmatch("00") and not matcher.fullmatch("007")


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ({"not": {"type": "string"}}, "`not` at `#`"),
        ({"type": "object", "properties": {"a": {"if": {}, "type": "string"}}}, "`if` at `#/properties/a`"),
        ({"type": "object", "patternProperties": {"^a": {}}}, "`patternProperties`"),
        ({"$ref": "https://example.org/s"}, "https://example.org/s"),
        ({"$ref": "#/$defs/n", "$defs": {"n": {"anyOf": [{"$ref": "#/$defs/n"}]}}}, "contains itself"),
        ({"$ref": "#/$defs/gone"}, "points at nothing"),
        ({"type": "array", "items": {"type": "integer"}, "uniqueItems": True}, "`uniqueItems`"),
        ({"type": "integer", "multipleOf": 3}, "`multipleOf`"),
        ({"type": "string", "pattern": "a+"}, "does not begin with `^`"),
        ({"type": "string", "pattern": "^(?=a).$"}, "special group"),
        ({"type": "string", "pattern": r"^(a)\1$"}, r"`\1`"),
        ({"type": "string", "pattern": "^[a-z]{1,9}$", "maxLength": 5}, "`maxLength` beside a `pattern`"),
        ({"type": "string", "minLength": 9, "maxLength": 3}, "a string of at least 9"),
        ({"type": "integer", "minimum": 5, "maximum": 4}, "bounds that leave no number"),
        ({"type": "integer", "minimum": 5.2, "maximum": 5.8}, "bounds that leave no number"),
        ({"type": "string", "enum": [1, 2]}, "none of whose values fits"),
        ({"enum": ["a" * 40 + "!"], "pattern": "^(a+)+$"}, "`pattern` beside `enum`"),
        ({"type": "object", "required": ["a"]}, "the required property `a`"),
        ({"allOf": [{"type": "string"}, {"maxLength": 3}]}, "`allOf` of several"),
        ({"type": "object", "properties": {"a": False}}, "no value satisfies"),
        ({"type": "strnig"}, "not a JSON Schema"),
    ],
)
def test_what_cannot_be_held_is_refused_by_name_and_place(schema: dict[str, Any], place: str) -> None:
    with pytest.raises(SchemaUnsupported, match=re.escape(place)):
        grammar_of(schema)


def test_a_schema_that_is_too_deep_or_too_large_is_refused() -> None:
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(10_000):
        deep = {"type": "array", "items": deep}
    with pytest.raises(SchemaUnsupported, match="nested too deeply"):
        grammar_of(deep)
    with pytest.raises(SchemaUnsupported, match="too large"):
        grammar_of({"enum": [str(number) for number in range(6000)]})


def test_references_that_multiply_stay_small_because_equal_parts_share_a_rule() -> None:
    definitions: dict[str, Any] = {"d0": {"enum": ["x"]}}
    for level in range(1, 20):
        pair = {"$ref": f"#/$defs/d{level - 1}"}
        definitions[f"d{level}"] = {"type": "object", "properties": {"a": pair, "b": pair}, "required": ["a", "b"]}
    grammar = grammar_of({"$ref": "#/$defs/d19", "$defs": definitions})
    assert len(grammar.text) < 10_000
    assert grammar.longest > 2**19


def test_the_longest_answer_is_known() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"enum": ["x", "longest"]}, "b": {"type": "boolean"}},
        "required": ["a", "b"],
    }
    assert grammar_of(schema).longest == len('{"a":"longest","b":false}')


def test_text_beyond_ascii_in_an_enum_becomes_escapes() -> None:
    assert '"\\"\\\\u00fc\\""' in grammar_of({"enum": ["ü"]}).text


def test_an_enum_keeps_only_the_values_that_its_type_allows() -> None:
    text = grammar_of({"type": ["string", "null"], "enum": ["a", None, 3]}).text
    assert "null" in text and "a" in text and "3" not in text.replace("r3", "")


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        ("^[A-Z]{2,6}-[0-9]{2}$", ["PUMP-12", "AB-00"], ["A-12", "PUMP-1", "pump-12"]),
        (r"^\d+(\.\d{1,2})?$", ["1", "12.34"], [".5", "1.234", ""]),
        (r"^(low|high)[ ,]x?$", ["low,", "high x"], ["mid ", "lowx"]),
        (r"^\w{2}\-[^a-c]$", ["ab-d", "_1-Z"], ["ab-a", "a-d"]),
    ],
)
def test_a_pattern_becomes_the_same_language(pattern: str, good: list[str], bad: list[str]) -> None:
    text = re.sub(r"\\U([0-9A-F]{8})", r"\\U\1", pattern_piece(pattern, 10).text)
    matcher = _matcher(text)
    assert all(matcher.fullmatch(example) and re.search(pattern, example) for example in good)
    assert not any(matcher.fullmatch(example) for example in bad)


@pytest.mark.parametrize(
    "pattern",
    ["^a", "^(a$", "^a)$", "^[a$", "^a**$", "^a{3,1}$", "^(a?)*$", "^a|b$", r"^\b$", "^*$", "^a{9999}$", "^$a$"],
)
def test_a_pattern_without_an_exact_bounded_meaning_is_refused(pattern: str) -> None:
    with pytest.raises(PatternUnsupported):
        pattern_piece(pattern, 10)
