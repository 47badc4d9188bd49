"""Whatever somebody writes as an expression, it ends as a value or as a sentence, soon."""

# ruff: noqa: E501 (strategies read better in one line)

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.errors import StepError
from engine.expressions import ExpressionError, compile, evaluate, parse, render

SCOPE: dict[str, Any] = {
    "input": {
        "n": 3, "f": 0.5, "s": "text é", "long": "ab," * 3_000, "list": [3, 1, 2], "many": list(range(1_500)),
        "rows": [{"id": i, "tags": ["p"]} for i in range(300)], "map": {"b": 1}, "null": None,
    },
    "steps": {"a": {"output": [1], "outputs": {"o": [1]}, "error": None}},
    "run": {"inputs": {"x": 1}, "id": "r"},
    "item": None,
    "index": 0,
}  # fmt: skip
ATOMS = st.sampled_from(
    [*(f"input.{name}" for name in SCOPE["input"]), "steps.a.output", "item", "index", "1", "2.5", "'a'", "''", "true",
     "null", "[]", "{}", "x", "y", "run.inputs.x", "input.?none", "r'\\d'", "steps", "9223372036854775807"]
)  # fmt: skip
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "%", "==", "<", "&&", "||", "in"]), inner).map(" ".join),
        st.tuples(inner, st.sampled_from(["x", "y"]), inner, st.sampled_from(["map", "filter", "all", "exists"])).map(
            lambda part: f"({part[0]}).{part[3]}({part[1]}, {part[2]})"
        ),
        st.tuples(inner, st.sampled_from(["replace", "split", "join", "matches", "format", "orValue", "size"]), inner, inner).map(
            lambda part: f"({part[0]}).{part[1]}({part[2]}" + (f", {part[3]})" if part[1] == "replace" else ")")
        ),
        st.tuples(inner, inner).map(lambda part: f"[{part[0]}, {part[1]}]"),
        st.tuples(inner, inner).map(lambda part: f"{{'k': {part[0]}, 'l': {part[1]}}}"),
        st.tuples(inner, inner, inner).map(lambda part: f"({part[0]} ? {part[1]} : {part[2]})"),
        st.tuples(inner, inner).map(lambda part: f"({part[0]})[{part[1]}]"),
        inner.map(lambda part: f"!({part})"),
        inner.map(lambda part: f"size({part})"),
        inner.map(lambda part: f"string({part})"),
    ),
    max_leaves=12,
)  # fmt: skip


@given(EXPRESSIONS)
def test_any_expression_ends_as_json_or_as_a_sentence(source: str) -> None:
    try:
        json.dumps(evaluate(compile(source), SCOPE), allow_nan=False)
    except (ExpressionError, StepError) as error:
        assert error.cls == "expression"
        assert "\n" not in error.message


@given(st.text(alphabet="{} '\"`inputsa.[]()+-?!:,0\\r/\n\0é\ud800", max_size=30))
def test_any_text_is_a_template_or_a_fault_at_a_place_in_it(text: str) -> None:
    try:
        parse(text)
    except ExpressionError as error:
        assert 0 <= error.position <= len(text)


@given(
    st.recursive(
        ATOMS.map(lambda atom: f"{{{{ {atom} }}}}") | st.text(max_size=3), lambda inner: st.lists(inner, max_size=3)
    )
)
def test_rendering_keeps_the_form_of_a_value(value: Any) -> None:
    try:
        rendered = render(value, SCOPE)
    except StepError:
        return
    if isinstance(value, list):
        assert isinstance(rendered, list) and len(rendered) == len(value)
