"""Tools: everything that a workflow can do outside of itself, and what each of it may do and reach."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QSplitter,
    QStackedWidget,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from designer.resources import tr
from designer.site.desk import SiteDesk
from designer.site.panes import Detail, States
from designer.site.server_detail import server_parts
from designer.site.tool_detail import tool_parts
from designer.site.tools_actions import ToolsActions
from designer.site.tools_model import APPROVAL, EFFECT, HEALTH, NAME, PLACE, RISK, THING, Group, ToolsModel, groups_of
from designer.site.tools_paint import ToolsDelegate
from designer.theme import space, watcher
from designer.widgets import EmptyState, SearchField, button

REACH_WIDTH = 110
WIDTHS = {NAME: 176, PLACE: 98, EFFECT: 134, RISK: 88, APPROVAL: 104, HEALTH: 142}


class _View(QTreeView):
    """Gives names some of the room that is left."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        left = self.viewport().width() - sum(WIDTHS.values()) - REACH_WIDTH
        self.header().resizeSection(NAME, WIDTHS[NAME] + max(0, min(180, left // 2)))


class ToolsTab(QWidget):
    """`open_workflow` carries the name of a workflow of the library."""

    open_workflow = Signal(str)
    TOPICS = ("tools", "servers")

    def __init__(self, desk: SiteDesk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.doing = ToolsActions(desk, self)
        self._current, self._shown = "", None
        self.model, self.view, self.detail = ToolsModel(self), _View(), Detail()
        self.search = SearchField(tr("Search tools", "site"))
        self.check, self.add = button("", "", "stethoscope"), button(tr("Add MCP server…", "site"), "", "plus")
        self.nothing = EmptyState("search-x", tr("Nothing fits", "site"), tr("Other words show more.", "site"))
        self._set_up_view()
        self.table = QStackedWidget()
        self.table.addWidget(self.view)
        self.table.addWidget(self.nothing)
        self.states = States(self._laid_out(), self.refresh)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.states)
        self.search.textChanged.connect(lambda _text: self._show())
        self.search.moved.connect(self._move)
        self.search.taken.connect(self.view.setFocus)
        self.view.selectionModel().currentChanged.connect(self._moved)
        self.check.clicked.connect(lambda _=False: self.doing.check())
        self.add.clicked.connect(lambda _=False: self.doing.ask_add())
        self.doing.busy_changed.connect(self._show_busy)
        desk.told.connect(self._told)
        watcher().changed.connect(self.view.viewport().update)
        self._show_busy()
        self._told("tools")

    def refresh(self) -> None:
        """Read it all anew."""
        self._desk.read(*self.TOPICS)

    def show_thing(self, name: str) -> None:
        """Select a tool, or a server by its name or `server:name`."""
        self.search.clear()
        for key in (name, f"server:{name}"):
            place = self.model.place_of(key)
            if place.isValid():
                self.view.setCurrentIndex(place)
                self.view.scrollTo(place)
                return
        self._current = name  # it is selected once it is there

    def attention(self) -> int:
        """How many servers are blocked, whole or in part."""
        changed = {server.name for server in self._desk.servers or () if server.state == "changed"}
        return len(changed | {tool.server for tool in self._desk.tools or () if _is_changed(tool.changes)})

    def _set_up_view(self) -> None:
        view = self.view
        view.setModel(self.model)
        view.setItemDelegate(ToolsDelegate(view))
        view.setFrameShape(QFrame.Shape.NoFrame)
        view.setRootIsDecorated(False)
        view.setIndentation(0)
        view.setItemsExpandable(True)
        view.setMouseTracking(True)
        view.setAllColumnsShowFocus(True)
        view.setUniformRowHeights(False)
        view.setVerticalScrollMode(QTreeView.ScrollMode.ScrollPerPixel)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setAccessibleName(tr("Tools of this PC", "site"))
        view.setStyleSheet("QTreeView { selection-background-color: transparent; } QTreeView::branch { image: none; }")
        head = view.header()
        head.setSectionsMovable(False)
        head.setStretchLastSection(True)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column, width in WIDTHS.items():
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
            head.resizeSection(column, width)

    def _laid_out(self) -> QWidget:
        top = QHBoxLayout()
        top.setContentsMargins(space.L, space.M, space.L, space.S)
        top.setSpacing(space.S)
        top.addWidget(self.search, 1)
        top.addWidget(self.check)
        top.addWidget(self.add)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        inset = QHBoxLayout()
        inset.setContentsMargins(space.M, 0, 0, 0)
        inset.addWidget(self.table)
        column.addLayout(inset, 1)
        split = QSplitter()
        split.addWidget(left)
        split.addWidget(self.detail)
        split.setChildrenCollapsible(False)
        split.setStretchFactor(0, 1)
        split.setStretchFactor(1, 1)
        split.setSizes([900, 420])
        left.setMinimumWidth(420)
        self.detail.setMinimumWidth(340)
        return split

    def _told(self, topic: str) -> None:
        if topic not in self.TOPICS:
            return
        known = self._desk.tools is not None and self._desk.servers is not None
        self.states.tell(known, self._desk.faults.get("tools", "") or self._desk.faults.get("servers", ""))
        if known:
            self._show()

    def _show(self) -> None:
        wanted = self._current
        self.model.show(groups_of(self._desk.tools or (), self._desk.servers or (), self.search.text()))
        for nth in range(self.model.rowCount()):
            self.view.setFirstColumnSpanned(nth, QModelIndex(), True)
        self.view.expandAll()
        self.table.setCurrentWidget(self.view if self.model.groups else self.nothing)
        place = self.model.place_of(wanted)
        if not place.isValid() and self.model.groups:
            head = self.model.index(0, 0)
            place = self.model.index(0, 0, head) if self.model.rowCount(head) else head
        if place.isValid() and place != self.view.currentIndex():
            self.view.setCurrentIndex(place)
        self._show_detail()

    def _show_busy(self) -> None:
        self.check.setText(tr("Checking …" if "" in self.doing.busy else "Check all", "site"))
        self.check.setEnabled("" not in self.doing.busy)
        self._show_detail()

    def _move(self, step: int) -> None:
        now = self.view.currentIndex()
        for _ in range(abs(step)):
            other = self.view.indexBelow(now) if step > 0 else self.view.indexAbove(now)
            now = other if other.isValid() else now
        self.view.setCurrentIndex(now)

    def _moved(self, now: QModelIndex, _before: QModelIndex) -> None:
        thing = now.data(THING) if now.isValid() else None
        self._current = thing.key if isinstance(thing, Group) else thing.name if thing is not None else ""
        self._show_detail()

    def _show_detail(self) -> None:
        index = self.view.currentIndex()
        thing = index.data(THING) if index.isValid() else None
        tools = self._desk.tools or ()
        blocked = tuple(tool for tool in tools if tool.changes)
        shown = (thing, frozenset(self.doing.busy), blocked)
        if shown == self._shown:
            return
        self._shown = shown
        if isinstance(thing, Group) and thing.server is not None:
            self.detail.show_parts(thing.key, server_parts(thing.server, tools, self.doing))
        elif thing is None or isinstance(thing, Group):
            text = tr("Choose one to see what it may do and where it may reach.", "site")
            self.detail.show_parts("", [EmptyState("wrench", tr("Tools", "site"), text)])
        else:
            name, server = thing.name, thing.server
            ask = server or name
            self.detail.show_parts(
                name,
                tool_parts(
                    thing,
                    lambda: self.doing.check(ask),
                    lambda: self.show_thing(f"server:{server}"),
                    lambda: self.doing.ask_block(server, name.partition("/")[2]),
                    self.open_workflow.emit,
                    ask in self.doing.busy or "" in self.doing.busy,
                ),
            )

    _shown: object


def _is_changed(changes: tuple[object, ...]) -> bool:
    return bool(changes)
