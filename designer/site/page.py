"""This PC: what it can do, what it may do, and whether all of it is in order."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from designer.engine_link.control_command import ControlCommand
from designer.engine_link.link import EngineLink
from designer.resources import tr
from designer.site.desk import TOPICS, SiteDesk
from designer.site.keys_tab import KeysTab
from designer.site.models_tab import ModelsTab
from designer.site.network_tab import NetworkTab
from designer.site.tools_tab import ToolsTab
from designer.theme import space
from designer.widgets import IconButton, Segmented, hline

TABS = ("models", "tools", "network", "keys")


class SitePage(QWidget):
    """`badge_changed` carries how many things need somebody; `open_workflow` the name of one in the library.

    `said(text, tone)` and `refused(error)` are for the edge of the window; `offline_changed` follows the switch.
    """

    badge_changed = Signal(int)
    offline_changed = Signal(bool)
    open_workflow = Signal(str)
    said = Signal(str, str)
    refused = Signal(object)

    def __init__(self, link: EngineLink, parent: QWidget | None = None, control: ControlCommand | None = None) -> None:
        super().__init__(parent)
        self.control = control or ControlCommand(link.data_dir, self)
        self.desk = SiteDesk(self.control, link, self)
        self.models, self.tools = ModelsTab(self.desk), ToolsTab(self.desk)
        self.network, self.keys = NetworkTab(self.desk), KeysTab(self.desk)
        self._badges: dict[str, int] = {}
        self.tabs = Segmented(self._options())
        self.tabs.setToolTip(tr("Left and right arrow keys change the part", "site"))
        self.again = IconButton("refresh-cw", tr("Read anew", "site"))
        self.stack = QStackedWidget()
        for part in (self.models, self.tools, self.network, self.keys):
            self.stack.addWidget(part)
        top = QHBoxLayout()
        top.setContentsMargins(space.L, space.S, space.L, space.S)
        top.setSpacing(space.M)
        top.addWidget(self.tabs)
        top.addStretch(1)
        top.addWidget(self.again)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(hline())
        column.addWidget(self.stack, 1)
        self.tabs.changed.connect(lambda key: self._show(str(key)))
        self.again.clicked.connect(lambda _=False: self.desk.read())
        self.desk.said.connect(self.said)
        self.desk.refused.connect(self.refused)
        self.desk.told.connect(self._told)
        for tab in (self.models, self.tools, self.keys):
            tab.open_workflow.connect(self.open_workflow)

    def show_tab(self, tab: str, thing: str = "") -> None:
        """Show a part of the page, and in it one role, tool, server or secret."""
        self.tabs.choose(tab)
        self._show(tab)
        if thing:
            {"models": self.models.show_thing, "tools": self.tools.show_thing, "keys": self.keys.show_thing}.get(
                tab, lambda _thing: None
            )(thing)

    def shut(self) -> None:
        """End every command that is under way."""
        self.desk.watch(False)
        self.control.close()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        seen = self.stack.currentWidget()
        first = next(tab for tab in (self.models, self.tools, self.network, self.keys) if tab is seen).TOPICS
        self.desk.read(*dict.fromkeys((*first, *TOPICS)))
        self.desk.watch(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.desk.watch(False)

    def _show(self, tab: str) -> None:
        self.stack.setCurrentIndex(TABS.index(tab))

    def _options(self) -> list[tuple[str, str, str]]:
        words = {
            "models": (tr("Models", "site"), "brain"),
            "tools": (tr("Tools", "site"), "wrench"),
            "network": (tr("Network", "site"), "network"),
            "keys": (tr("Keys", "site"), "key-round"),
        }
        found = []
        for key, (text, icon) in words.items():
            count = self._badges.get(key, 0)
            found.append((key, f"{text}  {count}" if count else text, icon))
        return found

    def _told(self, topic: str) -> None:
        badges = {"models": self.models.attention(), "tools": self.tools.attention(), "keys": self.keys.attention()}
        if badges != self._badges:
            self._badges = badges
            self.tabs.set_options(self._options())
            self.badge_changed.emit(sum(badges.values()))
        if topic == "network" and self.desk.network is not None:
            self.offline_changed.emit(self.desk.network.offline)
