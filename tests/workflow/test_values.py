"""Strict JSON: what another store or language would read differently is refused."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import Refused
from engine.workflow.values import check_value, parse_json


@pytest.mark.parametrize(
    "text", ["1", '"é"', "[]", '{"a": [1.5, null, true, "x\\n"]}', "[" * 100 + "]" * 100, '"\\ud83d\\ude00"']
)
def test_strict_json_is_read(text: str) -> None:
    check_value(parse_json(text))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("NaN", "NaN is not a JSON number"),
        ("[-Infinity]", "-Infinity is not a JSON number"),
        ("1e400", "inf is not a JSON number"),
        ('{"a":1,"b":{"c":1,"c":2}}', "'c' is given twice"),
        ("[" * 101 + "]" * 101, "nested deeper than 100 levels"),
        ("[" * 100_000, "nested deeper than 100 levels"),
        ('{"a":' * 100_000, "nested deeper than 100 levels"),
        ('"\\u0000"', "NUL"),
        ('"\\ud800"', "half a character"),
        ('{"\\udc00": 1}', "half a character"),
        (b'"\xff"', "not UTF-8"),
        ("", "not JSON"),
        ("{'a': 1}", "not JSON"),
        ("1" * 5000, "more than 4,300 digits"),
    ],
)
def test_what_is_not_strict_json_is_refused_with_the_reason(text: str | bytes, reason: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_json(text, where="input x")
    assert reason in str(caught.value)
    assert str(caught.value).startswith("input x: ")


def test_braces_in_texts_are_no_depth() -> None:
    assert parse_json('["' + "[{" * 500 + '", "\\"["]')[1] == '"['


def test_too_many_bytes_are_refused_before_anything_is_read() -> None:
    with pytest.raises(Refused, match="too large"):
        parse_json("[" * 2000, max_bytes=1000)


@pytest.mark.parametrize(
    "value",
    [
        "a\0",
        "\ud800",
        float("nan"),
        float("inf"),
        {1: 2},
        {"a": {"b\0": 1}},
        [object()],
        {"a": {1, 2}},
        [10**5000],
        b"x",
    ],
)
def test_values_that_no_store_keeps_are_refused(value: Any) -> None:
    with pytest.raises(Refused):
        check_value(value)


def test_a_value_that_holds_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(Refused, match="deeper than 100"):
        check_value(value)
