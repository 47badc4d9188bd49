"""Why a run and its steps went as they did, in plain sentences drawn from the journal and the workflow alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.errors import TRANSIENT
from engine.ids import step_text
from engine.observe.dead import why_skipped
from engine.observe.records import AttemptTrace, EffectTrace, QuestionTrace, RunTrace, StepTrace
from engine.observe.spans import span
from engine.observe.waits import why_this_long
from engine.run.approval import chosen_text
from engine.workflow.model import Policy, Workflow


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence about one moment; `step` is empty when it is about the run."""

    at: float
    text: str
    step: str = ""


def why_run(run: RunTrace, workflow: Workflow | None) -> list[Reason]:
    """How the run began, what kept it up, who decided what, and why it ended as it did."""
    return sorted(_run_reasons(run, workflow), key=lambda reason: reason.at)


def why_step(run: RunTrace, workflow: Workflow | None, step: StepTrace) -> list[Reason]:
    """Everything about one step, in the order in which it happened."""
    found = [
        *_attempts(run, workflow, step),
        *_effects(step),
        *_questions(run, step),
        *(Reason(at, f"the agent {text}.") for at, text in step.notes),
    ]
    found.sort(key=lambda reason: reason.at)
    found.append(_ending(run, workflow, step))
    return [Reason(one.at, _sentence(one.text), step.name) for one in found if one.text]


# ---- the run
def _run_reasons(run: RunTrace, workflow: Workflow | None) -> Iterator[Reason]:
    begun = f"it was started by {run.by or 'somebody'}"
    if run.only:
        begun += f" to replay the step {run.only} of run {run.continues} alone"
    elif run.continues:
        begun += f" to go on after run {run.continues}"
    elif run.parent is not None:
        begun = f"it was started by step {step_text(run.parent.node, run.parent.visit)} of run {run.parent.run}"
    yield Reason(run.started, _sentence(begun))
    reused = [step for step in run.steps.values() if step.by == "reused"]
    if reused:
        names = ", ".join(step.name for step in reused)
        yield Reason(reused[0].ended or run.started, f"Reused, because nothing about them had changed: {names}.")
    for at, cause in run.interruptions:
        ended = "was stopped cleanly" if cause == "shutdown" else "ended without warning (crash, power cut or kill)"
        yield Reason(
            at, f"The engine {ended}; what was under way was taken up again, what had a result was not repeated."
        )
    if run.cancelling:
        why = f": {run.cancel_why}" if run.cancel_why else ""
        yield Reason(run.cancel_asked, _sentence(f"its end was asked for by {run.cancelled_by}{why}"))
    for step in run.steps.values():
        if (
            step.status == "skipped"
            or any(one.error for one in step.attempts)
            or step.questions
            or step.status == "failed"
        ):
            yield from why_step(run, workflow, step)
    yield Reason(run.ended or run.at, _sentence(_run_end(run)))


def _run_end(run: RunTrace) -> str:
    if run.ended is None:
        waiting = [step_text(question.node, question.visit) for question in run.open_questions]
        return f"it waits for a person at {', '.join(waiting)}" if waiting else "it has not ended"
    doubts = ""
    if run.in_doubt:
        places = ", ".join(f"{step_text(ref.node, ref.visit)} ({ref.key})" for ref in run.in_doubt)
        doubts = f"; whether these effects happened is not known: {places}"
    if run.status == "completed":
        handled = [
            step.name
            for step in run.steps.values()
            if step.status == "failed" and step.handled in ("route", "continue")
        ]
        return "it completed" + (f", with handled failures at {', '.join(handled)}" if handled else "") + doubts
    if run.status == "failed":
        step = f" because {step_text(*run.failed_step)} failed and nothing handled that" if run.failed_step else ""
        error = f": {run.error.message} ({run.error.cls})" if run.error else ""
        return f"it failed{step}{error}{doubts}"
    return f"it was cancelled{doubts}"


