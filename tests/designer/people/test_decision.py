"""Which answers a question allows, and what they would say."""

from typing import Any

import pytest

from designer.people.decision import Standing, actions, confirmed, is_edited, same, values_of
from designer.people.drafts import Draft
from engine.run.questions import doubt_form, escalation_form, fault_of, fill_form, gate_form

ORDER = {"machine": "PUMP-02", "severity": "high", "part": "seal"}
ME = Standing("Mira")
EMPTY = Draft()


def gate(**params: Any) -> dict[str, Any]:
    return gate_form({"headline": "Write it?", "value": ORDER, **params}, {})


def blocked(form: dict[str, Any], draft: Draft = EMPTY, standing: Standing = ME) -> dict[str, str]:
    return {action.name: action.blocked for action in actions(form, draft, standing)}


def edit(**fields: Any) -> Draft:
    return Draft(value={**ORDER, **fields})


def test_an_unchanged_value_can_be_approved_and_not_approved_with_changes() -> None:
    found = blocked(gate(editable=True))
    assert found["approve"] == ""
    assert found["approve_with_changes"] == "Nothing is changed yet."


def test_an_edit_is_never_dropped_by_a_plain_approval() -> None:
    found = blocked(gate(editable=["severity"]), edit(severity="low"))
    assert "changed" in found["approve"]
    assert found["approve_with_changes"] == ""


def test_typing_the_old_value_again_is_no_edit() -> None:
    assert not is_edited(gate(editable=True), edit(severity="high"))


@pytest.mark.parametrize("option", ["refuse", "send_back"])
def test_refusing_and_sending_back_need_a_reason(option: str) -> None:
    assert blocked(gate())[option]
    assert blocked(gate(), Draft(comment="  "))[option]
    assert blocked(gate(), Draft(comment="Wrong machine"))[option] == ""


def test_nobody_answers_without_a_name() -> None:
    assert all(blocked(gate(), Draft(comment="x"), Standing(" ")).values())


def test_a_person_counts_once() -> None:
    found = blocked(gate(), Draft(), Standing("Mira", ("Mira",)))
    assert "Mira has answered already" in found["approve"]


def test_what_cannot_be_undone_is_approved_only_with_the_word() -> None:
    form, standing = gate(risk="irreversible"), Standing("Mira", word="Empty the tank")
    assert "Empty the tank" in blocked(form, Draft(), standing)["approve"]
    assert blocked(form, Draft(word="empty the  tank "), standing)["approve"] == ""
    assert "type" not in blocked(form, Draft(comment="no"), standing)["refuse"]


def test_an_empty_word_confirms_nothing() -> None:
    assert not confirmed("", "")


def test_what_the_engine_would_refuse_is_blocked_with_its_sentence() -> None:
    form = gate(editable=["severity"], value_schema={"properties": {"severity": {"enum": ["low", "high"]}}})
    draft = edit(severity="purple")
    assert blocked(form, draft)["approve_with_changes"] == "Severity: it must be one of low, high."
    assert fault_of(form, "approve_with_changes", values_of(form, "approve_with_changes", draft))


def test_the_defaults_of_a_form_are_what_is_submitted_when_nobody_types() -> None:
    schema = {
        "type": "object",
        "properties": {"action": {"type": "string", "default": "inspect"}},
        "required": ["action"],
    }
    form = fill_form({"headline": "What is it?", "form": schema}, {"input": "text"})
    assert values_of(form, "submit", Draft()) == {"form": {"action": "inspect"}}
    assert blocked(form)["submit"] == ""


def test_a_required_field_that_is_empty_blocks_submitting() -> None:
    schema = {"type": "object", "properties": {"action": {"type": "string"}}, "required": ["action"]}
    assert blocked(fill_form({"form": schema}, {}))["submit"] == "Action: this is needed."


def test_a_doubt_is_answered_by_what_happened() -> None:
    form = doubt_form("write", {"tool": "file.write", "args": {"path": "a"}, "idem_key": "sb-1", "started_at": 1.0})
    assert list(blocked(form)) == ["happened", "do_it", "stop"]
    assert values_of(form, "happened", Draft(value={"bytes": 3})) == {"value": {"bytes": 3}}
    assert values_of(form, "do_it", Draft(value={"bytes": 3})) is None


def test_an_escalation_offers_another_try_only_where_there_are_attempts() -> None:
    assert list(blocked(escalation_form("ask", {"message": "no"}, None))) == ["retry", "value", "fail"]
    assert list(blocked(escalation_form("ask", {"message": "no"}, None, again=False))) == ["value", "fail"]


def test_true_is_not_one() -> None:
    assert not same({"a": True}, {"a": 1})
    assert same({"a": [1, 2.0]}, {"a": [1.0, 2]})
