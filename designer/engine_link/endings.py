"""How a step ended, in a few words."""

from __future__ import annotations

from designer.engine_link.durations import took
from designer.resources import tr
from engine.observe.records import RunTrace, StepTrace

PRIVATE = "error"


def succeeded(trace: RunTrace, step: StepTrace, kind: str, counts: tuple[int, int] | None) -> str:
    """Who or what settled it, or how long it took."""
    if step.by == "reused":
        return tr("Reused")
    if decided := _decided(trace, step):
        return decided
    if step.by == "deadline":
        return tr("Settled by its deadline")
    if kind == "branch" and step.outputs:
        return tr("Went on by {port}").format(port=next(iter(step.outputs)))
    if step.rounds:
        return tr("1 round") if step.rounds == 1 else tr("{n} rounds").format(n=step.rounds)
    if counts is not None:
        return tr("{n} of {all}").format(n=counts[0], all=counts[1])
    if step.started is None or step.ended is None or not step.attempts:
        return tr("Done")
    return f"{tr('Done')} · {took(step.ended - step.started)}"


def _decided(trace: RunTrace, step: StepTrace) -> str:
    """What a person decided, of a step that was there to ask."""
    own = [
        trace.questions[one] for one in step.questions if trace.questions[one].type in ("gate", "form", "escalation")
    ]
    last = own[-1] if own else None
    if last is None or last.outcome is None:
        return ""
    if last.outcome == "expired":
        return tr("Nobody answered in time")
    who = ", ".join(dict.fromkeys(answer.by for answer in last.answers))
    words = {
        "approve": tr("Approved by {who}"),
        "approve_with_changes": tr("Approved with changes by {who}"),
        "send_back": tr("Sent back by {who}"),
        "refuse": tr("Refused by {who}"),
        "submit": tr("Filled in by {who}"),
        "value": tr("Value given by {who}"),
    }.get(last.outcome, "")
    return words.format(who=who) if who else ""


def failed(step: StepTrace) -> str:
    """That it failed, and what came of that."""
    tries = sum(attempt.outcome != "interrupted" for attempt in step.attempts)
    match step.handled:
        case "route":
            return tr("Failed, its error port took over")
        case "continue":
            return tr("Failed, went on with its value")
    return tr("Failed after {n} attempts").format(n=tries) if tries > 1 else tr("Failed")


def skipped(why: str) -> str:
    """Why nothing had to be done."""
    words = {
        "not_taken": tr("Skipped: no branch led here"),
        "failed": tr("Skipped: what it needs had failed"),
        "cancelled": tr("Skipped: what it needs was cancelled"),
    }
    return words.get(why, tr("Skipped"))


def cancelled(why: str) -> str:
    """Who ended it."""
    words = {
        "lost_race": tr("Not needed any more"),
        "run_failed": tr("Ended: the run had failed"),
        "run_cancelled": tr("Cancelled"),
        "stopped": tr("Ended by a stop node"),
    }
    return words.get(why, tr("Cancelled"))
