"""Expressions that would take long are stopped: before they run, on the values that they would run on."""

from __future__ import annotations

import time
from typing import Any

import pytest

from engine.errors import StepError
from engine.expressions import ExpressionError, compile, evaluate

BIG: dict[str, Any] = {
    "input": {
        "many": list(range(9_000)),
        "max": list(range(2_000)),
        "few": list(range(99)),
        "text": "a" * 100_000,
        "rows": [{"a": i, "b": "x" * 20, "tags": ["p", "q"]} for i in range(2_000)],
    }
}
REFUSED = [
    "input.many.map(x, x + 1)",
    "input.many.exists(x, x > 3)",
    "input.rows.map(x, input.rows)",
    "input.rows.map(x, input.text)",
    "input.rows.map(x, input.text.replace('a', 'b'))",
    "input.few.map(x, input.few.map(y, input.text + 'a'))",
    "input.few.map(x, input.few.map(y, input.few.map(z, 1)))",
    "input.max.all(x, input.max.all(y, x + y >= 0))",
    "input.max" + ".map(x, x)" * 5,
    "input.text.replace('a', input.text).size()",
    "input.text.replace('', input.text)",
    "input.text.split('').map(x, x)",
    "[input.text]" + ".map(a, a + a)" * 9,
    "[input.many]" + ".map(a, a + a)" * 9,
    "[1]" + ".map(a, [a, a])" * 25,
    "(" + "input.many + " * 20 + "input.many).map(x, x)",
    "[input.text, input.text].map(a, [a, a, a, a]).map(b, b.join('')).map(c, c.replace('a', 'aaaaaaaaaaaaaaaaaaaa'))",
    "input.text.format([])",
    "input.few.filter(x, input.few.all(y, size(input.text) > 3))",
    "{'k': input.max}.k.map(x, input.max.map(y, x))",
    "input.rows.map(r, r.tags.map(t, input.text))",
]
STOPPED = [
    "[1, 2]" + ".map(a, [a, a])" * 20,
    "0" + "+1" * 4_000,
    "[" * 3_000 + "]" * 3_000,
    "(" * 4_000 + "1" + ")" * 4_000,
    "-" * 9_000 + "1",
    "a." * 4_000 + "a",
    "true?" * 1_500 + "1" + ":1" * 1_500,
    "{1:" * 2_000 + "1" + "}" * 2_000,
    "[1,2]" * 1_000,
    "'a'.matches('" + "(" * 30 + "a" + "{1000})" * 30 + "')",
    "'" + "a" * 3_000 + "'.matches('(a*)*(a*)*(a*)*b')",
    "'%.1000f'.format([1.0]).size() > 0 ? 1 : 2",
    "size(" * 200 + "1" + ")" * 200,
    "'a' + " * 30 + "'a'",
    "input.few.map(a, input.few.map(b, [a, b]))",
]
ALLOWED = [
    "input.max.map(x, x + 1)",
    "input.rows.filter(r, r.a > 5 && r.b == 'y').map(r, r.b)",
    "input.rows.map(r, r.b + '!')",
    "input.few.map(x, input.few.map(y, x * y))",
    "input.text.replace('a', 'bbbbbbbb').size()",
    "input.text.split('b').size()",
    "input.many.size() + input.many[3]",
    "input.rows.exists(r, 'q' in r.tags)",
]


@pytest.mark.parametrize("source", REFUSED)
def test_too_much_work_is_refused_before_it_is_done(source: str) -> None:
    expression = compile(source)
    started = time.perf_counter()
    with pytest.raises(StepError) as caught:
        evaluate(expression, BIG)
    assert caught.value.cls == "expression"
    print(f"refused in {time.perf_counter() - started:.3f} s: {caught.value.message}")


@pytest.mark.parametrize("source", STOPPED, ids=lambda source: source[:30])
def test_a_bomb_ends_with_a_value_or_a_sentence(source: str) -> None:
    started = time.perf_counter()
    try:
        evaluate(compile(source), BIG)
    except (ExpressionError, StepError) as error:
        assert "\n" not in str(error)
    print(f"ended in {time.perf_counter() - started:.3f} s")


@pytest.mark.parametrize("source", ALLOWED)
def test_ordinary_work_on_two_thousand_rows_is_done(source: str) -> None:
    started = time.perf_counter()
    evaluate(compile(source), BIG)
    print(f"done in {time.perf_counter() - started:.3f} s")


def test_more_than_a_mebibyte_of_values_is_refused() -> None:
    with pytest.raises(StepError, match="larger than 1 MiB"):
        evaluate(compile("input.text + 'x'"), {"input": {"text": "a" * 2_000_000}})


def test_a_large_value_that_is_only_passed_on_is_no_matter() -> None:
    text = "a" * 2_000_000
    assert evaluate(compile("input.text"), {"input": {"text": text}}) is text
