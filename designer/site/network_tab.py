"""Network: the Offline switch, who may be reached, who would talk to whom, and who has asked lately."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QLineEdit, QListWidget, QSplitter, QVBoxLayout, QWidget

from designer.resources import tr
from designer.site.desk import SiteDesk
from designer.site.facts import Network, Talk
from designer.site.offline_card import OfflineCard
from designer.site.panes import States, act, beside, boxed, stacked
from designer.site.talk_table import Cell, TalkTable
from designer.site.words import ago, clock
from designer.theme import space
from designer.widgets import EmptyState, label, visible
from engine.errors import SignalboxError

LATELY_MS = 10_000


class _Hosts(QListWidget):
    def __init__(self, remove: object) -> None:
        super().__init__()
        self._remove = remove

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and callable(self._remove):
            self._remove()
        else:
            super().keyPressEvent(event)


class NetworkTab(QWidget):
    """Everything it shows is what the program would do; nothing is asked to find it out."""

    TOPICS = ("network",)

    def __init__(self, desk: SiteDesk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.card = OfflineCard()
        self.would = TalkTable(
            tr("Who would talk to whom", "site"),
            (
                tr("Workflow", "site"),
                tr("Node", "site"),
                tr("Asks", "site"),
                tr("Host", "site"),
                tr("Why", "site"),
            ),
            (160, 120, 140, 230, 200),
            EmptyState("monitor", tr("Nobody", "site"), tr("No workflow of the library needs the network.", "site")),
        )
        self.asked = TalkTable(
            tr("Asked lately", "site"),
            (tr("When", "site"), tr("Host", "site"), tr("Asked by", "site"), tr("Outcome", "site")),
            (110, 210, 200, 180),
            EmptyState("network", tr("Nobody has asked yet", "site")),
        )
        self.hosts, self.host = _Hosts(self.deny), QLineEdit()
        self.states = States(self._laid_out(), self.refresh)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.states)
        self._lately = QTimer(self, interval=LATELY_MS)
        self._lately.timeout.connect(self.refresh)
        self.card.switched.connect(self.switch)
        self.host.returnPressed.connect(self.allow)
        desk.told.connect(self._told)
        self._told("network")

    def refresh(self) -> None:
        """Read it anew."""
        self._desk.read(*self.TOPICS)

    def switch(self, offline: bool) -> None:
        """Turn the network off, or on again."""
        said = tr("Offline.", "site") if offline else tr("The network may be used again.", "site")
        self._desk.do("network", "off" if offline else "on", "--json", topics=("network", "tools"), said=said,
                      failed=self._not_switched)  # fmt: skip

    def allow(self) -> None:
        """Allow the host that is typed."""
        hosts = self.host.text().split()
        if hosts:
            said = tr("{hosts} may be asked.", "site").format(hosts=", ".join(hosts))
            self._desk.do("network", "allow", *hosts, "--json", topics=self.TOPICS, said=said,
                          done=lambda _value: self.host.clear())  # fmt: skip

    def deny(self) -> None:
        """Take the selected hosts off the list."""
        hosts = [item.data(Qt.ItemDataRole.UserRole) for item in self.hosts.selectedItems()]
        if hosts:
            self._desk.do("network", "deny", *hosts, "--json", topics=self.TOPICS)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._lately.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._lately.stop()

    def _laid_out(self) -> QWidget:
        self.host.setPlaceholderText("mes.lan, *.plant.example, 10.2.0.0/16")
        self.host.setAccessibleName(tr("A host to allow", "site"))
        self.hosts.setAccessibleName(tr("Hosts that tools may ask", "site"))
        self.hosts.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.hosts.setProperty("surface", "inset")
        entry = beside(self.host, act(tr("Allow", "site"), self.allow), stretch=False)
        entry.setStretch(0, 1)
        self.none = label(tr("Nothing is on the list.", "site"), "small")
        note = tr(
            "Beside them, hosts that an author wrote into a node, and addresses of models and servers of this PC.",
            "site",
        )
        left = boxed(
            stacked(
                label(tr("Hosts that tools may ask", "site"), "strong"), label(note, "small", wrap=True), boxed(entry)
            )
        )
        column = left.layout()
        assert isinstance(column, QVBoxLayout)
        column.addWidget(self.hosts, 1)
        column.addWidget(self.none)
        self.off_list = act(tr("Take off the list", "site"), self.deny, "", "trash-2")
        column.addWidget(self.off_list, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(0)
        self.hosts.itemSelectionChanged.connect(lambda: self.off_list.setEnabled(bool(self.hosts.selectedItems())))
        self.off_list.setEnabled(False)
        tables = QSplitter(Qt.Orientation.Vertical)
        for title, table in (
            (tr("Who would talk to whom", "site"), self.would), (tr("Asked lately", "site"), self.asked)
        ):  # fmt: skip
            part = boxed(stacked(label(title, "strong"), table))
            part.layout().setStretch(1, 1)  # type: ignore[union-attr]
            tables.addWidget(part)
        tables.setChildrenCollapsible(False)
        tables.setHandleWidth(space.L)
        tables.setStyleSheet("QSplitter::handle { background: transparent; }")
        rows = QHBoxLayout()
        rows.setSpacing(space.XL)
        left.setFixedWidth(340)
        rows.addWidget(left)
        rows.addWidget(tables, 1)
        content = QWidget()
        whole = QVBoxLayout(content)
        whole.setContentsMargins(space.XL, space.L, space.XL, space.L)
        whole.setSpacing(space.L)
        whole.addWidget(self.card)
        whole.addLayout(rows, 1)
        return content

    def _told(self, topic: str) -> None:
        if topic != "network":
            return
        network = self._desk.network
        self.states.tell(network is not None, self._desk.faults.get("network", ""))
        if network is not None:
            self.card.show_network(network)
            self.would.show_rows([_would(talk, network) for talk in network.would])
            self.asked.show_rows([_asked(talk) for talk in network.asked])
            self._show_hosts(network)

    def _show_hosts(self, network: Network) -> None:
        known = [self.hosts.item(nth).data(Qt.ItemDataRole.UserRole) for nth in range(self.hosts.count())]
        if known != list(network.allow):
            self.hosts.clear()
            for host in network.allow:
                self.hosts.addItem(visible(host))
                self.hosts.item(self.hosts.count() - 1).setData(Qt.ItemDataRole.UserRole, host)
        self.none.setVisible(not network.allow)
        for part in (self.hosts, self.off_list):
            part.setVisible(bool(network.allow))

    def _not_switched(self, why: SignalboxError) -> None:
        if self._desk.network is not None:
            self.card.show_network(self._desk.network)
        self._desk.refused.emit(why)


def _would(talk: Talk, network: Network) -> tuple[Cell, ...]:
    host = talk.host or tr("known in the run only", "site")
    return (
        Cell(talk.workflow or "–"),
        Cell(talk.node or "–", "muted"),
        Cell(talk.what, "muted"),
        Cell(host, "asking" if network.offline else "text", "ban" if network.offline else "arrow-up-right"),
        Cell(tr("refused: offline", "site") if network.offline else talk.why, "muted", tip=talk.why),
    )


def _asked(talk: Talk) -> tuple[Cell, ...]:
    good = talk.outcome == "asked"
    text = {
        "asked": tr("asked", "site"),
        "offline": tr("refused: offline", "site"),
        "edge": tr("refused: the node stays on this site", "site"),
        "address": tr("refused: a forbidden address", "site"),
        "not_allowed": tr("refused: not on the list", "site"),
    }.get(talk.outcome, talk.outcome)
    text = f"{text} ({talk.times}×)" if talk.times > 1 else text
    return (
        Cell(ago(talk.at), "muted", tip=clock(talk.at)),
        Cell(talk.host),
        Cell(talk.what, "muted"),
        Cell(text, "success" if good else "asking", "circle-check" if good else "ban"),
    )
