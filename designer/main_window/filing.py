"""Commands that open, keep and exchange workflows."""

from __future__ import annotations

import getpass
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QInputDialog, QLineEdit

from designer.document.files import import_file
from designer.main_window.finder import Entry, Finder
from designer.main_window.parts import Parts
from designer.main_window.versions_dialog import VersionsDialog
from designer.main_window.when import when
from designer.resources import template_files, tr
from engine.errors import Refused
from engine.store import Draft, Store, Version

PATTERN = "*.workflow.yaml *.workflow.yml"


class Filing:
    """Binds the commands of File."""

    def __init__(self, parts: Parts, finder: Finder) -> None:
        self._parts, self._finder = parts, finder
        commands, desk = parts.commands, parts.desk

        def is_open() -> bool:
            return desk.is_open and not parts.showing.looking

        commands.bind("file.new", self.new)
        commands.bind("file.open", self._choose)
        commands.bind("file.import", self.ask_import)
        commands.bind("file.save", lambda: desk.save(by=getpass.getuser()), enabled=is_open)
        commands.bind("file.save_named", self._save_named, enabled=is_open)
        commands.bind("file.versions", self._versions, enabled=is_open)
        commands.bind("file.export", self._ask_export, enabled=is_open)
        commands.bind("file.welcome", lambda: parts.go("start"))
        commands.bind("file.quit", lambda: _close(parts))
        desk.saved.connect(self._saved)

    def new(self) -> None:
        """An empty workflow."""
        self._parts.link.call(
            lambda store: [draft.name for draft in store.drafts.list()] + store.library.names(),
            self._parts.desk.new,
            self._parts.refuse,
        )

    def open_template(self, name: str) -> None:
        """A shipped workflow by its name."""
        file = next((file for file in template_files() if file.name.partition(".")[0] == name), None)
        if file is None:
            self._parts.refuse(Refused(tr("There is no template {name}.").format(name=name)))
            return
        try:
            workflow = import_file(file)
        except Refused as error:
            self._parts.refuse(error)
            return
        self._parts.desk.open_template(workflow, lambda: None)

    def ask_import(self) -> None:
        """A workflow file, chosen by the person."""
        dialog = QFileDialog(self._parts.window, tr("Import a workflow"), "", f"{tr('Workflows')} ({PATTERN})")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda path: self._parts.desk.import_path(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _ask_export(self) -> None:
        parts = self._parts
        parts.drawing.inspector.flush()
        suggested = parts.desk.draft.path or f"{parts.desk.workflow.name}.workflow.yaml"
        dialog = QFileDialog(parts.window, tr("Export the workflow"), suggested, f"{tr('Workflows')} ({PATTERN})")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile(suggested)
        dialog.fileSelected.connect(lambda path: self.export(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def export(self, path: Path) -> None:
        """Write the drawing into a file; a refusal is shown."""
        try:
            self._parts.desk.export(path)
        except Refused as error:
            self._parts.refuse(error)
        else:
            self._parts.say(tr("Written to {path}").format(path=path.name), "success")

    def _choose(self) -> None:
        self._finder.open_with([])

        def read(store: Store) -> tuple[list[Draft], list[str]]:
            return store.drafts.list(), store.library.names()

        self._parts.link.call(read, lambda found: self._finder.add(self.entries(*found)), self._parts.refuse)

    def entries(self, drafts: list[Draft], names: list[str]) -> list[Entry]:
        """What can be opened: drafts, then workflows of the library that have none."""
        found = [
            Entry(draft.name, tr("Workflow"), "workflow", partial(self._open, draft), when(draft.at))
            for draft in drafts
        ]
        have = {draft.name for draft in drafts}
        return found + [
            Entry(name, tr("Library"), "workflow", partial(self._parts.desk.open_library, name))
            for name in names
            if name not in have
        ]

    def _open(self, draft: Draft) -> None:
        if draft.id == self._parts.desk.draft.id:
            self._parts.go("drawing")
        else:
            self._parts.desk.open_draft(draft.id)

    def _save_named(self) -> None:
        dialog = QInputDialog(self._parts.window)
        dialog.setWindowTitle(tr("Save version"))
        dialog.setLabelText(tr("Name of the version"))
        dialog.setTextEchoMode(QLineEdit.EchoMode.Normal)
        dialog.textValueSelected.connect(
            lambda text: self._parts.desk.save(label=text.strip()[:200], by=getpass.getuser())
        )
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _versions(self) -> None:
        self._parts.drawing.inspector.flush()
        dialog = VersionsDialog(self._parts.link, self._parts.desk.workflow, self._parts.window)
        dialog.restore_requested.connect(self._parts.desk.restore)
        dialog.open()

    def _saved(self, version: Version) -> None:
        name = version.label or version.hash[:8]
        self._parts.say(tr("Saved as version {name}").format(name=name), "success")


def _close(parts: Parts) -> None:
    parts.window.close()
