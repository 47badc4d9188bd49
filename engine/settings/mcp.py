"""Servers of tools (Model Context Protocol), and exactly what a person has approved of each."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Literal

from pydantic import Field, model_validator

from engine.errors import StepError
from engine.net.address import parse
from engine.settings.base import Frozen
from engine.settings.places import loopback_url

McpEffect = Literal["pure", "idempotent", "checkable", "at_most_once"]
Sha = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class McpServer(Frozen):
    """One server of tools (Model Context Protocol): how it is reached, and exactly what a person has approved of it."""

    command: Annotated[tuple[str, ...], Field(max_length=1000)] = ()
    """The program and its arguments, one entry each, without a shell; empty for a server at an address."""
    env: dict[str, str] = {}
    """Added to the program's small clean environment; may hold secret://name."""
    cwd: str = ""
    """The folder in which the program runs; empty: the workspace."""
    url: Annotated[str, Field(max_length=8192)] = ""
    """The address of a server that runs already (streamable HTTP); empty for a program."""
    headers: dict[str, str] = {}
    """Sent with every request to the address; may hold secret://name."""
    start_timeout_s: Annotated[float, Field(gt=0, le=600)] = 30.0
    """Seconds until it must have said which tools it has."""
    timeout_s: Annotated[float, Field(gt=0, le=86_400)] = 60.0
    """Seconds that one call may take, when neither its node nor its policy says."""
    max_bytes: Annotated[int, Field(ge=1024, le=2**30)] = 16 * 1024 * 1024
    """The largest message that is taken from it."""
    approved: Sha | Literal[""] = ""
    """The fingerprint of the command or address that a person has approved; anything else is never started."""
    tools: dict[str, Sha] = {}
    """The approved tools, each with the fingerprint of its name, description, schemas and hints."""
    effects: dict[str, McpEffect] = {}
    """What repeating a call of a tool would do, as the approver says; at_most_once for the others."""
    lookups: dict[str, str] = {}
    """For each tool that is `checkable`: the approved tool that says whether a call of it happened."""

    @model_validator(mode="after")
    def _one_way(self) -> McpServer:
        if bool(self.command) == bool(self.url):
            raise ValueError("a server has either a `command` or a `url`")
        if self.url and not self.url.startswith(("http://", "https://")):
            raise ValueError("a `url` begins with http:// or https://")
        try:
            parse(self.url or "http://localhost/")
        except StepError as error:
            raise ValueError(error.message) from None
        if any("\0" in part for part in (*self.command, self.cwd, self.url)) or (self.command and not self.command[0]):
            raise ValueError("a program needs a name, and no part of it may hold the NUL character")
        return self

    @model_validator(mode="after")
    def _can_be_looked_up(self) -> McpServer:
        for tool, effect in self.effects.items():
            if effect == "checkable" and self.lookups.get(tool) not in self.tools:
                raise ValueError(f"the tool `{tool}` is checkable, so `lookups` names an approved tool to ask")
        return self

    def fingerprint(self) -> str:
        """SHA-256 (hex) of how the server is reached: any change of it needs a new approval."""
        how = [list(self.command), sorted(self.env.items()), self.cwd, self.url, sorted(self.headers.items())]
        return hashlib.sha256(json.dumps(how, ensure_ascii=True).encode()).hexdigest()

    @property
    def here(self) -> bool:
        """Whether it is on this PC: a program of ours, or an address that names nothing but this PC."""
        return not self.url or loopback_url(self.url)
