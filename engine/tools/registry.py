"""All tools by name. Built when first asked for; nothing heavy is loaded before a tool is called."""

from __future__ import annotations

from functools import lru_cache

from engine.tools.http_clients import aclose_all
from engine.tools.tool import Blobs, Found, Tool, ToolEnv

__all__ = ["Blobs", "Found", "Tool", "ToolEnv", "aclose_all", "tools"]


@lru_cache(maxsize=1)
def tools() -> dict[str, Tool]:
    """The registry; treat it as read-only."""
    from engine.tools.command import COMMAND_RUN
    from engine.tools.devices import DEVICES
    from engine.tools.files import FILE_READ, FILE_WRITE
    from engine.tools.http import HTTP_REQUEST
    from engine.tools.sql import SQL_QUERY

    built_in = (HTTP_REQUEST, FILE_READ, FILE_WRITE, SQL_QUERY, COMMAND_RUN)
    return {tool.name: tool for tool in (*built_in, *DEVICES)}
