"""Templates: what `{{ … }}` becomes inside values, and that unneeded parts of a scope are never asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from engine.errors import StepError
from engine.expressions import ExpressionError, condition, evaluate_bool, parse, references, render

SCOPE: dict[str, Any] = {
    "input": {
        "a": 1,
        "rows": [{"x": 1}],
        "b": {"z": 1, "y": None},
        "text": "two\nlines",
        "f": 1234567.891,
        "nul": "a\0b",
    },
    "steps": {"s": {"output": [1, 2], "outputs": {"o": [1, 2]}, "error": None}},
    "run": {"inputs": {"who": "Ann"}, "id": "r1"},
}

RENDERED: list[tuple[Any, Any]] = [
    ("plain", "plain"),
    (7, 7),
    (None, None),
    ("{{ input.a }}", 1),
    ("  {{ input.a }}", "  1"),
    ("{{input.a}}{{input.a}}", "11"),
    ("{{ steps.s.output }}", [1, 2]),
    ("n = {{ input.a }}, {{ input.a > 0 }}, {{ input.b.y }}.", "n = 1, true, ."),
    ("{{ input.f }} and {{ 2.0 }}", "1234567.891 and 2.0"),
    ("{{ input.b }} {{ steps.s.output }}", '{"y":null,"z":1} [1,2]'),
    ("> {{ input.text }}", "> two\nlines"),
    ("{{ '}}' }}", "}}"),
    ("a {{ '{{ x }}' }} b", "a {{ x }} b"),
    ("{{ {'a': {'b': 1}} }}", {"a": {"b": 1}}),
    ("{{ {'a': {'b': 1}}.a.b }}!", "1!"),
    ("{{ r'\\d' }}", "\\d"),
    ('{{ """a"}}""" }}', 'a"}}'),
    ({"k": ["{{ input.a + 1 }}", {"{{ input.a }}": True}]}, {"k": [2, {"{{ input.a }}": True}]}),
    ("{{ input.nul }}", "a\0b"),
    ("} {", "} {"),
    ("{{\n  input.a // why\n}}", 1),
]


@pytest.mark.parametrize(("value", "expected"), RENDERED)
def test_a_value_is_rendered_to(value: Any, expected: Any) -> None:
    found = render(value, SCOPE)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("text", "reason", "position"),
    [
        ("a {{ input.a", "never closed", 2),
        ("a {{ }} b", "empty", 7 - 2),
        ("a {{ input.a + }} b", "Syntax error", 14),
        ("a {{ 'x }} b", "never closed by its quote", 5),
        ("{{ } }}", "Syntax error: mismatched input", 3),
        ("{{ '' } }}", "a `}` has no `{`", 6),
        ("{{ # }}", "Syntax error", 3),
        ("{{ '' # }}", "cannot stand", 6),
    ],
)
def test_a_broken_template_says_what_and_where(text: str, reason: str, position: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert reason in caught.value.message
    assert caught.value.position == position
    with pytest.raises(StepError) as failed:
        render([text], SCOPE)
    assert failed.value.cls == "expression"


def test_a_value_without_expressions_is_itself() -> None:
    value = {"a": [1, {"b": "c"}]}
    assert parse(value).constant
    assert render(value, {}) is value


def test_references_name_steps_inputs_ports_and_roots() -> None:
    found = references(
        {
            "a": "{{ steps.one.output }} {{ steps['two'].output.x > item }}",
            "b": ["{{ run.inputs.who }}"],
            "c": "{{ input.p }}",
        }
    )
    assert found.steps == {"one", "two"}
    assert found.inputs == {"who"}
    assert found.ports == {"p"}
    assert found.roots == {"steps", "item", "run", "input"}


def test_variables_of_macros_are_no_references() -> None:
    found = references("{{ input.rows.map(steps, steps.x).filter(item, item > input.a) }}")
    assert found.roots == {"input"}


class Lazy(Mapping[str, Any]):
    """A scope that remembers what it was asked for."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data, self.asked = data, list[str]()

    def __getitem__(self, key: str) -> Any:
        self.asked.append(key)
        return self.data[key]

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("a lazy scope is never listed")

    def __len__(self) -> int:
        return len(self.data)


@pytest.mark.parametrize(
    "text", ["{{ steps.s.output }}", "{{ steps.s.output.size() + 1 }}", "{{ steps.?s.?output.orValue(1) }}"]
)
def test_only_the_steps_that_are_named_are_asked_for(text: str) -> None:
    steps = Lazy({"s": {"output": [1]}, "other": {}})
    render(text, {**SCOPE, "steps": steps})
    assert set(steps.asked) == {"s"}


def test_a_condition_is_written_bare_or_in_braces() -> None:
    assert evaluate_bool(condition("input.a == 1"), SCOPE)
    assert evaluate_bool(condition(" {{ input.a == 1 }} "), SCOPE)


@pytest.mark.parametrize("source", ["1 + 1", "'true'", "[true]", "null"])
def test_a_condition_that_can_never_be_true_or_false_is_refused_before_it_runs(source: str) -> None:
    with pytest.raises(ExpressionError, match="where true or false is needed"):
        condition(source)


@pytest.mark.parametrize("source", ["input.a", "input.b.y", "input.text"])
def test_a_condition_that_gives_something_else_fails(source: str) -> None:
    with pytest.raises(StepError, match="where true or false is needed"):
        evaluate_bool(condition(source), SCOPE)


def test_nul_cannot_go_through_the_library() -> None:
    with pytest.raises(StepError, match="NUL"):
        render("{{ input.nul + 'x' }}", SCOPE)
