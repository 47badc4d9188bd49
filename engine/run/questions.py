"""What a person is asked and what counts as an answer: pure functions over the form that the journal keeps."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any

import jsonschema

from engine.errors import StepError
from engine.run.record import Question
from engine.workflow.canonical import value_hash

if TYPE_CHECKING:
    from engine.run.state import State

APPROVING = ("approve", "approve_with_changes")
LABELS = {
    "approve": "Approve",
    "approve_with_changes": "Approve with changes",
    "send_back": "Send back",
    "refuse": "Refuse",
    "submit": "Submit",
    "retry": "Try again",
    "value": "Use this value",
    "fail": "Fail the step",
    "happened": "It happened",
    "do_it": "It did not happen: do it",
    "stop": "Stop",
    "start_over": "Start over",
}
PORT_OF = {
    "approve": "approved",
    "approve_with_changes": "approved",
    "send_back": "sent_back",
    "refuse": "refused",
    "expired": "expired",
}
_GATE = [name for name in PORT_OF if name != "expired"]


def options_of(names: list[str]) -> list[dict[str, str]]:
    """Options by name, with their labels."""
    return [{"name": name, "label": LABELS.get(name, name)} for name in names]


def gate_form(params: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The form of a gate: the value to approve, which of its parts may be edited, what else to fill in."""
    value = params["value"] if params.get("value") is not None else inputs.get("input")
    editable = params.get("editable", False)
    options = _GATE if params.get("options") is None else params["options"]
    known = isinstance(options, list) and all(name in _GATE for name in options)
    offered = [name for name in options if editable or name != "approve_with_changes"] if known else []
    if not offered:
        raise StepError("schema", f"`options` must be some of {', '.join(_GATE)}, not {options!r}.", retryable=False)
    form: dict[str, Any] = {
        "headline": str(params.get("headline", "Approve?")),
        "options": options_of(offered),
        "value": value,
    }
    for name in ("body", "risk", "value_schema", "form"):
        if params.get(name) is not None:
            form[name] = params[name]
    if editable:
        form["editable"] = editable
    return form


def askers(state: State) -> list[str]:
    """Who wanted what the run does: whoever started it, and those who filled in a form in it."""
    starter = [state.started.actor] if state.started is not None else []
    forms = [record for _, _, record in state.questions.values() if record.asked.type == "form"]
    return sorted({*starter, *(name for record in forms for name in record.answers)})


def fill_form(params: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The form of a `form` node: fields to fill in, shown beside its input."""
    form: dict[str, Any] = {
        "headline": str(params.get("headline", "Please fill in")),
        "options": options_of(["submit"]),
    }
    if inputs.get("input") is not None:
        form["value"] = inputs["input"]
    for name in ("body", "form"):
        if params.get(name) is not None:
            form[name] = params[name]
    return form


def escalation_form(node: str, error: Mapping[str, Any], value: Any, *, again: bool = True) -> dict[str, Any]:
    """The form that a failed step with `on_error: escalate` asks with; `again`: it makes attempts."""
    return {
        "headline": f"The step {node!r} failed. What now?",
        "body": str(error.get("message", "")),
        "evidence": dict(error),
        "value": value,
        "editable": True,
        "options": options_of(["retry", "value", "fail"] if again else ["value", "fail"]),
    }


def doubt_form(node: str, effect: Mapping[str, Any]) -> dict[str, Any]:
    """The form that asks whether an effect happened; `effect` holds tool, args, idem_key, started_at."""
    return {
        "headline": f"Did {effect.get('tool', 'the effect')} of step {node!r} happen?",
        "body": "The program ended or lost contact between sending this and hearing back, so it may have happened "
        "or not. Look at the other side before you answer.",
        "evidence": dict(effect),
        "value": None,
        "editable": True,
        "options": options_of(["happened", "do_it", "stop"]),
    }


def shown_hash(question: str, form: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of a question as it is shown: an answer that names it is taken only for this very question."""
    return value_hash({"question": question, "form": _plain(form)})


def _plain(value: Any) -> Any:
    """A value as the journal gives it back: what is no finite number is null there."""
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def fault_of(form: Mapping[str, Any], option: str, values: Any) -> str:
    """Why this answer cannot be taken, as a sentence; "" when it can."""
    names = [str(found["name"]) for found in form.get("options", ())]
    if option not in names:
        return f"{option!r} is not an option of this question; choose one of: {', '.join(names)}."
    if values is not None and not isinstance(values, Mapping):
        return "The values must be an object with `value` and `form`."
    given = dict(values or {})
    if unknown := set(given) - {"value", "form"}:
        return f"The values hold {sorted(unknown)[0]!r}; only `value` and `form` are read."
    if "value" in given and option in ("approve_with_changes", "value", "happened"):
        fault = _edit_fault(form, given["value"]) if option == "approve_with_changes" else ""
        if not fault and form.get("value_schema"):
            fault = _schema_fault(form["value_schema"], given["value"], "value")
        if fault:
            return fault
    elif option == "approve_with_changes":
        return 'Approving with changes needs the changed value: give `values` as {"value": …}.'
    if form.get("form") and option in ("approve", "approve_with_changes", "submit"):
        return _schema_fault(form["form"], given.get("form", {}), "form")
    return ""


def _edit_fault(form: Mapping[str, Any], value: Any) -> str:
    editable, before = form.get("editable"), form.get("value")
    if not isinstance(editable, list) or not isinstance(before, Mapping):
        return ""
    if not isinstance(value, Mapping):
        return "The changed value must stay an object."
    for key in sorted({*before, *value}):
        if key not in editable and before.get(key) != value.get(key):
            return f"{key!r} may not be changed here; only {', '.join(map(str, editable))} may."
    return ""


def _schema_fault(schema: Any, value: Any, name: str) -> str:
    try:
        error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(value))
    except jsonschema.exceptions.SchemaError as broken:
        return f"The schema of {name!r} is invalid: {broken.message}."
    if error is None:
        return ""
    place = ".".join(map(str, [name, *error.absolute_path]))
    return f"{place}: {error.message}."


def outcome_of(question: Question) -> str | None:
    """The outcome that the answers so far amount to, or None while more are required.

    Refusing, sending back and every option of a non-gate settles at once; approvals count people.
    """
    approvals = 0
    changed = False
    for answer in question.answers.values():
        if answer.option not in APPROVING:
            return str(answer.option)
        approvals += 1
        changed = changed or answer.option == "approve_with_changes"
    if approvals >= question.asked.required:
        return "approve_with_changes" if changed else "approve"
    return None


def result_of(question: Question, outcome: str) -> dict[str, Any]:
    """What the question's step passes on: the option, the (possibly changed) value, the form's fields, the comments,
    and who answered: a later step can see to it that another person signs."""
    form = question.asked.form
    value = form.get("value")
    fields: dict[str, Any] = {}
    comments = []
    for answer in question.answers.values():
        given = answer.values or {}
        if "value" in given and answer.option in ("approve_with_changes", "value", "happened"):
            value = given["value"]
        fields = {**fields, **given.get("form", {})}
        if answer.comment:
            comments.append(answer.comment)
    return {
        "option": outcome,
        "value": value,
        "form": fields,
        "comment": "\n".join(comments),
        "by": list(question.answers),
    }
