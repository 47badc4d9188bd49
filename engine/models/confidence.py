"""How sure a model was of an answer: the smallest probability among the tokens that carry its content."""

from __future__ import annotations

import re
from collections.abc import Sequence

_PART = re.compile(rb'"(?:[^"\\]|\\.)*"(?P<key>\s*:)?|-?[0-9][-+.0-9eE]*|true|false|null', re.DOTALL)


def confidence_of(pieces: Sequence[bytes], chances: Sequence[float], *, parts: bool, choice: bool) -> float | None:
    """The smallest chance over the tokens; with `parts` (an answer by schema) over those that overlap a value.

    `choice` also counts the first key: where a schema has branches, it is what the model chose. Brackets, commas and
    the other keys follow from the schema and say nothing. None when nothing counts.
    """
    if not parts:
        return min(chances, default=None)
    spans = _spans(b"".join(pieces), choice)
    smallest: float | None = None
    at, index = 0, 0
    for piece, chance in zip(pieces, chances, strict=True):
        begin, at = at, at + len(piece)
        while index < len(spans) and spans[index][1] <= begin:
            index += 1
        if index < len(spans) and spans[index][0] < at and (smallest is None or chance < smallest):
            smallest = chance
    return smallest


def _spans(text: bytes, choice: bool) -> list[tuple[int, int]]:
    spans = []
    for number, match in enumerate(_PART.finditer(text)):
        if match["key"] is None or (choice and number == 0):
            spans.append((match.start(), match.end() - len(match["key"] or b"")))
    return spans
