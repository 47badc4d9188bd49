"""What a person has approved of a server's tools, word for word, and how a new listing differs from it.

The fingerprints are in the settings; the definitions that they stand for are in `<data folder>/mcp/<server>.json`. A
definition that does not give its fingerprint counts as not there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from engine.errors import Refused
from engine.nodes.schemas import schema_fault
from engine.platform import atomic_write
from engine.settings import McpServer
from engine.workflow.canonical import value_hash, value_json
from engine.workflow.values import check_value, parse_json

FOLDER = "mcp"
MAX_TOOLS = 500
MAX_DEFINITION = 64 * 1024
FIELDS = ("name", "title", "description", "input_schema", "output_schema", "annotations")
_NAME = re.compile(r"[A-Za-z0-9_./-]{1,128}")

Definition = Mapping[str, Any]
"""A tool as its server describes it: the FIELDS, null where the server says nothing."""


@dataclass(frozen=True)
class Change:
    """How one tool differs from what was approved; `fields` are (name, before, after)."""

    tool: str
    kind: Literal["new", "removed", "changed"]
    fields: tuple[tuple[str, Any, Any], ...] = ()

    def __str__(self) -> str:
        if self.kind == "changed":
            return "its " + " and its ".join(name.replace("_", " ") for name, _, _ in self.fields) + " changed"
        return "the server does not have it any more" if self.kind == "removed" else "it is new"


def fingerprint(definition: Definition) -> str:
    """SHA-256 (hex) of everything that a model or a person is told about the tool."""
    return value_hash({field: definition.get(field) for field in FIELDS})


def fault(definition: Definition) -> str:
    """What keeps a tool from being offered at all, as half a sentence; "" when nothing does."""
    if not _NAME.fullmatch(str(definition.get("name"))):
        return "its name holds other characters than letters, digits, and _ . / -"
    try:
        check_value(dict(definition))
        size = len(value_json(dict(definition)))
    except Refused as refused:
        return refused.what.rstrip(".")
    if size > MAX_DEFINITION:
        return f"its definition is longer than {MAX_DEFINITION} characters"
    schema = definition.get("input_schema")
    if not isinstance(schema, dict) or schema.get("type", "object") != "object":
        return "its input schema does not describe an object"
    wrong = schema_fault(schema)
    return f"its input schema is none: {wrong}" if wrong else ""


def changes(approved: Mapping[str, Definition], offered: Mapping[str, Definition]) -> list[Change]:
    """All differences, by tool name."""
    found = []
    for name in sorted({*approved, *offered}):
        before, after = approved.get(name), offered.get(name)
        if before is None:
            found.append(Change(name, "new"))
        elif after is None:
            found.append(Change(name, "removed"))
        elif fields := _differing(before, after):
            found.append(Change(name, "changed", fields))
    return found


def read(data_dir: Path, name: str, server: McpServer) -> dict[str, Definition]:
    """The approved definitions that are kept here and give the fingerprints of the settings."""
    try:
        kept = parse_json((data_dir / FOLDER / f"{name}.json").read_bytes())
    except (OSError, Refused):
        return {}
    tools = kept.get("tools") if isinstance(kept, dict) else None
    if not isinstance(tools, list):
        return {}
    named = {one["name"]: one for one in tools if isinstance(one, dict) and isinstance(one.get("name"), str)}
    return {tool: one for tool, one in named.items() if server.tools.get(tool) == fingerprint(one)}


def write(data_dir: Path, name: str, definitions: Iterable[Definition]) -> None:
    """Keep approved definitions. Refused when the folder cannot be written."""
    file = data_dir / FOLDER / f"{name}.json"
    text = json.dumps({"tools": [dict(one) for one in definitions]}, ensure_ascii=False, indent=1)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(file, (text + "\n").encode())
    except OSError as error:
        raise Refused(f"The approval cannot be written: {error.strerror}.", where=str(file)) from None


def forget(data_dir: Path, name: str) -> None:
    """Remove what is kept of a server."""
    (data_dir / FOLDER / f"{name}.json").unlink(missing_ok=True)


def _differing(before: Definition, after: Definition) -> tuple[tuple[str, Any, Any], ...]:
    pairs = [(field, before.get(field), after.get(field)) for field in FIELDS]
    return tuple((field, old, new) for field, old, new in pairs if value_hash(old) != value_hash(new))
