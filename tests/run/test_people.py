"""Gates, forms, escalations, answers and their deadlines (SEMANTICS §2)."""

from __future__ import annotations

from typing import Any

import pytest
from planner_kit import Drive, order

from engine.run import stimuli
from engine.run.questions import shown_hash

FORM = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
PORTS = ["g.approved -> yes.input", "g.refused -> no.input", "g.sent_back -> back.input", "g.expired -> late.input"]


def gate(rule: dict[str, Any] | None = None, **params: Any) -> Drive:
    nodes: dict[str, Any] = {
        "a": "task",
        "g": ("gate", {"headline": "Stop line {{ input.input.line }}?", **params}, rule or {}),
    }
    d = Drive(
        order({**nodes, "yes": "task", "no": "task", "back": "task", "late": "task"}, "a.output -> g.input", *PORTS)
    )
    d.ok("a", {"line": 4, "speed": 10})
    return d


@pytest.mark.parametrize(("option", "port"), [("approve", "yes"), ("refuse", "no"), ("send_back", "back")])
def test_each_answer_takes_its_own_way(option: str, port: str) -> None:
    d = gate()
    assert d.state.questions[d.question("g")][2].asked.form["headline"] == "Stop line 4?"
    assert f"start {port}" in d.answer("g", option, comment="because")
    assert d.statuses()[port] == "running"
    told = {"option": option, "value": {"line": 4, "speed": 10}, "form": {}, "comment": "because", "by": ["anna"]}
    assert d.inputs(port) == {"input": told}


def test_an_answer_to_something_else_than_was_shown_is_refused() -> None:
    d = gate()
    question = d.question("g")
    form = d.refold().questions[question][2].asked.form

    def answered(shown: str) -> list[str]:
        return d.do(lambda turn: stimuli.answer(turn, question, "approve", None, "", d.now, shown=shown), "anna")

    assert answered(shown_hash(question, {**form, "value": {"line": 4, "speed": 11}})) == []
    assert d.told == "The question has changed since it was shown; look at it again."
    assert answered(shown_hash("another", form)) == []
    right = shown_hash(question, form)
    assert answered(right)[0] == "answered g: approve"
    assert [event.shown for event in d.events if event.kind == "QuestionAnswered"] == [right]


def test_what_is_shown_has_one_hash_however_its_keys_are_ordered_and_whatever_the_journal_drops() -> None:
    form = {"headline": "x", "value": {"a": 1.5, "b": [float("inf"), "é"]}}
    read_back = {"value": {"b": [None, "é"], "a": 1.5}, "headline": "x"}
    assert shown_hash("q", form) == shown_hash("q", read_back) != shown_hash("q2", form)
    assert len(shown_hash("q", form)) == 64


def test_several_people_must_approve_and_one_refusal_is_enough() -> None:
    d = gate(required=2)
    assert d.answer("g", "approve", "anna") == ["answered g: approve"]
    assert d.answer("g", "approve", "ben")[:3] == ["answered g: approve", "settled g: approve", "ok g"]
    d = gate(required=3)
    d.answer("g", "approve", "anna")
    assert d.answer("g", "refuse", "ben")[1] == "settled g: refuse"


def test_a_later_step_learns_who_approved() -> None:
    d = gate(required=2)
    d.answer("g", "approve", "anna")
    d.answer("g", "approve", "ben")
    assert d.inputs("yes")["input"]["by"] == ["anna", "ben"]


def test_nobody_is_named_where_the_deadline_answered() -> None:
    d = gate(deadline_s=10, on_deadline="approve")
    d.wait(11)
    assert d.inputs("yes")["input"]["by"] == []


def test_the_same_person_counts_once() -> None:
    d = gate(required=2)
    d.answer("g", "approve", "anna")
    assert d.answer("g", "approve", "anna") == []
    assert d.told == f"anna has already answered the question {d.question('g')}: approve."
    assert d.answer("g", "refuse", "anna") == [], "an answer is not taken back"


