"""The tools of this PC as a table in groups: built in, of devices, and of each MCP server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from designer.resources import tr
from designer.site.facts import Server, Tool
from designer.site.words import APPROVALS, EFFECTS, PLACES, RISKS, STATES, ago, word

Index = QModelIndex | QPersistentModelIndex
THING = Qt.ItemDataRole.UserRole
NAME, PLACE, EFFECT, RISK, APPROVAL, HEALTH, REACH = range(7)
_NOWHERE = QModelIndex()


@dataclass(frozen=True, slots=True)
class Group:
    """A head of the table; `server` when it stands for one."""

    key: str
    title: str
    tools: tuple[Tool, ...]
    server: Server | None = None


def groups_of(tools: Sequence[Tool], servers: Sequence[Server], query: str = "") -> list[Group]:
    """The tools that have these words, in groups. A server stands there without tools, too: it can be approved."""
    shown = [tool for tool in tools if _has(tool, query)]
    found = [
        Group("built-in", tr("Built in", "site"), tuple(tool for tool in shown if tool.kind == "built-in")),
        Group("device", tr("Devices", "site"), tuple(tool for tool in shown if tool.kind == "device")),
    ]
    groups = [group for group in found if group.tools]
    for server in servers:
        of_it = tuple(tool for tool in shown if tool.server == server.name)
        where = server.url or " ".join(server.command)
        if of_it or all(part in f"{server.name} {where}".lower() for part in query.lower().split()):
            groups.append(Group(f"server:{server.name}", server.name, of_it, server))
    return groups


def _has(tool: Tool, query: str) -> bool:
    words = (
        tool.name, tool.title, tool.summary, tool.reach, tool.server, word(PLACES, tool.placement),
        word(RISKS, tool.risk), word(STATES, tool.state), *(word(EFFECTS, effect) for effect in tool.effects),
    )  # fmt: skip
    text = " ".join(words).lower()
    return all(part in text for part in query.lower().split())


class ToolsModel(QAbstractItemModel):
    """Two levels. `THING` gives the `Group` or the `Tool` of a row."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.groups: list[Group] = []

    def show(self, groups: Sequence[Group]) -> None:
        """Show these; the same things in the same order stay where they are."""
        new = list(groups)
        before = [(group.key, [tool.name for tool in group.tools]) for group in self.groups]
        if before == [(group.key, [tool.name for tool in group.tools]) for group in new]:
            self.groups = new
            for nth, group in enumerate(new):
                place = self.index(nth, 0)
                self.dataChanged.emit(place, self.index(nth, REACH), [])
                if group.tools:
                    last = self.index(len(group.tools) - 1, REACH, place)
                    self.dataChanged.emit(self.index(0, 0, place), last, [])
            return
        self.beginResetModel()
        self.groups = new
        self.endResetModel()

    def place_of(self, key: str) -> QModelIndex:
        """Where a tool or a group is; invalid when it is not shown."""
        for nth, group in enumerate(self.groups):
            if group.key == key:
                return self.index(nth, 0)
            for row, tool in enumerate(group.tools):
                if tool.name == key:
                    return self.index(row, 0, self.index(nth, 0))
        return QModelIndex()

    # ---- Qt
    def index(self, row: int, column: int, parent: Index = _NOWHERE) -> QModelIndex:
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1 if parent.isValid() else 0)

    def parent(self, index: Index = _NOWHERE) -> QModelIndex:  # type: ignore[override]
        if not index.isValid() or index.internalId() == 0:
            return QModelIndex()
        return self.createIndex(index.internalId() - 1, 0, 0)

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        if not parent.isValid():
            return len(self.groups)
        if parent.internalId() or parent.column() or parent.row() >= len(self.groups):
            return 0
        return len(self.groups[parent.row()].tools)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return REACH + 1

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role != Qt.ItemDataRole.DisplayRole or orientation != Qt.Orientation.Horizontal:
            return None
        return (
            tr("Tool", "site"), tr("Placement", "site"), tr("Repeating it", "site"), tr("Risk", "site"),
            tr("Approval", "site"), tr("Health", "site"), tr("May reach", "site"),
        )[section]  # fmt: skip

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        thing = self._thing(index)
        if role == THING:
            return thing
        if isinstance(thing, Group):
            text = _group_text(thing) if index.column() == NAME else ""
            return text if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole) else None
        if role == Qt.ItemDataRole.DisplayRole:
            return _cell(thing, index.column())
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self.headerData(index.column(), Qt.Orientation.Horizontal)}: {_cell(thing, index.column())}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tip(thing, index.column())
        return None

    def _thing(self, index: Index) -> Group | Tool:
        if index.internalId() == 0:
            return self.groups[index.row()]
        return self.groups[index.internalId() - 1].tools[index.row()]


def _group_text(group: Group) -> str:
    if group.server is None:
        return f"{group.title}  {len(group.tools)}"
    return f"{group.title}  ·  {server_state(group.server)}"


def server_state(server: Server) -> str:
    """How a server stands, in words."""
    return {
        "approved": tr("approved", "site"),
        "changed": tr("reached in another way than approved", "site"),
    }.get(server.state, tr("not approved yet", "site"))


def _cell(tool: Tool, column: int) -> str:
    if column == NAME:
        return tool.name.partition("/")[2] if tool.kind == "mcp" else tool.name
    return (
        "", word(PLACES, tool.placement), word(EFFECTS, tool.effects[-1]) if tool.effects else "",
        word(RISKS, tool.risk), word(APPROVALS, tool.approval), health_words(tool), tool.reach,
    )[column]  # fmt: skip


def health_words(tool: Tool) -> str:
    """How a tool is, and when that was found; one that has nothing to say is not blamed for it."""
    if tool.state == "unknown" and not tool.checks:
        return tr("Shows when called", "site") if tool.kind == "device" else tr("Always there", "site")
    when = ago(tool.at)
    return f"{word(STATES, tool.state)}, {when}" if when and tool.state != "unknown" else word(STATES, tool.state)


def _tip(tool: Tool, column: int) -> str:
    if column == EFFECT:
        return " – ".join(word(EFFECTS, effect) for effect in tool.effects)
    if column == HEALTH:
        return tool.sentence or health_words(tool)
    return {NAME: tool.summary, REACH: tool.reach}.get(column, "")
