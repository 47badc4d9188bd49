"""`folders`: which folders beside the workspace file tools may open."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli import codes, options

if TYPE_CHECKING:
    from engine.settings import Settings

app = typer.Typer(help="Folders that file tools may open: list, allow, deny.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder of this PC.", show_default=False)]


@app.command("list")
def list_(data_dir: options.DataDir = None, json: options.Json = False) -> int:
    """List the workspace and every other folder that file tools may open."""
    from engine.cli.output import print_json, print_table
    from engine.cli.reading import folder

    path, settings = folder(data_dir)
    found = facts(path, settings)
    if json:
        print_json(found)
        return codes.COMPLETED
    cells = [[one["name"], one["mode"], one["path"]] for one in found["folders"]]
    print_table(["name", "may", "folder"], cells, empty="")
    if found["rule"] == "drawn":
        print("Whole paths that an author wrote into a node, or a person gave a run, may be read, too.")
    return codes.COMPLETED


@app.command()
def allow(
    path: Folder,
    write: Annotated[bool, typer.Option("--write", help="Tools may change files in it, too.")] = False,
    name: Annotated[str, typer.Option("--name", help="What it is called in the list.")] = "",
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Let file tools open what is below a folder."""
    from engine.cli.reading import folder
    from engine.errors import Refused
    from engine.settings import FolderSetting

    data, settings = folder(data_dir)
    place = path.expanduser().absolute()
    if not place.is_dir():
        raise Refused(f"There is no folder {place}.")
    if place == Path(place.anchor) or place.resolve().is_relative_to(data.resolve()):
        raise Refused(f"{place} is not only for workflows.", remedy="Allow a folder below it.")
    known = {one: setting for one, setting in settings.folders.items() if Path(setting.path) != place}
    called = name or re.sub(r"[^a-z0-9_-]+", "-", place.name.lower()).strip("-_")[:60] or "folder"
    while called in known and not name:
        called += "-2"
    known[called] = FolderSetting(path=str(place), mode="write" if write else "read")
    return _changed(data, settings.model_copy(update={"folders": known}), json)


@app.command()
def deny(
    what: Annotated[str, typer.Argument(metavar="NAME", help="Its name in the list, or its path.")],
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Take a folder off the list again."""
    from engine.cli.reading import folder
    from engine.errors import Refused

    data, settings = folder(data_dir)
    left = {name: one for name, one in settings.folders.items() if what not in (name, one.path)}
    if len(left) == len(settings.folders):
        raise Refused(f"{what!r} is not in the list.", remedy=f"In it: {', '.join(settings.folders) or 'nothing'}.")
    return _changed(data, settings.model_copy(update={"folders": left}), json)


def _changed(data: Path, settings: Settings, json: bool) -> int:
    from engine.settings import Settings as Checked
    from engine.settings import save

    save(Checked.model_validate(settings.model_dump()), data)
    return list_(data, json)


def facts(path: Path, settings: Settings) -> dict[str, Any]:
    """What `list` says, as JSON."""
    own = {"name": "workspace", "path": str(settings.workspace_dir(path)), "mode": "write"}
    return {
        "rule": settings.paths,
        "folders": [own, *({"name": name, **one.model_dump()} for name, one in sorted(settings.folders.items()))],
    }
