"""The story of a run: a fold of its events into records for lists, tables and explanations.

Unlike `engine.run.state` it keeps what is over (attempts, replaced effects, times) and needs no workflow, so that it
can show any journal, also one whose workflow version is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal

from engine.ids import step_text
from engine.observe.records import AnswerTrace, AttemptTrace, EffectTrace, QuestionTrace, Rung, RunTrace, StepTrace
from engine.run import events as ev
from engine.run.history import fold
from engine.run.sources import kinds
from engine.run.state import State
from engine.workflow.order import Order


def trace(events: Iterable[ev.Event]) -> RunTrace:
    """The story that these events of one run tell."""
    run = RunTrace()
    for event in events:
        add(run, event)
    return run


def state_at(order: Order, events: Iterable[ev.Event], seq: int) -> State:
    """The state as it was after event `seq`; events are those of one run from its start."""
    return fold(events, lambda _: order, seq) or State(order, "")


def add(run: RunTrace, event: ev.Event) -> None:
    """Take one more event in. Kinds that tell a reader nothing are passed over."""
    run.seq, run.at = event.seq, event.at
    teller = _TELL.get(event.kind)
    if teller is not None:
        teller(run, event)


def _step(run: RunTrace, event: Any) -> StepTrace:
    key = (event.node, event.visit)
    found = run.steps.get(key)
    if found is None:
        found = run.steps[key] = StepTrace(event.node, event.visit)
    return found


def _end(run: RunTrace, event: Any, status: str, outcome: str) -> StepTrace:
    step = _step(run, event)
    step.status, step.ended, step.due = status, event.at, None
    if step.started is None:
        step.started = event.at
    attempt = step.attempt
    if attempt is not None and attempt.ended is None:
        attempt.outcome, attempt.ended = outcome, event.at
    return step


# ---- the run
def _run_started(run: RunTrace, e: ev.RunStarted) -> None:
    run.run, run.name, run.workflow, run.status = e.run, e.name, e.workflow, "running"
    run.started, run.inputs, run.by, run.engine = e.at, e.inputs, e.actor, e.engine
    run.root, run.parent = e.root_run or e.run, e.parent
    if e.continues is not None:
        run.continues, run.set = e.continues.run, dict(e.continues.set)
        run.only = step_text(e.continues.only.node, e.continues.only.visit) if e.continues.only is not None else ""


def _cancel_requested(run: RunTrace, e: ev.RunCancelRequested) -> None:
    run.cancelling, run.cancel_asked, run.cancelled_by, run.cancel_why = True, e.at, e.actor, e.why


def _run_ended(run: RunTrace, e: ev.RunCompleted | ev.RunFailed | ev.RunCancelled) -> None:
    run.status = {"RunCompleted": "completed", "RunFailed": "failed", "RunCancelled": "cancelled"}[e.kind]
    run.ended, run.in_doubt = e.at, e.in_doubt
    if isinstance(e, ev.RunCompleted):
        run.outputs = e.outputs
    elif isinstance(e, ev.RunFailed):
        run.error = e.error
        run.failed_step = (e.node, e.visit) if e.node else None


# ---- attempts and steps
def _attempt_started(run: RunTrace, e: ev.AttemptStarted) -> None:
    step = _step(run, e)
    known = step.attempt
    if known is None or known.number != e.attempt:
        step.attempts.append(AttemptTrace(e.attempt, e.at))
    else:
        known.outcome, known.ended = "running", None
    step.status, step.due = "running", None
    if step.started is None:
        step.started = e.at
    if e.items is not None:
        step.children_total = e.items


def _attempt_suspended(run: RunTrace, e: ev.AttemptSuspended) -> None:
    step = _step(run, e)
    step.status = "waiting"
    dues = [effect.due for key in e.on if (effect := step.effect(key)) is not None and effect.due is not None]
    step.due = min(dues, default=None)
    if step.attempt is not None:
        step.attempt.outcome = "waiting"


def _attempt_interrupted(run: RunTrace, e: ev.AttemptInterrupted) -> None:
    step = _step(run, e)
    step.status = "interrupted"
    if step.attempt is not None:
        step.attempt.outcome, step.attempt.ended, step.attempt.cause = "interrupted", e.at, e.cause
    if (e.at, e.cause) not in run.interruptions:
        run.interruptions.append((e.at, e.cause))


def _attempt_failed(run: RunTrace, e: ev.AttemptFailed) -> None:
    step = _step(run, e)
    step.error = e.error
    step.status, step.due = ("running", None) if e.retry_due is None else ("backoff", e.retry_due)
    attempt = step.attempt
    if attempt is not None:
        attempt.outcome, attempt.ended, attempt.error = "failed", e.at, e.error
        attempt.retry_due, attempt.redo_from = e.retry_due, e.redo_from


def _step_succeeded(run: RunTrace, e: ev.StepSucceeded) -> None:
    step = _end(run, e, "succeeded", "succeeded")
    step.outputs, step.by, step.origin = e.outputs, e.by, e.origin
    step.sources = {port: kinds(origin) for port, origin in e.sources.items()}


def _step_failed(run: RunTrace, e: ev.StepFailed) -> None:
    step = _end(run, e, "failed", "failed")
    step.error, step.handled, step.outputs = e.error, e.handled, e.outputs or None
    step.sources = {port: kinds(origin) for port, origin in e.sources.items()}


def _steps_skipped(run: RunTrace, e: ev.StepsSkipped) -> None:
    for ref in e.steps:
        key = (ref.node, ref.visit)
        step = run.steps.setdefault(key, StepTrace(*key))
        step.status, step.why, step.because, step.ended = "skipped", e.why, e.because, e.at


def _step_cancelled(run: RunTrace, e: ev.StepCancelled) -> None:
    _end(run, e, "cancelled", "cancelled").why = e.why


def _round_started(run: RunTrace, e: ev.RoundStarted) -> None:
    step = _step(run, e)
    step.status, step.rounds, step.member = "running", e.round, e.member
    if step.started is None:
        step.started = e.at


def _merge_armed(run: RunTrace, e: ev.MergeArmed) -> None:
    _step(run, e).due = e.due


def _items_ended(run: RunTrace, e: ev.ItemsEnded) -> None:
    step = _step(run, e)
    for item in e.items:
        step.children[item.index] = item.run
        step.children_ended += 1


# ---- effects
def _effect(run: RunTrace, e: Any) -> EffectTrace:
    step = _step(run, e)
    found = step.effect(e.key)
    if found is None or found.gen != e.gen or (found.status == "failed" and e.kind == "EffectStarted"):
        number = step.attempt.number if step.attempt else 0
        found = EffectTrace(e.key, e.gen, e.tool, e.effect, e.at, number)
        step.effects.append(found)
    if getattr(e, "args", None) is not None:
        found.args = e.args
    found.via = getattr(e, "via", "") or found.via
    return found


def _effect_started(run: RunTrace, e: ev.EffectStarted) -> None:
    effect = _effect(run, e)
    effect.status, effect.due = "started", e.due


def _effect_succeeded(run: RunTrace, e: ev.EffectSucceeded) -> None:
    effect = _effect(run, e)
    effect.status, effect.ended, effect.result = "ok", e.at, e.result
    effect.usage, effect.took, effect.origin = e.usage, e.took, e.origin
    _goes_on(run, e)


def _effect_failed(run: RunTrace, e: ev.EffectFailed) -> None:
    effect = _effect(run, e)
    effect.status, effect.ended, effect.error, effect.took = "failed", e.at, e.error, e.took
    _goes_on(run, e)


def _effect_in_doubt(run: RunTrace, e: ev.EffectInDoubt) -> None:
    effect = _step(run, e).effect(e.key)
    if effect is not None:
        effect.status = "doubt"


def _effect_resolved(run: RunTrace, e: ev.EffectResolved) -> None:
    effect = _step(run, e).effect(e.key)
    if effect is not None:
        effect.status = {"happened": "ok", "do_it": "again", "stop": "failed"}[e.how]
        effect.resolved, effect.ended = e.how, e.at
    _goes_on(run, e)


def _goes_on(run: RunTrace, e: Any) -> None:
    step = _step(run, e)
    if step.status == "waiting" and step.attempt is not None and step.attempt.ended is None:
        step.status, step.due, step.attempt.outcome = "running", None, "running"


# ---- people
def _question_asked(run: RunTrace, e: ev.QuestionAsked) -> None:
    run.questions[e.question] = QuestionTrace(
        e.question, e.run, e.node, e.visit, e.type, e.key, e.form, e.required, e.at, e.due, e.on_deadline
    )
    step = _step(run, e)
    step.questions.append(e.question)
    if step.started is None:
        step.started = e.at
    if e.type in ("gate", "form", "escalation", "upgrade", "doubt"):
        step.status = "waiting"


def _question_answered(run: RunTrace, e: ev.QuestionAnswered) -> None:
    question = run.questions.get(e.question)
    if question is not None:
        question.answers.append(AnswerTrace(e.actor, e.at, e.option, e.values, e.comment, e.shown))


def _question_settled(run: RunTrace, e: ev.QuestionSettled) -> None:
    question = run.questions.get(e.question)
    if question is not None:
        question.outcome, question.settled = e.outcome, e.at
        if question.type in ("agent", "approval") and e.outcome != "withdrawn":
            _goes_on(run, e)


def _question_escalated(run: RunTrace, e: ev.QuestionEscalated) -> None:
    question = run.questions.get(e.question)
    if question is not None:
        question.escalated_to, question.due = e.to, e.due


# ---- agents
def _call_refused(run: RunTrace, e: ev.ToolCallRefused) -> None:
    what = f"a call of {e.tool}" if e.tool else "an answer"
    step = _step(run, e)
    step.notes.append((e.at, f"refused {what}{_of_whom(step, e.key)}: {e.fault}"))
    _rung(step, "refused", e, text=e.fault, tool=e.tool)


def _model_switched(run: RunTrace, e: ev.ModelSwitched) -> None:
    step = _step(run, e)
    whose = _of_whom(step, e.key)
    step.notes.append((e.at, f"went from model {e.from_model} to {e.to_model}{whose}: {e.why}"))
    _rung(step, "switched", e, text=e.why, to=e.to_model)


def _handed_off(run: RunTrace, e: ev.HandedOff) -> None:
    reason, fields = e.envelope.get("reason") or "", e.envelope.get("fields")
    given = f" with {', '.join(fields)}" if isinstance(fields, dict) and fields else ""
    step = _step(run, e)
    step.notes.append((e.at, f"handed off to {e.to}{given}" + (f": {reason}" if reason else "")))
    _rung(step, "handed", e, text=reason, to=e.to)


def _rung(step: StepTrace, what: Literal["refused", "switched", "handed"], e: Any, **said: str) -> None:
    number = step.attempt.number if step.attempt else 0
    step.rungs.append(Rung(what, e.at, number, len(step.effects), agent=_asked(step, e.key), **said))


def _of_whom(step: StepTrace, key: str) -> str:
    agent = _asked(step, key)
    return f" of {agent}" if agent else ""


def _asked(step: StepTrace, key: str) -> str:
    """Whose turn it was, where an agent that was asked by another one took it; "" for the step's own."""
    asked = step.effect(f"{key.rpartition('.')[0]}.1") if "." in key else None
    return asked.via if asked is not None else ""


_TELL: dict[str, Callable[[RunTrace, Any], None]] = {
    "RunStarted": _run_started, "RunCancelRequested": _cancel_requested, "RunCompleted": _run_ended,
    "RunFailed": _run_ended, "RunCancelled": _run_ended,
    "AttemptStarted": _attempt_started, "AttemptSuspended": _attempt_suspended,
    "AttemptInterrupted": _attempt_interrupted, "AttemptFailed": _attempt_failed,
    "StepSucceeded": _step_succeeded, "StepFailed": _step_failed, "StepsSkipped": _steps_skipped,
    "StepCancelled": _step_cancelled, "RoundStarted": _round_started, "MergeArmed": _merge_armed,
    "ItemsEnded": _items_ended, "EffectStarted": _effect_started, "EffectSucceeded": _effect_succeeded,
    "EffectFailed": _effect_failed, "EffectInDoubt": _effect_in_doubt, "EffectResolved": _effect_resolved,
    "QuestionAsked": _question_asked, "QuestionAnswered": _question_answered,
    "QuestionSettled": _question_settled, "QuestionEscalated": _question_escalated,
    "ToolCallRefused": _call_refused, "ModelSwitched": _model_switched, "HandedOff": _handed_off,
}  # fmt: skip
