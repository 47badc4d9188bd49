"""`mcp`: which MCP servers workflows may use, and exactly which of their tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli import codes, options
from engine.cli.mcp_shown import show_changes, show_server, show_tools

if TYPE_CHECKING:
    from engine.observe.health import Health, State
    from engine.settings import McpServer, Settings
    from engine.tools.mcp_pins import Change, Definition

app = typer.Typer(help="MCP servers: list, inspect, approve, check and remove them.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The name that workflows use.", show_default=False)]
Yes = Annotated[bool, typer.Option("--yes", help="Agree to what is shown, without being asked.")]


@app.command("list")
def list_(data_dir: options.DataDir = None, json: options.Json = False) -> int:
    """List the servers and what is approved of them. Starts none of them."""
    from engine.cli.output import print_json, print_table
    from engine.cli.reading import folder

    _, settings = folder(data_dir)
    found = [_facts(name, server) for name, server in sorted(settings.mcp_servers.items())]
    if json:
        print_json(found)
    else:
        cells = [[one["name"], one["state"], len(one["tools"]), one["where"]] for one in found]
        print_table(["server", "state", "tools", "command or address"], cells, empty="No MCP servers are set up.")
    return codes.COMPLETED


@app.command()
def inspect(name: Name, yes: Yes = False, data_dir: options.DataDir = None, json: options.Json = False) -> int:
    """Start a server, show every tool word for word, and how it differs from what is approved. Changes nothing."""
    from engine.cli.output import print_json
    from engine.cli.reading import folder
    from engine.tools import mcp_pins

    path, settings = folder(data_dir)
    server = _known(settings, name)
    if not json:
        show_server(name, server)
    if server.approved != server.fingerprint():
        _agree(yes, "It is not approved. Start it, to see what it offers?")
    offered = _offered(name, server, path, settings)
    approved = mcp_pins.read(path, name, server)
    changes = mcp_pins.changes(approved, offered)
    if json:
        tools = [_tool_facts(one, server) for one in offered.values()]
        print_json({**_facts(name, server), "offered": tools, "changes": [_change_facts(one) for one in changes]})
    else:
        show_tools(offered, server.effects)
        show_changes(changes)
    return codes.COMPLETED


@app.command()
def approve(
    name: Name,
    command: Annotated[
        list[str] | None,
        typer.Argument(metavar="[-- PROGRAM ARGUMENT…]", help="The program that is the server.", show_default=False),
    ] = None,
    url: Annotated[str, typer.Option("--url", help="The address of a server that runs already.")] = "",
    env: Annotated[list[str] | None, typer.Option("--env", metavar="N=V", help="May hold secret://name.")] = None,
    header: Annotated[list[str] | None, typer.Option("--header", metavar="N=V", help="May hold secret://name.")] = None,
    cwd: Annotated[str, typer.Option("--cwd", metavar="DIR", help="The folder that the program runs in.")] = "",
    tool: Annotated[list[str] | None, typer.Option("--tool", help="Approve only this tool (repeat for more).")] = None,
    read_only: Annotated[
        list[str] | None,
        typer.Option("--read-only", metavar="TOOL", help="You know that it changes nothing: it may be repeated."),
    ] = None,
    idempotent: Annotated[
        list[str] | None,
        typer.Option("--idempotent", metavar="TOOL", help="You know that doing it twice is the same as once."),
    ] = None,
    once: Annotated[
        list[str] | None, typer.Option("--at-most-once", metavar="TOOL", help="Nobody knows: it is never repeated.")
    ] = None,
    lookup: Annotated[
        list[str] | None,
        typer.Option(
            "--lookup", metavar="TOOL=ASKED", help="ASKED is a tool that says whether a call of TOOL happened."
        ),
    ] = None,
    shown: Annotated[
        list[str] | None,
        typer.Option("--shown", metavar="SHA256", help="Approve nothing but what `inspect --json` gave these for."),
    ] = None,
    yes: Yes = False,
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Start a server, show its command and every tool, and approve them as they are now.

    A server without PROGRAM or --url is one that the settings name already; it is shown with what has changed.
    """
    from dataclasses import asdict

    from engine.cli.output import print_json
    from engine.cli.reading import folder
    from engine.observe import health
    from engine.settings import Settings, save
    from engine.tools import mcp_pins

    path, settings = folder(data_dir)
    server = _described(settings, name, command or [], url, env or [], header or [], cwd)
    _as_shown(shown, server.fingerprint(), f"The way to reach the MCP server {name!r}")
    if not json:
        show_server(name, server)
    if server.approved != server.fingerprint():
        _agree(yes, "Start it, to see what it offers?")
    offered = _offered(name, server, path, settings)
    changes = mcp_pins.changes(mcp_pins.read(path, name, server), offered)
    chosen, effects = _chosen(server, offered, tool, read_only or [], idempotent or [], once or [])
    effects, lookups = _looked_up(effects, {**server.lookups, **_pairs(lookup or [])}, chosen, _pairs(lookup or []))
    for one in chosen:
        _as_shown(shown, mcp_pins.fingerprint(one), f"The tool {one['name']!r}")
    if not json:
        show_tools(offered, effects)
        if server.tools:
            show_changes(changes)
    _agree(yes, f"Approve {len(chosen)} of {len(offered)} tools exactly as shown?")
    pins = {one["name"]: mcp_pins.fingerprint(one) for one in chosen}
    given = {"approved": server.fingerprint(), "tools": pins, "effects": effects, "lookups": lookups}
    done = type(server).model_validate({**server.model_dump(), **given})
    mcp_pins.write(path, name, chosen)
    _, now = folder(data_dir)  # what somebody else has set meanwhile stays
    changed = {**now.model_dump(), "mcp_servers": {**now.mcp_servers, name: done}}
    save(Settings.model_validate(changed), path)
    left = [_change_facts(one) for one in mcp_pins.changes({one["name"]: one for one in chosen}, offered)]
    health.keep(path, {health.of_server(name): as_health({"ok": True, "why": "", "changes": left})})
    if json:
        print_json({**_facts(name, done), "changes": [asdict(one) for one in changes]})
    else:
        print(f"Approved: {name}, {len(chosen)} tools.")
    return codes.COMPLETED


