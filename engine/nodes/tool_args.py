"""What the registered tools take, said once: node types build on it and the tools are called with it.

Paths are relative to the workspace, or absolute. Headers, environment values, standard input and database addresses may
name a secret as `secret://name`; it is put in where the tool runs and nowhere else.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from engine.nodes.context import EffectClass
from engine.nodes.node_type import Params, ui

Path = Annotated[str, Field(min_length=1, max_length=4096)]
Timeout = Annotated[float, Field(gt=0, le=86_400)]
MiB = 1024 * 1024
READS: frozenset[str] = frozenset({"GET", "HEAD", "OPTIONS"})


class FileReadArgs(Params):
    """Which file, and as what."""

    path: Path = Field(description="The file; relative paths are in the workspace.", json_schema_extra=ui("file"))
    parse: Literal["text", "json", "csv", "binary"] = Field(default="text", description="What the file is.")
    numbers: bool = Field(default=False, description="Whether numbers in a CSV file become numbers.")
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = Field(default=",", description="Between CSV fields.")
    max_bytes: int = Field(default=64 * MiB, ge=1, le=1024 * MiB, description="A larger file is refused.")


class FileWriteArgs(Params):
    """Which file, what goes in, and what to do with one that is there."""

    path: Path = Field(description="The file; relative paths are in the workspace.", json_schema_extra=ui("save-file"))
    content: Any = Field(
        description="Text stays as it is; anything else is written as JSON, or as CSV for `format: csv`.",
        json_schema_extra=ui("prompt"),
    )
    format: Literal["text", "json", "csv", "binary"] | None = Field(
        default=None, description="Without it: text for text, JSON for anything else. `binary` takes a file value."
    )
    mode: Literal["replace", "create", "append"] = Field(
        default="replace", description="`create` refuses other content in the file's place; `append` adds at the end."
    )
    folders: bool = Field(default=True, description="Whether missing folders are made.")


class HttpArgs(Params):
    """One HTTP request."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)

    url: Annotated[str, Field(min_length=1, max_length=8192)] = Field(description="http:// or https://")
    method: Literal["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"] = Field(
        default="GET", description="What is asked of the server; everything but GET, HEAD and OPTIONS may change it."
    )
    query: dict[str, Any] = Field(default={}, description="Added to the address; lists repeat the name.")
    headers: dict[str, str] = Field(default={}, description="May hold secret://name.", json_schema_extra=ui("secret"))
    json_body: Any = Field(default=None, alias="json", description="The body, sent as JSON.")
    body: str | None = Field(default=None, description="The body, sent as text.", json_schema_extra=ui("code"))
    timeout_s: Timeout | None = Field(default=None, description="Seconds for the whole exchange.")
    ok_status: list[Annotated[int, Field(ge=100, le=599)]] | None = Field(
        default=None, description="Answers that count as success; without it, 200 to 299."
    )
    idempotency_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")] | None = Field(
        default=None, description="Where the server wants a key, so that a repeated request counts once."
    )
    lookup_url: Annotated[str, Field(min_length=1, max_length=8192)] | None = Field(
        default=None,
        description="Asked (GET) whether an interrupted request happened; {key} is its key. 404: it did not.",
    )
    max_bytes: int = Field(default=16 * MiB, ge=1, le=1024 * MiB, description="A larger answer is a failure.")

    @model_validator(mode="after")
    def _one_body(self) -> HttpArgs:
        if self.json_body is not None and self.body is not None:
            raise ValueError("give `json` or `body`, not both")
        if self.lookup_url is not None and "{key}" not in self.lookup_url:
            raise ValueError("`lookup_url` must hold {key}")
        if self.lookup_url is not None and self.idempotency_header is None:
            raise ValueError("`lookup_url` needs `idempotency_header`, by which the server learns the key")
        return self


class SqlArgs(Params):
    """One SQL statement; values are bound, never written into the text."""

    database: Annotated[str, Field(min_length=1, max_length=4096)] = Field(
        description="A SQLite file, or postgresql://…; may be secret://name.", json_schema_extra=ui("file")
    )
    sql: Annotated[str, Field(min_length=1, max_length=100_000)] = Field(
        description="SQLite: ? or :name for values. Postgres: %s or %(name)s.", json_schema_extra=ui("sql")
    )
    parameters: list[Any] | dict[str, Any] = Field(default=[], description="The values, in order or by name.")
    mode: Literal["read", "write"] = Field(default="read", description="`write` happens once, whatever is interrupted.")
    timeout_s: Timeout | None = Field(default=None, description="Seconds until the statement is stopped.")
    max_rows: int = Field(default=10_000, ge=1, le=1_000_000, description="More rows are a failure.")


class CommandArgs(Params):
    """One program run; there is no shell, so nothing in an argument is special."""

    argv: list[Annotated[str, Field(max_length=100_000)]] = Field(
        min_length=1, max_length=1000, description="The program and its arguments, one entry each."
    )
    cwd: Path | None = Field(
        default=None, description="The folder it runs in; without it, the workspace.", json_schema_extra=ui("directory")
    )
    env: dict[str, str] = Field(
        default={},
        description="Added to a small clean environment; may hold secret://name.",
        json_schema_extra=ui("secret"),
    )
    stdin: str | None = Field(
        default=None, description="What it reads; may hold secret://name.", json_schema_extra=ui("code")
    )
    parse: Literal["text", "json"] = Field(default="text", description="What it prints.")
    ok_exit: list[int] = Field(default=[0], min_length=1, description="Exit codes that count as success.")
    transient_exit: list[int] = Field(default=[], description="Exit codes that are worth another attempt.")
    timeout_s: Timeout | None = Field(default=None, description="Seconds until it and its children are killed.")
    max_bytes: int = Field(default=4 * MiB, ge=1, le=256 * MiB, description="More output is a failure.")
    effect: EffectClass = Field(
        default="at_most_once", description="What repeating it after a crash would do; with `lookup`, checkable."
    )
    lookup: list[Annotated[str, Field(max_length=100_000)]] | None = Field(
        default=None,
        min_length=1,
        max_length=1000,
        description="Asked whether an interrupted run of the program happened: exit code 0 says yes, and what it "
        "prints is the result. {key} stands for the run's key, in `argv` too; both have it as SIGNALBOX_KEY.",
    )
    lookup_absent_exit: list[int] = Field(
        default=[1],
        min_length=1,
        description="Exit codes of `lookup` that say that it did not happen; after any other a person is asked.",
    )

    @model_validator(mode="after")
    def _key_is_used(self) -> CommandArgs:
        if self.lookup is not None and 0 in self.lookup_absent_exit:
            raise ValueError("exit code 0 of `lookup` says that it happened")
        return self


class McpArgs(Params):
    """One call of a tool that an MCP server has."""

    server: Annotated[str, Field(min_length=1, max_length=64)] = Field(
        description="The server's name in this PC's settings; a workflow never holds a command or an address."
    )
    server_tool: Annotated[str, Field(min_length=1, max_length=128)] = Field(
        description="Which of the server's approved tools; its approval says what becomes of an unanswered call."
    )
    arguments: dict[str, Any] = Field(default={}, description="What the tool is given, by name.")
    timeout_s: Timeout | None = Field(default=None, description="Seconds for the call.")
