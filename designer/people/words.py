"""The sentences around a question: who asks, why a person is needed, what the risk means, who has agreed."""

from __future__ import annotations

import json
from typing import Any

from designer.people.clock_words import local_time, span
from designer.people.decision import approvals, label_of
from designer.people.dossier import Dossier, Earlier
from designer.people.history import Metrics
from designer.resources import tr
from engine.observe.records import QuestionTrace
from engine.run.questions import APPROVING


def risk_word(risk: str) -> str:
    """The chip's text; "" for a question without a risk."""
    return {
        "low": tr("Low risk", "people"),
        "medium": tr("Medium risk", "people"),
        "high": tr("High risk", "people"),
        "irreversible": tr("Cannot be undone", "people"),
    }.get(risk, "")


def kind_word(type_: str) -> str:
    """What kind of question this is, in one or two words."""
    return {
        "gate": tr("Approval", "people"),
        "form": tr("Form", "people"),
        "agent": tr("An agent asks", "people"),
        "approval": tr("Tool call", "people"),
        "escalation": tr("Step failed", "people"),
        "doubt": tr("In doubt", "people"),
        "upgrade": tr("After an upgrade", "people"),
    }.get(type_, type_)


def rule_sentence(dossier: Dossier) -> str:
    """Why a person is needed here."""
    rule, _, detail = dossier.rule_name.partition(":")
    if (rule, detail) == ("approval", "when_tainted"):
        return tr("Text that nobody here has checked has a say in this call, so a person decides.", "people")
    if rule == "approval":
        when = {
            "each": tr("every call", "people"),
            "first": tr("the first call in a step", "people"),
        }.get(detail, detail)
        return tr("The tool “{tool}” asks a person before {when}.", "people").format(tool=dossier.rule, when=when)
    if rule == "escalation":
        return tr("Its policy hands the step to a person after {n} failed attempts.", "people").format(
            n=dossier.rule or "?"
        )
    return {
        "gate": tr("The workflow has a gate here: nothing goes on without a person.", "people"),
        "form": tr("The workflow asks a person for data here.", "people"),
        "agent": tr("The agent asks a person.", "people"),
        "doubt": tr("The effect may be done at most once, and nobody knows whether it was.", "people"),
        "upgrade": tr("The program changed while the step waited.", "people"),
    }.get(rule, "")


def agreed(question: QuestionTrace) -> str:
    """`1 of 2 approved, by Mira`; "" where one person is enough."""
    if question.required <= 1:
        return ""
    people = approvals(question.answers)
    if not people:
        return tr("{n} people must approve; nobody has yet", "people").format(n=question.required)
    return tr("{k} of {n} approved, by {names}", "people").format(
        k=len(people), n=question.required, names=", ".join(people)
    )


def earlier_counts(earlier: Earlier) -> str:
    """`approved 14× (3× with changes), refused 1×`; "" where nobody has answered this step before."""
    parts = [tr("approved {n}×", "people").format(n=earlier.approved)] if earlier.approved else []
    changed = earlier.counts.get("approve_with_changes", 0)
    if changed:
        parts[0] += " " + tr("({n}× with changes)", "people").format(n=changed)
    known = {
        "refuse": tr("refused {n}×", "people"),
        "send_back": tr("sent back {n}×", "people"),
        "expired": tr("expired {n}×", "people"),
    }
    parts += [words.format(n=earlier.counts[name]) for name, words in known.items() if earlier.counts.get(name)]
    for name, count in sorted(earlier.counts.items()):
        if name not in known and name not in APPROVING:
            parts.append(f"{label_of({'name': name})} {count}×")
    return ", ".join(parts)


def outcome_sentence(question: QuestionTrace, now: float) -> str:
    """What became of a question that is closed."""
    if question.outcome is None:
        return tr("The run has ended: nobody has to answer any more.", "people")
    outcome = question.outcome
    at = local_time(question.settled, now) if question.settled else ""
    if outcome == "expired":
        return tr("Its deadline passed at {at}.", "people").format(at=at)
    if outcome == "withdrawn":
        return tr("It was withdrawn at {at}: the step does not need the answer any more.", "people").format(at=at)
    last = question.answers[-1] if question.answers else None
    if last is None:
        return tr("Settled at {at} by its deadline: {answer}.", "people").format(at=at, answer=said(outcome))
    return tr("{name} answered at {at}: {answer}.", "people").format(name=last.by, at=at, answer=said(outcome))


def answered_sentence(option: str) -> str:
    """What this person has just done, once the engine has taken it."""
    return {
        "approve": tr("You approved it.", "people"),
        "approve_with_changes": tr("You approved it with your changes.", "people"),
        "send_back": tr("You sent it back.", "people"),
        "refuse": tr("You refused it.", "people"),
        "submit": tr("You submitted it.", "people"),
    }.get(option, tr("You answered: {answer}.", "people").format(answer=label_of({"name": option})))


def metrics_sentence(found: Metrics) -> str:
    """How people have decided of late; "" before anybody has."""
    if not found.count:
        return ""
    return tr(
        "Median {time} to decide  ·  {edited} edited  ·  {refused} refused  ·  1 answer"
        if found.count == 1
        else "Median {time} to decide  ·  {edited} edited  ·  {refused} refused  ·  {n} answers",
        "people",
    ).format(time=span(found.median_s), edited=f"{found.edited:.0%}", refused=f"{found.refused:.0%}", n=found.count)


def hasty_sentence(count: int) -> str:
    """A warning to somebody who may not be reading any more."""
    return tr("{n} approvals in two minutes: take your time", "people").format(n=count)


def said(option: str) -> str:
    """An answer in the past tense."""
    return {
        "approve": tr("Approved", "people"),
        "approve_with_changes": tr("Approved with changes", "people"),
        "send_back": tr("Sent back", "people"),
        "refuse": tr("Refused", "people"),
        "submit": tr("Submitted", "people"),
        "expired": tr("Expired", "people"),
        "fail": tr("Failed", "people"),
        "stop": tr("Stopped", "people"),
    }.get(option) or label_of({"name": option})


def pretty(value: Any) -> str:
    """JSON for reading."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)
