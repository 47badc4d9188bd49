"""The waits that a policy means: pure numbers for the drawn curve and its sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from designer.forms.words import length
from designer.resources import tr
from engine.workflow.model import Policy


@dataclass(frozen=True, slots=True)
class Wait:
    """The wait after an attempt in seconds, and between what the jitter lets it be."""

    seconds: float
    least: float
    most: float


def waits(policy: Policy, most: int = 1000) -> list[Wait]:
    """The waits between attempts, the first ones when there are very many."""
    backoff = policy.backoff
    found: list[Wait] = []
    for nth in range(min(policy.max_attempts - 1, most)):
        wait = min(backoff.max_s, backoff.first_s * backoff.factor ** min(nth, 200))
        found.append(Wait(wait, wait * (1 - backoff.jitter), wait * (1 + backoff.jitter)))
    return found


def total(all_waits: Sequence[Wait]) -> float:
    """All waits together, without the attempts themselves."""
    return sum(wait.seconds for wait in all_waits)


def sentence(policy: Policy) -> str:
    """What the waits come to: `5 attempts within 1 min 3 s`."""
    if policy.max_attempts == 1:
        return tr("One attempt; it is not tried again.", "policy")
    words = tr("{n} attempts within {time} of waiting", "policy")
    return words.format(n=policy.max_attempts, time=length(total(waits(policy))))


def summary(policy: Policy) -> str:
    """The whole policy in a few words, for the folded section."""
    parts = []
    if policy.max_attempts > 1:
        parts.append(tr("{n} attempts", "policy").format(n=policy.max_attempts))
    after = {
        "fail": tr("the run fails", "policy"),
        "route": tr("error port", "policy"),
        "continue": tr("a given value", "policy"),
        "escalate": tr("asks a person", "policy"),
    }
    return " · ".join([*parts, after[policy.on_error]])
