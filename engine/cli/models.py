"""`models`: the model files of this PC, and which of them each role means."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from engine.cli import codes, models_download, models_files, models_memory, models_role, options
from engine.cli.models_files import Name

app = typer.Typer(
    help="Model files: list, add, find, measure and remove them; and which model each role means.",
    invoke_without_command=True,
)


@app.callback()
def models(context: typer.Context, data_dir: options.DataDir = None, json: options.Json = False) -> int:
    """Model files of this PC, and which model each role means. Without a command: the roles, as a list."""
    from rich.text import Text

    from engine.cli.output import print_json, print_table, size
    from engine.cli.reading import folder

    if context.invoked_subcommand is not None:
        return codes.COMPLETED
    path, settings = folder(data_dir)
    found = [_described(role, settings, path) for role in sorted(settings.roles)]
    broken = any(one["fault"] for one in found)
    if json:
        print_json(found)
    else:
        cells = [
            [
                Text(one["role"], style="bold"),
                one["kind"],
                size(one["bytes"]) if one["bytes"] else "",
                str(one["sha256"] or "")[:12],
                Text(one["fault"], style="red")
                if one["fault"]
                else one["file"] + (f" ({one['label']})" if one["label"] else ""),
            ]
            for one in found
        ]
        print_table(["role", "kind", "size", "sha256", "file"], cells, empty="No roles are set.")
    raise typer.Exit(codes.REFUSED if broken else codes.COMPLETED)


@app.command("list")
def list_(data_dir: options.DataDir = None, json: options.Json = False) -> int:
    """List roles and model files: memory that they need, speed on this PC, licence, and what is in memory now."""
    from engine.cli.models_folder import library
    from engine.cli.output import print_json, print_table, size
    from engine.models.listing import listing

    path, settings = library(data_dir)
    found = listing(path, settings)
    faults = [one["fault"] for one in (*found["roles"], *found["files"]) if one["fault"]]
    if json:
        print_json(found)
        return codes.REFUSED if faults else codes.COMPLETED
    columns = ["role", "model", "memory", "speed", "falls back on", "state"]
    cells = [[one["role"], one["model"], _bytes(one["memory_bytes"]), _speed(one), ", ".join(one["fallback"]),
              _state(one["fault"], one["label"])] for one in found["roles"]]  # fmt: skip
    print_table(columns, cells, empty="No roles are set.")
    print()
    columns = ["file", "kind", "size", "memory", "speed", "licence", "used by", "state"]
    cells = [[one["name"], one["kind"], _bytes(one["bytes"]), _bytes(one["memory_bytes"]), _speed(one), one["license"],
              ", ".join(one["used_by"]), _state(one["fault"], one["note"])] for one in found["files"]]  # fmt: skip
    print_table(columns, cells, empty="No model files.")
    memory = found["memory"]
    print(f"\nModels may take {size(memory['budget_bytes'])} of {size(memory['total_bytes'])}; "
          f"{size(memory['free_bytes'])} are free now.")  # fmt: skip
    if memory["engine"] is not None:
        from pathlib import Path

        names = [f"{Path(one['path']).name} ({size(one['bytes'])})" for one in memory["engine"]["loaded"]]
        print(f"The engine has in memory: {', '.join(names) or 'none'}; "
              f"loaded {memory['engine']['loads']}, gone {memory['engine']['left']} since it started.")  # fmt: skip
    return codes.REFUSED if faults else codes.COMPLETED


@app.command()
def show(
    name: Name,
    template: Annotated[bool, typer.Option("--template", help="Print only the chat template.")] = False,
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Show one model file, with the chat template inside it: it is code that turns messages into a prompt."""
    from engine.cli.mcp_shown import visible
    from engine.cli.models_folder import library
    from engine.cli.output import print_json
    from engine.models.library import facts_of, find, read_index
    from engine.models.listing import listing

    path, settings = library(data_dir)
    place = find(name, path, read_index(path))
    one = next(one for one in listing(path, settings)["files"] if one["path"] == str(place))
    text = facts_of(place).template if not one["fault"] else ""
    if json:
        print_json({**one, "template": text})
    elif template:
        print("\n".join(visible(line) for line in text.splitlines()))
    else:
        for key, value in one.items():
            if value not in (None, "", [], False):
                said = _speed(one) if key == "speed" else _bytes(value) if key.endswith("bytes") else value
                print(f"{key:14}{', '.join(said) if isinstance(said, list) else visible(str(said))}")
        if text:
            print(f"\nIts chat template ({len(text):,} characters; rendered in a sandbox in the model's own process):")
            for line in text.splitlines():
                print(f"  {visible(line)}")
    return codes.COMPLETED


@app.command()
def find(data_dir: options.DataDir = None, json: options.Json = False) -> int:
    """Look for model files on USB sticks, cards and other media that are plugged in now."""
    from engine.cli.output import print_json, print_table
    from engine.models.finding import on_drives

    found = on_drives()
    if json:
        print_json(found)
        return codes.COMPLETED
    cells = [[one["path"], one["kind"], _bytes(one["bytes"]), one["license"], _state(one["fault"])] for one in found]
    print_table(["file", "kind", "size", "licence", "state"], cells, empty="No model files on removable media.")
    if found:
        print("\nAdd one with `signalboxctl models add PATH`.")
    return codes.COMPLETED


def _bytes(count: int | None) -> str:
    from engine.cli.output import size

    return "" if count is None else size(count)


def _speed(one: dict[str, Any]) -> str:
    speed = one["speed"]
    if speed is None:
        return ""
    if speed["answer_tps"] is None:
        return f"{speed['infer_s'] * 1000:.3g} ms"
    return f"{speed['answer_tps']:.0f} tokens/s"


def _state(fault: str, otherwise: str = "") -> Any:
    from rich.text import Text

    from engine.cli.failures import plain

    return Text(plain(fault), style="red") if fault else plain(otherwise)


def _remote(facts: dict[str, Any]) -> dict[str, Any]:
    return {**facts, "label": f"{facts['provider']}, {facts['host']}, {facts['placement']}"}


def _described(role: str, settings: Any, path: Any) -> dict[str, Any]:
    from engine.errors import Refused, StepError
    from engine.models import Models, check_model_file
    from engine.settings import model_path

    setting = settings.roles[role]
    if setting.kind == "remote":
        return {
            "path": "",
            "bytes": None,
            "sha256": None,
            "fault": "",
            **_remote(Models(settings, path).describe(role)),
        }
    one: dict[str, Any] = {
        "role": role, "kind": setting.kind, "file": setting.model, "path": str(model_path(setting, path)),
        "bytes": None, "sha256": None, "label": "", "fault": "",
    }  # fmt: skip
    try:
        if model_path(setting, path).is_file():
            check_model_file(model_path(setting, path))
        one.update(Models(settings, path).describe(role))
    except (Refused, StepError) as fault:
        one["fault"] = str(fault)
    return one


for _command in (models_files.add, models_files.measure, models_files.remove, models_role.role):
    app.command()(_command)
app.command()(models_memory.memory)
app.command()(models_download.download)
app.command()(models_download.hub)
app.command("note")(models_files.note_)
