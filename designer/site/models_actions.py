"""What can be done with models: each asks what must be asked, then runs one command."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from designer.engine_link.control_command import Call
from designer.resources import tr
from designer.site.desk import SiteDesk
from designer.site.dialogs import confirm
from designer.site.facts import ModelFile, Role
from designer.site.model_dialogs import AddSheet, DownloadSheet, FoundSheet, SwapSheet
from designer.site.role_options import role_options
from engine.errors import Refused

TOPICS = ("models", "uses")
FEW = 3
LONG_S = 6 * 3600.0
MEASURE_S = 900.0


class ModelsActions(QObject):
    """`busy_changed` when a long command begins or ends; `calls` holds them by the row they are about."""

    busy_changed = Signal()

    def __init__(self, desk: SiteDesk, window: QWidget) -> None:
        super().__init__(window)
        self._desk, self._window = desk, window
        self.calls: dict[str, Call] = {}

    # ---- roles
    def ask_swap(self, role: Role) -> None:
        """Let a person choose another file for a role."""
        models = self._desk.models
        if models is not None:
            SwapSheet(role, models.files, lambda name: self.swap(role.name, name), self._window).open()

    def swap(self, role: str, name: str) -> None:
        """From now on a role means this file."""
        said = tr("{role} means {name} from now on.", "site").format(role=role, name=name)
        self._desk.do("models", "role", role, name, "--json", topics=TOPICS, said=said, done=self._notes)

    def keep(self, role: str, changes: Mapping[str, Any]) -> None:
        """Change how a role is set."""
        said = tr("{role} is set anew.", "site").format(role=role)
        words = role_options(changes)
        self._desk.do("models", "role", role, *words, "--json", topics=TOPICS, said=said, done=self._notes)

    def measure(self, key: str, *which: str) -> None:
        """Measure a file, or `--role` and a role, on this PC; it takes up to a minute and some of its power."""
        self._long(key, "models", "measure", *which, "--json", "--progress", timeout_s=MEASURE_S)

    # ---- files
    def ask_file(self) -> None:
        """Let a person choose a file to add."""
        chosen, _ = QFileDialog.getOpenFileName(
            self._window, tr("Add a model file", "site"), str(Path.home()),
            tr("Models (*.gguf *.onnx)", "site") + ";;" + tr("All files (*)", "site"),
        )  # fmt: skip
        if chosen:
            self.ask_add(Path(chosen))

    def ask_folder(self) -> None:
        """Let a person choose a folder whose model files are added."""
        chosen = QFileDialog.getExistingDirectory(self._window, tr("Add a folder of models", "site"), str(Path.home()))
        if chosen:
            self.ask_add(Path(chosen))

    def ask_add(self, path: Path) -> None:
        """Ask what is to be known of a file or folder, then add it."""
        AddSheet(path, self._desk.models, self.add, self._window).open()

    def add(self, arguments: list[str]) -> None:
        """Add a file or folder."""
        self._long("add", "models", "add", *arguments, "--json", "--progress", timeout_s=LONG_S)

    def find(self) -> None:
        """Look for model files on drives that were plugged in."""

        def show(value: Any) -> None:
            given = value.get("files", value) if isinstance(value, Mapping) else value
            found = [
                (str(one.get("path")), str(one.get("name") or ""), one.get("bytes"))
                for one in given or ()
                if isinstance(one, Mapping)
            ]
            FoundSheet(found, lambda path: self.ask_add(Path(path)), self._window).open()

        self._desk.do("models", "find", "--json", topics=(), done=show)

    def ask_download(self) -> None:
        """Ask what to download; where the hub is off, say so."""
        if self._desk.models is not None:
            DownloadSheet(self._desk.models, self.download, self._window).open()

    def download(self, arguments: list[str]) -> None:
        """Download a file from the hub."""
        self._long("add", "models", "download", *arguments, "--json", "--progress", timeout_s=LONG_S)

    def ask_remove(self, file: ModelFile) -> None:
        """Say what removing a file means, and do it when that is wanted."""
        text = tr("{name} is deleted from the data folder of this PC.", "site").format(name=file.name)
        if file.used_by:
            roles = ", ".join(file.used_by)
            text += " " + tr("These roles have no model then, and steps that ask them fail: {roles}.", "site").format(
                roles=roles
            )
        else:
            text += " " + tr("No role uses it.", "site")
        confirm(
            self._window,
            tr("Remove {name}?", "site").format(name=file.name),
            text,
            tr("Remove", "site"),
            lambda: self.remove(file.name, force=bool(file.used_by)),
        )

    def remove(self, name: str, *, force: bool = False) -> None:
        """Forget a file; with `force` also one that a role means."""
        said = tr("{name} is removed.", "site").format(name=name)
        words = ("--force",) if force else ()
        self._desk.do("models", "remove", name, *words, "--json", topics=TOPICS, said=said)

    def _notes(self, value: Any) -> None:
        """What the program says beside having done it."""
        for note in value.get("notes", ()) if isinstance(value, Mapping) else ():
            self._desk.said.emit(str(note), "warning")

    def _added(self, value: Any) -> None:
        """What has been added, and what of a folder is no model."""
        if not isinstance(value, Mapping):
            return
        for one in value.get("refused", ()):
            self._desk.refused.emit(Refused(str(one.get("fault"))))
        added = value.get("added", (value,) if "new" in value else ())
        for one in added if len(added) <= FEW else ():
            new = tr("{name} is added.", "site") if one.get("new") else tr("It is there already, as {name}.", "site")
            self._desk.said.emit(new.format(name=one.get("name")), "success")
        if len(added) > FEW:
            self._desk.said.emit(tr("{n} models are there.", "site").format(n=len(added)), "success")

    def _long(self, key: str, *arguments: str, timeout_s: float) -> None:
        if key in self.calls:
            return

        def failed(why: Refused) -> None:
            self._over(key)
            self._desk.refused.emit(why)

        def done(value: Any) -> None:
            self._over(key)
            self._added(value)

        self.calls[key] = self._desk.do(*arguments, topics=TOPICS, done=done, failed=failed, timeout_s=timeout_s)
        self.busy_changed.emit()

    def _over(self, key: str) -> None:
        self.calls.pop(key, None)
        self.busy_changed.emit()
