"""Keys: which secrets there are, where each may go, who uses it, and what is needed and not there. Never a value."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from designer.resources import tr
from designer.site.desk import SiteDesk
from designer.site.dialogs import confirm
from designer.site.facts import Secret, Use
from designer.site.keeper_card import KeeperCard
from designer.site.keys_rows import rows_of, user_words
from designer.site.models_detail import head, uses_list
from designer.site.panes import Detail, States, act, beside, boxed, facts, stacked, titled, trouble
from designer.site.rows_list import RowsList
from designer.site.secret_sheets import PassphraseSheet, PlacesSheet, SecretSheet
from designer.site.words import ago
from designer.theme import space
from designer.widgets import Chip, EmptyState, button, label, visible

STDIN = ("--passphrase-file", "-")
KEYS_S = 60.0


class KeysTab(QWidget):
    """`open_workflow` carries the name of a workflow of the library."""

    open_workflow = Signal(str)
    TOPICS = ("keys", "uses")

    def __init__(self, desk: SiteDesk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._wanted = ""
        self.card, self.detail = KeeperCard(), Detail()
        empty = EmptyState(
            "key-round", tr("No secrets yet", "site"), tr("Workflows name them as secret://name.", "site"),
            tr("Add a secret…", "site"),
        )  # fmt: skip
        self.list = RowsList(tr("Secrets", "site"), empty)
        self.add = button(tr("Add", "site"), "", "plus")
        self.list.tools.addWidget(self.add)
        self.states = States(self._laid_out(), self.refresh)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.states)
        empty.triggered.connect(self.ask_add)
        self.add.clicked.connect(lambda _=False: self.ask_add())
        self.card.wanted.connect(self._keeper)
        self.list.chosen.connect(lambda _key: self._show_detail())
        desk.told.connect(self._told)
        self._told("keys")

    def refresh(self) -> None:
        """Read it all anew."""
        self._desk.read(*self.TOPICS)

    def show_thing(self, name: str) -> None:
        """Select a secret; one that is not stored is asked for."""
        self.list.select(name)
        self._wanted = "" if self.list.current() == name else name

    def missing(self) -> dict[str, tuple[str, ...]]:
        """Names that somebody needs and that are not there, with who needs them."""
        keys, uses = self._desk.keys, self._desk.uses
        there = {secret.name for secret in keys.secrets} if keys is not None else set()
        return {name: users for name, users in uses.secrets.items() if name not in there} if keys and uses else {}

    def attention(self) -> int:
        """What keeps steps from working: a locked keeper, or secrets that are needed and not there."""
        keys = self._desk.keys
        return int(keys is not None and keys.keeper == "locked") + len(self.missing())

    # ---- what a person asks for
    def ask_add(self, name: str = "") -> None:
        """Ask for a secret, or for another value of one."""
        keys = self._desk.keys
        if keys is None:
            return
        known = next((one for one in keys.secrets if one.name == name and one.source != "environment"), None)
        places = [user for user in self.missing().get(name, ()) if user.startswith(("role:", "mcp:"))]
        asks = {"none": "new", "locked": "use"}.get(keys.keeper, "")
        SecretSheet(known, name, places, self.keep, self, asks=asks).open()

    def keep(self, name: str, places: list[str], stdin: str, first: bool) -> None:
        """Store a secret; its value goes in by standard input."""
        options = [part for place in places for part in ("--to", place)]
        said = tr("{name} is stored.", "site").format(name=name)
        self._desk.do("secrets", "set", name, *options, *(STDIN if first else ()), "--json", topics=self.TOPICS,
                      said=said, stdin=stdin, timeout_s=KEYS_S)  # fmt: skip

    def ask_places(self, secret: Secret) -> None:
        """Ask where a secret may go."""

        def keep(places: list[str], given: str) -> None:
            options = [part for place in places for part in ("--to", place)] + (list(STDIN) if given else [])
            self._desk.do("secrets", "bind", secret.name, "--only", *options, "--json", topics=self.TOPICS,
                          said=tr("{name} is kept.", "site").format(name=secret.name),
                          stdin=f"{given}\n" if given else "", timeout_s=KEYS_S)  # fmt: skip

        locked = self._desk.keys is not None and self._desk.keys.keeper == "locked"
        PlacesSheet(secret, keep, self, locked=locked).open()

    def ask_remove(self, secret: Secret) -> None:
        """Say what forgetting a secret means, and do it when that is wanted."""
        users = ", ".join(user.partition(":")[2] or user for user in secret.used_by)
        text = tr("Nobody can bring its value back.", "site")
        if users:
            text += " " + tr("Steps that name it fail then: {users}.", "site").format(users=users)

        def remove() -> None:
            self._desk.do("secrets", "remove", secret.name, "--json", topics=self.TOPICS,
                          said=tr("{name} is removed.", "site").format(name=secret.name))  # fmt: skip

        confirm(self, tr("Remove {name}?", "site").format(name=secret.name), text, tr("Remove", "site"), remove)

    def _keeper(self, wanted: str) -> None:
        if wanted == "lock":
            self._desk.do("secrets", "lock", "--json", topics=self.TOPICS, said=tr("The secrets are locked.", "site"))
        elif wanted == "keyring":
            self._desk.do("secrets", "passphrase", "--keyring", "--json", topics=self.TOPICS, timeout_s=KEYS_S,
                          said=tr("The system's keyring keeps the key now.", "site"))  # fmt: skip
        elif wanted == "unlock":
            self._ask_unlock()
        else:
            PassphraseSheet(
                tr("A passphrase for the secrets", "site"),
                tr("From now on it opens them, after a start of this PC. Nobody can bring it back.", "site"),
                tr("Keep", "site"), self._rekey, self, again=True,
            ).open()  # fmt: skip

    def _ask_unlock(self) -> None:
        text = tr("It opens the secrets for you until you log out.", "site")

        def unlock(given: str) -> None:
            self._desk.do("secrets", "unlock", *STDIN, "--json", topics=self.TOPICS, stdin=f"{given}\n",
                          said=tr("The secrets are open.", "site"), timeout_s=KEYS_S)  # fmt: skip

        PassphraseSheet(tr("Unlock the secrets", "site"), text, tr("Unlock", "site"), unlock, self, again=False).open()

    def _rekey(self, given: str) -> None:
        self._desk.do("secrets", "passphrase", "--new-file", "-", "--json", topics=self.TOPICS, stdin=f"{given}\n",
                      said=tr("The passphrase is kept.", "site"), timeout_s=KEYS_S)  # fmt: skip

    # ---- inside
    def _laid_out(self) -> QWidget:
        split = QSplitter()
        split.addWidget(self.list)
        split.addWidget(self.detail)
        split.setChildrenCollapsible(False)
        split.setStretchFactor(1, 1)
        split.setSizes([520, 800])
        self.list.setMinimumWidth(340)
        self.detail.setMinimumWidth(340)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        top = QVBoxLayout()
        top.setContentsMargins(space.L, space.L, space.L, space.XS)
        top.addWidget(self.card)
        column.addLayout(top)
        column.addWidget(split, 1)
        return content

    def _told(self, topic: str) -> None:
        if topic not in self.TOPICS:
            return
        keys = self._desk.keys
        self.states.tell(keys is not None, self._desk.faults.get("keys", ""))
        if keys is not None:
            self.card.show_keys(keys)
            self.list.show_rows(rows_of(keys, self.missing()))
            if self._wanted:
                self.show_thing(self._wanted)
            self._show_detail()

    def _show_detail(self) -> None:
        name, keys = self.list.current(), self._desk.keys
        secret = next((one for one in keys.secrets if one.name == name), None) if keys is not None else None
        if secret is not None:
            self.detail.show_parts(name, self._parts(secret))
        elif name:
            users = self.missing().get(name, ())
            add = act(tr("Add it…", "site"), lambda: self.ask_add(name), "primary", "plus")
            text = tr("Steps that name it fail until it is stored here.", "site")
            self.detail.show_parts(
                name,
                [head("key-round", "asking", name, "", Chip(tr("needed, not there", "site"), "asking")),
                 trouble(text, "warning", add), self._used(users)],
            )  # fmt: skip
        else:
            self.detail.show_parts("", [EmptyState("key-round", tr("Nothing is chosen", "site"))])

    def _parts(self, secret: Secret) -> list[QWidget]:
        outside = secret.source == "environment"
        line = tr("from the environment of this program", "site") if outside else f"secret://{secret.name}"
        parts = [head("key-round", "Tools", secret.name, line)]
        if secret.warning:
            parts.append(trouble(secret.warning, "warning"))
        pairs = [
            (tr("Changed", "site"), ago(secret.changed), False),
            (tr("Value", "site"), "••••••••", False),
        ]
        again = act(tr("Store another value…", "site"), lambda: self.ask_add(secret.name), "", "refresh-cw")
        places = act(tr("Where it may go…", "site"), lambda: self.ask_places(secret), "", "route")
        remove = act(tr("Remove…", "site"), lambda: self.ask_remove(secret), "", "trash-2")
        for one in (places, remove):
            one.setEnabled(not outside)
        parts.append(boxed(stacked(facts(pairs), boxed(beside(again, places, remove)), gap=space.M)))
        bound = [label(visible(place), "mono", wrap=True) for place in secret.bound_to]
        parts.append(titled(tr("It may go to", "site"), *bound))
        parts.append(self._used(secret.used_by))
        return parts

    def _used(self, users: tuple[str, ...]) -> QWidget:
        workflows = tuple(Use(user.partition(":")[2], node="") for user in users if user.startswith("workflow:"))
        others = [user_words(user) for user in users if not user.startswith("workflow:")]
        parts: list[QWidget] = [label(visible(text)) for text in others]
        if workflows or not others:
            none = tr("Nothing of the library and the settings names it.", "site")
            parts.append(uses_list(workflows, self.open_workflow.emit, none))
        return titled(tr("Used by", "site"), *parts)
