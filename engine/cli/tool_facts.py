"""Every tool of this PC as facts: what `signalboxctl tools` prints, and what the designer shows of it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from engine.observe import health
from engine.observe.health import UNKNOWN, Health

if TYPE_CHECKING:
    from engine.settings import McpServer, Settings
    from engine.tools.mcp_pins import Definition
    from engine.tools.tool import Tool
    from engine.workflow.model import Workflow

EFFECTS = ("pure", "idempotent", "checkable", "at_most_once")
"""From the most harmless to the one that is never repeated."""
MOST_SAMPLES = 512
NOT_APPROVED = "Nobody has approved this tool."


def all_tools(data_dir: Path, settings: Settings, workflows: Mapping[str, Workflow]) -> list[dict[str, Any]]:
    """Built-in tools, device tools and those of MCP servers, in that order and by name. Starts and asks nothing."""
    from engine.tools.registry import tools

    known, used = health.read(data_dir), users(workflows)
    own = [_own(tool, known.get(name, UNKNOWN), used.get(name, [])) for name, tool in sorted(tools().items())]
    own.sort(key=lambda one: one["kind"] == "device")
    return own + [one for name in sorted(settings.mcp_servers) for one in _offered(name, data_dir, settings, used)]


def users(workflows: Mapping[str, Workflow]) -> dict[str, list[dict[str, str]]]:
    """By tool name, which nodes of these workflows name it."""
    from engine.nodes.catalog import CATALOG

    found: dict[str, list[dict[str, str]]] = {}
    for name, workflow in workflows.items():
        for node in workflow.nodes:
            node_type = CATALOG.get(node.type)
            if node_type is None:
                continue
            needs = node_type.needs(node.params)
            for tool in (*needs.tools, *(f"{server}/{one}" for server, one in needs.servers)):
                place = {"workflow": name, "title": workflow.title or name, "node": node.key}
                found.setdefault(tool, []).append(place)
    return found


def effects_of(tool: Tool) -> list[str]:
    """All effect classes that calls of a tool can have, the most harmless first: it is asked about samples."""
    found = set()
    for sample in itertools.islice(_samples(tool), MOST_SAMPLES):
        try:
            found.add(str(tool.effect(tool.args.model_construct(**sample))))
        except Exception:
            continue  # a sample that makes no sense says nothing
    return sorted(found or {"at_most_once"}, key=EFFECTS.index)


def _samples(tool: Tool) -> Iterator[dict[str, Any]]:
    """Arguments in which everything that has few values takes each of them; the rest is there once, and once not."""
    choices: dict[str, tuple[Any, ...]] = {}
    for name, field in tool.args.model_fields.items():
        values = _values(field.annotation)
        if values:
            choices[name] = values
        elif not field.is_required() and any(word in name for word in ("idempot", "lookup", "key")):
            choices[name] = (field.get_default(call_default_factory=True), "given")
    for row in itertools.product(*choices.values()):
        yield dict(zip(choices, row, strict=True))


def _values(annotation: Any) -> tuple[Any, ...]:
    if annotation is bool:
        return (False, True)
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return tuple(value for part in get_args(annotation) for value in _values(part)) if get_args(annotation) else ()


def _own(tool: Tool, found: Health, used: list[dict[str, str]]) -> dict[str, Any]:
    from engine.nodes.catalog import CATALOG

    node_types = [one for one in CATALOG.values() if tool.name in one.needs({}).tools]
    first = node_types[0] if node_types else None
    schema = tool.args.model_json_schema(mode="validation")
    device = ".devices" in tool.call.__module__ or ".devices" in tool.args.__module__
    effects = effects_of(tool)
    return {
        "name": tool.name,
        "title": first.title if first else tool.name,
        "summary": tool.summary,
        "description": tool.summary,
        "kind": "device" if device else "built-in",
        "server": "",
        "schema": schema,
        "placement": tool.placement,
        "effect": effects[-1],
        "effects": effects,
        "risk": tool.risk,
        "approval": _approval(),
        "gives": tool.gives,
        "chooses": list(tool.chooses),
        "reach": tool.reach,
        "secrets": [name for name, one in schema.get("properties", {}).items() if one.get("x-ui") == "secret"],
        "checks": tool.health is not None,
        "health": _health(found),
        "used_by": used,
        "icon": first.icon if first else "wrench",
        "node_types": [one.name for one in node_types],
        "example": first.example if first else "",
    }


def _approval() -> str:
    """What holds where the author of a node has said nothing."""
    from engine.nodes.capability import ToolUse

    return str(ToolUse.model_fields["approval"].default)


def _offered(
    name: str, data_dir: Path, settings: Settings, used: Mapping[str, list[dict[str, str]]]
) -> Iterator[dict[str, Any]]:
    """The tools of one server: approved ones, and those that were seen at the last look and are not."""
    from engine.tools import mcp_pins

    server = settings.mcp_servers[name]
    found = health.read(data_dir).get(health.of_server(name), UNKNOWN)
    changes = {str(change["tool"]): change for change in found.changes}
    pinned = mcp_pins.read(data_dir, name, server)
    for tool in sorted({*server.tools, *(tool for tool, one in changes.items() if one["kind"] == "new")}):
        state = _tool_health(server, tool, tool in pinned, changes.get(tool), found)
        yield _of_server(name, server, tool, pinned.get(tool), state, used.get(f"{name}/{tool}", []))


def _tool_health(server: McpServer, tool: str, kept: bool, change: Mapping[str, Any] | None, found: Health) -> Health:
    if tool not in server.tools:
        return Health("blocked", NOT_APPROVED, found.at)
    if server.approved != server.fingerprint():
        how = "address" if server.url else "command"
        return Health("blocked", f"The {how} of its server is not the approved one.", found.at)
    if not kept:
        return Health("blocked", "What was approved of it is not kept on this PC.", found.at)
    if change is not None:
        return Health("blocked", f"Since it was approved, {change['why']}.", found.at, (change,))
    return (
        Health("unknown")
        if found.state == "unknown"
        else Health(
            "failed" if found.state == "failed" else "ok", found.sentence if found.state == "failed" else "", found.at
        )
    )


def _of_server(
    name: str,
    server: McpServer,
    tool: str,
    definition: Definition | None,
    found: Health,
    used: list[dict[str, str]],
) -> dict[str, Any]:
    given = definition or {}
    text = str(given.get("description") or given.get("title") or "")
    effect = server.effects.get(tool, "at_most_once")
    return {
        "name": f"{name}/{tool}",
        "title": str(given.get("title") or tool),
        "summary": " ".join(text.split()),
        "description": text,
        "kind": "mcp",
        "server": name,
        "schema": given.get("input_schema") or {},
        "placement": "edge" if not server.url else "either" if server.here else "cloud",
        "effect": effect,
        "effects": [effect],
        "risk": "high",
        "approval": _approval(),
        "gives": "tool",
        "chooses": [],
        "reach": server.url or server.command[0],
        "secrets": secrets_in([*server.env.values(), *server.headers.values()]),
        "checks": True,
        "health": _health(found),
        "used_by": used,
        "icon": "plug",
        "node_types": ["mcp.call"],
        "example": "",
    }


def secrets_in(texts: list[str]) -> list[str]:
    """The names of the secrets that these texts hold."""
    import re

    return sorted({name for text in texts for name in re.findall(r"secret://([A-Za-z0-9_.-]+)", text)})


def _health(found: Health) -> dict[str, Any]:
    return {"state": found.state, "sentence": found.sentence, "at": found.at, "changes": list(found.changes)}