@app.command()
def add(
    name: Name,
    command: Annotated[
        list[str] | None,
        typer.Argument(metavar="[-- PROGRAM ARGUMENT…]", help="The program that is the server.", show_default=False),
    ] = None,
    url: Annotated[str, typer.Option("--url", help="The address of a server that runs already.")] = "",
    env: Annotated[list[str] | None, typer.Option("--env", metavar="N=V", help="May hold secret://name.")] = None,
    header: Annotated[list[str] | None, typer.Option("--header", metavar="N=V", help="May hold secret://name.")] = None,
    cwd: Annotated[str, typer.Option("--cwd", metavar="DIR", help="The folder that the program runs in.")] = "",
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Note how a server is reached. Nothing is started, asked or approved."""
    from engine.cli.output import print_json
    from engine.cli.reading import folder
    from engine.errors import Refused
    from engine.settings import Settings, save

    path, settings = folder(data_dir)
    if not command and not url:
        raise Refused("A server is a program or an address.", remedy="Give --url, or the program after `--`.")
    server = _described(settings, name, command or [], url, env or [], header or [], cwd)
    changed = {**settings.model_dump(), "mcp_servers": {**settings.mcp_servers, name: server}}
    save(Settings.model_validate(changed), path)
    if json:
        print_json(_facts(name, server))
    else:
        print(f"Noted: {name}. `signalboxctl mcp approve {name}` shows what it offers, and asks.")
    return codes.COMPLETED


@app.command()
def block(
    name: Name,
    tools: Annotated[list[str] | None, typer.Argument(metavar="[TOOL…]", help="Without it, the whole server.")] = None,
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Take an approval back, at once: of some tools, or of a whole server. Starts nothing."""
    from engine.cli.output import print_json
    from engine.cli.reading import folder
    from engine.errors import Refused
    from engine.observe import health
    from engine.settings import Settings, save

    path, settings = folder(data_dir)
    server = _known(settings, name)
    unknown = next((tool for tool in tools or () if tool not in server.tools), None)
    if unknown is not None:
        raise Refused(f"The tool {unknown!r} of {name!r} is not approved anyway.")
    left = {tool: pin for tool, pin in server.tools.items() if tools and tool not in tools}
    effects = {tool: effect for tool, effect in server.effects.items() if tool in left}
    asked = {tool: one for tool, one in server.lookups.items() if tool in left and one in left}
    effects = {tool: effect for tool, effect in effects.items() if effect != "checkable" or tool in asked}
    given = {"tools": left, "effects": effects, "lookups": asked, "approved": server.approved if left else ""}
    done = type(server).model_validate({**server.model_dump(), **given})
    save(Settings.model_validate({**settings.model_dump(), "mcp_servers": {**settings.mcp_servers, name: done}}), path)
    health.forget_tools(path, name, [tool for tool in server.tools if tool not in left])
    if json:
        print_json(_facts(name, done))
    else:
        print(f"Blocked: {name}" + (f", {', '.join(tools)}." if tools else "."))
    return codes.COMPLETED


@app.command()
def remove(name: Name, data_dir: options.DataDir = None) -> int:
    """Forget a server and its approval; workflows that name it are refused from now on."""
    from engine.cli.reading import folder
    from engine.observe import health
    from engine.settings import save
    from engine.tools import mcp_pins

    path, settings = folder(data_dir)
    _known(settings, name)
    left = {other: server for other, server in settings.mcp_servers.items() if other != name}
    save(settings.model_copy(update={"mcp_servers": left}), path)
    mcp_pins.forget(path, name)
    health.keep(path, {}, forget=[health.of_server(name)])
    print(f"Removed: {name}.")
    return codes.COMPLETED


@app.command()
def check(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME…]", help="Without it, all.")] = None,
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Start the approved servers and say whether they still are what was approved. Exit code 2 when one is not."""
    from engine.cli.failures import plain
    from engine.cli.output import print_json, print_table
    from engine.cli.reading import folder
    from engine.observe import health

    path, settings = folder(data_dir)
    wanted = names or sorted(settings.mcp_servers)
    found = [checked(name, _known(settings, name), path, settings) for name in wanted]
    asked = {one["name"]: as_health(one) for one in found if one["started"]}
    health.keep(path, {health.of_server(name): one for name, one in asked.items()})
    if json:
        print_json(found)
    else:
        cells = [[one["name"], "ok" if one["ok"] else "blocked", one["tools"], plain(one["why"])] for one in found]
        print_table(["server", "state", "tools", "why"], cells, empty="No MCP servers are set up.")
    return codes.COMPLETED if all(one["ok"] for one in found) else codes.REFUSED


def checked(name: str, server: McpServer, path: Path, settings: Settings) -> dict[str, Any]:
    """Whether a server still is what was approved; it is started for this when it is approved as it stands."""
    from engine.errors import Refused, StepError
    from engine.tools import mcp_pins

    one: dict[str, Any] = {"name": name, "ok": False, "tools": len(server.tools), "why": "", "changes": []}
    one["started"] = server.approved == server.fingerprint()
    if server.approved != server.fingerprint():
        return {**one, "why": "not approved as it stands, so it is not started"}
    try:
        offered = _offered(name, server, path, settings)
    except (Refused, StepError) as error:
        return {**one, "why": str(error)}
    changes = mcp_pins.changes(mcp_pins.read(path, name, server), offered)
    blocked = [change for change in changes if change.tool in server.tools]
    why = "; ".join(f"{change.tool}: {change}" for change in changes)
    facts = [_change_facts(change) for change in changes]
    return {**one, "ok": not blocked, "answered": True, "why": why, "changes": facts}


def as_health(one: Mapping[str, Any]) -> Health:
    """What `checked` found, as it is kept for the list of tools."""
    import time

    from engine.observe.health import Health

    state: State = "ok" if one["ok"] else "blocked" if one.get("answered") else "failed"
    return Health(state, one["why"], time.time(), tuple(one["changes"]))


def _offered(name: str, server: McpServer, path: Path, settings: Settings) -> dict[str, Definition]:
    """What the server says that it has; tools that cannot be used are named on stderr and left out."""
    import asyncio

    from engine.cli.failures import say
    from engine.keys import Vault
    from engine.tools import mcp_pins
    from engine.tools.mcp import look

    workspace = settings.workspace_dir(path)
    workspace.mkdir(parents=True, exist_ok=True)
    found = asyncio.run(look(name, server, workspace, Vault(path).secret, settings.guard()))
    faults = {tool: mcp_pins.fault(one) for tool, one in found.items()}
    for tool, fault in faults.items():
        if fault:
            say(f"The tool {tool!r} is left out: {fault}.")
    return {tool: one for tool, one in found.items() if not faults[tool]}


def _described(
    settings: Settings,
    name: str,
    command: Sequence[str],
    url: str,
    env: Sequence[str],
    header: Sequence[str],
    cwd: str,
) -> McpServer:
    """The server as the command line or the settings describe it."""
    import shutil

    from pydantic import ValidationError

    from engine.errors import Refused
    from engine.settings import Settings as All

    if not command and not url:
        return _known(settings, name)
    argv = list(command)
    if argv:
        argv[0] = str(Path(shutil.which(argv[0]) or argv[0]).absolute())  # the same program, whatever PATH says later
    given = {"command": argv, "url": url, "env": _pairs(env), "headers": _pairs(header), "cwd": cwd}
    old = settings.mcp_servers.get(name)
    if old is not None:  # approvals of tools are kept, so that the differences can be shown
        given |= old.model_dump(include={"approved", "tools", "effects", "lookups"})
    try:
        return All.model_validate({"mcp_servers": {name: given}}).mcp_servers[name]
    except ValidationError as error:
        raise Refused(error.errors()[0]["msg"].removeprefix("Value error, ") + ".", where=name) from None


def _pairs(given: Sequence[str]) -> dict[str, str]:
    from engine.errors import Refused

    wrong = next((one for one in given if "=" not in one), None)
    if wrong is not None:
        raise Refused(f"{wrong!r} is not NAME=VALUE.")
    return {name: value for name, _, value in (one.partition("=") for one in given)}


def _chosen(
    server: McpServer,
    offered: Mapping[str, Definition],
    tools: list[str] | None,
    pure: list[str],
    same: list[str],
    once: list[str],
) -> tuple[list[Definition], dict[str, str]]:
    from engine.errors import Refused

    unknown = [name for name in (*(tools or ()), *pure, *same, *once) if name not in offered]
    if unknown:
        raise Refused(f"The server has no tool {unknown[0]!r}.", remedy=f"It has {', '.join(offered) or 'none'}.")
    chosen = [one for name, one in offered.items() if tools is None or name in tools]
    names = {one["name"] for one in chosen}
    kept: dict[str, str] = {name: effect for name, effect in server.effects.items() if name in names - {*once}}
    return chosen, {**kept, **dict.fromkeys(pure, "pure"), **dict.fromkeys(same, "idempotent")}


def _looked_up(
    effects: Mapping[str, str], lookups: Mapping[str, str], chosen: Sequence[Definition], new: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Effects and look-ups of the chosen tools; Refused for a tool that cannot say whether a call happened."""
    from engine.errors import Refused
    from engine.tools import mcp_lookup

    known = {one["name"]: one for one in chosen}
    for tool, asked in new.items():
        missing = next((one for one in (tool, asked) if one not in known), None)
        fault = "" if missing else mcp_lookup.fault(known[asked])
        if missing or fault:
            raise Refused(
                f"{missing!r} is not approved with it." if missing else f"{asked!r} cannot be asked: {fault}."
            )
    kept = {tool: asked for tool, asked in lookups.items() if tool in known and asked in known}
    found = {tool: effect for tool, effect in effects.items() if effect != "checkable" or tool in kept}
    found |= dict.fromkeys(new, "checkable") | dict.fromkeys(new.values(), "pure")
    return found, {tool: asked for tool, asked in kept.items() if found.get(tool) == "checkable"}


def _as_shown(shown: list[str] | None, mark: str, what: str) -> None:
    """Refused when a person has been shown something else than what would be approved."""
    from engine.errors import Refused

    if shown is not None and mark not in shown:
        raise Refused(f"{what} is not what was shown any more.", remedy="Look at it again before you approve it.")


def _known(settings: Settings, name: str) -> McpServer:
    from engine.errors import Refused

    found = settings.mcp_servers.get(name)
    if found is None:
        known = ", ".join(sorted(settings.mcp_servers)) or "none"
        raise Refused(f"There is no MCP server {name!r} (there are: {known}).", remedy="`mcp approve` adds one.")
    return found


def _agree(yes: bool, question: str) -> None:
    """Go on when a person says so; Refused otherwise."""
    from engine.cli.terminal import interactive
    from engine.errors import Refused

    if yes:
        return
    if not interactive():
        raise Refused("Nobody is here to be asked.", remedy="Read what is shown, then say --yes.")
    if not typer.confirm(question, default=False):
        raise Refused("Nothing was approved.")


def _facts(name: str, server: McpServer) -> dict[str, Any]:
    state = "approved" if server.approved == server.fingerprint() else "changed" if server.approved else "not approved"
    tools = [{"name": tool, "effect": server.effects.get(tool, "at_most_once")} for tool in sorted(server.tools)]
    how = server.model_dump(mode="json", include={"command", "url", "env", "headers", "cwd"})
    where = server.url or " ".join(server.command)
    seen = {"fingerprint": server.fingerprint()}
    return {"name": name, "state": state, "where": where, "here": server.here, "tools": tools, **how, **seen}


def _tool_facts(tool: Definition, server: McpServer) -> dict[str, Any]:
    from engine.tools.mcp_pins import fingerprint

    mark = fingerprint(tool)
    effect = server.effects.get(tool["name"], "at_most_once")
    return {**tool, "sha256": mark, "approved": server.tools.get(tool["name"]) == mark, "effect": effect}


def _change_facts(change: Change) -> dict[str, Any]:
    fields = [{"field": name, "before": before, "after": after} for name, before, after in change.fields]
    return {"tool": change.tool, "kind": change.kind, "why": str(change), "fields": fields}
