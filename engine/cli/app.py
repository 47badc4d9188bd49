"""The command line's table of contents: commands with their examples, and what happens to errors."""

from __future__ import annotations

import copy
import io
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from engine.cli import (
    check,
    codes,
    demo,
    demo_service,
    engine,
    folders,
    mcp,
    models,
    network,
    people,
    replay,
    runs,
    secrets,
    self_test,
    simulate,
    speed,
    tools,
)
from engine.cli import run as running
from engine.cli.failures import told

app = typer.Typer(
    name="signalboxctl",
    help="Run workflows of AI agents, tools and people that survive crashes, restarts and days of waiting.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 completed, 1 failed, 2 refused (bad file, input or usage), 3 waits for a person, "
    "4 cancelled, 70 a fault of this program, 130 interrupted.",
)

RUNNING, PEOPLE, LOOKING, WRITING, HERE = "Run", "People", "Look", "Write workflows", "This PC"


def _add(command: Callable[..., Any], name: str, panel: str, *examples: str) -> None:
    epilog = "\n\n".join(["[bold]Examples[/bold]", *(f"  [cyan]signalboxctl {example}[/cyan]" for example in examples)])
    app.command(name, rich_help_panel=panel, epilog=epilog if examples else None)(command)


_add(running.run, "run", RUNNING,
     "run machine-alarm.workflow.yaml --input alarms=alarms.csv",
     "run machine-alarm -i alarms=a.csv --answer approve=approve",
     "run nightly --detach --json")  # fmt: skip
_add(running.watch, "watch", RUNNING, "watch", "watch 0gk3x2m9p --answer approve=refuse")
_add(running.continue_, "continue", RUNNING,
     "continue last", "continue last --from triage",
     "continue last --set 'triage.input={\"machine\": \"press 4\"}'")  # fmt: skip
_add(replay.replay, "replay", RUNNING, "replay last legal", "replay 0gk3x2m9p 'legal[2]' --live")
_add(people.cancel, "cancel", RUNNING, "cancel last --why 'wrong file'")
_add(demo.demo, "demo", RUNNING, "demo", "demo --alarm W-11", "demo --new --data-dir /tmp/demo")
_add(people.questions, "questions", PEOPLE, "questions", "questions --json")
_add(people.answer, "answer", PEOPLE,
     "answer q7k2m9x0p", "answer q7k2m9x0p approve", "answer q7k2m9x0p refuse --comment 'not today' --as ann",
     "answer q7k2m9x0p approve_with_changes --values '{\"value\": {\"hours\": 4}}'")  # fmt: skip
_add(runs.runs, "runs", LOOKING, "runs", "runs -n 100 --json")
_add(runs.show, "show", LOOKING, "show", "show 0gk3x2m9p --json")
_add(runs.why, "why", LOOKING, "why", "why last triage")
_add(runs.journal, "journal", LOOKING, "journal last", "journal last --after 100")
_add(runs.verify, "verify", LOOKING, "verify", "verify last --json")
_add(check.check, "check", WRITING,
     "check *.workflow.yaml", "check machine-alarm.workflow.yaml --add",
     "check --offline --json plant.workflow.yaml")  # fmt: skip
_add(check.schema, "schema", WRITING, "schema > workflow.schema.json")
_add(
    check.diff,
    "diff",
    WRITING,
    "diff old.workflow.yaml new.workflow.yaml",
    "diff machine-alarm machine-alarm.workflow.yaml",
)
_add(engine.engine, "engine", HERE, "engine", "engine --status --json", "engine --stop")
_add(simulate.simulate, "simulate", HERE, "simulate", "simulate --modbus 5020 --json")
_add(self_test.self_test, "self-test", HERE, "self-test", "self-test --json")
_add(speed.bench, "bench", HERE, "bench", "bench --json --no-models")
app.add_typer(models.app, name="models", rich_help_panel=HERE)
app.add_typer(tools.app, name="tools", rich_help_panel=HERE)
app.add_typer(mcp.app, name="mcp", rich_help_panel=HERE)
app.add_typer(folders.app, name="folders", rich_help_panel=HERE)
app.add_typer(network.app, name="network", rich_help_panel=HERE)
app.add_typer(secrets.app, name="secrets", rich_help_panel=HERE)
app.command("demo-service", hidden=True)(demo_service.demo_service)  # the designer starts it


def _version(wanted: bool) -> None:
    if wanted:
        from engine import __version__

        print(f"signalboxctl {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Run workflows of AI agents, tools and people that survive crashes, restarts and days of waiting."""


def _needed(args: Sequence[str]) -> typer.Typer:
    """The part of the table that a command line needs: building all of it takes longer than most commands do."""
    part = copy.copy(app)
    if list(args) in (["--help"], ["-h"]):
        part.registered_groups = [copy.copy(group) for group in app.registered_groups]
        for group in part.registered_groups:
            group.typer_instance = copy.copy(group.typer_instance)
            assert group.typer_instance is not None
            group.typer_instance.registered_commands = []
        return part
    part.registered_commands = [command for command in app.registered_commands if command.name in args[:1]]
    part.registered_groups = [group for group in app.registered_groups if group.name in args[:1]]
    return part if part.registered_commands or part.registered_groups else app


def run(args: Sequence[str]) -> int:
    """Carry out one command line; the exit code. Never raises, never prints a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a sign shows "?", and nothing fails
    try:
        found = _needed(args)(args=list(args), prog_name="signalboxctl", standalone_mode=False)
        sys.stdout.flush()
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else codes.REFUSED
    except BaseException as error:
        return told(error)
    return found if isinstance(found, int) else codes.COMPLETED
