"""Approving a server's tools: every one word for word, and what is different from what was approved before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QComboBox, QListWidget, QListWidgetItem, QSplitter, QVBoxLayout, QWidget

from designer.resources import tr
from designer.site.dialogs import Sheet
from designer.site.facts import Change, Offer, Server
from designer.site.models_detail import head
from designer.site.panes import Detail, beside, boxed, titled, trouble
from designer.site.schema_table import schema_table
from designer.site.tool_detail import change_parts, inert
from designer.site.words import EFFECT_HELP, EFFECTS, word
from designer.theme import icon, space
from designer.widgets import Chip, button, label, visible

CHANGED, NEW, SAME, GONE = "changed", "new", "same", "gone"
SIGNS = {CHANGED: ("triangle-alert", "warning"), NEW: ("circle-plus", "accent"), SAME: ("circle-check", "success"),
         GONE: ("circle-minus", "muted")}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chosen:
    """A tool that a person approves, by the fingerprint of what they were shown, and what repeating it means."""

    name: str
    sha256: str
    effect: str


def state_words(state: str) -> str:
    """How a tool stands beside what was approved."""
    return {
        CHANGED: tr("changed since it was approved", "site"),
        NEW: tr("not approved", "site"),
        SAME: tr("as approved", "site"),
        GONE: tr("the server does not have it any more", "site"),
    }[state]


class ApprovalSheet(Sheet):
    """`approve(chosen)` gets what was ticked. What is as approved is ticked already, nothing else is."""

    def __init__(
        self,
        server: Server,
        offers: Sequence[Offer],
        changes: Sequence[Change],
        approve: Callable[[Sequence[Chosen]], None],
        parent: QWidget,
    ) -> None:
        super().__init__(
            tr("What {name} offers", "site").format(name=server.name),
            tr("Read it as a stranger's words: an agent is told them. You approve exactly what stands here.", "site"),
            tr("Approve", "site"), parent, size=(1000, 660),
        )  # fmt: skip
        self._approve = approve
        self.offers = {offer.name: offer for offer in offers}
        self.changes = {change.tool: change for change in changes}
        self.effects = {offer.name: offer.effect or "at_most_once" for offer in offers}
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Tools of the server", "site"))
        self.list.setIconSize(QSize(16, 16))
        self.detail = Detail()
        for offer in offers:
            self._add(offer.name, self.state_of(offer), tick=self.state_of(offer) == SAME)
        for change in changes:
            if change.kind == "removed":
                self._add(change.tool, GONE, tick=False)
        all_, none = button(tr("Tick all", "site"), "link"), button(tr("None", "site"), "link")
        all_.clicked.connect(lambda _=False: self.tick(True))
        none.clicked.connect(lambda _=False: self.tick(False))
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, space.S, 0)
        column.addWidget(boxed(beside(all_, none)))
        column.addWidget(self.list, 1)
        split = QSplitter()
        split.addWidget(left)
        split.addWidget(self.detail)
        split.setSizes([300, 640])
        split.setStretchFactor(1, 1)
        split.setChildrenCollapsible(False)
        self.body.addWidget(split, 1)
        self.list.currentItemChanged.connect(lambda _now, _before: self._show())
        self.list.itemChanged.connect(lambda _item: self._count())
        self.yes.clicked.connect(lambda _=False: self._done())
        self.list.setCurrentRow(next((n for n in range(self.list.count()) if self._state(n) == CHANGED), 0))
        self._count()
        self.list.setFocus()

    def state_of(self, offer: Offer) -> str:
        """How a tool that is offered stands."""
        change = self.changes.get(offer.name)
        return SAME if offer.approved and change is None else CHANGED if change and change.kind == "changed" else NEW

    def tick(self, on: bool, *names: str) -> None:
        """Tick these tools, or all that there are."""
        for nth in range(self.list.count()):
            item = self.list.item(nth)
            if self._state(nth) != GONE and (not names or item.data(Qt.ItemDataRole.UserRole) in names):
                item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)

    def chosen(self) -> list[Chosen]:
        """What is ticked now."""
        found = []
        for nth in range(self.list.count()):
            name = self.list.item(nth).data(Qt.ItemDataRole.UserRole)
            if self._state(nth) != GONE and self.list.item(nth).checkState() == Qt.CheckState.Checked:
                found.append(Chosen(name, self.offers[name].sha256, self.effects[name]))
        return found

    def _add(self, name: str, state: str, *, tick: bool) -> None:
        item = QListWidgetItem(visible(name))
        item.setData(Qt.ItemDataRole.UserRole, name)
        item.setData(Qt.ItemDataRole.UserRole + 1, state)
        item.setIcon(icon(*SIGNS[state]))
        item.setToolTip(f"{visible(name)}: {state_words(state)}")
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{visible(name)}, {state_words(state)}")
        if state == GONE:
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
        else:
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if tick else Qt.CheckState.Unchecked)
        self.list.addItem(item)

    def _state(self, row: int) -> str:
        return str(self.list.item(row).data(Qt.ItemDataRole.UserRole + 1))

    def _count(self) -> None:
        count = len(self.chosen())
        self.yes.setText(tr("Approve 1 tool" if count == 1 else "Approve {n} tools", "site").format(n=count))
        self.yes.setEnabled(count > 0)
        self.refuse("")
        left = self.list.count() - count
        self.say.setProperty("role", "small")
        self.refuse(tr("The other {n} cannot be called.", "site").format(n=left) if left and count else "")

    def _show(self) -> None:
        if self.list.currentRow() < 0:
            return
        item = self.list.currentItem()
        name, state = str(item.data(Qt.ItemDataRole.UserRole)), str(item.data(Qt.ItemDataRole.UserRole + 1))
        sign, tone = SIGNS[state]
        offer = self.offers.get(name)
        parts = [head("plug", "Tools", name, offer.title if offer else "", Chip(state_words(state), tone, sign))]
        change = self.changes.get(name)
        if state == CHANGED and change is not None:
            parts.append(trouble(tr("It is blocked until you approve it as it is now.", "site"), "warning"))
            parts.append(titled(tr("What changed", "site"), change_parts(change)))
        if offer is not None:
            said = offer.description or tr("(the server says nothing)", "site")
            parts.append(titled(tr("What an agent is told", "site"), inert(said)))
            parts.append(titled(tr("Arguments", "site"), schema_table(offer.schema)))
            if offer.annotations:
                claims = ", ".join(f"{key}: {value}" for key, value in offer.annotations.items())
                note = tr("Nobody has checked these.", "site")
                parts.append(titled(tr("What the server claims", "site"), label(visible(claims), wrap=True), note=note))
            parts.append(titled(tr("If a call is interrupted", "site"), self._effect(name)))
        self.detail.show_parts(name, parts)

    def _effect(self, name: str) -> QWidget:
        box = QComboBox()
        box.setAccessibleName(tr("If a call is interrupted", "site"))
        for effect in ("at_most_once", "idempotent", "pure"):
            box.addItem(f"{word(EFFECTS, effect)}: {tr(EFFECT_HELP[effect], 'site')}", effect)
        box.setCurrentIndex(box.findData(self.effects[name]))
        box.currentIndexChanged.connect(lambda nth: self.effects.update({name: str(box.itemData(nth))}))
        return box

    def _done(self) -> None:
        chosen = self.chosen()
        self.accept()
        self._approve(chosen)