# ---- attempts
def _attempts(run: RunTrace, workflow: Workflow | None, step: StepTrace) -> Iterator[Reason]:
    policy = _policy(workflow, step.node)
    counted = 0
    for place, attempt in enumerate(step.attempts):
        again = step.attempts[place + 1] if place + 1 < len(step.attempts) else None
        if attempt.outcome == "interrupted":
            yield Reason(attempt.ended or attempt.started, _interrupted(step, attempt, again))
            continue
        counted += 1
        if attempt.error is not None:
            yield Reason(attempt.ended or attempt.started, _failed(run, step, attempt, counted, policy))
        if again is not None and attempt.error is not None:
            yield Reason(again.started, _redone(step, attempt, again))


def _failed(run: RunTrace, step: StepTrace, attempt: AttemptTrace, counted: int, policy: Policy | None) -> str:
    error = attempt.error
    assert error is not None
    took = (attempt.ended or attempt.started) - attempt.started
    text = f"attempt {attempt.number} failed after {span(took)} ({error.cls}): {error.message.rstrip('.')}"
    if attempt.retry_due is not None and attempt.ended is not None:
        wait = attempt.retry_due - attempt.ended
        because = why_this_long(run.run, step, attempt, counted, wait, policy)
        return f"{text}; the next one had to wait {span(wait)}{because}"
    return f"{text}; {_no_more(step, attempt, counted, policy)}"


def _no_more(step: StepTrace, attempt: AttemptTrace, counted: int, policy: Policy | None) -> str:
    """Why there was no further attempt."""
    assert attempt.error is not None
    if policy is None:
        return "there was no further attempt"
    if counted >= policy.max_attempts:
        return f"its policy allows {policy.max_attempts} attempt{'s' if policy.max_attempts > 1 else ''}"
    if not policy.retries(attempt.error.cls):
        listed = ", ".join(sorted(TRANSIENT) if policy.retry_on is None else policy.retry_on) or "nothing"
        return f"its policy retries {listed}, not {attempt.error.cls}"
    world = [
        effect for effect in step.effects if effect.effect != "pure" and effect.status in ("ok", "started", "doubt")
    ]
    if world:
        return f"another attempt would have had to go back behind {world[-1].tool}, which may have changed the world"
    return "trying again could not have mended that"


def _redone(step: StepTrace, attempt: AttemptTrace, again: AttemptTrace) -> str:
    kept = [
        effect
        for effect in step.effects
        if effect.status == "ok" and effect.attempt < again.number and step.effect(effect.key) is effect
    ]
    text = f"attempt {again.number} began"
    if kept:
        text += f", using the recorded results of {_listed(kept)}"
    if attempt.redo_from is not None:
        effect = next((one for one in step.effects if one.key == attempt.redo_from), None)
        text += f", and did everything from {effect.tool if effect else 'effect'} ({attempt.redo_from}) on again"
    return text


def _interrupted(step: StepTrace, attempt: AttemptTrace, again: AttemptTrace | None) -> str:
    how = "was stopped cleanly" if attempt.cause == "shutdown" else "ended without warning"
    counts = "does not count" if attempt.cause == "shutdown" else "counts only against max_interruptions"
    kept = [
        effect for effect in step.effects if effect.attempt <= attempt.number and effect.status == "ok"
        and (attempt.ended is None or (effect.ended or 0.0) <= attempt.ended)
    ]  # fmt: skip
    text = f"the engine {how} during attempt {attempt.number}, which {counts}"
    if again is not None and kept:
        text += f"; attempt {again.number} went on from the recorded results of {_listed(kept)}"
    return text


def _listed(effects: list[EffectTrace]) -> str:
    names = [f"{effect.via or effect.tool} ({effect.key})" for effect in effects]
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


