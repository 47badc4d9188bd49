"""The timeline's bars: what a step did when, as plain segments. Pure, one step at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from engine.observe.records import QuestionTrace, RunTrace, StepKey, StepTrace

Kind = Literal["run", "failed", "backoff", "person", "sleep", "interrupted", "children", "rounds", "instant"]
"""run: at work · failed: an attempt that failed · backoff: the wait for the next one · person: a question is open
sleep: it waits for a time · children: child runs are under way · rounds: a loop goes round · instant: at once."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of time; `end` None while it lasts. `words` are for the hover card."""

    kind: Kind
    start: float
    end: float | None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of the timeline: a step of the run, or of a child of it (`run` names it)."""

    run: str
    step: StepKey
    status: str
    segments: tuple[Segment, ...]
    depth: int = 0

    @property
    def start(self) -> float:
        """When its first segment begins."""
        return self.segments[0].start

    @property
    def end(self) -> float | None:
        """When it was over; None while it lasts."""
        ends = [segment.end for segment in self.segments]
        return None if any(end is None for end in ends) else max(end for end in ends if end is not None)


def bar_of(run: RunTrace, step: StepTrace, depth: int = 0) -> Bar | None:
    """The line of one step; None for one that never began."""
    if step.started is None or step.status == "skipped":
        return None
    ended = step.ended if step.ended is not None else run.ended
    base: Kind = "children" if step.children_total is not None else "rounds" if step.rounds else "run"
    segments = [*_attempts(step, base, ended)]
    if not segments:
        if step.ended is not None and step.ended - step.started < 1e-9:
            segments.append(Segment("instant", step.started, step.ended))
        elif not step.questions:
            segments.append(Segment(base, step.started, ended))
    questions = [run.questions[name] for name in step.questions if name in run.questions]
    waits = [*_people(questions, run.ended)]
    for effect in step.effects:
        if effect.due is not None:
            waits.append(Segment("sleep", effect.started, effect.ended or run.ended or effect.due))
    segments = [*_without(segments, waits), *waits]
    segments.sort(key=lambda segment: (segment.start, segment.kind in ("person", "sleep")))
    return Bar(run.run, (step.node, step.visit), step.status, tuple(segments), depth) if segments else None


def _attempts(step: StepTrace, base: Kind, ended: float | None) -> Iterable[Segment]:
    for place, attempt in enumerate(step.attempts):
        later = step.attempts[place + 1].started if place + 1 < len(step.attempts) else None
        kind: Kind = {"failed": "failed", "interrupted": "interrupted"}.get(attempt.outcome, base)  # type: ignore[assignment]
        end = attempt.ended if attempt.ended is not None else ended
        yield Segment(kind, attempt.started, end, attempt.error.message if attempt.error is not None else "")
        if attempt.ended is None:
            continue
        if attempt.retry_due is not None:
            over = later if later is not None else ended
            yield Segment("backoff", attempt.ended, over)
        elif attempt.outcome == "interrupted" and later is None and ended is None:
            yield Segment("interrupted", attempt.ended, None)


def _people(questions: Iterable[QuestionTrace], ended: float | None) -> Iterable[Segment]:
    for question in questions:
        over = question.settled if question.settled is not None else ended
        who = ", ".join(answer.by for answer in question.answers)
        yield Segment("person", question.asked, over, who or str(question.form.get("headline", "")))


def _without(segments: list[Segment], waits: list[Segment]) -> Iterable[Segment]:
    """Work with the waits inside it taken out: an attempt that waits for a person is not at work."""
    for segment in segments:
        if segment.kind != "run":
            yield segment
            continue
        at: float | None = segment.start
        for wait in sorted(waits, key=lambda one: one.start):
            if at is None or (wait.end is not None and wait.end <= at):
                continue
            if segment.end is not None and wait.start >= segment.end:
                break
            if wait.start > at:
                yield Segment("run", at, wait.start)
            at = wait.end
        if at is not None and (segment.end is None or at < segment.end):
            yield Segment("run", at, segment.end, segment.words)


def people_of(run: RunTrace) -> tuple[Segment, ...]:
    """The people's lane: every question from being asked to being settled."""
    return tuple(sorted(_people(run.questions.values(), run.ended), key=lambda segment: segment.start))


def extent(bars: Iterable[Bar], now: float) -> tuple[float, float] | None:
    """First and last moment of all bars."""
    found = [(bar.start, bar.end if bar.end is not None else now) for bar in bars]
    if not found:
        return None
    return min(start for start, _ in found), max(end for _, end in found)
