"""What the answers say about how people decide."""

from designer.people.history import Answered, answered_in, burst, metrics

NOW = 1_800_000_000.0


def answer(at: float, option: str = "approve", by: str = "Mira", asked: float = NOW) -> Answered:
    return Answered("q", "r", "w", "n", "h", "gate", "high", asked, at, by, option)


def test_answers_come_from_the_events_about_people() -> None:
    asked = {"kind": "QuestionAsked", "node": "approve", "type": "gate"}
    form = {"headline": "Do it?", "risk": "high"}
    said = {"option": "refuse", "comment": "no", "actor": "Mira"}
    events = [
        {"kind": "RunStarted", "at": NOW},
        {**asked, "question": "q1", "at": NOW, "form": form},
        {"kind": "QuestionAnswered", "question": "q1", "at": NOW + 9, **said},
        {"kind": "QuestionSettled", "question": "q1", "outcome": "refuse", "at": NOW + 9},
        {**asked, "question": "q2", "at": NOW + 10, "form": {}},
        {"kind": "QuestionSettled", "question": "q2", "outcome": "expired", "at": NOW + 20},
    ]
    found = answered_in("r1", "alarm", events)
    assert [(a.headline, a.by, a.option, a.comment) for a in found] == [
        ("Do it?", "Mira", "refuse", "no"),
        ("", "", "expired", ""),
    ]


def test_the_metrics_count_people_and_not_silence() -> None:
    found = metrics(
        [
            answer(NOW + 10),
            answer(NOW + 30, "refuse"),
            answer(NOW + 20, "approve_with_changes"),
            answer(NOW, "expired", ""),
        ]
    )
    assert (found.count, found.median_s) == (3, 20)
    assert round(found.edited, 2) == round(found.refused, 2) == 0.33


def test_many_approvals_in_two_minutes_are_counted_for_one_person() -> None:
    answers = [answer(NOW + 7 * n) for n in range(17)] + [answer(NOW + 3, by="Ben")]
    assert burst(answers) == 17
    assert burst(answers, "Ben") == 1
    assert burst([answer(NOW + 200 * n) for n in range(17)]) == 1


def test_no_answers_give_no_metrics() -> None:
    assert metrics([]).count == 0
