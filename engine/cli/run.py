"""`run`, `watch`, `continue`: start a run or come back to one, and stay with it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli import codes, completion, options
from engine.cli.stay import Manner, accepted, answers_of, stay

if TYPE_CHECKING:
    from engine.cli.session import Session
    from engine.settings import Settings
    from engine.store import Store
    from engine.workflow.model import Workflow


def run(
    workflow: Annotated[
        str,
        typer.Argument(
            metavar="WORKFLOW",
            help="A workflow file, or a name in the library.",
            autocompletion=completion.workflows,
            show_default=False,
        ),
    ],
    input: Annotated[
        list[str] | None,
        typer.Option("--input", "-i", metavar="NAME=VALUE", help="An input; files by path, other values as JSON."),
    ] = None,
    answer: options.Answers = None,
    name: options.As = "",
    data_dir: options.DataDir = None,
    json: options.Json = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Start it in an engine process and come back at once.")
    ] = False,
) -> int:
    """Run a workflow and stay with it: its steps, its questions, its result.

    Uses the engine process if one runs, and is the engine otherwise.
    Ctrl-C stops cleanly: nothing is lost, and `signalboxctl watch RUN` goes on.
    Without a terminal, open questions end the command with exit code 3.
    """
    from engine.cli.documents import find_workflow, run_inputs
    from engine.cli.engine import ensure_engine
    from engine.cli.output import print_json
    from engine.cli.reading import folder, is_there, reading
    from engine.ids import run_id

    path, settings = folder(data_dir)
    manner = Manner(json, options.me(name), answers_of(answer))
    here = Path.cwd()

    def prepare(store: Store | None) -> tuple[Workflow, dict[str, Any]]:
        if store is not None:
            document = find_workflow(workflow, store.library)
        else:
            from engine.cli.documents import read_workflow

            document = read_workflow(Path(workflow).expanduser())
        return document, run_inputs(document, input, here)

    # before an engine starts and other runs go on: a bad file or input is refused without side effects
    if is_there(data_dir):
        with reading(data_dir) as store:
            document, inputs = prepare(store)
    else:
        document, inputs = prepare(None)
    _refuse_broken(document, path, settings, data_dir)
    chosen = run_id(time.time(), os.urandom(8))

    async def start(session: Session) -> str:
        digest = session.store.library.put(document)
        payload = {"workflow": digest, "inputs": inputs, "run": chosen}
        reply = await session.ask("run", payload, manner.actor, chosen)
        return str(accepted(reply)["run"])

    if detach:
        ensure_engine(path, settings)
        found = asyncio.run(_only_ask(path, settings, start))
        if json:
            print_json({"run": found, "status": "running"})
        else:
            print(f"Run {found} goes on in the engine process.\n  see it:  signalboxctl watch {found}")
        return codes.COMPLETED
    return asyncio.run(stay(path, settings, manner, start))


def watch(
    run: options.RunId = "last",
    answer: options.Answers = None,
    name: options.As = "",
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Come back to a run: show it live and bring its questions, being the engine if none runs."""
    from engine.cli.reading import find_run, folder, reading

    path, settings = folder(data_dir)
    with reading(data_dir) as store:
        found = find_run(store, run)

    async def start(session: Session) -> str:
        return found.id

    manner = Manner(json, options.me(name), answers_of(answer))
    return asyncio.run(stay(path, settings, manner, start, host=found.end is None))


def continue_(
    run: options.RunId,
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="STEP",
            help="Do this step and all after it again; without it, only what did not succeed.",
            autocompletion=completion.steps,
        ),
    ] = None,
    set: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="STEP.PORT=JSON", help="Give a step another input value."),
    ] = None,
    input: Annotated[
        list[str] | None, typer.Option("--input", "-i", metavar="NAME=VALUE", help="Change an input of the run.")
    ] = None,
    workflow: Annotated[
        str, typer.Option("--workflow", metavar="WORKFLOW", help="Go on with this version of the workflow.")
    ] = "",
    start_over: Annotated[
        bool, typer.Option("--start-over", help="Do unfinished steps from their beginning, not from their records.")
    ] = False,
    answer: options.Answers = None,
    name: options.As = "",
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Go on after a failed or cancelled run, in a new run that reuses every step that did not change."""
    from engine.cli.documents import find_workflow, json_value, pairs, run_inputs
    from engine.cli.reading import find_run, folder, reading

    path, settings = folder(data_dir)
    changed = {place: json_value(text, f"--set {place}") for place, text in pairs(set, "--set").items()}
    payload: dict[str, Any] = {"start": start, "set": changed, "start_over": start_over}
    other = None
    with reading(data_dir) as store:
        before = find_run(store, run)
        if workflow:
            other = find_workflow(workflow, store.library)
        if input:
            document = other or store.library.get(before.workflow)
            given = {name for name in pairs(input, "--input")}
            loose = document.model_copy(
                update={"inputs": {key: {**one, "required": key in given} for key, one in document.inputs.items()}}
            )
            payload["inputs"] = run_inputs(loose, input, Path.cwd())
    if other is not None:
        _refuse_broken(other, path, settings, data_dir)

    async def begin(session: Session) -> str:
        if other is not None:
            payload["workflow"] = session.store.library.put(other)
        reply = await session.ask("continue", {**payload, "run": before.id}, manner.actor, before.id)
        return str(accepted(reply)["run"])

    manner = Manner(json, options.me(name), answers_of(answer))
    return asyncio.run(stay(path, settings, manner, begin))


async def _only_ask(path: Path, settings: Settings, start: Callable[[Session], Awaitable[str]]) -> str:
    from engine.cli.session import Session

    async with Session(path, settings) as session:
        return await start(session)


def _refuse_broken(document: Workflow, path: Path, settings: Settings, data_dir: Path | None) -> None:
    from engine.checks import problems
    from engine.cli.reading import is_there, reading
    from engine.nodes.catalog import CATALOG
    from engine.observe.site import refusal, site_of

    def errors(library: Any) -> list[Any]:
        return [one for one in problems(document, CATALOG, site_of(path, settings, library)) if one.severity == "error"]

    if is_there(data_dir):
        with reading(data_dir) as store:
            found = errors(store.library)
    else:
        found = errors(None)
    if found:
        raise refusal(document, found)
