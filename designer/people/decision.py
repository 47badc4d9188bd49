"""What may be answered to a question as it stands, and what the answer would say: pure functions over form and draft.

The engine's own `fault_of` has the last word here too, so that a button never promises what the engine refuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from designer.forms.faults import faults_of
from designer.people.drafts import UNTOUCHED, Draft
from designer.people.fields import filled
from designer.resources import tr
from engine.run.questions import APPROVING, fault_of

EDITING = ("approve_with_changes", "value", "happened")
FILLING = ("approve", "approve_with_changes", "submit")
REASONED = ("send_back", "refuse")
_DOING = ("approve", "approve_with_changes", "do_it")
_PRIMARY = ("approve", "approve_with_changes", "submit")


@dataclass(frozen=True)
class Action:
    """One way to answer: `blocked` says in one sentence why it would not be sent now, "" when it would.

    `place` is where a person mends that: name, comment, word, edit or fault; "" where nobody can.
    """

    name: str
    label: str
    tone: str
    blocked: str = ""
    place: str = ""


@dataclass(frozen=True)
class Standing:
    """What an answer depends on besides the form: the person, who has answered already, the word that confirms."""

    name: str
    answered: tuple[str, ...] = ()
    word: str = ""


def label_of(option: Mapping[str, Any]) -> str:
    """The words on an option's button."""
    known = {
        "approve": tr("Approve", "people"),
        "approve_with_changes": tr("Approve with changes", "people"),
        "send_back": tr("Send back", "people"),
        "refuse": tr("Refuse", "people"),
        "submit": tr("Submit", "people"),
        "retry": tr("Try again", "people"),
        "value": tr("Use this value", "people"),
        "fail": tr("Fail the step", "people"),
        "happened": tr("It happened", "people"),
        "do_it": tr("It did not: do it", "people"),
        "stop": tr("Stop", "people"),
        "start_over": tr("Start over", "people"),
    }
    name = str(option.get("name", ""))
    return known.get(name) or str(option.get("label") or name)


def option_names(form: Mapping[str, Any]) -> list[str]:
    """The names of the answers that the form offers."""
    return [str(option["name"]) for option in _options(form)]


def is_edited(form: Mapping[str, Any], draft: Draft) -> bool:
    """Whether the value differs from the one that was proposed."""
    return draft.value is not UNTOUCHED and not same(draft.value, form.get("value"))


def same(one: Any, other: Any) -> bool:
    """Equal as JSON: true is not 1, but 1.0 is 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def values_of(form: Mapping[str, Any], option: str, draft: Draft) -> dict[str, Any] | None:
    """The `values` of the answer: only what this option makes the engine read."""
    values: dict[str, Any] = {}
    if option == "approve_with_changes" or (option in EDITING and is_edited(form, draft)):
        values["value"] = form.get("value") if draft.value is UNTOUCHED else draft.value
    if form.get("form") and option in FILLING:
        values["form"] = filled(form) if draft.fields is UNTOUCHED else draft.fields
    return values or None


def actions(form: Mapping[str, Any], draft: Draft, standing: Standing) -> list[Action]:
    """The answers that the form offers, each with what still stands in its way."""
    found = []
    for option in _options(form):
        name = str(option["name"])
        place, blocked = _blocked(form, name, draft, standing)
        found.append(Action(name, label_of(option), _tone(form, name), blocked, place))
    return found


def needs_word(form: Mapping[str, Any]) -> bool:
    """Whether an approval must be confirmed by typing a word."""
    return form.get("risk") == "irreversible" and any(name in _DOING for name in option_names(form))


def _options(form: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    return [option for option in form.get("options", ()) if isinstance(option, Mapping) and option.get("name")]


def _tone(form: Mapping[str, Any], name: str) -> str:
    """What cannot be undone is the button in red; saying no never is."""
    if name in _DOING and form.get("risk") == "irreversible":
        return "danger"
    return "primary" if name in _PRIMARY else ""


def _blocked(form: Mapping[str, Any], option: str, draft: Draft, standing: Standing) -> tuple[str, str]:
    """(place, sentence) of what stands in the way; two empty texts when nothing does."""
    edited, name = is_edited(form, draft), standing.name.strip()
    if not name:
        return "name", tr("Say who is answering first.", "people")
    if name in standing.answered:
        return "", tr("{name} has answered already; somebody else has to.", "people").format(name=name)
    if option == "approve_with_changes" and not edited:
        return "edit", tr("Nothing is changed yet.", "people")
    if edited and option == "approve":
        return "edit", tr("The value is changed: approve with changes, or undo them.", "people")
    if option in REASONED and not draft.comment.strip():
        sent_back = tr("Say what has to change: the sender reads it.", "people")
        return "comment", sent_back if option == "send_back" else tr("Say why you refuse.", "people")
    if option in _DOING and needs_word(form) and not confirmed(draft.word, standing.word):
        return "word", tr("This cannot be undone: type “{word}” to confirm.", "people").format(word=standing.word)
    values = values_of(form, option, draft)
    fault = fault_of(form, option, values)
    return ("fault", _plainly(form, values, fault)) if fault else ("", "")


def _plainly(form: Mapping[str, Any], values: Mapping[str, Any] | None, fault: str) -> str:
    """The fault with the name that the field has on the screen; as the engine says it where no field is at fault."""
    for name, schema in (("value", form.get("value_schema")), ("form", form.get("form"))):
        if not isinstance(schema, Mapping) or values is None or name not in values:
            continue
        for path, sentence in faults_of(schema, values[name]).items():
            if path:
                known = (schema.get("properties") or {}).get(path[0]) or {}
                title = known.get("title") or str(path[0]).replace("_", " ").capitalize()
                return f"{title}: {sentence[:1].lower()}{sentence[1:]}"
    return fault


def confirmed(typed: str, word: str) -> bool:
    """Whether the word was typed; spaces and capitals do not matter, an empty word confirms nothing."""
    return bool(word.strip()) and " ".join(typed.split()).casefold() == " ".join(word.split()).casefold()


def approvals(answers: Iterable[Any]) -> list[str]:
    """Who has approved so far."""
    return [answer.by for answer in answers if answer.option in APPROVING]
