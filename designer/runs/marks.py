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
        """`StepFailed triage`."""
        return f"{self.kind} {self.place}".strip()


def mark_of(event: ev.Event) -> Mark:
    """The mark of one event."""
    node = getattr(event, "node", "")
    place = step_text(node, getattr(event, "visit", ())) if node else ""
    if isinstance(event, ev.StepsSkipped):
        place = ", ".join(step_text(ref.node, ref.visit) for ref in event.steps[:3])
        if len(event.steps) > 3:
            place += tr(" and {n} more").format(n=len(event.steps) - 3)
    return Mark(event.seq, event.at, event.kind, place, _TONES.get(event.kind, ""))
