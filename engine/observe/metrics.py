"""Figures of one run: counts, time and tokens, from its story."""

from __future__ import annotations

from collections import Counter
from typing import Any

from engine.observe.records import RunTrace


def metrics(run: RunTrace) -> dict[str, Any]:
    """{seconds, steps by status, attempts, retries, interruptions, effects by tool, questions, tokens, waited_s}.

    `waited_s` is the time that questions were open; `seconds` runs to the last event while the run is open.
    """
    steps = run.steps.values()
    effects = [effect for step in steps for effect in step.effects]
    usage = [effect.usage for effect in effects if effect.usage]
    attempts = [attempt for step in steps for attempt in step.attempts]
    return {
        "seconds": (run.ended or run.at) - run.started,
        "steps": dict(Counter(step.status for step in steps)),
        "attempts": len(attempts),
        "retries": sum(attempt.retry_due is not None for attempt in attempts),
        "interruptions": sum(attempt.outcome == "interrupted" for attempt in attempts),
        "effects": dict(Counter(effect.tool for effect in effects)),
        "questions": len(run.questions),
        "waited_s": sum((question.settled or run.at) - question.asked for question in run.questions.values()),
        "tokens": {
            "prompt": sum(int(one.get("prompt", 0)) for one in usage),
            "completion": sum(int(one.get("completion", 0)) for one in usage),
        },
    }
