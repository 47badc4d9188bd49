"""How a new MCP server is reached: a program with its arguments, one field each, or an address."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtWidgets import QLineEdit, QWidget

from designer.forms.form import Form
from designer.resources import tr
from designer.site.dialogs import Sheet
from designer.site.model_dialogs import field
from designer.widgets import Segmented


def _schemas() -> dict[str, dict[str, Any]]:
    secrets = tr("May hold secret://name; the value itself is never kept here.", "site")
    pairs = {"type": "object", "additionalProperties": {"type": "string"}, "default": {}, "description": secrets}
    return {
        "program": {
            "type": "object",
            "required": ["command"],
            "properties": {
                "command": {
                    "type": "array", "minItems": 1, "items": {"type": "string"},
                    "title": tr("Program and arguments", "site"),
                    "description": tr("One field each. There is no shell, so nothing in them is special.", "site"),
                },
                "cwd": {"type": "string", "default": "", "title": tr("Folder", "site"), "x-ui": "directory",
                        "description": tr("Empty: the folder of workflows' files.", "site")},
                "env": {**pairs, "title": tr("Variables", "site")},
            },
        },
        "address": {
            "type": "object",
            "required": ["url"],
            "properties": {
                "url": {"type": "string", "title": tr("Address", "site"), "description": "https://…/mcp"},
                "headers": {**pairs, "title": tr("Headers", "site")},
            },
        },
    }  # fmt: skip


class ServerSheet(Sheet):
    """`add(arguments, name)` gets the words for `signalboxctl mcp add`."""

    def __init__(self, taken: Sequence[str], add: Callable[[list[str], str], None], parent: QWidget) -> None:
        super().__init__(
            tr("Add an MCP server", "site"),
            tr("It is only noted. You look at what it offers before anything of it can be used.", "site"),
            tr("Add", "site"), parent, size=(600, 560),
        )  # fmt: skip
        self._taken, self._add = list(taken), add
        self.name = QLineEdit()
        self.name.setPlaceholderText("files")
        self.way = Segmented([("program", tr("A program on this PC", "site")), ("address", tr("An address", "site"))])
        empty: dict[str, dict[str, Any]] = {"program": {"command": [""]}, "address": {"url": ""}}
        self.forms = {way: Form(schema, empty[way]) for way, schema in _schemas().items()}
        self.body.addWidget(field(tr("Name", "site"), self.name, tr("Workflows use this name.", "site")))
        self.body.addWidget(self.way)
        for form in self.forms.values():
            self.body.addWidget(form)
        self.body.addStretch(1)
        self.way.changed.connect(lambda _key: self._show_way())
        self.yes.clicked.connect(lambda _=False: self._done())
        self._show_way()
        self.name.setFocus()

    def _show_way(self) -> None:
        for key, form in self.forms.items():
            form.setVisible(key == self.way.current())

    def _done(self) -> None:
        name = self.name.text().strip()
        form = self.forms[self.way.current()]
        form.flush()
        given = form.value()
        fault = self._fault(name, given)
        self.refuse(fault)
        if fault:
            return
        options: list[str] = []
        for word, pairs in (("--env", given.get("env")), ("--header", given.get("headers"))):
            for key, value in (pairs or {}).items():
                options += [word, f"{key}={value}"]
        if given.get("cwd"):
            options += ["--cwd", str(given["cwd"])]
        if given.get("url"):
            options += ["--url", str(given["url"]).strip()]
        command = [str(part) for part in given.get("command") or ()]
        arguments = [name, *options, "--json", *(["--", *command] if command else [])]
        self.accept()
        self._add(arguments, name)

    def _fault(self, name: str, given: dict[str, Any]) -> str:
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", name):
            return tr("A name has lower-case letters, digits, - and _.", "site")
        if name in self._taken:
            return tr("There is a server of this name already.", "site")
        if self.way.current() == "address":
            url = str(given.get("url") or "")
            return "" if url.startswith(("http://", "https://")) else tr("An address begins with https://.", "site")
        command = given.get("command") or [""]
        return "" if str(command[0]).strip() else tr("Which program is it?", "site")
