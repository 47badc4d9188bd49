"""`models`: the model files of this PC, and which of them each role means."""

from __future__ import annotations

from typing import Any

import typer

from engine.cli import codes, options

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
