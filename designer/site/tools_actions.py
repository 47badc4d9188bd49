"""What can be done with tools and servers: each asks what must be asked, then runs one command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from designer.resources import tr
from designer.site.approval import ApprovalSheet, Chosen
from designer.site.desk import SiteDesk
from designer.site.dialogs import confirm
from designer.site.facts import Server, offers_of
from designer.site.server_sheet import ServerSheet
from designer.widgets import visible
from engine.errors import Refused

TOPICS = ("tools", "servers")
LOOK_S = 120.0


class ToolsActions(QObject):
    """`busy_changed` when a check begins or ends; `busy` holds what is being asked now ("" is everything)."""

    busy_changed = Signal()

    def __init__(self, desk: SiteDesk, window: QWidget) -> None:
        super().__init__(window)
        self._desk, self._window = desk, window
        self.busy: set[str] = set()

    def check(self, *names: str) -> None:
        """Ask tools and servers how they are; without a name, all of them."""
        key = " ".join(names)
        if key in self.busy:
            return

        def over(_value: object = None) -> None:
            self.busy.discard(key)
            self.busy_changed.emit()

        def failed(why: Refused) -> None:
            over()
            self._desk.refused.emit(why)

        self.busy.add(key)
        self.busy_changed.emit()
        self._desk.do("tools", "check", *names, "--json", topics=TOPICS, done=over, failed=failed, timeout_s=600)

    # ---- servers
    def ask_add(self) -> None:
        """Ask how a new server is reached."""
        taken = [server.name for server in self._desk.servers or ()]
        ServerSheet(taken, self.add, self._window).open()

    def add(self, arguments: list[str], name: str) -> None:
        """Note a server. Nothing is started."""
        said = tr("{name} is noted. Nothing was started.", "site").format(name=name)
        self._desk.do("mcp", "add", *arguments, topics=TOPICS, said=said)

    def ask_look(self, server: Server) -> None:
        """Ask whether a server may be started to be looked at; one that is approved as it stands just is."""
        if server.state == "approved":
            self.look(server)
            return
        if server.url:
            how = tr("This address is asked, from this PC:", "site")
            what = server.url
        else:
            how = tr("This program is started on this PC, with your rights:", "site")
            what = "\n".join(server.command)
        confirm(
            self._window,
            tr("Start {name} to look at it?" if not server.url else "Ask {name} what it offers?", "site").format(
                name=server.name
            ),
            f"{how}\n\n{visible(what)}\n\n" + tr("Nothing of it can be used before you approve it.", "site"),
            tr("Start and look" if not server.url else "Ask and look", "site"),
            lambda: self.look(server),
            kind="primary",
        )

    def look(self, server: Server) -> None:
        """Start a server, and show everything that it offers."""
        key = f"look:{server.name}"
        if key in self.busy:
            return

        def over() -> None:
            self.busy.discard(key)
            self.busy_changed.emit()

        def show(value: Any) -> None:
            over()
            offers, changes = offers_of(value)
            mark = str(value.get("fingerprint")) if isinstance(value, Mapping) else server.fingerprint

            def approve(chosen: Sequence[Chosen]) -> None:
                self.approve(server.name, mark, chosen)

            ApprovalSheet(server, offers, changes, approve, self._window).open()

        def failed(why: Refused) -> None:
            over()
            self._desk.refused.emit(why)

        self.busy.add(key)
        self.busy_changed.emit()
        self._desk.do(
            "mcp", "inspect", server.name, "--yes", "--json", topics=(), done=show, failed=failed, timeout_s=LOOK_S
        )

    def approve(self, name: str, fingerprint: str, chosen: Sequence[Chosen]) -> None:
        """Approve these tools exactly as they were shown, and no others."""
        options = ["--shown", fingerprint]
        for one in chosen:
            options += ["--shown", one.sha256, "--tool", one.name]
            word = {"pure": "--read-only", "idempotent": "--idempotent"}.get(one.effect, "--at-most-once")
            options += [word, one.name]
        said = tr("{name}: {n} tools are approved.", "site").format(name=name, n=len(chosen))
        self._desk.do("mcp", "approve", name, "--yes", "--json", *options, topics=TOPICS, said=said, timeout_s=LOOK_S)

    def ask_block(self, server: str, *tools: str) -> None:
        """Say what blocking means, and do it when that is wanted."""
        what = ", ".join(tools) or server
        confirm(
            self._window,
            tr("Block {name}?", "site").format(name=what),
            tr("Steps that call it fail from now on, until somebody approves it again.", "site"),
            tr("Block", "site"),
            lambda: self.block(server, *tools),
        )

    def block(self, server: str, *tools: str) -> None:
        """Take an approval back at once."""
        said = tr("{name} is blocked.", "site").format(name=", ".join(tools) or server)
        self._desk.do("mcp", "block", server, *tools, "--json", topics=TOPICS, said=said)

    def ask_remove(self, server: Server) -> None:
        """Say what removing a server means, and do it when that is wanted."""

        def remove() -> None:
            said = tr("{name} is removed.", "site").format(name=server.name)
            self._desk.do("mcp", "remove", server.name, topics=TOPICS, said=said)

        confirm(
            self._window,
            tr("Remove {name}?", "site").format(name=server.name),
            tr("How it is reached and everything that was approved of it is forgotten. Its program stays.", "site"),
            tr("Remove", "site"),
            remove,
        )
