"""A run's story and reasons, printed for people."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.cli.failures import plain
from engine.cli.lines import called, outcome, said
from engine.cli.output import brief, clock, console, print_table, seconds, short, status_text
from engine.observe.records import RunTrace, StepTrace

if TYPE_CHECKING:
    from engine.observe.why import Reason
    from engine.workflow.model import Workflow


def print_story(run: RunTrace, workflow: Workflow | None) -> None:
    """One run: its head, a row for each step, its questions and its result."""
    from rich.text import Text

    from engine.cli.summary import status_of
    from engine.observe.metrics import metrics

    out = console()
    out.print(Text.assemble((plain(run.name), "bold"), f"  run {run.run}  ", status_text(status_of(run))))
    figures = metrics(run)
    tokens = figures["tokens"]
    facts = [
        f"started {clock(run.started)} by {run.by}", f"{seconds(figures['seconds'])}", f"{run.seq} events",
        f"{figures['attempts']} attempt{'s' if figures['attempts'] != 1 else ''}", f"workflow {run.workflow[:12]}",
    ]  # fmt: skip
    if tokens["completion"]:
        facts.append(f"{tokens['prompt']}+{tokens['completion']} tokens")
    if run.continues:
        facts.append(f"replays {run.only} of {run.continues}" if run.only else f"goes on after {run.continues}")
    out.print(Text("  ".join(facts), style="dim"))
    out.print()
    rank = {node.key: number for number, node in enumerate(workflow.nodes)} if workflow is not None else {}
    steps = sorted(run.steps.values(), key=lambda step: (rank.get(step.node, len(rank)), step.visit))
    told = any(step.sources for step in steps)
    print_table(
        ["step", "status", "attempts", "time", *(["from"] if told else []), "result"],
        [_cells(step, told) for step in steps],
        empty="No step has begun.",
    )
    _effects(steps)
    _people(run)
    if run.outputs:
        out.print(Text("\noutputs", style="bold"))
        for name, value in run.outputs.items():
            out.print(Text(f"  {name}  {short(value, 400)}"))
    if run.error is not None:
        out.print(Text(f"\n{run.error.cls}: {plain(run.error.message)}", style="red"))
        out.print(Text(f"signalboxctl why {run.run}", style="dim"))


def _cells(step: StepTrace, told: bool) -> list[Any]:
    from rich.text import Text

    counted = sum(1 for attempt in step.attempts if attempt.outcome != "interrupted")
    cut_off = len(step.attempts) - counted
    attempts = str(counted or "") + (f" +{cut_off} interrupted" if cut_off else "")
    time = seconds(step.ended - step.started) if step.ended and step.started and step.status != "skipped" else ""
    if step.status == "failed" and step.error is not None:
        result = f"{step.error.cls}: {step.error.message}"
    else:
        result = outcome(step, 400) if step.outputs else step.because or step.why.replace("_", " ")
    words = step.by if step.by in ("reused", "bypassed") else ""
    if step.handled in ("route", "continue"):
        words = f"{step.status}, handled"
    cells = [Text(step.name), status_text(step.status, words), attempts, Text(time, justify="right")]
    sources = sorted({source for port in step.sources.values() for source in port})
    return [*cells, *([", ".join(sources)] if told else []), result]


def _effects(steps: Sequence[StepTrace]) -> None:
    from rich.text import Text

    rows = []
    for step in steps:
        for effect in step.effects:
            status = {"ok": "succeeded", "started": "running", "doubt": "waiting", "again": "backoff"}.get(
                effect.status, effect.status
            )
            words = {"ok": "done", "doubt": "in doubt", "again": "to be done"}.get(effect.status, effect.status)
            if effect.origin and effect.status == "ok":
                words = "as recorded"
            if effect.error is not None and effect.status == "failed":
                result = f"{effect.error.cls}: {effect.error.message}"
            else:
                result = said(effect.tool, effect.result, 400) if effect.result is not None else brief(effect.args, 400)
            took = effect.took
            if took is None and effect.ended and effect.effect != "pure":
                took = effect.ended - effect.started
            time = "" if took is None else seconds(took)
            key = effect.key + (f" (again, {effect.gen})" if effect.gen > 1 else "")
            rows.append(
                [
                    Text(step.name),
                    key,
                    called(effect.tool, effect.via),
                    status_text(status, words),
                    Text(time, justify="right"),
                    result,
                ]
            )
    if rows:
        console().print()
        print_table(["step", "effect", "tool", "status", "time", "result"], rows, empty="")


def _people(run: RunTrace) -> None:
    from rich.text import Text

    rows = []
    for question in run.questions.values():
        answers = "; ".join(
            f"{one.by}: {one.option}" + (f" ({one.comment})" if one.comment else "") for one in question.answers
        )
        state = status_text("waiting", "open") if question.outcome is None else Text(question.outcome)
        rows.append([Text(question.id), question.node, state, answers, str(question.form.get("headline", ""))])
    if rows:
        console().print()
        print_table(["question", "step", "outcome", "answers", "headline"], rows, empty="")


def print_reasons(run: RunTrace, reasons: Mapping[str, Sequence[Reason]]) -> None:
    """Sentences with the time since the run's start, under the step that they are about."""
    if not sys.stdout.isatty():  # a pipe is not folded, so nothing has to stand under anything
        for told in reasons.values():
            for reason in told:
                print(
                    "  ".join(filter(None, [f"+{seconds(reason.at - run.started)}", reason.step, plain(reason.text)]))
                )
        return
    from rich.table import Table
    from rich.text import Text

    out = console()
    for told in reasons.values():
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column(justify="right", style="dim", no_wrap=True)
        table.add_column(style="bold", no_wrap=True)
        table.add_column(overflow="fold")
        for reason in told:
            table.add_row(f"+{seconds(reason.at - run.started)}", reason.step, Text(plain(reason.text)))
        out.print(table)
