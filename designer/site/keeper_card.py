"""Who keeps the secrets of this PC, in one sentence, with what mends it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from designer.resources import tr
from designer.site.facts import Keys
from designer.site.panes import Icon, act, boxed, stacked
from designer.theme import space
from designer.widgets import label, set_role, visible

SIGNS = {"keyring": ("shield-check", "success"), "file": ("key-round", "success"), "locked": ("lock", "asking"),
         "none": ("shield-alert", "warning")}  # fmt: skip


class KeeperCard(QFrame):
    """`wanted` carries what a person asks for: unlock, lock, passphrase, keyring."""

    wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.icon, self.title, self.words = (
            Icon("lock", "muted", 28),
            label("", "heading"),
            label("", "muted", wrap=True),
        )
        self.buttons = {
            "unlock": act(tr("Unlock…", "site"), lambda: self.wanted.emit("unlock"), "primary", "lock-open"),
            "lock": act(tr("Lock", "site"), lambda: self.wanted.emit("lock"), "", "lock"),
            "passphrase": act(tr("Passphrase…", "site"), lambda: self.wanted.emit("passphrase")),
            "keyring": act(tr("Move into the keyring", "site"), lambda: self.wanted.emit("keyring")),
        }
        row = QHBoxLayout(self)
        row.setContentsMargins(space.L, space.M, space.L, space.M)
        row.setSpacing(space.M)
        row.addWidget(self.icon)
        row.addSpacing(space.XS)
        row.addWidget(boxed(stacked(self.title, self.words, gap=2)), 1)
        for one in self.buttons.values():
            row.addWidget(one)

    def show_keys(self, keys: Keys) -> None:
        """How it is now."""
        stored = any(secret.source != "environment" for secret in keys.secrets)
        offered = {"keyring": ("passphrase",), "file": ("lock", "passphrase", "keyring"), "locked": ("unlock",)}
        for name, one in self.buttons.items():
            one.setVisible(name in offered.get(keys.keeper, ()) and (stored or keys.keeper == "locked"))
        titles = {
            "keyring": tr("The system keeps the key of the secrets", "site"),
            "file": tr("A passphrase keeps the secrets", "site"),
            "locked": tr("The secrets are locked", "site"),
        }
        self.title.setText(titles.get(keys.keeper, tr("Nothing keeps secrets on this PC yet", "site")))
        self.words.setText(visible(keys.sentence))
        self.icon.set(*SIGNS.get(keys.keeper, SIGNS["none"]))
        set_role(self, "surface", "card" if keys.keeper in ("keyring", "file") else "warning")
        self.setAccessibleName(self.title.text())
