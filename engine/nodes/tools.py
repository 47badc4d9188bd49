"""The outside world: HTTP requests, SQL statements, programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from re import findall
from typing import Any

from engine.nodes import examples
from engine.nodes.capability import TOOL_RAW, CapabilityParams
from engine.nodes.context import Context
from engine.nodes.node_type import Needs, NodeType
from engine.nodes.ports import ERROR, INPUT, TOOL, out
from engine.nodes.text import known_texts
from engine.nodes.tool_args import READS, CommandArgs, HttpArgs, SqlArgs


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)


def _secrets(*values: Any) -> tuple[str, ...]:
    found = [
        name for value in values for text in _texts(value) for name in findall(r"secret://([A-Za-z0-9_.-]+)", text)
    ]
    return tuple(dict.fromkeys(found))


def _http_needs(params: Mapping[str, Any]) -> Needs:
    names, urls = _secrets(params.get("headers")), known_texts(params.get("url"))
    sends = tuple((name, urls[0].partition("?")[0]) for name in names) if urls else ()
    return Needs(tools=("http.request",), secrets=names, sends=sends)


def _part(result: Any, name: str, otherwise: Any = None) -> Any:
    """One part of a tool's result. A person who settles a doubt may have given another value, or none."""
    if isinstance(result, Mapping):
        return result.get(name, otherwise)
    return otherwise if result is None else result


class HttpParams(HttpArgs, CapabilityParams):
    """One HTTP request."""


async def _http(ctx: Context, params: HttpParams, inputs: Mapping[str, Any]) -> dict[str, Any]:
    args = params.model_dump(exclude={"tool"}, exclude_defaults=True, by_alias=True)
    response = await ctx.call_tool("http.request", args, timeout_s=params.timeout_s)
    return {"body": _part(response, "body"), "response": response}


def _http_writes(params: Mapping[str, Any]) -> bool:
    return str(params.get("method", "GET")) not in READS


HTTP = NodeType(
    name="http.request",
    title="HTTP request",
    summary="Sends a request to a web service and gives back its answer.",
    category="Tools",
    params=HttpParams,
    inputs=(INPUT,),
    outputs=(
        out("body", help="The answer's body: a value when it is JSON, text, or a file."),
        out("response", "object", "{status, headers, body}"),
        TOOL,
        ERROR,
    ),
    main="body",
    run=_http,
    gives="web",
    chooses=("url", "method", "headers", "lookup_url"),
    raw=TOOL_RAW,
    capability=True,
    writes=_http_writes,
    needs=_http_needs,
    icon="globe",
    words=("api", "rest", "web", "url", "webhook", "fetch", "get", "post", "curl", "json"),
    example=examples.HTTP,
)


class SqlParams(SqlArgs, CapabilityParams):
    """One SQL statement."""


async def _sql(ctx: Context, params: SqlParams, inputs: Mapping[str, Any]) -> dict[str, Any]:
    args = params.model_dump(exclude={"tool"}, exclude_defaults=True)
    result = await ctx.call_tool("sql.query", args, timeout_s=params.timeout_s)
    return {"rows": _part(result, "rows"), "affected": _part(result, "affected", 0)}


def _sql_needs(params: Mapping[str, Any]) -> Needs:
    database = params.get("database")
    reads_file = params.get("mode", "read") == "read" and isinstance(database, str) and "://" not in database
    files = known_texts(database) if reads_file else ()
    return Needs(tools=("sql.query",), files=files, secrets=_secrets(database))


SQL = NodeType(
    name="sql.query",
    title="SQL query",
    summary="Runs one statement on a SQLite file or a Postgres database.",
    category="Tools",
    params=SqlParams,
    inputs=(INPUT,),
    outputs=(
        out("rows", "table", "One object a row."),
        out("affected", "number", "How many rows were changed."),
        TOOL,
        ERROR,
    ),
    main="rows",
    run=_sql,
    gives="tool",
    chooses=("database", "sql", "mode"),
    raw=TOOL_RAW,
    capability=True,
    writes=lambda params: params.get("mode", "read") != "read",
    needs=_sql_needs,
    icon="database",
    words=("database", "sqlite", "postgres", "select", "insert", "update", "table"),
    example=examples.SQL,
)


class CommandParams(CommandArgs, CapabilityParams):
    """One program run."""


async def _command(ctx: Context, params: CommandParams, inputs: Mapping[str, Any]) -> dict[str, Any]:
    args = params.model_dump(exclude={"tool"}, exclude_defaults=True)
    result = await ctx.call_tool("command.run", args, timeout_s=params.timeout_s)
    return {"output": _part(result, "output"), "result": result}


COMMAND = NodeType(
    name="command.run",
    title="Run a program",
    summary="Runs a program with a list of arguments, without a shell.",
    category="Tools",
    params=CommandParams,
    inputs=(INPUT,),
    outputs=(
        out("output", help="What it printed: text, or a value with `parse: json`."),
        out("result", "object", "{exit_code, output, stderr}"),
        TOOL,
        ERROR,
    ),
    run=_command,
    gives="tool",
    chooses=("argv", "cwd", "env", "effect", "lookup"),
    raw=TOOL_RAW,
    capability=True,
    writes=lambda params: params.get("effect", "at_most_once") != "pure",
    needs=lambda params: Needs(tools=("command.run",), secrets=_secrets(params.get("env"), params.get("stdin"))),
    icon="terminal",
    words=("shell", "script", "python", "process", "execute", "terminal", "bash", "program"),
    example=examples.COMMAND,
)

TYPES = (HTTP, SQL, COMMAND)
