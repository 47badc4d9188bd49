"""Typing a secret or a passphrase: hidden while it is typed, handed to the program, and forgotten."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QLineEdit, QWidget

from designer.forms.form import Form
from designer.resources import tr
from designer.site.dialogs import Sheet
from designer.site.facts import Secret
from designer.site.model_dialogs import field
from designer.widgets import label

SHORTEST = 8


def hidden() -> QLineEdit:
    """A field that shows nothing of what is typed."""
    made = QLineEdit()
    made.setEchoMode(QLineEdit.EchoMode.Password)
    return made


def places_form(places: Sequence[str]) -> Form:
    """Where a secret may go, one field each."""
    examples = "https://mes.lan/api, role:NAME, mcp:SERVER, program:NAME, postgresql://host/database, mqtt://host"
    help = tr("Nowhere else, whatever a workflow or a model says. For example: {examples}", "site")
    schema = {
        "type": "object",
        "properties": {
            "to": {
                "type": "array", "minItems": 1, "items": {"type": "string"}, "title": tr("It may go to", "site"),
                "description": help.format(examples=examples),
            }
        },
    }  # fmt: skip
    return Form(schema, {"to": list(places) or [""]})


def places_of(form: Form) -> list[str]:
    """What is typed there."""
    form.flush()
    return [str(one).strip() for one in form.value().get("to") or () if str(one).strip()]


class SecretSheet(Sheet):
    """A new secret, or another value for one. `keep(name, places, stdin, first)` gets what is to be stored.

    `first` says that a passphrase is the first line of `stdin`. `asks` says which: a "new" one where nothing keeps
    secrets here yet, the one that is in "use" where they are locked, "" for none.
    """

    def __init__(
        self,
        secret: Secret | None,
        name: str,
        places: Sequence[str],
        keep: Callable[[str, list[str], str, bool], None],
        parent: QWidget,
        *,
        asks: str = "",
    ) -> None:
        title = tr("Another value for {name}", "site").format(name=name) if secret else tr("Add a secret", "site")
        text = tr("It is stored encrypted, and never shown again, not even to you.", "site")
        super().__init__(title, text, tr("Store", "site"), parent)
        self._keep, self._asks = keep, asks
        self.name, self.value = QLineEdit(name), hidden()
        self.name.setPlaceholderText("mes-token")
        self.name.setReadOnly(secret is not None)
        self.places = places_form(places)
        if secret is None:
            self.body.addWidget(field(tr("Name", "site"), self.name, tr("Workflows write secret://name.", "site")))
        self.body.addWidget(field(tr("Value", "site"), self.value))
        if secret is None:
            self.body.addWidget(self.places)
        self.pass1, self.pass2 = hidden(), hidden()
        if asks == "new":
            words = tr("This PC has no keyring that could keep the key, so a passphrase does.", "site")
            self.body.addWidget(label(words, "muted", wrap=True))
        if asks:
            self.body.addWidget(field(tr("Passphrase", "site"), self.pass1))
        if asks == "new":
            self.body.addWidget(field(tr("The same again", "site"), self.pass2))
        self.body.addStretch(1)
        self._replacing = secret is not None
        self.yes.setDefault(True)
        self.yes.clicked.connect(lambda _=False: self._done())
        (self.value if name else self.name).setFocus()

    def _done(self) -> None:
        name, places = self.name.text().strip(), [] if self._replacing else places_of(self.places)
        fault = self._fault(name, places)
        self.refuse(fault)
        if fault:
            return
        stdin = (f"{self.pass1.text()}\n" if self._asks else "") + self.value.text()
        for editor in (self.value, self.pass1, self.pass2):
            editor.clear()
        self.accept()
        self._keep(name, places, stdin, bool(self._asks))

    def _fault(self, name: str, places: Sequence[str]) -> str:
        if not re.fullmatch(r"[A-Za-z0-9_.-]{1,128}", name):
            return tr("A name has letters, digits, and _ . - only.", "site")
        if not self.value.text():
            return tr("The value is empty.", "site")
        if not places and not self._replacing:
            return tr("Where may it go?", "site")
        if self._asks == "use" and not self.pass1.text():
            return tr("The secrets are locked: their passphrase is needed.", "site")
        return passphrase_fault(self.pass1.text(), self.pass2.text()) if self._asks == "new" else ""


def passphrase_fault(first: str, second: str) -> str:
    """What is wrong with a new passphrase; "" when nothing is."""
    if len(first) < SHORTEST:
        return tr("A passphrase has at least {n} characters.", "site").format(n=SHORTEST)
    return "" if first == second else tr("The two passphrases differ.", "site")


class PlacesSheet(Sheet):
    """Where a secret may go from now on: `keep(places, passphrase)`; that is asked for where they are `locked`."""

    def __init__(
        self, secret: Secret, keep: Callable[[list[str], str], None], parent: QWidget, *, locked: bool = False
    ) -> None:
        super().__init__(tr("Where {name} may go", "site").format(name=secret.name), "", tr("Keep", "site"), parent)
        self.places = places_form(secret.bound_to)
        self.body.addWidget(self.places)
        self.passphrase = hidden()
        if locked:
            self.body.addWidget(field(tr("Passphrase", "site"), self.passphrase))
        self.body.addStretch(1)
        self._keep = keep
        self.yes.clicked.connect(lambda _=False: self._done())

    def _done(self) -> None:
        places = places_of(self.places)
        self.refuse("" if places else tr("Where may it go?", "site"))
        if places:
            given = self.passphrase.text()
            self.passphrase.clear()
            self.accept()
            self._keep(places, given)


class PassphraseSheet(Sheet):
    """A passphrase: the one in use (`again` false), or a new one, typed twice. `keep(text)` gets it."""

    def __init__(
        self, title: str, text: str, do: str, keep: Callable[[str], None], parent: QWidget, *, again: bool
    ) -> None:
        super().__init__(title, text, do, parent, size=(460, 0))
        self.first, self.second, self._again, self._keep = hidden(), hidden(), again, keep
        self.body.addWidget(field(tr("Passphrase", "site"), self.first))
        if again:
            self.body.addWidget(field(tr("The same again", "site"), self.second))
        self.body.addStretch(1)
        self.yes.setDefault(True)
        self.yes.clicked.connect(lambda _=False: self._done())
        self.first.setFocus()

    def _done(self) -> None:
        given = self.first.text()
        fault = passphrase_fault(given, self.second.text()) if self._again else ""
        self.refuse(fault)
        if fault or not given:
            return
        self.first.clear()
        self.second.clear()
        self.accept()
        self._keep(given)
