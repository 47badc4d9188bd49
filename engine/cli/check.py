"""`check`, `schema`, `diff`: workflows as documents, without running anything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli import codes, completion, options

if TYPE_CHECKING:
    from engine.checks import Problem
    from engine.store import Library
    from engine.workflow.model import Workflow


def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Workflow files.", show_default=False)],
    add: Annotated[bool, typer.Option("--add", help="Put files without errors into the library.")] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="List each missing model, tool and credential, and what needs a network.")
    ] = False,
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Say what is wrong with workflow files, and how to mend it. Exit code 2 when one has errors or lacks something."""
    from engine.cli.output import print_json

    found = [_checked(file, offline, data_dir) for file in files]
    broken = any(_is_broken(one) or any(need["missing"] for need in one.get("needs", ())) for one in found)
    if add:
        _add([one for one in found if one["workflow"] is not None and not _is_broken(one)], data_dir)
    if json:
        print_json([{key: value for key, value in one.items() if key != "workflow"} for one in found])
    else:
        for one in found:
            _say(one)
    return codes.REFUSED if broken else codes.COMPLETED


def _checked(file: Path, offline: bool, data_dir: Path | None) -> dict[str, Any]:
    from engine.cli.documents import read_workflow
    from engine.cli.reading import is_there, reading
    from engine.errors import Refused

    one: dict[str, Any] = {
        "file": str(file),
        "name": None,
        "refused": None,
        "problems": [],
        "added": None,
        "workflow": None,
    }
    try:
        workflow = read_workflow(file)
    except Refused as fault:
        one["refused"] = str(fault)
        return one
    one["workflow"], one["name"] = workflow, workflow.name
    if is_there(data_dir):
        with reading(data_dir) as store:
            found, needs = _problems(workflow, data_dir, store.library, offline)
    else:
        found, needs = _problems(workflow, data_dir, None, offline)
    if offline:
        one["needs"] = needs
    one["problems"] = [
        {"code": p.code, "node": p.node, "severity": p.severity, "sentence": p.sentence, "remedy": p.remedy}
        for p in found
    ]
    return one


def _problems(
    workflow: Workflow, data_dir: Path | None, library: Library | None, offline: bool
) -> tuple[list[Problem], list[dict[str, Any]]]:
    from dataclasses import replace

    from engine.checks import problems
    from engine.cli.offline import needs
    from engine.cli.reading import folder
    from engine.nodes.catalog import CATALOG
    from engine.observe.site import site_of

    path, settings = folder(data_dir)
    site = site_of(path, settings, library)
    site = replace(site, offline=site.offline or offline)
    return problems(workflow, CATALOG, site), needs(workflow, CATALOG, site) if offline else []


def _is_broken(one: dict[str, Any]) -> bool:
    return bool(one["refused"]) or any(problem["severity"] == "error" for problem in one["problems"])


def _add(good: list[dict[str, Any]], data_dir: Path | None) -> None:
    from engine.cli.reading import folder, reading
    from engine.store import DATA_FILE, HeldElsewhere, Lease

    if not good:
        return
    path, settings = folder(data_dir)
    if not (path / DATA_FILE).exists():
        try:
            Lease.acquire(path, settings.host_name()).release()  # creates the data file
        except HeldElsewhere:
            pass  # that engine has just created it
    with reading(data_dir) as store:
        for one in good:
            one["added"] = store.library.put(one["workflow"])


def _say(one: dict[str, Any]) -> None:
    from rich.text import Text

    from engine.cli import offline
    from engine.cli.failures import plain, say
    from engine.cli.output import console

    out = console()
    if one["refused"]:
        say(one["refused"])
        return
    if "needs" in one:
        offline.say(one["needs"], one["file"])
    rest = [problem for problem in one["problems"] if "needs" not in one or not offline.kind_of(problem["code"])]
    for problem in rest:
        style = "red" if problem["severity"] == "error" else "yellow"
        place = f"{one['file']}" + (f", node {problem['node']}" if problem["node"] else "")
        out.print(Text.assemble((problem["severity"], style), f" {problem['code']}  ", (place, "bold")))
        out.print(Text(f"  {plain(problem['sentence'])} {plain(problem['remedy'])}"))
    if not one["problems"] and "needs" not in one:
        out.print(Text.assemble(("ok", "green"), f"  {one['file']}: {one['name']}"))
    if one["added"]:
        out.print(Text(f"  in the library as {one['name']}, version {one['added'][:12]}", style="dim"))


def schema() -> int:
    """Print the JSON Schema of workflow files, for editors that complete and check YAML."""
    from engine.cli.output import print_json
    from engine.nodes.catalog import params_schema
    from engine.workflow.schema import file_schema

    print_json(file_schema(params_schema()))
    return codes.COMPLETED


def diff(
    before: Annotated[
        str, typer.Argument(metavar="A", help="A file or library name.", autocompletion=completion.workflows)
    ],
    after: Annotated[
        str, typer.Argument(metavar="B", help="A file or library name.", autocompletion=completion.workflows)
    ],
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Say what changed between two workflows: fields, nodes, edges, layout."""
    from dataclasses import asdict

    from engine.cli.documents import find_workflow, read_workflow
    from engine.cli.failures import plain
    from engine.cli.output import print_json
    from engine.cli.reading import is_there, reading
    from engine.workflow.diff import diff as changes_between

    if is_there(data_dir):
        with reading(data_dir) as store:
            old, new = find_workflow(before, store.library), find_workflow(after, store.library)
    else:
        old, new = read_workflow(Path(before)), read_workflow(Path(after))
    changes = changes_between(old, new)
    if json:
        print_json([asdict(change) for change in changes])
    else:
        for change in changes:
            print(plain(str(change)))
        if not changes:
            print("No difference.")
    return codes.COMPLETED
