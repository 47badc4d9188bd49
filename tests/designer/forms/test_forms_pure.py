"""What forms are made of, without a widget: words, waits, names in scope, rows of inputs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from designer.document.scope import completions
from designer.forms.backoff import sentence, summary, total, waits
from designer.forms.complete import complete
from designer.forms.input_rows import from_rows, to_rows
from designer.forms.run_inputs import inputs_schema
from designer.forms.spec import read
from designer.forms.value_text import from_text, to_text
from designer.forms.values import differences, path_of, same
from designer.forms.words import CLASSES, in_words, length
from designer.resources import path
from engine.errors import ERROR_CLASSES
from engine.run.retry import delay
from engine.workflow.file import load_text
from engine.workflow.model import Backoff, Policy

ALARM = load_text(path("templates", "machine-alarm.workflow.yaml").read_text("utf-8"))


@given(
    st.integers(1, 12),
    st.floats(0, 100),
    st.floats(1, 5),
    st.floats(0, 1000),
    st.floats(0, 1),
)
def test_the_drawn_waits_hold_what_the_engine_waits(n: int, first: float, factor: float, most: float, j: float) -> None:
    policy = Policy(max_attempts=n, backoff=Backoff(first_s=first, factor=factor, max_s=most, jitter=j))
    drawn = waits(policy)
    assert len(drawn) == n - 1
    for tries, wait in enumerate(drawn, 1):
        real = delay(policy.backoff, tries, "run", "node", (), tries)
        assert wait.least - 1e-9 <= real <= wait.most + 1e-9


def test_a_policy_is_said_in_one_sentence() -> None:
    policy = Policy(max_attempts=5, backoff=Backoff(first_s=4.2, factor=2, max_s=60))
    assert total(waits(policy)) == pytest.approx(63)
    assert sentence(policy) == "5 attempts within 1 min 3 s of waiting"
    assert sentence(Policy()) == "One attempt; it is not tried again."
    assert summary(Policy(max_attempts=4, on_error="route")) == "4 attempts · error port"


def test_every_error_class_has_words() -> None:
    assert set(CLASSES) == set(ERROR_CLASSES)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (0.25, "250 ms"), (4.16, "4.2 s"), (59.99, "1 min"), (63, "1 min 3 s"),
                           (7200, "2 h"), (90061, "1 d 1 h")]
)  # fmt: skip
def test_lengths_of_time_have_at_most_two_units(seconds: float, words: str) -> None:
    assert length(seconds) == words


def test_seconds_and_bytes_are_said_in_words_beside_the_number() -> None:
    assert in_words("deadline_s", 1800) == "30 min"
    assert in_words("max_bytes", 64 * 1024 * 1024) == "64 MiB"
    assert in_words("limit", 1800) == ""


def test_fields_are_named_by_the_schema_or_by_their_name() -> None:
    spec = read(
        {"$defs": {"Use": {"title": "ToolUse", "type": "object"}},
         "properties": {"deadline_s": {"title": "Deadline S"}, "tool": {"$ref": "#/$defs/Use"}, "a": {"title": "Ä"}}}
    )  # fmt: skip
    assert [one.title for one in spec.properties.values()] == ["Deadline s", "Tool", "Ä"]


def test_names_of_the_scope_are_offered_step_by_step() -> None:
    names = completions(ALARM, "triage", {})

    def offered(text: str) -> list[str]:
        return [name.path for name in complete(text, len(text), names).names]

    assert offered("{{ ") == ["input", "steps", "run"]
    assert offered("{{ steps.fa") == ["steps.facts"]
    assert offered("{{ steps.facts.") == ["steps.facts.output"]
    assert offered("{{ run.inputs.serv") == ["run.inputs.service"]
    assert offered("{{ steps.approve") == []


@pytest.mark.parametrize(
    "inputs",
    [
        ALARM.inputs,
        {"a": {}, "b": {"type": "integer", "minimum": 1, "required": False}, "c": {"enum": ["x"], "default": "x"}},
        {"odd": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}},
    ],
)
def test_inputs_become_rows_and_come_back_the_same(inputs: dict[str, dict[str, Any]]) -> None:
    rows = to_rows(inputs)
    assert same(from_rows(rows, inputs), inputs)
    named = {f"{name}_2": schema for name, schema in inputs.items()}
    renamed = [{**row, "name": f"{row['name']}_2"} for row in rows]
    assert {name: dict(one) for name, one in (from_rows(renamed, inputs) or {}).items()} == {
        name: dict(one) for name, one in named.items() if one != {}
    } | {name: {"type": "string"} for name, one in named.items() if one == {}}


def test_rows_without_a_name_of_their_own_change_nothing() -> None:
    assert from_rows([{"name": ""}], {}) is None
    assert from_rows([{"name": "a"}, {"name": "a"}], {}) is None


def test_run_inputs_with_a_default_or_said_to_be_optional_may_be_left_out() -> None:
    schema = inputs_schema(ALARM)
    assert schema["required"] == ["alarms", "windows", "service"]
    assert schema["properties"]["orders"]["default"] == "orders.db"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(
            st.characters(exclude_categories=("Cs",), exclude_characters="\0")
        ),
        lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text("abc", max_size=3), below, max_size=4),
        max_leaves=8,
    )
)  # fmt: skip
def test_any_value_becomes_text_that_reads_back_the_same(value: Any) -> None:
    assert same(from_text(to_text(value)), value)


def test_differences_name_the_deepest_paths() -> None:
    before = {"a": {"b": 1, "c": [1, 2]}, "d": 1}
    after = {"a": {"b": 1.0, "c": [1, 3]}, "e": 2}
    assert list(differences(before, after)) == [("a", "b"), ("a", "c", 1), ("d",), ("e",)]


def test_paths_of_problems_are_read() -> None:
    assert path_of("cases[0].when") == ("cases", 0, "when")
    assert path_of("headers['x-run']") == ("headers", "x-run")
