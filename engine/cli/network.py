"""`network`: who would be talked to, who was, and the switch that keeps everything on this PC."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli import codes, options

if TYPE_CHECKING:
    from engine.settings import Settings
    from engine.workflow.model import Node, Workflow

app = typer.Typer(help="The network: who would be asked and who was; on, off, allow and deny.", no_args_is_help=True)

Hosts = Annotated[
    list[str],
    typer.Argument(metavar="HOST…", help="mes.lan, *.plant.example or 10.2.0.0/16, with :port or without."),
]


@app.command()
def show(data_dir: options.DataDir = None, json: options.Json = False) -> int:
    """Say whether the network is on, who would be asked by what is in the library, and who was. Asks nobody."""
    from engine.cli.output import print_json, print_table
    from engine.cli.reading import folder

    path, settings = folder(data_dir)
    found = facts(path, settings)
    if json:
        print_json(found)
        return codes.COMPLETED
    print("The network is off: only this PC is asked." if found["offline"] else "The network is on.")
    told = "hosts that an author wrote into a node, and those in the list" if found["rule"] == "drawn" else "the list"
    print(f"Allowed: {told}: {', '.join(found['allow']) or '(empty)'}")
    cells = [
        [one["workflow"] or "-", one["node"] or "-", one["what"], one["host"], one["why"]] for one in found["would"]
    ]
    print("\nWho would be asked:")
    print_table(["workflow", "node", "what", "host", "why"], cells, empty="Nobody.")
    cells = [[f"{one['host']}:{one['port']}", one["what"], one["outcome"], one["times"]] for one in found["asked"]]
    print("\nWho was asked or refused lately:")
    print_table(["host", "what", "outcome", "times"], cells, empty="Nobody.")
    return codes.COMPLETED


@app.command()
def off(data_dir: options.DataDir = None, json: options.Json = False) -> int:
    """Keep everything on this PC: a running engine takes it over at once."""
    return _change(data_dir, json, lambda settings: settings.model_copy(update={"network": "off"}))


@app.command()
def on(data_dir: options.DataDir = None, json: options.Json = False) -> int:
    """Let allowed hosts be asked again."""
    return _change(data_dir, json, lambda settings: settings.model_copy(update={"network": "on"}))


@app.command()
def allow(hosts: Hosts, data_dir: options.DataDir = None, json: options.Json = False) -> int:
    """Let tools ask these hosts, too."""
    from engine.net.rules import rule

    given = [rule(host).text.strip().lower() for host in hosts]
    return _change(data_dir, json, lambda settings: _with_list(settings, [*settings.network_rules.allow, *given]))


@app.command()
def deny(hosts: Hosts, data_dir: options.DataDir = None, json: options.Json = False) -> int:
    """Take hosts off the list again, as they stand in it."""
    from engine.errors import Refused

    def without(settings: Settings) -> Settings:
        known = settings.network_rules.allow
        gone = {host.strip().lower() for host in hosts}
        for host in sorted(gone - {one.lower() for one in known}):
            raise Refused(f"{host} is not in the list.", remedy=f"In it: {', '.join(known) or 'nothing'}.")
        return _with_list(settings, [one for one in known if one.lower() not in gone])

    return _change(data_dir, json, without)


def _with_list(settings: Settings, allow: list[str]) -> Settings:
    rules = settings.network_rules.model_copy(update={"allow": tuple(dict.fromkeys(allow))})
    return settings.model_copy(update={"network_rules": rules})


def _change(data_dir: Path | None, json: bool, change: Callable[[Settings], Settings]) -> int:
    from engine.cli.output import print_json
    from engine.cli.reading import folder
    from engine.settings import save

    path, settings = folder(data_dir)
    settings = change(settings)
    save(settings, path)
    if json:
        print_json(facts(path, settings))
    else:
        print("The network is off: only this PC is asked." if settings.network == "off" else "The network is on.")
        print(f"In the list: {', '.join(settings.network_rules.allow) or 'nothing'}")
    return codes.COMPLETED


def facts(path: Path, settings: Settings) -> dict[str, Any]:
    """What `show` says, as JSON."""
    from engine.net.asked import read

    return {
        "offline": settings.network == "off",
        "rule": settings.network_rules.rule,
        "allow": list(settings.network_rules.allow),
        "site": list(settings.network_rules.site),
        "proxy": settings.network_rules.proxy,
        "would": list(_would(path, settings)),
        "asked": read(path),
    }


def _would(path: Path, settings: Settings) -> Iterator[dict[str, Any]]:
    from engine.store import DATA_FILE, open_store

    if (path / DATA_FILE).exists():
        with open_store(path / DATA_FILE, role="client") as store:
            for name in store.library.names():
                digest = store.library.latest(name)
                if digest is not None:
                    yield from _of_workflow(store.library.get(digest), settings)
    if settings.hub.enabled:
        yield {"workflow": "", "node": "", "what": "models download", "host": settings.hub.url, "why": "when asked to"}


def _of_workflow(workflow: Workflow, settings: Settings) -> Iterator[dict[str, Any]]:
    from engine.nodes.catalog import CATALOG

    for node in workflow.nodes:
        node_type = CATALOG.get(node.type)
        if node_type is None or node.mode != "on":
            continue
        needs = node_type.needs(node.params)
        for what, host, why in (
            *_tools(node, needs.tools),
            *_roles(needs.roles, settings),
            *_servers(needs.servers, settings),
        ):
            yield {"workflow": workflow.name, "node": node.key, "what": what, "host": host, "why": why}


def _tools(node: Node, names: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    from engine.net.address import is_loopback, written

    places = sorted(written(node.params))
    for name in names:
        for host, port in places:
            if not is_loopback(host):
                yield name, f"{host}:{port}", "written in the node"
        if name == "http.request" and not places:
            yield name, "", "the address comes from a value of the run"


def _roles(names: tuple[str, ...], settings: Settings) -> Iterator[tuple[str, str, str]]:
    for name in names:
        setting = settings.roles.get(name)
        for role in (name, *(setting.fallback if setting else ())):
            one = settings.roles.get(role)
            if one is not None and one.on_network:
                why = "the role's model" if role == name else f"takes over from `{name}`"
                yield f"role {role}", one.address, why


def _servers(names: tuple[tuple[str, str], ...], settings: Settings) -> Iterator[tuple[str, str, str]]:
    for name, tool in names:
        server = settings.mcp_servers.get(name)
        if server is not None and not server.here:
            yield f"server {name}", server.url, f"its tool {tool}" if tool else "its tools"
        elif server is not None and server.command:
            yield f"server {name}", "", "a program of this PC, which may ask whom it likes while the network is on"
