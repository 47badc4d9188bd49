"""What is said when a run has ended or waits: for people, and as the one JSON document."""

from __future__ import annotations

from typing import Any

from engine.cli import codes
from engine.cli.lines import main_output
from engine.cli.output import brief, seconds, short
from engine.ids import step_text
from engine.observe.family import Family
from engine.observe.records import QuestionTrace, RunTrace, StepTrace


def exit_code(run: RunTrace) -> int:
    """The command's exit code for a run as it stands."""
    return codes.OF_RUN.get(run.status, codes.WAITING)


def status_of(run: RunTrace) -> str:
    """The run's status in one word; an open run that asks people is "waiting"."""
    return "waiting" if run.ended is None and run.open_questions else run.status


def said(family: Family) -> list[str]:
    """The last lines for a person."""
    run = family.main
    took = f" in {seconds(run.ended - run.started)}" if run.ended is not None else ""
    if run.status == "completed":
        lines = [f"Completed{took}: run {run.run}."]
        width = max(map(len, run.outputs or {}), default=0)
        lines += [f"  {name:<{width}}  {brief(value, 200)}" for name, value in (run.outputs or {}).items()]
        return lines
    if run.status == "failed":
        step = f" at {step_text(*run.failed_step)}" if run.failed_step else ""
        why = f": {short(run.error.message, 300).rstrip('.')} ({run.error.cls})." if run.error else "."
        lines = [f"Failed{took}{step}{why}", f"  why:       signalboxctl why {run.run}"]
        lines.append(f"  go on:     signalboxctl continue {run.run}")
        return lines
    if run.status == "cancelled":
        return [f"Cancelled{took}: run {run.run}."]
    return waiting(family)


def waiting(family: Family) -> list[str]:
    """What an open run waits for, and what to type."""
    lines = [f"The run {family.run} waits for a person."]
    for question in family.open_questions():
        options = "|".join(str(option["name"]) for option in question.form.get("options", ()))
        lines.append(f"  {short(question.form.get('headline', ''), 200)}")
        lines.append(f"    signalboxctl answer {question.id} {options}")
    lines.append(f"  then: signalboxctl watch {family.run}")
    return lines


def document(family: Family) -> dict[str, Any]:
    """A run and its steps as JSON."""
    return {**run_json(family.main), "questions": [question_json(question) for question in family.open_questions()]}


def run_json(run: RunTrace) -> dict[str, Any]:
    """One run as JSON; times in seconds since 1970."""
    return {
        "run": run.run,
        "name": run.name,
        "workflow": run.workflow,
        "status": status_of(run),
        "started": run.started,
        "ended": run.ended,
        "root": run.root,
        "parent": run.parent.run if run.parent else None,
        "continues": run.continues,
        "replays": run.only or None,
        "inputs": run.inputs,
        "outputs": run.outputs,
        "error": None if run.error is None else run.error.model_dump(),
        "failed_step": step_text(*run.failed_step) if run.failed_step else None,
        "in_doubt": [{"step": step_text(ref.node, ref.visit), "key": ref.key} for ref in run.in_doubt],
        "events": run.seq,
        "steps": [step_json(step) for step in run.steps.values()],
    }


def step_json(step: StepTrace) -> dict[str, Any]:
    """One step as JSON."""
    return {
        "step": step.name,
        "node": step.node,
        "visit": list(step.visit),
        "status": step.status,
        "attempts": len(step.attempts),
        "started": step.started,
        "ended": step.ended,
        "by": step.by or None,
        "why": step.because or step.why or None,
        "output": main_output(step.outputs) if step.outputs else None,
        "sources": step.sources,
        "error": None if step.error is None else step.error.model_dump(),
        "handled": step.handled or None,
        "effects": len(step.effects),
        "spent": step.spent or None,
        "retry_due": step.due,
    }


def question_json(question: QuestionTrace) -> dict[str, Any]:
    """One question as JSON."""
    return {
        "question": question.id,
        "run": question.run,
        "step": step_text(question.node, question.visit),
        "type": question.type,
        "asked": question.asked,
        "due": question.due,
        "required": question.required,
        "answers": [{"by": answer.by, "option": answer.option, "at": answer.at} for answer in question.answers],
        "outcome": question.outcome,
        **question.form,
    }
