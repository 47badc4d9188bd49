"""Questions that were answered, and what the answers say about how carefully people decide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from designer.people.dossier import question_events
from engine.run.questions import APPROVING
from engine.store import Store

RUNS = 200
"""Runs that the history is read from, the newest ones."""
HASTY = 10
HASTY_S = 120.0


@dataclass(frozen=True)
class Answered:
    """One answer, or one question that settled without any: who, when, what, and to what."""

    question: str
    run: str
    workflow: str
    node: str
    headline: str
    type: str
    risk: str
    asked: float
    at: float
    by: str
    option: str
    comment: str = ""
    values: Any = None
    form: Any = None


@dataclass(frozen=True)
class Metrics:
    """How people decide: over how many answers, median seconds, share edited and refused, the fastest burst."""

    count: int = 0
    median_s: float = 0.0
    edited: float = 0.0
    refused: float = 0.0
    burst: int = 0


def read_history(store: Store, runs: int = RUNS) -> list[Answered]:
    """The answers in the newest runs, newest first."""
    found: list[Answered] = []
    for row in store.journal.runs(limit=runs):
        found += answered_in(row.id, row.name, question_events(store, row.id))
    return sorted(found, key=lambda answer: answer.at, reverse=True)


def answered_in(run: str, workflow: str, events: Iterable[dict[str, Any]]) -> list[Answered]:
    """The answers of one run."""
    asked: dict[str, dict[str, Any]] = {}
    said: set[str] = set()
    found: list[Answered] = []
    for event in events:
        if event["kind"] == "QuestionAsked":
            asked[event["question"]] = event
            continue
        question = asked.get(event.get("question", ""))
        if question is None:
            continue
        if event["kind"] == "QuestionAnswered":
            said.add(event["question"])
            found.append(_answered(run, workflow, question, event, str(event.get("actor") or ""), event["option"]))
        elif event["kind"] == "QuestionSettled" and event["question"] not in said and event["outcome"] != "withdrawn":
            found.append(_answered(run, workflow, question, event, "", event["outcome"]))
    return found


def metrics(answers: Sequence[Answered]) -> Metrics:
    """What a page of answers says; silence is not counted."""
    given = [answer for answer in answers if answer.by]
    if not given:
        return Metrics()
    return Metrics(
        len(given),
        median(answer.at - answer.asked for answer in given),
        sum(answer.option == "approve_with_changes" for answer in given) / len(given),
        sum(answer.option == "refuse" for answer in given) / len(given),
        burst(answers),
    )


def burst(answers: Iterable[Answered], name: str = "", since: float = 0.0) -> int:
    """The most approvals by one person within two minutes: many may mean that nobody reads them any more."""
    times: dict[str, list[float]] = {}
    for answer in answers:
        if answer.option in APPROVING and answer.by and answer.at >= since and (not name or answer.by == name):
            times.setdefault(answer.by, []).append(answer.at)
    most = 0
    for listed in times.values():
        listed.sort()
        first = 0
        for last, at in enumerate(listed):
            while at - listed[first] > HASTY_S:
                first += 1
            most = max(most, last - first + 1)
    return most


def _answered(
    run: str, workflow: str, question: dict[str, Any], event: dict[str, Any], by: str, option: str
) -> Answered:
    form = question.get("form") or {}
    return Answered(
        question["question"],
        run,
        workflow,
        question["node"],
        str(form.get("headline", "")),
        str(question.get("type", "")),
        str(form.get("risk", "")),
        float(question["at"]),
        float(event["at"]),
        by,
        option,
        str(event.get("comment") or ""),
        event.get("values"),
        form,
    )