def test_a_change_is_passed_on_and_must_keep_to_what_may_be_edited() -> None:
    d = gate(editable=["speed"], value_schema={"type": "object", "properties": {"speed": {"maximum": 20}}})
    assert d.answer("g", "approve_with_changes", values={"value": {"line": 5, "speed": 10}}) == []
    assert d.told == "'line' may not be changed here; only speed may."
    d.answer("g", "approve_with_changes", values={"value": {"line": 4, "speed": 99}})
    assert d.told.startswith("value.speed: 99 is greater than the maximum of 20")
    d.answer("g", "approve_with_changes")
    assert "needs the changed value" in d.told
    d.answer("g", "approve_with_changes", values={"value": {"line": 4, "speed": 12}})
    assert d.told == "" and d.inputs("yes")["input"]["value"] == {"line": 4, "speed": 12}


def test_an_answer_must_fill_in_the_form() -> None:
    d = gate(form=FORM)
    d.answer("g", "approve", values={"form": {"n": "three"}})
    assert d.told == "form.n: 'three' is not of type 'integer'."
    d.answer("g", "approve")
    assert d.told == "form: 'n' is a required property."
    d.answer("g", "approve", values={"form": {"n": 3}})
    assert d.inputs("yes")["input"]["form"] == {"n": 3}


def test_an_unknown_option_or_question_is_refused_with_what_there_is() -> None:
    d = gate()
    d.answer("g", "maybe")
    assert d.told == "'maybe' is not an option of this question; choose one of: approve, send_back, refuse."
    from engine.run import stimuli

    d.do(lambda turn: stimuli.answer(turn, "qnothing", "approve", None, "", d.now))
    assert d.told == "There is no question 'qnothing'."


@pytest.mark.parametrize(
    ("params", "said", "port"),
    [
        ({}, ["settled g: expired", "ok g by deadline"], "late"),
        ({"on_deadline": "approve"}, ["settled g: approve", "ok g by deadline"], "yes"),
        ({"on_deadline": "refuse"}, ["settled g: refuse", "ok g by deadline"], "no"),
    ],
)
def test_silence_until_the_deadline_means_what_the_gate_says(
    params: dict[str, Any], said: list[str], port: str
) -> None:
    d = gate(deadline_s=60, **params)
    assert d.wait(59) == []
    assert d.wait(1)[:2] == said
    assert d.statuses()[port] == "running"


def test_a_deadline_may_fail_the_gate_and_then_its_policy_counts() -> None:
    d = gate({"on_error": "continue", "value": "none"}, deadline_s=60, on_deadline="fail")
    assert d.wait(60)[:2] == ["settled g: expired", "failed g: deadline, continue"]
    assert d.inputs("yes") == {"input": "none"}


def test_a_question_that_escalates_is_asked_of_the_next_one_with_a_new_deadline() -> None:
    d = gate(deadline_s=60, on_deadline="escalate", escalate_to="boss", escalate_s=30)
    question = d.question("g")
    assert d.wait(60) == ["escalated g"]
    record = d.state.questions[question][2]
    assert (record.escalated, record.due) == ("boss", d.now + 30)
    assert d.wait(29) == []
    assert d.answer("g", "approve", "boss", at=d.now)[2] == "ok g"


def test_an_escalated_question_that_nobody_answers_expires() -> None:
    d = gate(deadline_s=60, on_deadline="escalate", escalate_to="boss", escalate_s=30)
    d.wait(60)
    assert d.wait(30)[:2] == ["settled g: expired", "ok g by deadline"]
    d = gate(deadline_s=60, on_deadline="escalate", escalate_to="boss")
    d.wait(60)
    assert d.wait(10**7) == [], "without a second deadline it waits for ever"


def test_an_answer_counts_by_when_it_was_given_however_late_it_is_read() -> None:
    d = gate(deadline_s=60)
    given = d.now + 60
    d.now += 10_000  # the engine was off; requests are served before timers
    assert d.answer("g", "approve", at=given)[1] == "settled g: approve"
    d = gate(deadline_s=60)
    d.answer("g", "approve", at=d.now + 60.1)
    assert "The deadline of the question" in d.told and d.statuses()["g"] == "waiting"


def test_a_settled_question_says_why_it_is_closed() -> None:
    d = gate(deadline_s=60)
    question = d.question("g")
    d.wait(60)
    d.answer(question, "approve")
    assert d.told == f"The question {question} is closed: its deadline passed."
    d = gate()
    question = d.question("g")
    d.answer("g", "approve")
    d.answer(question, "refuse", "ben")
    assert d.told == f"The question {question} is closed: it is settled: approve."


