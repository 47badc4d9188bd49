"""What the clock of a question says."""

from typing import Any

from designer.people.clock_words import ago, clock_words, local_time, span
from engine.observe.records import QuestionTrace

NOW = 1_800_000_000.0


def question(due: float | None = NOW + 760, on_deadline: str = "expire", **fields: Any) -> QuestionTrace:
    made = QuestionTrace("q1", "r1", "approve", (), "gate", "gate", {}, 1, NOW - 60, due, on_deadline)
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def test_a_question_without_a_deadline_has_no_clock() -> None:
    assert clock_words(question(None), NOW) is None


def test_the_clock_counts_down_and_says_what_comes() -> None:
    words = clock_words(question(on_deadline="escalate"), NOW, "maintenance lead")
    assert words is not None
    assert (words.left, words.then, words.tone) == ("12:40 left", "then it goes to maintenance lead", "soon")


def test_a_question_that_went_on_once_does_not_go_on_again() -> None:
    words = clock_words(question(on_deadline="escalate", escalated_to="lead"), NOW, "lead")
    assert words is not None and words.then == "then the run takes the “expired” path"


def test_past_its_deadline_it_is_late() -> None:
    words = clock_words(question(NOW - 5), NOW)
    assert words is not None and (words.left, words.tone) == ("late by 0:05", "late")


def test_every_rule_has_its_consequence() -> None:
    said = {clock_words(question(on_deadline=rule), NOW).then for rule in ("expire", "approve", "refuse", "fail")}  # type: ignore[union-attr]
    assert len(said) == 4


def test_spans_have_the_unit_that_fits() -> None:
    assert [span(9), span(760), span(3 * 3600 + 300), span(2 * 86400 + 4 * 3600)] == [
        "0:09",
        "12:40",
        "3 h 05 min",
        "2 d 4 h",
    ]
    assert [ago(30), ago(120), ago(7200), ago(200_000)] == ["just now", "2 min", "2 h", "2 d"]


def test_another_day_is_named() -> None:
    assert len(local_time(NOW, NOW)) == 5
    assert len(local_time(NOW, NOW + 2 * 86400)) > 5
