"""How long the wait before another attempt was, and by what arithmetic."""

from __future__ import annotations

from engine.observe.records import AttemptTrace, StepTrace
from engine.run.retry import delay
from engine.workflow.model import Policy


def why_this_long(
    run: str, step: StepTrace, attempt: AttemptTrace, counted: int, wait: float, policy: Policy | None
) -> str:
    """The policy's arithmetic as " (1 s × 2^1 = 2 s, ± 10% jitter)", or that the other side asked for more."""
    if policy is None:
        return ""
    backoff = policy.backoff
    own = delay(backoff, counted, run, step.node, step.visit, attempt.number)
    if wait > own + 0.002:
        return f" (the other side asked for that; the policy alone would have waited {own:.3g} s)"
    plain = backoff.first_s * backoff.factor ** min(counted - 1, 200)
    text = f" ({backoff.first_s:g} s × {backoff.factor:g}^{counted - 1} = {plain:.4g} s"
    if plain > backoff.max_s:
        text += f", at most {backoff.max_s:g} s"
    if backoff.jitter:
        text += f", ± {backoff.jitter:.0%} jitter"
    return text + ")"
