"""What belongs to one MCP server: exactly how it is reached, how it stands, what can be done with it."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from designer.resources import tr
from designer.site.facts import Server, Tool
from designer.site.models_detail import head
from designer.site.panes import act, beside, boxed, facts, stacked, titled, trouble
from designer.site.tool_detail import change_parts
from designer.site.tools_actions import ToolsActions
from designer.site.tools_model import server_state
from designer.site.tools_paint import SERVER_TONES
from designer.theme import space
from designer.widgets import Chip, label, visible


def server_parts(server: Server, tools: tuple[Tool, ...], doing: ToolsActions) -> list[QWidget]:
    """Everything about a server."""
    line = tr("An address that is asked", "site") if server.url else tr("A program that is started here", "site")
    chip = Chip(server_state(server), SERVER_TONES.get(server.state, "warning"))
    parts = [head("server", "Tools", server.name, line, chip)]
    looking = f"look:{server.name}" in doing.busy
    look = act(
        tr("Looking …" if looking else "Look at its tools…", "site"), lambda: doing.ask_look(server), "primary", "eye"
    )
    look.setEnabled(not looking)
    blocked = [tool for tool in tools if tool.server == server.name and tool.changes]
    if server.state != "approved":
        how = {
            "changed": tr("It is reached in another way than was approved, so it is not started.", "site"),
        }.get(
            server.state, tr("Nobody has approved it yet: it is not started, and nothing of it can be called.", "site")
        )
        parts.append(trouble(how, "warning"))
    elif blocked:
        text = (
            tr("One of its tools is not what was approved. It is blocked; the others go on.", "site")
            if len(blocked) == 1
            else tr("{n} of its tools are not what was approved. They are blocked; the others go on.", "site")
        )
        parts.append(trouble(text.format(n=len(blocked)), "warning"))
    pairs = [
        (tr("Address", "site"), server.url, True),
        *((tr("Program" if nth == 0 else "Argument {n}", "site").format(n=nth), part, True)
          for nth, part in enumerate(server.command)),
        (tr("Folder", "site"), server.cwd, True),
        *((tr("Variable", "site"), f"{key} = {value}", True) for key, value in (server.env or {}).items()),
        *((tr("Header", "site"), f"{key} = {value}", True) for key, value in (server.headers or {}).items()),
        (tr("Fingerprint", "site"), server.fingerprint, True),
    ]  # fmt: skip
    parts.append(boxed(stacked(facts(pairs), _buttons(server, doing, look), gap=space.M)))
    for tool in blocked:
        title = visible(tool.name.partition("/")[2])
        parts.append(titled(title, *(change_parts(change) for change in tool.changes)))
    approved = ", ".join(visible(name) for name in server.tools) or tr("none", "site")
    parts.append(titled(tr("Approved tools", "site"), label(approved, wrap=True)))
    return parts


def _buttons(server: Server, doing: ToolsActions, look: QWidget) -> QWidget:
    asking = server.name in doing.busy
    check = act(
        tr("Checking …" if asking else "Check now", "site"), lambda: doing.check(server.name), "", "stethoscope"
    )
    check.setEnabled(server.state == "approved" and not asking)
    block = act(tr("Block…", "site"), lambda: doing.ask_block(server.name), "", "ban")
    block.setEnabled(bool(server.tools))
    remove = act(tr("Remove…", "site"), lambda: doing.ask_remove(server), "", "trash-2")
    return boxed(stacked(boxed(beside(look, check)), boxed(beside(block, remove))))
