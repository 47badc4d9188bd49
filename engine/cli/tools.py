"""`tools`: every tool of this PC, what it may do and where it may reach, and whether it is in order."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli import codes, options

if TYPE_CHECKING:
    from engine.observe.health import Health
    from engine.settings import Settings
    from engine.tools.tool import Tool
    from engine.workflow.model import Workflow

app = typer.Typer(help="Tools: list, show and check them.", no_args_is_help=True)
DEADLINE_S = 20.0
"""Seconds that one tool may take to say how it is."""


@app.command("list")
def list_(data_dir: options.DataDir = None, json: options.Json = False) -> int:
    """List every tool: built in, of devices, of approved MCP servers. Starts and asks none of them."""
    from engine.cli.output import print_json, print_table

    found = _facts(data_dir)
    if json:
        print_json(found)
    else:
        cells = [
            [one["name"], one["placement"], one["effect"], one["risk"], one["approval"], one["health"]["state"],
             one["reach"]]
            for one in found
        ]  # fmt: skip
        head = ["tool", "placement", "repeating it", "risk", "approval", "health", "where it may reach"]
        print_table(head, cells, empty="There are no tools.")
    return codes.COMPLETED


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `tools list` says it.", show_default=False)],
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Show one tool in full: its arguments, what chooses what it does, who uses it, an example."""
    from engine.cli.mcp_shown import visible
    from engine.cli.output import print_json
    from engine.errors import Refused

    one = next((one for one in _facts(data_dir) if one["name"] == name), None)
    if one is None:
        raise Refused(f"There is no tool {name!r} on this PC.", remedy="`signalboxctl tools list` lists them.")
    if json:
        print_json(one)
        return codes.COMPLETED
    print(f"{one['name']}: {visible(one['summary'])}")
    said = one["health"]["sentence"]
    print(f"  runs: {one['placement']}; repeating it: {', '.join(one['effects'])}; risk: {one['risk']}")
    print(f"  a person is asked: {one['approval']}; its results count as: {one['gives']}")
    print(f"  reaches: {visible(one['reach'])}")
    print(f"  health: {one['health']['state']}" + (f" ({visible(said)})" if said else ""))
    print("  arguments (* says who is reached or what is done):")
    required = one["schema"].get("required", [])
    for argument, schema in one["schema"].get("properties", {}).items():
        sign = "*" if argument in one["chooses"] else " "
        needed = " (required)" if argument in required else ""
        print(f"  {sign} {visible(argument)}{needed}: {visible(str(schema.get('description', '')))}")
    for user in one["used_by"]:
        print(f"  used by {user['workflow']}, node {user['node']}")
    return codes.COMPLETED


@app.command()
def check(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME…]", help="Tools or MCP servers; without it, all.")
    ] = None,
    data_dir: options.DataDir = None,
    json: options.Json = False,
) -> int:
    """Ask tools and approved MCP servers whether they are in order, and keep the answers. Exit code 2 when one is not.

    Nothing is written to a device or a service.
    """
    from engine.cli.output import print_json, print_table
    from engine.cli.reading import folder
    from engine.errors import Refused
    from engine.observe import health
    from engine.tools.registry import tools

    path, settings = folder(data_dir)
    own = {name: tool for name, tool in tools().items() if tool.health is not None}
    servers = list(settings.mcp_servers)
    wanted = [name.partition("/")[0] if name not in tools() else name for name in names or [*own, *servers]]
    unknown = next((name for name in wanted if name not in tools() and name not in servers), None)
    if unknown is not None:
        raise Refused(f"There is no tool or MCP server {unknown!r}.", remedy="`signalboxctl tools list` lists them.")
    found = _ask({name: own[name] for name in wanted if name in own}, path, settings)
    found |= {
        health.of_server(name): _server(name, path, settings) for name in dict.fromkeys(wanted) if name in servers
    }
    health.keep(path, {name: one for name, one in found.items() if one.state != "unknown"})
    said = [
        {"name": name.removeprefix("mcp:"), "state": one.state, "sentence": one.sentence, "at": one.at,
         "changes": list(one.changes)}
        for name, one in found.items()
    ]  # fmt: skip
    if json:
        print_json(said)
    else:
        cells = [[one["name"], one["state"], one["sentence"]] for one in said]
        print_table(["tool", "health", "what it says"], cells, empty="None of these has anything to ask before a call.")
    return codes.REFUSED if any(one.state in ("failed", "blocked") for one in found.values()) else codes.COMPLETED


def _facts(data_dir: Path | None) -> list[dict[str, Any]]:
    from engine.cli.reading import folder
    from engine.cli.tool_facts import all_tools

    path, settings = folder(data_dir)
    return all_tools(path, settings, library_workflows(data_dir))


def library_workflows(data_dir: Path | None) -> dict[str, Workflow]:
    """The newest version of every workflow of the library; none where there is no library yet."""
    from engine.cli.reading import is_there, reading

    if not is_there(data_dir):
        return {}
    with reading(data_dir) as store:
        newest = {name: store.library.latest(name) for name in store.library.names()}
        return {name: store.library.get(digest) for name, digest in newest.items() if digest is not None}


def _ask(wanted: dict[str, Tool], path: Path, settings: Settings) -> dict[str, Health]:
    """What the tools say, all asked at once."""
    import asyncio

    from engine.tools.registry import aclose_all

    async def ask() -> list[Health]:
        try:
            return await asyncio.gather(*(_one(tool, path, settings) for tool in wanted.values()))
        finally:
            await aclose_all()

    return dict(zip(wanted, asyncio.run(ask()), strict=True)) if wanted else {}


async def _one(tool: Tool, path: Path, settings: Settings) -> Health:
    import asyncio

    from engine.errors import Refused, StepError
    from engine.keys import Vault
    from engine.observe.health import Health
    from engine.tools.tool import ToolEnv

    workspace = settings.workspace_dir(path)
    workspace.mkdir(parents=True, exist_ok=True)
    env = ToolEnv(
        idem_key="", timeout_s=DEADLINE_S, workspace=workspace, blobs=Scratch(), network=settings.network == "on",
        secret=Vault(path).secret, guard=settings.guard(),
    )  # fmt: skip
    assert tool.health is not None
    try:
        async with asyncio.timeout(DEADLINE_S):
            return Health("ok", await tool.health(env) or "", time.time())
    except (Refused, StepError) as error:
        return Health("failed", str(error), time.time())
    except TimeoutError:
        return Health("failed", f"It has said nothing for {DEADLINE_S:.0f} seconds.", time.time())


def _server(name: str, path: Path, settings: Settings) -> Health:
    from engine.cli.mcp import as_health, checked
    from engine.observe.health import Health

    server = settings.mcp_servers[name]
    if server.approved != server.fingerprint():
        return Health("unknown", "Nobody has approved it as it stands, so it is not started.")
    return as_health(checked(name, server, path, settings))


class Scratch:
    """Values that a question after somebody's health needs for a moment."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def put(self, data: bytes, media_type: str) -> dict[str, Any]:
        """Keep the bytes for as long as this takes."""
        import hashlib

        sha = hashlib.sha256(data).hexdigest()
        self._kept[sha] = data
        return {"$blob": sha, "size": len(data), "media_type": media_type}

    def get(self, sha: str) -> bytes:
        """The bytes of this SHA-256 (hex)."""
        return self._kept[sha]
