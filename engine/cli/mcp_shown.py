"""MCP servers and their tools as they are shown to a person: nothing is left out, and nothing can hide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.settings import McpServer
    from engine.tools.mcp_pins import Change, Definition


def show_server(name: str, server: McpServer) -> None:
    """How a server is reached, part by part."""
    print(f"{name}: {'an address' if server.url else 'a program, started without a shell'}")
    for part in (server.url,) if server.url else server.command:
        print(f"  {visible(part)}")
    for word, pairs in (("with the variable", server.env), ("with the header", server.headers)):
        for key, value in pairs.items():
            print(f"  {word} {visible(key)}={visible(value)}")
    if server.cwd:
        print(f"  in the folder {visible(server.cwd)}")


def show_tools(offered: Mapping[str, Definition], effects: Mapping[str, str]) -> None:
    """Every tool with all that a model would read of it."""
    import json

    for name, tool in offered.items():
        print(f"\n{visible(name)}  ({effects.get(name, 'at_most_once')})")
        text = "\n".join(str(tool[field]) for field in ("title", "description") if tool.get(field))
        for line in text.splitlines() or ["(the server says nothing)"]:
            print(f"  {visible(line)}")
        print(f"  takes {visible(json.dumps(tool['input_schema'], ensure_ascii=False))}")
        if tool.get("annotations"):
            print(f"  the server claims, and nobody has checked: {visible(json.dumps(tool['annotations']))}")


def show_changes(changes: Sequence[Change]) -> None:
    """What is different from what was approved, old lines and new ones."""
    import json

    print("\nNothing has changed since it was approved." if not changes else "\nSince it was approved:")
    for change in changes:
        print(f"  {visible(change.tool)}: {change}")
        for _, before, after in change.fields:
            for sign, value in (("-", before), ("+", after)):
                text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                for line in str(text).splitlines() or [""]:
                    print(f"    {sign} {visible(line)}")


def visible(text: str) -> str:
    """The text with everything shown that a terminal would hide: what is read is what a model would read."""
    return "".join(char if char.isprintable() else f"\\u{{{ord(char):x}}}" for char in text)
