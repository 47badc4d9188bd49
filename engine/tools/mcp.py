"""`mcp.call`: a tool of an MCP server. Nothing is started or asked that a person has not approved word for word."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.errors import Refused, StepError
from engine.net.guard import Guard, guard_of
from engine.nodes.context import EffectClass
from engine.nodes.schemas import value_fault
from engine.nodes.tool_args import McpArgs
from engine.platform import can_seal
from engine.settings import FILE, McpServer, Settings, load
from engine.tools import mcp_http, mcp_lookup, mcp_pins, mcp_stdio
from engine.tools.command import clean_environment, refuse_unsealed
from engine.tools.mcp_link import Link, Why
from engine.tools.mcp_pins import Change, Definition
from engine.tools.mcp_values import said, value_of
from engine.tools.secrets import Secrets
from engine.tools.tool import Found, Shown, Tool, ToolEnv
from engine.workflow.canonical import value_json

NAME = "mcp.call"
RELIST_S = 10.0
"""A listing older than this is asked for again before a call: the server may have become another one."""
LONGEST_S = 86_400.0
_QUOTED = 500
_Key = tuple[str, str, bool, bool]
_Fill = Callable[[str, str], Awaitable[str]]


class McpServers:
    """The servers of one engine: their approvals, read anew when they change, and their open connections."""

    def __init__(self, data_dir: Path, settings: Settings) -> None:
        self._data_dir = data_dir
        self._given = settings.mcp_servers
        self.guard = settings.guard()
        self._read: tuple[tuple[int, int], Mapping[str, McpServer]] | None = None
        self._links: dict[_Key, tuple[Link, Secrets]] = {}
        self._locks: dict[_Key, asyncio.Lock] = {}

    def tool(self) -> Tool:
        """`mcp.call` as the registry wants it."""
        return Tool(
            name=NAME,
            summary="Calls a tool of an approved MCP server.",
            args=McpArgs,
            effect=self.effect,
            call=self.call,
            lane=lambda args: f"mcp:{args.server}",
            timeout_s=LONGEST_S,
            risk="high",
            lookup=self.lookup,
            shown=self.shown,
            chooses=("server", "server_tool"),
            opaque="arguments",
            reach="Servers of tools that a person has approved on this PC.",
        )

    def server(self, name: str) -> McpServer:
        """A server by its name in the settings; StepError when there is none."""
        found = self.known().get(name)
        if found is None:
            raise StepError("not_found", f"There is no MCP server {name!r} in the settings here.", retryable=False)
        return found

    def known(self) -> Mapping[str, McpServer]:
        """As the settings file says now: an approval counts at once, and so does its end."""
        try:
            stat = os.stat(self._data_dir / FILE)
        except OSError:
            return self._given
        mark = (stat.st_mtime_ns, stat.st_size)
        if self._read is None or self._read[0] != mark:
            try:
                self._read = (mark, load(self._data_dir).mcp_servers)
            except Refused:
                self._read = (mark, {})  # nobody can tell what is approved
        return self._read[1]

    def effect(self, args: McpArgs) -> EffectClass:
        """What a repetition does: as the approver said, else once and never again."""
        server = self.known().get(args.server)
        return "at_most_once" if server is None else server.effects.get(args.server_tool, "at_most_once")

    def shown(self, params: Mapping[str, Any]) -> Shown | None:
        """The approved description and schema, for the agent that may call it."""
        name, tool = str(params.get("server")), str(params.get("server_tool"))
        with suppress(StepError):
            definition = self._approved(name, self.server(name), tool)
            effect = self.effect(McpArgs(server=name, server_tool=tool))
            text = " ".join(str(definition.get("description") or definition.get("title") or "").split())
            return Shown(text, definition["input_schema"], effect)
        return None

    async def call(self, args: McpArgs, env: ToolEnv) -> Any:
        """One call; `{text, content, structured}`."""
        server = self.server(args.server)
        definition = self._approved(args.server, server, args.server_tool)
        fault = value_fault(definition["input_schema"], args.arguments)
        if fault:
            hint = value_json(definition["input_schema"])[:_QUOTED]
            why = f"The arguments for {args.server_tool} are wrong: {fault}. Its schema is {hint}"
            raise StepError("schema", why, retryable=False)
        link, secrets = await self._link(args.server, server, env)
        try:
            await self._unchanged(link, args.server, server, definition)
            world = self.effect(args) != "pure"
            timeout_s = min(args.timeout_s or server.timeout_s, env.timeout_s or LONGEST_S)
            result = await link.call(
                args.server_tool,
                args.arguments,
                timeout_s,
                world=world,
                progress=env.progress,
                idem_key=env.idem_key,
            )
            return self._value(args, server, secrets, result, env, world)
        except StepError as error:
            error.message = secrets.hide(error.message)
            raise

    async def lookup(self, args: McpArgs, env: ToolEnv) -> Found | None:
        """Whether an interrupted call happened, as the tool says that was approved for this question."""
        server = self.server(args.server)
        asked = server.lookups.get(args.server_tool, "")
        try:
            definition = self._approved(args.server, server, asked)
            question = mcp_lookup.question(definition, env.idem_key, args)
            return mcp_lookup.verdict(asked, await self.call(question, replace(env, idem_key="")))
        except StepError as error:  # what passes is asked again; for the rest there is a person
            error.outcome_unknown = error.retryable is False
            raise

    async def update(self, settings: Settings, guard: Guard) -> None:
        """Go on with other settings. Once the network is off, what was started with it is ended."""
        self._given, self.guard = settings.mcp_servers, guard
        if guard.offline:
            stale = [key for key in self._links if not key[3]]
            await asyncio.gather(*(self._links.pop(key)[0].aclose() for key in stale))

    async def aclose(self) -> None:
        """Close every connection and end every program."""
        links, self._links = [link for link, _ in self._links.values()], {}
        await asyncio.gather(*(link.aclose() for link in links))

    def _value(
        self, args: McpArgs, server: McpServer, secrets: Secrets, result: Any, env: ToolEnv, world: bool
    ) -> dict[str, Any]:
        if result.is_error:
            why = said(result) or "it failed, and does not say why"
            raise StepError("invalid", f"{args.server_tool} says: {why}", retryable=False)
        try:
            value: dict[str, Any] = secrets.hide(value_of(result, env.blobs, server.max_bytes))
        except StepError as error:  # the call itself has had its effect
            error.outcome_unknown = world
            raise
        return value

    def _approved(self, name: str, server: McpServer, tool: str) -> Definition:
        remedy = f"`signalboxctl mcp approve {name}` shows it and asks."
        if not server.approved:
            raise _policy(f"Nobody has approved the MCP server {name!r} yet; {remedy}", "not approved")
        if server.approved != server.fingerprint():
            how = "address" if server.url else "command"
            raise _policy(f"The {how} of the MCP server {name!r} is not the approved one; {remedy}", "changed")
        if tool not in server.tools:
            raise _policy(f"The tool {tool!r} of the MCP server {name!r} is not approved; {remedy}", "not approved")
        definition = mcp_pins.read(self._data_dir, name, server).get(tool)
        if definition is None:
            raise _policy(f"What was approved of {tool!r} of {name!r} is not kept here; {remedy}", "not approved")
        return definition

    async def _link(self, name: str, server: McpServer, env: ToolEnv) -> tuple[Link, Secrets]:
        offline, edge = guard_of(env).offline, env.placement == "edge"
        if (offline or edge) and not server.here:
            raise _far(name, offline)
        key = (name, server.fingerprint(), edge, offline)
        async with self._locks.setdefault(key, asyncio.Lock()):
            await self._close_others(name, key)
            found = self._links.get(key)
            if found is not None and found[0].open:
                return found
            if found is not None:  # it may still be ending its program, which nobody would wait for later
                await found[0].aclose()
            secrets = Secrets(env)
            if offline and not server.url and not edge:
                refuse_unsealed(f"the MCP server {name!r}")
            link = await open_link(
                name,
                server,
                env.workspace,
                secrets.fill,
                lambda: replace(self.guard, offline=self.guard.offline or offline or edge),
                sealed=offline and can_seal(),
            )
            await link.ready(server.start_timeout_s)
            self._links[key] = (link, secrets)
            return link, secrets

    async def _close_others(self, name: str, key: _Key) -> None:
        """Connections to what this server was before its settings were changed."""
        for old in [one for one in self._links if one[0] == name and one[1] != key[1]]:
            await self._links.pop(old)[0].aclose()

    async def _unchanged(self, link: Link, name: str, server: McpServer, approved: Definition) -> None:
        """StepError `permission` when the tool is not word for word what was approved."""
        tool = approved["name"]
        if link.changed or asyncio.get_running_loop().time() - link.listed_at > RELIST_S:
            await link.list_tools(server.start_timeout_s)
        offered = link.offered.get(tool)
        found = mcp_pins.changes({tool: approved}, {} if offered is None else {tool: offered})
        if found:
            remedy = f"`signalboxctl mcp inspect {name}` shows how."
            why = f"The tool {tool!r} of the MCP server {name!r} is blocked since it was approved: {found[0]}; {remedy}"
            raise _policy(why, "changed", found[0])


@dataclass(frozen=True)
class _Keeper:
    secret: Callable[[str, str], str]


async def look(
    name: str, server: McpServer, workspace: Path, secret: Callable[[str, str], str], guard: Guard
) -> dict[str, Definition]:
    """What a server offers now. It is started for this, so a person must have agreed. StepError when it cannot say."""
    if guard.offline:
        if not server.here:
            raise _far(name, True)
        if not server.url:
            refuse_unsealed(f"the MCP server {name!r}")
    secrets = Secrets(_Keeper(secret))
    link = await open_link(name, server, workspace, secrets.fill, lambda: guard, sealed=guard.offline)
    try:
        await link.ready(server.start_timeout_s)
        return await link.list_tools(server.start_timeout_s)
    except StepError as error:
        error.message = secrets.hide(error.message)
        raise
    finally:
        await link.aclose()


async def open_link(
    name: str,
    server: McpServer,
    workspace: Path,
    fill: _Fill,
    guard: Callable[[], Guard],
    *,
    sealed: bool = False,
) -> Link:
    """Start or call up a server; `sealed`: a program without a network. Who asks has seen that a person wants it."""
    if server.url:
        headers = {header: await fill(value, f"mcp:{name}@{server.url}") for header, value in server.headers.items()}
        said: list[Why] = []

        def at_address(ended: Callable[[], None]) -> Any:
            return mcp_http.streams(
                name, server.url, headers, server.max_bytes, said, lambda: guard().settling(server.url)
            )

        return Link(name, at_address, lambda: said.pop() if said else None)
    env = clean_environment({variable: await fill(value, f"mcp:{name}") for variable, value in server.env.items()})
    cwd = Path(server.cwd) if server.cwd else workspace
    programs: list[mcp_stdio.Program] = []

    def started(ended: Callable[[], None]) -> Any:
        programs.append(mcp_stdio.Program(ended))
        return mcp_stdio.streams(server.command, cwd, env, server.max_bytes, programs[-1], sealed=sealed)

    def why() -> Why | None:
        found = programs[-1] if programs else None
        if found is None or found.why is None:
            return None
        cls, text = found.why
        return cls, f"{text} ({found.last_words})" if found.last_words else text

    return Link(name, started, why)


def _far(name: str, offline: bool) -> StepError:
    if offline:  # the class of a lost connection: whoever can take over does
        why = f"The network is off, so the MCP server {name!r} is not asked: it is not on this PC."
        return StepError("connection", why, retryable=False, detail={"reason": "offline"})
    why = f"The node is placed on the edge, so the MCP server {name!r} is not asked: it is not on this PC."
    return _policy(why, "placement")


def _policy(message: str, reason: str, change: Change | None = None) -> StepError:
    """A call that a rule of this PC forbids. The diff is for people; a model must not read what was slipped in."""
    detail: dict[str, Any] = {"reason": reason}
    if change is not None:
        fields = [
            {"field": field, "before": _short(before), "after": _short(after)} for field, before, after in change.fields
        ]
        detail |= {"tool": change.tool, "change": change.kind, "fields": fields}
    return StepError("permission", message, retryable=False, detail=detail)


def _short(value: Any) -> Any:
    text = value if isinstance(value, str) else value_json(value)
    return text if len(text) <= _QUOTED else text[:_QUOTED] + " …"
