"""What expressions mean, line by line: a later library must agree with this table."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import StepError
from engine.expressions import ExpressionError, compile, evaluate

SCOPE: dict[str, Any] = {
    "input": {
        "n": 3, "f": 2.5, "s": "hé😀", "t": True, "z": None, "big": 2**70, "big63": 2**63, "list": [3, 1, 2],
        "rows": [{"id": 1, "level": "high"}, {"id": 2, "level": "low"}], "map": {"b": 1, "a": 2}, "a-b": 5, "x.y": 6,
    },
    "steps": {
        "read": {"output": {"count": 2, "if": 1}, "outputs": {"rows": [1, 2]}, "error": None},
        "skipped": {"output": None, "outputs": {}, "error": None},
    },
    "run": {"inputs": {"who": "Ann", "none": ""}, "id": "r1"},
    "item": {"id": 7},
    "index": 4,
}  # fmt: skip

VALUES: list[tuple[str, Any]] = [
    ("input.n", 3),
    ("input.big", 2**70),
    ("input.map", {"b": 1, "a": 2}),
    ("input['a-b']", 5),
    ("input['x.y']", 6),
    ("input.`a-b` + 1", 6),
    ("input.list[0]", 3),
    ("input.rows[1].level", "low"),
    ("steps.read.output.count", 2),
    ("steps['read'].outputs.rows", [1, 2]),
    ("steps.read.output.if", 1),
    ("steps.skipped.output", None),
    ("run.inputs.who", "Ann"),
    ("run.id", "r1"),
    ("item.id", 7),
    ("index", 4),
    ("1 + 2 * 3", 7),
    ("7 / 2", 3),
    ("7 % 4", 3),
    ("-input.n", -3),
    ("2.5 + 1.0", 3.5),
    ("double(input.n) + 0.5", 3.5),
    ("int(input.f)", 2),
    ("input.n == 3.0", True),
    ("input.n < 3.5", True),
    ("'a' + 'b'", "ab"),
    ("size(input.s)", 3),
    ("input.s.size()", 3),
    ("input.s == 'hé😀'", True),
    ("size(input.list)", 3),
    ("[1, 2] + [3]", [1, 2, 3]),
    ("{'b': 1, 'a': 2}", {"a": 2, "b": 1}),
    ("{'k': input.n}.k", 3),
    ("2 in input.list", True),
    ("'b' in input.map", True),
    ("input.n > 2 && input.t", True),
    ("input.n > 5 || input.t", True),
    ("!input.t", False),
    ("input.n > 2 ? 'yes' : 'no'", "yes"),
    ("input.z == null", True),
    ("has(input.n)", True),
    ("has(input.nope)", False),
    ("has(steps.read.output.nope)", False),
    ("input.?nope.orValue('d')", "d"),
    ("input.?map.?nope.orValue(0)", 0),
    ("steps.?nope.?output.orValue('d')", "d"),
    ("input.?n.orValue(9)", 3),
    ("input.?n.hasValue()", True),
    ("input.?n.optMap(x, x + 1).orValue(0)", 4),
    ("input.list.map(x, x * 2)", [6, 2, 4]),
    ("input.list.filter(x, x > 1)", [3, 2]),
    ("input.list.map(x, x > 1, x * 10)", [30, 20]),
    ("input.list.all(x, x > 0)", True),
    ("input.list.exists(x, x > 2)", True),
    ("input.list.exists_one(x, x == 1)", True),
    ("input.rows.filter(r, r.level == 'high').map(r, r.id)", [1]),
    ("input.map.exists(k, k == 'a')", True),
    ("[[1, 2], [3]].map(a, a.map(b, b + 1))", [[2, 3], [4]]),
    ("['a', 'b'].join('-')", "a-b"),
    ("'a,b'.split(',')", ["a", "b"]),
    ("' a '.trim()", "a"),
    ("'aXbX'.replace('X', '-')", "a-b-"),
    ("'Abc'.lowerAscii() + 'x'.upperAscii()", "abcX"),
    ("'abcdef'.substring(2, 4)", "cd"),
    ("'abc'.startsWith('a') && 'abc'.contains('b') && 'abc'.endsWith('c')", True),
    ("'abc'.matches('^a.c$')", True),
    ("'%s is %d'.format(['x', 3])", "x is 3"),
    ("math.greatest(1, 5)", 5),
    ("string(input.n)", "3"),
    ("r'\\d'", "\\d"),
    ('"""three"""', "three"),
    ("'it\\'s \\u00e9'", "it's é"),
    ("0x10", 16),
    ("5u", 5),
    ("type(1) == int", True),
    ("timestamp('2026-01-02T00:00:00Z') > timestamp('2026-01-01T00:00:00Z')", True),
    ("string(timestamp('2026-01-02T00:00:00Z'))", "2026-01-02T00:00:00Z"),
    (" && ".join(["true"] * 300), True),
    ("!" * 200 + "true", True),
]

FAILURES: list[tuple[str, str]] = [
    ("input.nope", "`input` has no 'nope'"),
    ("input.n.x", "`input.n` is a number"),
    ("input.s.x", "`input.s` is a text"),
    ("input.z.x", "`input.z` is null"),
    ("input.list[9]", "`input.list` has 3 items"),
    ("steps.nope.output", "`steps` has no 'nope' (it has read, skipped)"),
    ("steps.skipped.output.x", "`steps.skipped.output` is null"),
    ("input.n + 0.5", "No matching overloads"),
    ("input.n + 'a'", "No matching overloads"),
    ("input.z + 1", "No matching overloads"),
    ("1 / 0", "divide by zero"),
    ("1.0 / 0.0", "gave inf, which is not a number that JSON knows"),
    ("0.0 / 0.0", "gave nan"),
    ("9223372036854775807 + input.n", "overflow"),
    ("input.big + 1", "out of range"),
    ("input.?n", "end it with .orValue"),
    ("b'a'", "which is not JSON"),
    ("timestamp('2026-01-01T00:00:00Z')", "which is not JSON"),
    ("{1: 2}", "keys are not texts"),
    ("int('x')", "failed"),
    ("'\\u0000'", "NUL character"),
    ("'a'.matches('(')", "failed"),
]

FAULTS: list[tuple[str, str, int]] = [
    ("", "empty", 0),
    ("1 +", "Syntax error", 3),
    ("1 + 'a'", "no matching overload", 2),
    ("index + 'a'", "no matching overload", 6),
    ("foo.bar", "undeclared reference to 'foo.bar'", 3),
    ("1 == 1.0", "no matching overload", 2),
    ("input.n + foo", "undeclared reference to 'foo'", 10),
    ("1 ==\n 'a'", "no matching overload", 2),
    ("true ? 1 : 'a'", "no matching overload", 5),
    ("'open", "Syntax error", 0),
    ("steps", "must be followed by a node's key", 0),
    ("steps[input.s]", "must be followed by a node's key", 0),
    ("steps.map(k, k)", "must be followed by a node's key", 0),
    ("1" + " + 1" * 40, "more than 32 operations", 0),
    ("(" * 100 + "1" + ")" * 100, "more than 32 operations", 0),
    ("a" * 10_001, "10,000 is the most", 0),
    ("input.a\0", "NUL", 7),
    ("'\ud800'", "half a character", 1),
    ("input.in", "Syntax error", 6),
]


@pytest.mark.parametrize(("source", "value"), VALUES)
def test_an_expression_gives_this_value(source: str, value: Any) -> None:
    found = evaluate(compile(source), SCOPE)
    assert found == value
    assert type(found) is type(value)
    if isinstance(value, dict):
        assert list(found) == list(value)


@pytest.mark.parametrize(("source", "reason"), FAILURES)
def test_an_expression_fails_with_this_reason(source: str, reason: str) -> None:
    with pytest.raises(StepError) as caught:
        evaluate(compile(source), SCOPE)
    assert caught.value.cls == "expression"
    assert reason.lower() in caught.value.message.lower()
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(("source", "reason", "position"), FAULTS)
def test_a_fault_is_found_before_anything_runs_and_says_where(source: str, reason: str, position: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile(source)
    assert reason.lower() in caught.value.message.lower()
    assert caught.value.position == position
