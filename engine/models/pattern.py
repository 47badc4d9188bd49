"""JSON Schema `pattern` as grammar: the part of regular expressions that has an exact, bounded meaning.

Taken: `^…$`, literals, `.`, classes, `\\d \\w \\s` (ASCII), groups, `|`, and `? * + {m,n}`. Open-ended repeats end at
`limit`. Everything else (look-around, back references, lazy repeats, `\\b`, …) raises `PatternUnsupported`.
"""

from __future__ import annotations

from dataclasses import replace

from engine.models.gbnf import SAFE, Piece, Ranges, char_class, either, literal, repeated, sequence

_CLASSES = {
    "d": ((0x30, 0x39),),
    "w": ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)),
    "s": ((0x20, 0x20),),  # the only white space that needs no escape in JSON text
}
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}
_IN_JSON = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_MAX_LENGTH, _MAX_DEPTH, _MAX_REPEATS = 500, 20, 1000
_MAX_POINT = 0x10FFFF


class PatternUnsupported(Exception):
    """Half a sentence: what about the pattern has no exact bounded grammar."""


def pattern_piece(pattern: str, limit: int) -> Piece:
    """The grammar of the strings (without their quotes) that match; `limit` ends `*`, `+` and `{m,}`."""
    if len(pattern) > _MAX_LENGTH:
        raise PatternUnsupported(f"it is longer than {_MAX_LENGTH} characters")
    parser = _Parser(pattern, limit)
    if not parser.take("^"):
        raise PatternUnsupported("it does not begin with `^`")
    if not pattern.endswith("$") or pattern.endswith("\\$"):
        raise PatternUnsupported("it does not end with `$`")
    if _splits_at_top(pattern):
        raise PatternUnsupported("it has `|` outside of parentheses, where `^` and `$` hold for one side only")
    piece = parser.alternatives(0)
    if parser.at != len(pattern) - 1:
        raise PatternUnsupported(f"the `{parser.peek()}` at position {parser.at + 1} stands alone")
    return piece


def _splits_at_top(pattern: str) -> bool:
    depth, in_class, escaped = 0, False, False
    for char in pattern:
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
        elif char in "()":
            depth += 1 if char == "(" else -1
        elif char == "|" and depth == 0:
            return True
    return False


class _Parser:
    def __init__(self, pattern: str, limit: int) -> None:
        self.pattern, self.limit, self.at = pattern, limit, 0

    def peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def take(self, text: str) -> bool:
        if not self.pattern.startswith(text, self.at):
            return False
        self.at += len(text)
        return True

    def alternatives(self, depth: int) -> Piece:
        if depth > _MAX_DEPTH:
            raise PatternUnsupported("its groups are nested too deeply")
        found = [self.terms(depth)]
        while self.take("|"):
            found.append(self.terms(depth))
        return either(found)

    def terms(self, depth: int) -> Piece:
        found = []
        while self.peek() not in ("", "|", ")", "$"):
            found.append(self.repeat(self.atom(depth)))
        return sequence(found)

    def atom(self, depth: int) -> Piece:
        char = self.peek()
        self.at += 1
        if char == "(":
            if self.peek() == "?" and not self.take("?:"):
                raise PatternUnsupported("it uses a special group `(?…)`")
            inner = self.alternatives(depth + 1)
            if not self.take(")"):
                raise PatternUnsupported("a parenthesis is not closed")
            return inner
        if char == "[":
            return _json_chars(self.char_class())
        if char == ".":
            return char_class(SAFE)
        if char == "\\":
            return _json_chars(self.escape())
        if char in "^*+?{}]":
            raise PatternUnsupported(f"the `{char}` at position {self.at} has nothing to act on")
        return _json_chars(((ord(char), ord(char)),))

    def escape(self) -> Ranges:
        char = self.peek()
        self.at += 1
        if char in _CLASSES:
            return _CLASSES[char]
        if char.lower() in _CLASSES:
            return _without(SAFE, _CLASSES[char.lower()])
        if char in _CONTROLS:
            point = ord(_CONTROLS[char])
            return ((point, point),)
        if not char or char.isalnum():
            raise PatternUnsupported(f"it uses `\\{char}`")
        return ((ord(char), ord(char)),)

    def char_class(self) -> Ranges:
        negated = self.take("^")
        found: list[tuple[int, int]] = []
        while not self.take("]"):
            if self.peek() == "":
                raise PatternUnsupported("a `[` is not closed")
            low = self.class_item()
            if self.peek() == "-" and self.pattern[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                high = self.class_item()
                if len(low) != 1 or len(high) != 1 or low[0][0] > high[0][0] or low[0][0] != low[0][1]:
                    raise PatternUnsupported("it has a range that runs backwards or between classes")
                low = ((low[0][0], high[0][1]),)
            found.extend(low)
        merged = _merged(found)
        return _without(SAFE, merged) if negated else merged

    def class_item(self) -> Ranges:
        char = self.peek()
        self.at += 1
        return self.escape() if char == "\\" else ((ord(char), ord(char)),)

    def repeat(self, piece: Piece) -> Piece:
        least, most = self.counts()
        if (least, most) == (1, 1):
            return piece
        if self.peek() in ("?", "+", "*", "{"):
            raise PatternUnsupported("it repeats a repeat, or uses a lazy or possessive one")
        if most > _MAX_REPEATS:
            raise PatternUnsupported(f"it repeats something more than {_MAX_REPEATS} times")
        if most > 1 and piece.shortest == 0:
            raise PatternUnsupported("it repeats something that may be empty")
        return repeated(piece, least, most)

    def counts(self) -> tuple[int, int]:
        if self.take("?"):
            return 0, 1
        if self.take("*"):
            return 0, self.limit
        if self.take("+"):
            return 1, self.limit
        if not self.take("{"):
            return 1, 1
        body, closed, _ = self.pattern[self.at :].partition("}")
        self.at += len(body) + 1
        low, comma, high = body.partition(",")
        if not closed or not (low or "0").isdigit() or not (high or "0").isdigit() or not (low or high):
            raise PatternUnsupported("it has a `{` that is no count")
        least = int(low or 0)
        most = int(high) if high else (max(least, self.limit) if comma else least)
        if least > most:
            raise PatternUnsupported("it has a count that runs backwards")
        return least, most


def _merged(ranges: list[tuple[int, int]]) -> Ranges:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def _without(ranges: Ranges, removed: Ranges) -> Ranges:
    gaps, begin = [], 0
    for low, high in removed:
        gaps.append((begin, low - 1))
        begin = high + 1
    gaps.append((begin, _MAX_POINT))
    return _common(ranges, tuple(gaps))


def _common(one: Ranges, other: Ranges) -> Ranges:
    found = [(max(a, c), min(b, d)) for a, b in one for c, d in other]
    return tuple(sorted((low, high) for low, high in found if low <= high))


def _json_chars(ranges: Ranges) -> Piece:
    """A character of the class as JSON text: quote, backslash and line characters escaped, other controls left out."""
    escaped = [text for char, text in _IN_JSON.items() if any(low <= ord(char) <= high for low, high in ranges)]
    pieces = [replace(literal(text), shortest=1) for text in escaped]  # two in the text, one in the value
    safe = _common(SAFE, ranges)
    if safe:
        pieces.insert(0, char_class(safe))
    if not pieces:
        raise PatternUnsupported("it asks for a character that cannot be written")
    return either(pieces)
