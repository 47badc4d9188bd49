"""How long a question still waits, and what happens then: sentences, from times that are given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from designer.resources import tr
from engine.observe.records import QuestionTrace

SOON_S = 15 * 60


@dataclass(frozen=True)
class ClockWords:
    """What the clock says: how long, until when and what then; `tone` is "", "soon" or "late"."""

    left: str
    until: str
    then: str
    tone: str = ""


def clock_words(question: QuestionTrace, now: float, escalate_to: str = "") -> ClockWords | None:
    """What the clock of an open question says; None when it waits for ever."""
    if question.due is None:
        return None
    left = question.due - now
    then = what_then(question, escalate_to)
    until = local_time(question.due, now)
    if left < 0:
        return ClockWords(tr("late by {time}", "people").format(time=span(-left)), until, then, "late")
    return ClockWords(tr("{time} left", "people").format(time=span(left)), until, then, "soon" if left < SOON_S else "")


def what_then(question: QuestionTrace, escalate_to: str = "") -> str:
    """What happens at the deadline, as the end of a sentence."""
    rule = question.on_deadline
    if rule == "escalate" and not question.escalated_to:
        if escalate_to:
            return tr("then it goes to {name}", "people").format(name=escalate_to)
        return tr("then it goes to somebody else", "people")
    if rule == "approve" and question.type == "gate":
        return tr("then it counts as approved", "people")
    if rule == "refuse" and question.type == "gate":
        return tr("then it counts as refused", "people")
    if rule == "fail":
        return tr("then the step fails", "people")
    return tr("then the run takes the “expired” path", "people")


def span(seconds: float) -> str:
    """`0:09`, `12:40`, `3 h 05 min`, `2 d 4 h`."""
    whole = int(max(0.0, seconds))
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02}"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"


def ago(seconds: float) -> str:
    """How long something has waited, in one unit."""
    whole = int(max(0.0, seconds))
    if whole < 60:
        return tr("just now", "people")
    if whole < 3600:
        return tr("{n} min", "people").format(n=whole // 60)
    if whole < 86400:
        return tr("{n} h", "people").format(n=whole // 3600)
    return tr("{n} d", "people").format(n=whole // 86400)


def local_time(at: float, now: float) -> str:
    """`14:32` today, `Mon 14:32` within a week, otherwise the date too; in local time."""
    when, today = _local(at), _local(now)
    if when.date() == today.date():
        return when.strftime("%H:%M")
    if abs((when.date() - today.date()).days) < 7:
        return when.strftime("%a %H:%M")
    return when.strftime("%Y-%m-%d %H:%M")


def _local(at: float) -> datetime:
    return datetime.fromtimestamp(at, tz=UTC).astimezone()
