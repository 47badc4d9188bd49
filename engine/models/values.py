"""Grammar of JSON numbers and strings under their JSON Schema keywords."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil, floor, isfinite
from typing import Any

from engine.models.gbnf import DIGIT, SAFE, Piece, char_class, either, literal, repeated, sequence, whole_numbers
from engine.models.pattern import PatternUnsupported, pattern_piece

STRING_LENGTH, MAX_STRING = 400, 4_000
_MOST = 10**15 - 1  # every whole number up to here is exact in a double
_HEX, _QUOTE = char_class(((0x30, 0x39), (0x41, 0x46), (0x61, 0x66))), literal('"')
_DIGITS_1_9 = char_class(((0x31, 0x39),))


def _hex(*ranges: tuple[str, str]) -> Piece:
    return char_class(tuple((ord(low), ord(high)) for low, high in ranges))


def _unicode_escape() -> Piece:
    """\\uXXXX without control characters and surrogates (a lone one is no text)."""
    plain = sequence([_hex(("1", "9"), ("A", "C"), ("E", "F"), ("a", "c"), ("e", "f")), repeated(_HEX, 3, 3)])
    low = sequence([literal("0"), _hex(("1", "9"), ("A", "F"), ("a", "f")), repeated(_HEX, 2, 2)])
    latin = sequence([literal("00"), _hex(("2", "7"), ("A", "F"), ("a", "f")), _HEX])
    beside = sequence([_hex(("D", "D"), ("d", "d")), _hex(("0", "7")), repeated(_HEX, 2, 2)])
    return sequence([literal("u"), either([plain, low, latin, beside])])


_ESCAPE = sequence(
    [
        literal("\\"),
        either([_hex(('"', '"'), ("/", "/"), ("\\", "\\"), ("n", "n"), ("r", "r"), ("t", "t")), _unicode_escape()]),
    ]
)
_CHAR = either([char_class(SAFE), _ESCAPE])
FREE_CHAR = Piece(_CHAR.text, 1, 6)
_KEY_CHAR = char_class(((0x20, 0x20), (0x2D, 0x2E), (0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)))
FREE_KEY = sequence([_QUOTE, repeated(_KEY_CHAR, 1, 40), _QUOTE])

_FRACTION = sequence([literal("."), repeated(DIGIT, 1, 10)])
_EXPONENT = sequence(
    [_hex(("E", "E"), ("e", "e")), repeated(_hex(("+", "+"), ("-", "-")), 0, 1), repeated(DIGIT, 1, 2)]
)
_FORMATS = {
    "date": r"^[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$",
    "time": r"^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?Z$",
    "uuid": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
}
_FORMATS["date-time"] = _FORMATS["date"][:-1] + "T" + _FORMATS["time"][1:]


def scalar_fault(kind: str, schema: Mapping[str, Any]) -> str:
    """What about a number's or string's keywords cannot be held; "" when nothing."""
    if kind != "string":
        low, high = _bounds(schema, whole=kind == "integer")
        return "" if low <= high else "bounds that leave no number"
    least, most = _lengths(schema)
    if least > most:
        return f"a string of at least {least} characters (the most is {most})"
    if "pattern" not in schema:
        return ""
    try:
        piece = pattern_piece(schema["pattern"], most)
    except PatternUnsupported as fault:
        return f"the `pattern` `{schema['pattern'][:80]}` ({fault})"
    limits = schema.get("minLength", 0), schema.get("maxLength", piece.longest)
    if piece.shortest < limits[0] or piece.longest > limits[1]:
        return "`minLength` or `maxLength` beside a `pattern` that does not keep them itself"
    return "a `pattern` that asks for too much text" if piece.longest > 2 * MAX_STRING else ""


def _lengths(schema: Mapping[str, Any]) -> tuple[int, int]:
    least = int(schema.get("minLength", 0))
    if "maxLength" in schema:
        return least, min(int(schema["maxLength"]), MAX_STRING)
    return least, min(max(least, STRING_LENGTH), MAX_STRING)


def string_piece(schema: Mapping[str, Any], rule: Callable[[Piece], Piece]) -> Piece:
    """A JSON string, quotes and all."""
    least, most = _lengths(schema)
    pattern = schema.get("pattern")
    if pattern is None and not {"minLength", "maxLength"} & set(schema):
        pattern = _FORMATS.get(schema.get("format", ""))
    inner = pattern_piece(pattern, most) if pattern else repeated(rule(FREE_CHAR), least, most)
    return sequence([_QUOTE, inner, _QUOTE])


def _bounds(schema: Mapping[str, Any], *, whole: bool) -> tuple[int, int]:
    """Whole numbers that enclose the allowed ones; for integers exactly."""
    low, high = float(-_MOST), float(_MOST)
    if "minimum" in schema:
        low = max(low, schema["minimum"])
    if "maximum" in schema:
        high = min(high, schema["maximum"])
    exclusive_low, exclusive_high = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if not all(isfinite(bound) for bound in (low, high, exclusive_low or 0, exclusive_high or 0)):
        return 1, 0
    if not whole:
        low = max(low, low if exclusive_low is None else exclusive_low)
        high = min(high, high if exclusive_high is None else exclusive_high)
        return floor(low), ceil(high)
    first, last = ceil(low), floor(high)
    if exclusive_low is not None:
        first = max(first, floor(exclusive_low) + 1)
    if exclusive_high is not None:
        last = min(last, ceil(exclusive_high) - 1)
    return first, last


def number_piece(schema: Mapping[str, Any], *, whole: bool) -> Piece:
    """A JSON number. Whole numbers keep their bounds exactly, fractions the whole numbers around theirs."""
    low, high = _bounds(schema, whole=whole)
    free = low == -_MOST and high == _MOST
    pieces = []
    if free:
        digits = either([literal("0"), sequence([_DIGITS_1_9, repeated(DIGIT, 0, 14)])])
        pieces.append(sequence([repeated(literal("-"), 0, 1), digits]))
    else:
        if high >= 0:
            pieces.append(whole_numbers(max(low, 0), high))
        if low < 0:
            pieces.append(sequence([literal("-"), whole_numbers(max(-high, 1), -low)]))
    if whole:
        return either(pieces)
    if free:
        return sequence([*pieces, repeated(_FRACTION, 0, 1), repeated(_EXPONENT, 0, 1)])
    if high > max(low, 0):
        pieces.append(sequence([whole_numbers(max(low, 0), high - 1), _FRACTION]))
    if -low > max(-high, 0):
        pieces.append(sequence([literal("-"), whole_numbers(max(-high, 0), -low - 1), _FRACTION]))
    return either(pieces)
