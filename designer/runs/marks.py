"""What the replay bar shows of each event: a line of text, and a mark where something failed or somebody was asked."""

from __future__ import annotations

from dataclasses import dataclass

from designer.resources import tr
from engine.ids import step_text
from engine.run import events as ev

_TONES = {
    "AttemptFailed": "failed", "StepFailed": "failed", "RunFailed": "failed", "EffectFailed": "",
    "AttemptInterrupted": "waiting", "QuestionAsked": "asking", "QuestionAnswered": "done", "EffectInDoubt": "failed",
    "RunCompleted": "done", "RunCancelRequested": "cancelled", "RunCancelled": "cancelled",
    "ToolCallRefused": "waiting", "ModelSwitched": "waiting", "HandedOff": "reused",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mark:
    """One event as the replay bar knows it; `tone` is a status of the theme, "" for an ordinary one."""

    seq: int
    at: float
    kind: str
    place: str
    tone: str

    @property
    def words(self) -> str:
        """`Step failed: triage`."""
        return ": ".join(part for part in (kind_words(self.kind), self.place) if part)


def kind_words(kind: str) -> str:
    """What happened, as a reader says it; the events tab shows the journal's own names."""
    return {
        "RunStarted": tr("Run started"), "RunCompleted": tr("Run completed"), "RunFailed": tr("Run failed"),
        "RunCancelRequested": tr("Stop asked for"), "RunCancelled": tr("Run stopped"),
        "OwnerChanged": tr("Another engine took over"), "AttemptStarted": tr("Attempt started"),
        "AttemptSuspended": tr("Attempt waits"), "AttemptInterrupted": tr("Attempt interrupted"),
        "AttemptFailed": tr("Attempt failed"), "StepSucceeded": tr("Step done"), "StepFailed": tr("Step failed"),
        "StepsSkipped": tr("Steps skipped"), "StepCancelled": tr("Step cancelled"),
        "RoundStarted": tr("Round started"), "MergeArmed": tr("Merge has what it needs"),
        "ItemsEnded": tr("Items ended"), "EffectStarted": tr("Call started"), "EffectSucceeded": tr("Call done"),
        "EffectFailed": tr("Call failed"), "EffectInDoubt": tr("Call in doubt"),
        "EffectResolved": tr("Call settled by a person"), "QuestionAsked": tr("A person is asked"),
        "QuestionAnswered": tr("A person answered"), "QuestionSettled": tr("Question closed"),
        "QuestionEscalated": tr("Question passed on"), "HandedOff": tr("Handed off"),
        "ToolCallRefused": tr("Tool call refused"), "ModelSwitched": tr("Another model took over"),
    }.get(kind, kind)  # fmt: skip


def mark_of(event: ev.Event) -> Mark:
    """The mark of one event."""
    node = getattr(event, "node", "")
    place = step_text(node, getattr(event, "visit", ())) if node else ""
    if isinstance(event, ev.StepsSkipped):
        place = ", ".join(step_text(ref.node, ref.visit) for ref in event.steps[:3])
        if len(event.steps) > 3:
            place += tr(" and {n} more").format(n=len(event.steps) - 3)
    return Mark(event.seq, event.at, event.kind, place, _TONES.get(event.kind, ""))
