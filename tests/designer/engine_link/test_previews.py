"""Values and lengths of time in few words."""

from __future__ import annotations

from typing import Any

import pytest

from designer.engine_link.durations import left, took
from designer.engine_link.previews import LINES, WIDTH, preview


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        (None, ()),
        ("", ()),
        ("one\n\n  two  words\nthree\nfour", ("one", "two words", "three …")),
        (True, ("true",)),
        (2.0, ("2",)),
        (0.1 + 0.2, ("0.3",)),
        ([], ("Nothing in the list",)),
        ([{"a": 1, "b": 2}] * 12, ("12 rows · 2 columns", "a, b")),
        ([{"a": 1}], ("1 row · 1 column", "a")),
        ([1, "x", {"a": 1}, [1, 2]], ("4 items", "1, x, {…}, [2]")),
        ({"severity": "high", "n": 3}, ("severity: high", "n: 3")),
        ({"a": 1, "b": 2, "c": 3, "d": 4}, ("a: 1", "b: 2", "and 2 more")),
        ({"$blob": "ab", "size": 34_000, "media_type": "image/png"}, ("image/png · 34 KB",)),
        ({"option": "approve", "value": {"line": 4}, "form": {}, "comment": "Go"}, ("line: 4", "“Go”")),
    ],
)
def test_a_value_is_told_in_a_few_lines(value: Any, lines: tuple[str, ...]) -> None:
    assert preview(value) == lines


@pytest.mark.parametrize("value", ["x" * 10**6, {"k" * 500: "v" * 500}, ["y" * 10**5] * 10**5, {"a": float("nan")}])
def test_a_preview_is_never_long(value: Any) -> None:
    lines = preview(value)
    assert 0 < len(lines) <= LINES and all(len(line) <= WIDTH for line in lines)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0.0 s"),
        (0.24, "0.2 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (125, "2:05 min"),
        (3720, "1:02 h"),
        (273_600, "3 d 4 h"),
    ],
)
def test_how_long_it_took(seconds: float, text: str) -> None:
    assert took(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0 s"), (3.2, "4 s"), (60, "1:00"), (760, "12:40"), (3750, "1:02:30"), (273_600, "3 d 4 h")],
)
def test_how_long_is_left(seconds: float, text: str) -> None:
    assert left(seconds) == text
