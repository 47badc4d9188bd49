"""A run as plain lines, one for each event worth telling: for pipes, logs and terminals without control codes."""

from __future__ import annotations

from typing import Any

from engine.cli.output import brief, seconds, short
from engine.ids import step_text
from engine.observe.records import RunTrace, StepTrace
from engine.run import events as ev

ROOM = 100


def line_of(event: ev.Event, run: RunTrace) -> tuple[str, str] | None:
    """(step or "", what happened) for a reader; None for events that a reader does not miss."""
    if isinstance(event, ev.StepsSkipped):
        names = ", ".join(step_text(ref.node, ref.visit) for ref in event.steps)
        return "", f"skipped {names}"
    node = getattr(event, "node", "")
    if not node or event.kind in ("RunStarted", "RunFailed"):
        return _of_run(event)
    step = run.steps.get((node, event.visit))  # type: ignore[union-attr]
    text = _of_step(event, run, step) if step is not None else None
    return None if text is None else (step_text(node, event.visit), text)  # type: ignore[union-attr]


def _of_run(event: ev.Event) -> tuple[str, str] | None:
    match event:
        case ev.RunStarted(parent=parent) if parent is not None:
            return step_text(parent.node, parent.visit), f"child run {event.run} of {event.name} starts"
        case ev.RunCancelRequested():
            return "", f"{event.actor} asked to cancel" + (f": {event.why}" if event.why else "")
    return None


def _of_step(event: ev.Event, run: RunTrace, step: StepTrace) -> str | None:
    match event:
        case ev.AttemptStarted(attempt=attempt) if attempt > 1:
            return f"attempt {attempt}"
        case ev.AttemptFailed():
            again = f"; again in {seconds(event.retry_due - event.at)}" if event.retry_due is not None else ""
            return f"attempt {event.attempt} failed ({event.error.cls}): {_reason(event.error)}{again}"
        case ev.AttemptInterrupted():
            return "interrupted by " + ("the engine's end" if event.cause == "crash" else "a clean stop")
        case ev.StepSucceeded():
            return _succeeded(event, step)
        case ev.StepFailed():
            how = {"no": "failed for good", "route": "failed: its error port is taken", "continue": "failed: goes on"}
            known = step.attempt is not None and step.attempt.error == event.error
            return how[event.handled] + ("" if known else f" ({event.error.cls}): {short(event.error.message, ROOM)}")
        case ev.StepCancelled():
            return f"cancelled ({event.why.replace('_', ' ')})"
        case ev.RoundStarted():
            return f"round {event.round}" + (f": {event.member}" if event.member else "")
        case ev.ItemsEnded():
            return f"{step.children_ended} of {step.children_total} items ended"
    return _of_effect(event, run)


def _of_effect(event: ev.Event, run: RunTrace) -> str | None:
    match event:
        case ev.EffectStarted(tool="sleep") if event.due is not None:
            return f"sleeps {seconds(event.due - event.at)}"
        case ev.EffectStarted():
            return f"{called(event.tool, event.via)} {brief(event.args, ROOM)}"
        case ev.EffectSucceeded(effect="pure") if event.via or event.tool.startswith("model:"):
            return f"{called(event.tool, event.via)} gave {said(event.tool, event.result)}"
        case ev.EffectFailed() if event.via:
            return f"{called(event.tool, event.via)} failed ({event.error.cls}): {_reason(event.error)}"
        case ev.EffectInDoubt():
            return "in doubt: it may have happened"
        case ev.EffectResolved():
            return {"happened": "settled: it happened", "do_it": "settled: do it", "stop": "settled: stop"}[event.how]
        case ev.QuestionAsked():
            return f"asks: {short(event.form.get('headline', ''), ROOM)} (question {event.question})"
        case ev.QuestionAnswered():
            comment = f": {short(event.comment, ROOM)}" if event.comment else ""
            return f"{event.actor} answered {event.option}{comment}"
        case ev.QuestionSettled(outcome="expired" | "withdrawn"):
            return f"the question {event.question} is {event.outcome}"
        case ev.QuestionEscalated():
            return f"the question goes to {event.to}"
        case ev.ToolCallRefused() | ev.ModelSwitched() | ev.HandedOff():
            notes = run.steps[event.node, event.visit].notes
            return notes[-1][1] if notes else None
    return None


def _succeeded(event: ev.StepSucceeded, step: StepTrace) -> str:
    result = outcome(step, ROOM)
    if event.by in ("reused", "bypassed"):
        return f"{event.by}: {result}"
    took = f" in {seconds(event.at - step.started)}" if step.started is not None and event.by == "attempt" else ""
    return f"succeeded{took}: {result}"


def _reason(error: ev.Error) -> str:
    return short(error.message, ROOM).rstrip(".")


def outcome(step: StepTrace, room: int) -> str:
    """What a step that succeeded came to: its value, or the way it took where it only chose one."""
    outputs = step.outputs or {}
    if len(outputs) == 1 and step.by in ("planner", "person", "deadline"):
        port, value = next(iter(outputs.items()))
        if port not in ("output", "done", "submitted"):
            comment = value.get("comment") if isinstance(value, dict) and "option" in value else ""
            return short(f"→ {port}" + (f": {comment}" if comment else ""), room)
    return brief(main_output(step.outputs), room)


def main_output(outputs: dict[str, Any] | None) -> Any:
    """The one value where there is one port, else all of them by port."""
    if outputs and len(outputs) == 1:
        return next(iter(outputs.values()))
    return outputs or ""


def called(tool: str, via: str) -> str:
    """How an effect is named: the wired node, the model's role, or the tool."""
    return via or tool.replace("model:", "model ")


def said(tool: str, result: Any, room: int = ROOM) -> str:
    """The part of a result that a reader wants: a model's text, an answer's body, else the value."""
    if isinstance(result, dict) and tool.startswith("model:") and "text" in result:
        return short(result["text"], room)
    if isinstance(result, dict) and tool == "http.request" and "body" in result:
        return brief(result["body"], room)
    return brief(result, room)