def test_a_withdrawn_question_and_an_ended_run_take_no_answer() -> None:
    d = gate()
    question = d.question("g")
    from engine.run import stimuli

    assert d.do(stimuli.cancel)[1:3] == ["settled g: withdrawn", "cancel g: run_cancelled"]
    assert d.answer(question, "approve") == [] and d.told == f"The question {question} is closed: it was withdrawn."


def test_a_form_gives_its_fields_and_checks_them() -> None:
    nodes: dict[str, Any] = {"f": ("form", {"headline": "How many?", "form": FORM, "deadline_s": 9}), "z": "task"}
    d = Drive(order(nodes, "f.submitted -> z.input"))
    d.answer("f", "submit", values={"form": {}})
    assert d.told == "form: 'n' is a required property."
    assert d.answer("f", "submit", values={"form": {"n": 2}}) == [
        "answered f: submit",
        "settled f: submit",
        "ok f",
        "start z",
    ]
    assert d.inputs("z") == {"input": {"n": 2}}


def test_a_question_has_the_same_id_whenever_the_run_asks_it() -> None:
    assert gate().question("g") == gate().question("g")


@pytest.mark.parametrize("param", [{"deadline_s": "soon"}, {"required": 0}, {"required": "{{ 1.5 }}"}])
def test_a_gate_with_params_of_the_wrong_type_fails_alone(param: dict[str, Any]) -> None:
    assert gate({"on_error": "continue"}, **param).statuses()["g"] == "failed"


# ---- on_error: escalate
ESCALATE = {"on_error": "escalate", "max_attempts": 2, "backoff": {"first_s": 1, "jitter": 0}}


def failed() -> Drive:
    d = Drive(order({"a": ("task", {}, ESCALATE), "other": "task", "z": "task"}, "a.output -> z.input"))
    d.bad("a", "timeout")
    d.wait(1)
    return d


def test_after_the_last_attempt_a_person_is_asked_and_other_branches_go_on() -> None:
    d = failed()
    assert d.bad("a", "timeout") == ["bad a", "ask a: escalation"]
    assert d.statuses()["a"] == "waiting"
    assert d.ok("other") == ["ok other"]


def test_try_again_restarts_the_attempt_budget_and_a_second_failure_asks_anew() -> None:
    d = failed()
    d.bad("a", "timeout")
    first = d.question("a")
    assert d.answer("a", "retry") == ["answered a: retry", "settled a: retry", "start a #3"]
    assert d.bad("a", "timeout") == ["bad a, again"]
    d.wait(1)
    assert d.bad("a", "timeout") == ["bad a", "ask a: escalation"]
    assert d.question("a") != first


def test_a_person_may_give_the_value_or_fail_the_step() -> None:
    d = failed()
    d.bad("a", "timeout")
    assert d.answer("a", "value", values={"value": 5})[2:] == ["ok a", "start z"]
    assert d.inputs("z") == {"input": 5}
    d = failed()
    d.bad("a", "timeout")
    assert d.answer("a", "fail")[2:] == [
        "failed a: timeout",
        "cancel other: run_failed",
        "cancel z: run_failed",
        "failed",
    ]


def test_an_escalation_is_withdrawn_when_the_run_fails_elsewhere() -> None:
    d = failed()
    d.bad("a", "timeout")
    question = d.question("a")
    assert d.bad("other")[2:] == ["settled a: withdrawn", "cancel a: run_failed", "cancel z: run_failed", "failed"]
    assert d.answer(question, "retry") == [] and "was withdrawn" in d.told


def test_whoever_asked_for_it_may_not_approve_it() -> None:
    nodes: dict[str, Any] = {
        "wish": ("form", {"headline": "What?", "form": FORM}),
        "g": ("gate", {"headline": "Do it?", "required": 2, "others_only": True}),
    }
    d = Drive(order({**nodes, "yes": "task"}, "wish.submitted -> g.input", "g.approved -> yes.input"))
    starter = d.state.started.actor  # type: ignore[union-attr]
    d.answer("wish", "submit", "rita", values={"form": {"n": 1}})
    for who in ("rita", starter):
        assert d.answer("g", "approve", who) == []
        assert d.told.startswith(f"{who} has asked for this")
    d.answer("g", "approve", "ben")
    assert "start yes" in d.answer("g", "approve", "cara")
