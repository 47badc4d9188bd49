"""The dialog below the terminal: what is typed, and what answer comes of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from engine.cli.question import Answer, ask, show
from engine.observe.records import QuestionTrace

OPTIONS = [
    {"name": name, "label": name.capitalize()} for name in ("approve", "approve_with_changes", "send_back", "refuse")
]


class Typed:
    """A keyboard on which this is typed, then the end of input."""

    def __init__(self, *lines: str) -> None:
        self.lines = list(lines)
        self.prompts: list[str] = []

    async def line(self, prompt: str) -> str | None:
        self.prompts.append(prompt)
        return self.lines.pop(0) if self.lines else None


def answered(form: dict[str, Any], *lines: str) -> Answer | None:
    """What comes of these lines; all of them must have been read."""
    question = QuestionTrace("q1", "r1", "approve", (), "gate", "gate", {"options": OPTIONS, **form}, 1, 0.0)
    typed = Typed(*lines)
    answer = asyncio.run(ask(question, typed))
    assert typed.lines == []
    return answer


def test_enter_alone_and_unknown_words_answer_nothing() -> None:
    assert answered({}, "", " ", "0", "5", "yes", "ja") is None


def test_a_number_or_the_options_name_chooses() -> None:
    assert answered({}, "1") == Answer("approve")
    assert answered({}, "approve") == Answer("approve")


def test_refusing_and_sending_back_ask_for_a_comment() -> None:
    assert answered({}, "4", "too early") == Answer("refuse", None, "too early")
    assert answered({}, "3", "") == Answer("send_back")


def test_what_cannot_be_undone_is_confirmed_by_a_word() -> None:
    assert answered({"risk": "irreversible"}, "1", "", "1", "yes") == Answer("approve")
    assert answered({"risk": "irreversible"}, "1", "y") is None


def test_only_editable_fields_are_asked_for_and_keep_their_types() -> None:
    form = {"value": {"part": "A", "count": 2, "tags": ["x"]}, "editable": ["count", "tags"]}
    answer = answered(form, "2", "5", '["y"]', "yes")
    assert answer == Answer("approve_with_changes", {"value": {"part": "A", "count": 5, "tags": ["y"]}})
    assert answered(form, "2", "many", "3", "", "yes") == Answer(
        "approve_with_changes", {"value": {"part": "A", "count": 3, "tags": ["x"]}}
    )


def test_changing_nothing_is_no_approval_with_changes() -> None:
    assert answered({"value": {"a": "x"}, "editable": True}, "2", "", "1") == Answer("approve")


def test_fields_of_a_form_are_asked_until_they_fit_their_schema() -> None:
    schema = {
        "type": "object",
        "required": ["count", "kind"],
        "properties": {
            "count": {"type": "integer", "minimum": 1},
            "kind": {"enum": ["a", "b"]},
            "urgent": {"type": "boolean", "default": False},
            "note": {"type": "string"},
        },
    }
    answer = answered({"form": schema}, "1", "", "0", "x", "3", "c", "b", "", "")
    assert answer == Answer("approve", {"form": {"count": 3, "kind": "b", "urgent": False}})


def test_values_that_are_no_objects_are_edited_as_they_are() -> None:
    assert answered({"value": "old text", "editable": True}, "2", "new text", "yes") == Answer(
        "approve_with_changes", {"value": "new text"}
    )
    assert answered({"value": [1, 2], "editable": True}, "2", "[3]", "yes") == Answer(
        "approve_with_changes", {"value": [3]}
    )


def test_the_end_of_input_is_no_answer_anywhere() -> None:
    form = {"value": {"a": "x"}, "editable": True, "risk": "irreversible"}
    for lines in ((), ("2",), ("2", "y"), ("1",), ("4",)):
        assert answered(form, *lines) is None


def test_a_question_is_shown_without_what_would_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    form = {"headline": "Stop\x1b[2J?", "body": "a\x07b", "value": {"k\x1b": "v\x1b]0;x\x07"}, "options": OPTIONS}
    show(QuestionTrace("q1", "r1", "approve", (), "gate", "gate", form, 1, 0.0))
    out = capsys.readouterr().out
    assert "\x1b" not in out and "\x07" not in out and "Stop" in out
