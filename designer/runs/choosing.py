"""Which step is worth looking at while nobody has chosen one, and what a step is writing right now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.observe.records import RunTrace, StepKey

if TYPE_CHECKING:
    from designer.engine_link.live_run import LiveRun


def best_step(trace: RunTrace) -> StepKey | None:
    """What asks a person, else what failed and was not handled, else what is at work, else what ended last."""
    asking = {(question.node, question.visit) for question in trace.open_questions}
    best: tuple[int, float] = (-1, 0.0)
    found: StepKey | None = None
    for key, step in trace.steps.items():
        if step.started is None or step.status == "skipped":
            continue
        rank = 3 if key in asking else 2 if step.status == "failed" and step.handled == "no" else step.ended is None
        mine = (int(rank), step.ended or step.started)
        if mine >= best:
            best, found = mine, key
    return found


def writing(live: LiveRun, run: str, key: StepKey) -> tuple[str, str] | None:
    """(effect key, text) of what a step writes right now: the newest of its next effects that has text."""
    trace = live.runs.get(run)
    step = trace.steps.get(key) if trace is not None else None
    if step is None or step.status != "running":
        return None
    tops = [int(effect.key.split(".")[0]) for effect in step.effects if effect.key.split(".")[0].isdigit()]
    done = {effect.key for effect in step.effects if effect.ended is not None}
    for number in range(max(tops, default=0) + 2, 0, -1):
        if str(number) not in done and (text := live.text_of(step, str(number), run)):
            return str(number), text
    return None
