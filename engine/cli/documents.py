"""From what a person typed to a workflow and its inputs: files, library names, NAME=VALUE."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.cli.output import size
from engine.errors import Refused
from engine.store import Library
from engine.workflow.file import MAX_BYTES, load_text
from engine.workflow.model import Workflow
from engine.workflow.values import parse_json

SUFFIXES = (".yaml", ".yml", ".json")


def read_workflow(path: Path) -> Workflow:
    """The workflow of a file; Refused when it cannot be read. Never reads more than a workflow may hold."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
            length = path.stat().st_size
    except FileNotFoundError:
        raise Refused("There is no such file.", where=str(path)) from None
    except IsADirectoryError:
        raise Refused("This is a folder, not a workflow file.", where=str(path)) from None
    except OSError as error:
        raise Refused(f"The file cannot be read: {error.strerror}.", where=str(path)) from None
    if len(raw) > MAX_BYTES:
        what = f"The file is too large ({size(length)}); a workflow has at most {size(MAX_BYTES)}."
        raise Refused(what, where=str(path), remedy="Keep data in files of their own and name them as inputs.")
    return load_text(raw, where=str(path))


def find_workflow(name: str, library: Library) -> Workflow:
    """A workflow by file path, or by its name in the library; Refused otherwise."""
    path = Path(name).expanduser()
    if path.exists() or path.suffix in SUFFIXES or "/" in name or "\\" in name:
        return read_workflow(path)
    digest = library.latest(name)
    if digest is None:
        known = library.names()
        remedy = (
            f"The library has: {', '.join(known[:10])}." if known else "Name a file, or add one with `check --add`."
        )
        raise Refused(f"There is no file and no workflow in the library named {name!r}.", remedy=remedy)
    return library.get(digest)


def pairs(given: Sequence[str] | None, option: str) -> dict[str, str]:
    """NAME=VALUE texts as a mapping; Refused for one without "=" or given twice."""
    found: dict[str, str] = {}
    for text in given or ():
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise Refused(f"{option} {text!r} has no '='.", remedy=f"Write it as {option} NAME=VALUE.")
        if name in found:
            raise Refused(f"{option} {name} is given twice.")
        found[name] = value
    return found


def run_inputs(workflow: Workflow, given: Sequence[str] | None, folder: Path) -> dict[str, Any]:
    """The inputs as values: each text is read as its JSON Schema says; Refused names the input that is wrong."""
    values = {}
    for name, text in pairs(given, "--input").items():
        if name not in workflow.inputs:
            known = ", ".join(workflow.inputs) or "none"
            raise Refused(f"The workflow {workflow.name} has no input {name!r}; it has: {known}.")
        values[name] = _value(name, text, workflow.inputs[name], folder)
    missing = [
        name
        for name, schema in workflow.inputs.items()
        if name not in values and "default" not in schema and schema.get("required", True)
    ]
    if missing:
        help = str(workflow.inputs[missing[0]].get("description", ""))
        raise Refused(
            f"The input {missing[0]!r} is missing" + (f" ({help})." if help else "."),
            remedy=f"Add --input {missing[0]}=….",
        )
    return values


def _value(name: str, text: str, schema: dict[str, Any], folder: Path) -> Any:
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else list(types)
    if schema.get("format") == "file":
        path = (folder / Path(text).expanduser()).absolute()
        if not path.exists():
            raise Refused(f"The input {name!r} names a file that is not there: {path}.")
        return str(path)
    if text == "null" and "null" in types:
        return None
    if types == ["string"] or (not types and text[:1] not in '{["0123456789-tfn'):
        return text
    if "string" in types and text[:1] not in '{["':
        return text
    try:
        return parse_json(text, where=f"--input {name}")
    except Refused:
        if not types or "string" in types:
            return text
        raise Refused(
            f"The input {name!r} must be {' or '.join(types)}, and {_cut(text)!r} is not.",
            remedy="Write it as JSON.",
        ) from None


def json_value(text: str, what: str) -> Any:
    """A JSON value from the command line; Refused names the option."""
    return parse_json(text, where=what)


def _cut(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
