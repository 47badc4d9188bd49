"""How the tools of this PC were found when somebody last asked: `<data folder>/health.json`."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from engine.errors import Refused
from engine.platform import atomic_write
from engine.settings import Settings

FILE = "health.json"
MAX_FILE_BYTES = 16 * 1024 * 1024
State = Literal["ok", "failed", "unknown", "blocked"]


@dataclass(frozen=True, slots=True)
class Health:
    """One answer: `at` in seconds since 1970. `changes` say how a server's tools differ from what was approved."""

    state: State
    sentence: str = ""
    at: float | None = None
    changes: tuple[Mapping[str, Any], ...] = ()


UNKNOWN = Health("unknown")


def of_server(name: str) -> str:
    """The name under which a server's own health is kept; no tool has a name like this."""
    return f"mcp:{name}"


def read(data_dir: Path) -> dict[str, Health]:
    """What is known, by name; nothing where there is no such file, or none that can be understood."""
    try:
        with (data_dir / FILE).open("rb") as source:
            kept = json.loads(source.read(MAX_FILE_BYTES + 1))
        return {name: Health(**{**one, "changes": tuple(one["changes"])}) for name, one in kept.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}  # it holds no work: the next check writes it anew


def keep(data_dir: Path, found: Mapping[str, Health], forget: Collection[str] = ()) -> None:
    """Keep new answers beside the old ones, all or nothing. Refused when the folder cannot be written."""
    known = {name: one for name, one in {**read(data_dir), **found}.items() if name not in forget}
    text = json.dumps({name: asdict(one) for name, one in sorted(known.items())}, ensure_ascii=False, indent=1)
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        atomic_write(data_dir / FILE, (text + "\n").encode())
    except OSError as error:
        raise Refused(f"What was found cannot be kept: {error.strerror}.", where=str(data_dir / FILE)) from None


def forget_tools(data_dir: Path, server: str, tools: Collection[str]) -> None:
    """These tools of a server are not approved any more: what is known of them is that they are there."""
    known = read(data_dir).get(of_server(server), UNKNOWN)
    rest = [change for change in known.changes if change["tool"] not in tools]
    there = [{"tool": tool, "kind": "new", "why": "it is new", "fields": []} for tool in tools]
    still = any(change["kind"] != "new" for change in rest)
    state: State = "ok" if known.state == "blocked" and not still else known.state
    keep(data_dir, {of_server(server): Health(state, known.sentence if still else "", known.at, (*rest, *there))})


def blocked_servers(data_dir: Path, settings: Settings) -> tuple[str, ...]:
    """Servers with a tool that is not what was approved, or that are reached in another way than was approved."""
    known = read(data_dir)
    return tuple(
        name
        for name, server in sorted(settings.mcp_servers.items())
        if (server.approved and server.approved != server.fingerprint())
        or known.get(of_server(name), UNKNOWN).state == "blocked"
    )