# ---- effects and people
def _effects(step: StepTrace) -> Iterator[Reason]:
    for effect in step.effects:
        if effect.due is not None:
            yield Reason(effect.started, f"it slept {span(effect.due - effect.started)}")
        if effect.origin is not None:
            yield Reason(
                effect.started, f"the result of {effect.tool} ({effect.key}) was carried over from run {effect.origin}"
            )
        if effect.status == "doubt" or effect.resolved:
            text = f"{effect.tool} ({effect.key}) had begun and there was no result, so it may have happened"
            yield Reason(effect.started, text + "; nothing was repeated without asking")
        if effect.resolved:
            how = {"happened": "it had happened", "do_it": "it had not happened and was to be done", "stop": "stop"}
            yield Reason(effect.ended or effect.started, f"a person said: {how[effect.resolved]}")


def _questions(run: RunTrace, step: StepTrace) -> Iterator[Reason]:
    for name in step.questions:
        question = run.questions[name]
        yield Reason(question.asked, f"it asked: {str(question.form.get('headline', '')).rstrip('.')}")
        chosen = question.form.get("evidence", {}).get("chosen_by") if question.type == "approval" else None
        if chosen:
            yield Reason(
                question.asked, f"it asked because {chosen_text(chosen)}, and this site asks before such text chooses"
            )
        for answer in question.answers:
            comment = f", saying: {answer.comment}" if answer.comment else ""
            changed = " with a changed value" if isinstance(answer.values, dict) and "value" in answer.values else ""
            after = answer.at - question.asked
            yield Reason(answer.at, f"answer of {answer.by} after {span(after)}: {answer.option}{changed}{comment}")
        if question.escalated_to:
            yield Reason(
                question.due or question.asked, f"nobody answered in time, so {question.escalated_to} was asked"
            )
        text = _settled(question)
        if text and question.settled is not None:
            yield Reason(question.settled, text)


def _settled(question: QuestionTrace) -> str:
    if question.outcome == "expired":
        return f"nobody answered in time (on_deadline: {question.on_deadline})"
    if question.outcome == "withdrawn":
        return "the question was withdrawn: it was not needed any more"
    if question.required > 1 and question.outcome is not None:
        return f"{len(question.answers)} answers were in, {question.required} were required: {question.outcome}"
    return ""


# ---- the step's end
def _ending(run: RunTrace, workflow: Workflow | None, step: StepTrace) -> Reason:
    at = step.ended or run.at
    match step.status:
        case "skipped":
            return Reason(at, why_skipped(run, workflow, step))
        case "cancelled":
            why = {
                "lost_race": "another branch had settled the merge that it led to",
                "run_failed": "the run had failed elsewhere", "run_cancelled": "the run was cancelled",
                "stopped": "a stop node had ended the run",
            }  # fmt: skip
            return Reason(at, f"it was cancelled: {why.get(step.why, step.why)}")
        case "failed":
            how = {
                "route": "it failed for good, and its error port took over",
                "continue": "it failed for good, and the run went on with the value of its policy",
            }
            error = "" if step.attempts or step.error is None else f" ({step.error.cls}): {step.error.message}"
            return Reason(at, how.get(step.handled, "it failed for good, and nothing handled that") + error)
        case "succeeded":
            how = {
                "planner": "it was decided without an attempt",
                "person": "a person's answer settled it",
                "deadline": "its deadline settled it",
                "bypassed": "it was bypassed: what came in was handed on unchanged",
                "reused": f"its result was reused from run {step.origin or run.continues}: "
                "type, params and inputs were the same",
            }
            tries = len(step.attempts)
            return Reason(at, how.get(step.by, f"it succeeded at attempt {tries}" if tries > 1 else "it succeeded"))
    if step.status == "backoff" and step.due is not None:
        return Reason(at, f"it waits for its next attempt ({span(max(0.0, step.due - run.at))} after the last event)")
    return Reason(
        at, {"waiting": "it waits", "interrupted": "it goes on when an engine runs"}.get(step.status, "it is under way")
    )


def _policy(workflow: Workflow | None, node: str) -> Policy | None:
    found = workflow.by_key.get(node) if workflow is not None else None
    return found.policy if found is not None else None


def _sentence(text: str) -> str:
    text = text.strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
