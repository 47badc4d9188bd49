"""Which question comes first, and which of them a person wants to see: pure functions over the open questions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from designer.engine_link import OpenQuestion
from designer.people.clock_words import SOON_S
from designer.resources import tr

RISKS = ("irreversible", "high", "medium", "low")
GROUPS = ("late", "soon", "risk", "rest")


@dataclass(frozen=True)
class Wanted:
    """What the list is narrowed to: `which` is all, mine, overdue or risk; `text` is searched for; `name` is me."""

    which: str = "all"
    text: str = ""
    name: str = ""


@dataclass(frozen=True)
class Group:
    """Questions of one urgency, the most urgent first."""

    name: str
    questions: tuple[OpenQuestion, ...]


def group_title(name: str) -> str:
    """The words above a group."""
    return {
        "late": tr("Overdue", "people"),
        "soon": tr("Due soon", "people"),
        "risk": tr("High risk", "people"),
        "rest": tr("Waiting", "people"),
    }[name]


def group_of(asked: OpenQuestion, now: float) -> str:
    """The group a question belongs to at this moment."""
    if asked.due is not None and asked.due < now:
        return "late"
    if asked.due is not None and asked.due - now < SOON_S:
        return "soon"
    return "risk" if asked.risk in ("irreversible", "high") or asked.question.type == "doubt" else "rest"


def arrange(questions: Iterable[OpenQuestion], now: float) -> list[Group]:
    """The questions by urgency; within a group by deadline, risk and age."""
    found: dict[str, list[OpenQuestion]] = {name: [] for name in GROUPS}
    for asked in questions:
        found[group_of(asked, now)].append(asked)
    return [Group(name, tuple(sorted(listed, key=_place))) for name, listed in found.items() if listed]


def narrowed(questions: Iterable[OpenQuestion], wanted: Wanted, now: float) -> list[OpenQuestion]:
    """Those of the questions that are wanted."""
    return [asked for asked in questions if _wanted(asked, wanted, now)]


def neighbour(order: Sequence[str], current: str, step: int) -> str:
    """The question `step` places after the current one, without going round; "" in an empty list."""
    if not order:
        return ""
    if current not in order:
        return order[0] if step > 0 else order[-1]
    return order[min(len(order) - 1, max(0, order.index(current) + step))]


def is_mine(asked: OpenQuestion, name: str) -> bool:
    """Whether it went to me by name, or belongs to a run that I started, and I have not answered it."""
    me = name.strip().casefold()
    if not me or any(answer.by.casefold() == me for answer in asked.question.answers):
        return False
    return me in (asked.question.escalated_to.casefold(), asked.started_by.casefold())


def _place(asked: OpenQuestion) -> tuple[float, int, float]:
    risk = RISKS.index(asked.risk) if asked.risk in RISKS else len(RISKS)
    return (asked.due if asked.due is not None else float("inf"), risk, asked.question.asked)


def _wanted(asked: OpenQuestion, wanted: Wanted, now: float) -> bool:
    if wanted.which == "mine" and not is_mine(asked, wanted.name):
        return False
    if wanted.which == "overdue" and not (asked.due is not None and asked.due < now):
        return False
    if wanted.which == "risk" and asked.risk not in ("irreversible", "high"):
        return False
    words = wanted.text.casefold().split()
    said = " ".join((asked.headline, asked.title, asked.node_title, asked.step, asked.id)).casefold()
    return all(word in said for word in words)
