"""`runs`, `show`, `why`, `journal`, `verify`: what happened, from the journal alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import codes, completion, options

if TYPE_CHECKING:
    from engine.store import RunRow, Store


def runs(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100_000, help="How many, newest first.")] = 20,
    all: Annotated[bool, typer.Option("--all", help="Child runs, too.")] = False,
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """List runs, newest first."""
    from rich.text import Text

    from engine.cli.output import clock, print_json, print_table, status_text
    from engine.cli.reading import is_there, reading

    rows: list[tuple[RunRow, str]] = []
    after: list[tuple[str | None, str]] = []
    if is_there(data_dir):
        with reading(data_dir) as store:
            before: str | None = None
            while len(rows) < limit:
                page = store.journal.runs(limit=max(50, limit), before=before)
                rows += [(row, _status(store, row)) for row in page if all or row.parent is None]
                if len(page) < max(50, limit):
                    break
                before = page[-1].id
            rows = rows[:limit]
            after = [_after(store, row) for row, _ in rows]
    if json:
        print_json([
            {"run": row.id, "name": row.name, "workflow": row.workflow, "status": status, "started": row.at,
             "root": row.root, "parent": row.parent, "continues": continues, "replays": only or None}
            for (row, status), (continues, only) in zip(rows, after, strict=True)
        ])  # fmt: skip
    else:
        cells = [
            [Text(row.id), clock(row.at), status_text(status), row.name, _words(*known) if any(known) else ""]
            for (row, status), known in zip(rows, after, strict=True)
        ]
        told = any(continues for continues, _ in after)
        head = ["run", "started", "status", "workflow", *(["after"] if told else [])]
        print_table(head, [cell[: len(head)] for cell in cells], empty="There are no runs yet.")
    return codes.COMPLETED


def _after(store: Store, row: RunRow) -> tuple[str | None, str]:
    """(the run that it goes on after, the step of it that it replays alone); None and "" for a run of its own."""
    from engine.ids import step_text
    from engine.run.events import RunStarted

    if row.root == row.id:
        return None, ""
    started = next(store.journal.events(row.id), None)
    before = started.continues if isinstance(started, RunStarted) else None
    if before is None:
        return None, ""
    return before.run, step_text(before.only.node, before.only.visit) if before.only is not None else ""


def _words(continues: str | None, only: str) -> str:
    run = (continues or "")[-8:]
    return f"replays {only} of {run}" if only else f"goes on after {run}"


def _status(store: Store, row: RunRow) -> str:
    from engine.cli.reading import story
    from engine.cli.summary import status_of

    ends = {"RunCompleted": "completed", "RunFailed": "failed", "RunCancelled": "cancelled"}
    return ends[row.end] if row.end else status_of(story(store, row.id))


def show(run: options.RunId = "last", data_dir: options.DataDir = None, json: options.Json = False) -> int:
    """Show one run: every step with its attempts, times and result, what was asked and who answered."""
    from engine.cli.output import print_json
    from engine.cli.reading import find_run, reading, story, workflow_of
    from engine.cli.shown import print_story
    from engine.cli.summary import question_json, run_json

    with reading(data_dir) as store:
        row = find_run(store, run)
        found = story(store, row.id)
        workflow = workflow_of(store.library, row.workflow)
    if json:
        print_json({**run_json(found), "questions": [question_json(one) for one in found.questions.values()]})
    else:
        print_story(found, workflow)
    return codes.COMPLETED


def journal(
    run: options.RunId = "last",
    after: Annotated[int, typer.Option("--after", min=0, help="Only events after this number.")] = 0,
    data_dir: options.DataDir = None,
) -> int:
    """Print a run's events as JSON lines, exactly as they are stored."""
    import sys

    from engine.cli.reading import find_run, reading

    with reading(data_dir) as store:
        row = find_run(store, run)
        for _seq, _kind, body in store.journal.bodies(row.id, after):
            sys.stdout.buffer.write(body.encode() + b"\n")
    sys.stdout.buffer.flush()
    return codes.COMPLETED


def why(
    run: options.RunId = "last",
    step: Annotated[
        str,
        typer.Argument(
            metavar="STEP", help="A step (`check`, `check[2]`).", autocompletion=completion.steps, show_default=False
        ),
    ] = "",
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Explain a run, or one of its steps: attempts and waits, what was done again, who decided, why it ended so."""
    from engine.cli.output import print_json
    from engine.cli.reading import find_run, reading, story, workflow_of
    from engine.cli.shown import print_reasons
    from engine.errors import Refused
    from engine.observe.why import why_run, why_step

    with reading(data_dir) as store:
        row = find_run(store, run)
        found = story(store, row.id)
        workflow = workflow_of(store.library, row.workflow)
    if step:
        names = [one for one in found.steps.values() if step in (one.name, one.node)]
        if not names:
            known = ", ".join(one.name for one in found.steps.values())
            node = workflow is not None and step in workflow.by_key
            what = f"The step {step!r} has not been reached." if node else f"The run has no step {step!r}."
            raise Refused(what, remedy=f"It has: {known}." if known else "")
        reasons = {one.name: why_step(found, workflow, one) for one in names}
    else:
        reasons = {"": why_run(found, workflow)}
    if json:
        print_json({
            "run": found.run,
            "reasons": [
                {"step": name or reason.step or None, "at": reason.at, "text": reason.text}
                for name, told in reasons.items() for reason in told
            ],
        })  # fmt: skip
    else:
        print_reasons(found, reasons)
    return codes.COMPLETED


def verify(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN", help="One run; without it, everything.", autocompletion=completion.runs, show_default=False
        ),
    ] = "",
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Check that everything stored is what was written: hash chains, blobs, workflow versions. Exit code 1 if not."""
    from dataclasses import asdict

    from engine.cli.output import print_json
    from engine.cli.reading import find_run, reading
    from engine.store import verify as faults_of

    with reading(data_dir) as store:
        found = faults_of(store, find_run(store, run).id if run else None)
        count = 1 if run else len(store.journal.runs(limit=1_000_000))
    if json:
        print_json({"runs": count, "faults": [asdict(fault) for fault in found]})
    else:
        for fault in found:
            place = f"run {fault.run}, event {fault.seq}: " if fault.run else ""
            print(place + fault.what)
        said = f"{len(found)} fault{'s' if len(found) != 1 else ''}" if found else "everything is as it was written"
        print(f"{count} run{'s' if count != 1 else ''} read: {said}.")
    return codes.FAILED if found else codes.COMPLETED
