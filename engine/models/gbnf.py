"""Pieces of GBNF, llama.cpp's grammar notation: text literals, character classes, whole-number ranges.

A `Piece` is a grammar expression with the number of characters it can make. Only bounded pieces exist: the longest
answer of a grammar is always known. Text is JSON text: classes never hold a quote, a backslash or a control character
unless they are escaped.
"""

from __future__ import annotations

from dataclasses import dataclass

Ranges = tuple[tuple[int, int], ...]
"""Sorted, disjoint, inclusive ranges of code points."""

# What a JSON string may hold as it is: no control character, quote, backslash, surrogate or non-character.
SAFE: Ranges = (
    (0x20, 0x21),
    (0x23, 0x5B),
    (0x5D, 0x7E),
    (0xA0, 0xD7FF),
    (0xE000, 0xFDCF),
    (0xFDF0, 0xFFFD),
    (0x10000, 0x10FFFD),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A grammar expression; `shortest` and `longest` in characters of JSON text; `atom` needs no parentheses."""

    text: str
    shortest: int
    longest: int
    atom: bool = False

    def grouped(self) -> str:
        return self.text if self.atom else f"({self.text})"


EMPTY = Piece('""', 0, 0, True)


def literal(text: str) -> Piece:
    """Exactly this text."""
    if not text:
        return EMPTY
    return Piece('"' + "".join(_quoted(char) for char in text) + '"', len(text), len(text), True)


def _quoted(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    return char if " " <= char <= "~" else _code(ord(char))


def _code(point: int) -> str:
    if point <= 0xFF:
        return f"\\x{point:02X}"
    return f"\\u{point:04X}" if point <= 0xFFFF else f"\\U{point:08X}"


def char_class(ranges: Ranges) -> Piece:
    """One character out of the ranges."""
    parts = []
    for low, high in ranges:
        parts.append(_class_char(low) if low == high else f"{_class_char(low)}-{_class_char(high)}")
    return Piece("[" + "".join(parts) + "]", 1, 1, True)


def _class_char(point: int) -> str:
    char = chr(point)
    return char if char.isascii() and char.isalnum() else _code(point)


def sequence(pieces: list[Piece]) -> Piece:
    """One after the other."""
    parts = [piece for piece in pieces if piece.longest]
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return EMPTY
    return Piece(
        " ".join(part.grouped() for part in parts), sum(p.shortest for p in parts), sum(p.longest for p in parts)
    )


def either(pieces: list[Piece]) -> Piece:
    """One of several."""
    unique = list({piece.text: piece for piece in pieces}.values())
    if len(unique) == 1:
        return unique[0]
    return Piece(
        " | ".join(piece.text for piece in unique), min(p.shortest for p in unique), max(p.longest for p in unique)
    )


def repeated(piece: Piece, least: int, most: int) -> Piece:
    """The piece `least` to `most` times."""
    if most == 0 or not piece.longest:
        return EMPTY
    if least == most == 1:
        return piece
    count = "?" if (least, most) == (0, 1) else f"{{{least},{most}}}" if least != most else f"{{{least}}}"
    return Piece(piece.grouped() + count, least * piece.shortest, most * piece.longest, True)


DIGIT = char_class(((0x30, 0x39),))


def whole_numbers(low: int, high: int) -> Piece:
    """The decimal texts of low..high, both included, 0 <= low <= high."""
    return either(_digits_between(str(low).zfill(len(str(high))), str(high), lead=True))


def _digits_between(low: str, high: str, *, lead: bool = False) -> list[Piece]:
    """Texts of equal length between two digit strings; `lead` drops leading zeros."""
    if lead and len(high) > 1 and low[0] == "0":
        # Fewer digits than `high`, then as many as `high` with a first digit of at least 1.
        shorter = _digits_between(low[1:], "9" * (len(high) - 1), lead=True)
        return shorter + _digits_between("1" + "0" * (len(high) - 1), high)
    if not high:
        return [EMPTY]
    if set(low) == {"0"} and set(high) == {"9"} and not lead:
        return [repeated(DIGIT, len(high), len(high))]
    first, last = int(low[0]), int(high[0])
    if first == last:
        return [sequence([literal(low[0]), either(_digits_between(low[1:], high[1:]))])]
    found = []
    if set(low[1:]) - {"0"}:
        found.append(sequence([literal(low[0]), either(_digits_between(low[1:], "9" * (len(low) - 1)))]))
        first += 1
    above = []
    if set(high[1:]) - {"9"}:
        above.append(sequence([literal(high[0]), either(_digits_between("0" * (len(high) - 1), high[1:]))]))
        last -= 1
    if first <= last:
        digits = char_class(((0x30 + first, 0x30 + last),))
        found.append(sequence([digits, repeated(DIGIT, len(low) - 1, len(low) - 1)]))
    return found + above
