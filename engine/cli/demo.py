"""`demo`: the machine-alarm workflow on example data, with a local model, a lookup service that fails, and a gate."""

from __future__ import annotations

import json as jsonlib
import os
import shlex
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli import options

if TYPE_CHECKING:
    from engine.cli.demo_server import LookupServer
    from engine.cli.question import Answer
    from engine.cli.session import Session
    from engine.observe.records import QuestionTrace
    from engine.settings import Settings
    from engine.store import Store

WORKFLOW = "machine-alarm"
ALARM = "W-07"
PORT_FILE = "lookups.port"


def demo(
    alarm: Annotated[
        str, typer.Option("--alarm", metavar="ALARM", help="Which alarm of the log: W-01 to W-26, or latest.")
    ] = ALARM,
    new: Annotated[bool, typer.Option("--new", help="Start a new run, even where an unfinished one is.")] = False,
    name: options.As = "",
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Turn one alarm of a machine's log into a work order: scored, triaged by an agent, approved by you.

    Everything stays on this PC. The service that the agent asks fails twice and then works.
    Stop or kill the demo wherever you like: the same command goes on with the run.
    Without a terminal, the demo shows what it would approve and approves it.
    """
    import asyncio

    from engine.cli.stay import Manner, stay
    from engine.cli.terminal import interactive
    from engine.ids import run_id

    folder = _folder(data_dir)
    settings = _settings(folder)
    unfinished = None if new else _unfinished(folder)
    here = interactive() and not json
    manner = Manner(json, options.me(name) if here else name or "demo", {}, stand_in=_Standin(silent=json))
    chosen = unfinished or run_id(time.time(), os.urandom(8))
    with lookup_server(folder, same_port=unfinished is not None) as server:

        async def start(session: Session) -> str:
            nonlocal chosen
            # a run that was only asked for when the demo was killed has begun by now
            known = None if new else unfinished or _open_run(session.store)
            chosen = known or await _begin(session, chosen, manner.actor, alarm, server)
            return chosen

        if not json:
            _introduce(folder, alarm, unfinished)
        code = asyncio.run(stay(folder, settings, manner, start))
    if not json:
        _look_back(folder, chosen, settings)
    return code


# ---- before the run
def _folder(option: Path | None) -> Path:
    """The demo's own data folder, made if need be: as given, else beside the real one, else a temporary one."""
    from engine.settings import data_dir

    folder = data_dir(option) if option is not None else data_dir() / "demo"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        if option is not None:
            raise
        folder = Path(tempfile.mkdtemp(prefix="signalbox-demo-"))
    return folder


def _settings(folder: Path) -> Settings:
    """The folder's settings; made at first, with the confidence that the shipped model's contract asks for."""
    from engine.settings import DEFAULT_ROLES, FILE, Settings, load, resources_dir, save

    if not (folder / FILE).exists():
        contract = jsonlib.loads((resources_dir() / "models" / "small.contract.json").read_text(encoding="utf-8"))
        small = DEFAULT_ROLES["small"].model_copy(
            update={"n_ctx": contract["context"], "unsure_below": contract["confidence"]["unsure_below"]}
        )
        save(Settings(roles={"small": small}), folder)
    return load(folder)


def _unfinished(folder: Path) -> str | None:
    from engine.cli.reading import is_there, reading
    from engine.errors import Refused

    if not is_there(folder):
        return None
    try:
        with reading(folder) as store:
            return _open_run(store)
    except Refused:
        return None  # an older data file, which our engine upgrades: `start` looks again then


def _open_run(store: Store) -> str | None:
    rows = (store.journal.run(run) for run in store.journal.open_runs())
    return next((row.id for row in rows if row is not None and row.name == WORKFLOW), None)


def lookup_server(folder: Path, *, same_port: bool) -> LookupServer:
    """The lookup service, on the port of the time before where it can be had: an unfinished run asks there."""
    from engine.cli.demo_server import LookupServer
    from engine.errors import Refused
    from engine.settings import resources_dir

    examples = resources_dir() / "examples"
    try:
        before = int((folder / PORT_FILE).read_text(encoding="ascii"))
    except (OSError, ValueError):
        before = 0
    try:
        server = LookupServer(examples, folder, before)
    except Refused:
        if same_port:
            raise
        server = LookupServer(examples, folder)
    (folder / PORT_FILE).write_text(f"{server.port}\n", encoding="ascii")
    return server


async def _begin(session: Session, run: str, actor: str, alarm: str, server: LookupServer) -> str:
    from engine.cli.documents import read_workflow
    from engine.errors import Refused
    from engine.settings import resources_dir

    workflow = read_workflow(resources_dir() / "templates" / f"{WORKFLOW}.workflow.yaml")
    examples = resources_dir() / "examples"
    inputs = {
        "alarms": str(examples / "machine_alarms.csv"),
        "windows": str(examples / "sensor_windows.json"),
        "service": server.url,
        "alarm": alarm,
    }
    payload = {"workflow": session.store.library.put(workflow), "inputs": inputs, "run": run}
    reply = await session.ask("run", payload, actor, run)
    if not reply.accepted:
        raise Refused(reply.reason)
    return run


def _introduce(folder: Path, alarm: str, unfinished: str | None) -> None:
    if unfinished is not None:
        print(f"The demo was not finished: run {unfinished} goes on where it was. (--new starts another.)")
    else:
        print(f"Alarm {alarm} of resources/examples/machine_alarms.csv becomes a work order.")
        print("Stop it or kill it wherever you like: the same command goes on.")
    print(f"Data folder: {folder}\n", flush=True)


class _Standin:
    """Answers the demo's own questions where nobody sits at a terminal, saying so; all others it leaves open."""

    def __init__(self, *, silent: bool) -> None:
        self._silent = silent

    def __call__(self, question: QuestionTrace) -> Answer | None:
        from engine.cli.question import Answer, show

        form = question.form
        if question.node == "approve":
            answer, what = Answer("approve", comment="nobody was there; the demo approved it itself"), "approve"
        elif question.node == "review":
            values = {name: field["default"] for name, field in form["form"]["properties"].items()}
            answer, what = Answer("submit", {"form": values}), "submit, with the agent's own guess"
        else:
            return None
        if not self._silent:
            show(question)
            print(f"Nobody sits at this terminal, so the demo answers for you: {what}.\n", flush=True)
        return answer


# ---- after the run
def _look_back(folder: Path, run: str, settings: Settings) -> None:
    """The work order that was written, why the run took what it took, and what to type next."""
    from engine.cli.reading import reading, story, workflow_of
    from engine.cli.shown import print_reasons
    from engine.observe.why import why_step

    with reading(folder) as store:
        row = store.journal.run(run)
        if row is None:
            return
        found, workflow = story(store, run), workflow_of(store.library, row.workflow)
    program = _program()
    if found.ended is None:
        print(f"\n`{program} demo` goes on with it, and brings the lookup service along.")
        return
    outputs: dict[str, Any] = found.outputs or {}
    if outputs.get("file"):
        path = settings.workspace_dir(folder) / outputs["file"]
        print(f"\n{path}")
        print(path.read_text(encoding="utf-8").rstrip())
    reasons = {step.name: why_step(found, workflow, step) for step in found.steps.values() if step.node == "triage"}
    if any(reasons.values()):
        print("\nWhy the triage took what it took:")
        print_reasons(found, reasons)
    print(f"\nLook closer, after: export SIGNALBOX_DATA={shlex.quote(str(folder))}")
    for command, does in (
        ("show last", "every step, effect and answer"),
        ("why last triage", "why a step went as it did"),
        ("journal last", "every event, as it is stored"),
        ("verify", "that nobody has changed them"),
    ):
        print(f"  {program} {command:<16} {does}")
    print("Other alarms are in resources/examples/README.md, such as W-11, which stops a machine:")
    print(f"  {program} demo --alarm W-11", flush=True)


def _program() -> str:
    """How this program is called from here."""
    started = Path(sys.argv[0])
    if shutil.which(started.name) or started.suffix == ".py":
        return "signalboxctl"
    inside = started.absolute().is_relative_to(Path.cwd())
    return str(started.absolute().relative_to(Path.cwd()) if inside else started)
