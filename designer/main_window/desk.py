"""The open document and where it is kept: its draft, the version it came from, and the ways to open another one."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from designer.document.autosave import Autosave
from designer.document.document import Document
from designer.document.files import export_file, import_file
from designer.document.tidy import tidy
from designer.engine_link import EngineLink
from designer.resources import tr
from engine.errors import Refused
from engine.ids import run_id
from engine.store import Draft, Store, Version
from engine.workflow.canonical import content_hash
from engine.workflow.model import Workflow


@dataclass(slots=True, eq=False)
class Sheet:
    """Where one opened document is kept. All but `path` is changed on the worker thread once the document is open."""

    id: str = ""
    base: str | None = None
    path: str | None = None
    at: float = 0.0


class Desk(QObject):
    """One document at a time. Everything that is edited goes into its draft within a second.

    `leaving` comes while the open document is still there: what is being typed goes into it. `opened` comes when
    another document lies on the desk, `saved` with the version that was made, `refused` with a sentence.
    """

    leaving = Signal()
    opened = Signal()
    saved = Signal(object)
    refused = Signal(object)

    def __init__(self, link: EngineLink, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link = link
        blank = Workflow(name="workflow")
        self.draft = Sheet()
        self.document = Document(blank, self)
        self.autosave = Autosave(self.document, partial(self._keep, self.draft), self)
        self.is_open = False
        """Whether a document was opened at all; before that the start page is shown."""

    @property
    def workflow(self) -> Workflow:
        """The workflow as it is now."""
        return self.document.workflow

    @property
    def changed_since_version(self) -> bool:
        """Whether what is drawn differs from the version it began with."""
        return self.draft.base is None or content_hash(self.workflow) != self.draft.base

    # ---- opening
    def put(self, draft: Draft, workflow: Workflow | None = None) -> None:
        """Lay a draft on the desk; what lay there is kept."""
        if self.is_open:
            self.leaving.emit()
        self.autosave.flush()
        opened = workflow if workflow is not None else draft.workflow
        self.draft = Sheet(draft.id, draft.base, draft.path, draft.at)
        self.is_open = True
        self.autosave.keep_next_by(partial(self._keep, self.draft))
        self.document.reset(opened)
        self.opened.emit()

    def _lay(self, found: tuple[Draft, Workflow]) -> None:
        self.put(*found)

    def new(self, names: list[str]) -> None:
        """An empty workflow with a name of its own."""
        name = free_name("workflow", names)
        self.put(_draft(Workflow(name=name, title=tr("New workflow"))))
        self._store()

    def open_template(self, workflow: Workflow, done: Callable[[], None]) -> None:
        """A template: the untouched draft of it where one is, else a copy, under a free name when it was changed."""

        def found(drafts: list[Draft]) -> None:
            same = next((draft for draft in drafts if draft.name == workflow.name), None)
            if same is not None and content_hash(same.workflow) == content_hash(workflow):
                self.put(same)
            else:
                name = workflow.name if same is None else free_name(workflow.name, [draft.name for draft in drafts])
                self.put(_draft(workflow.model_copy(update={"name": name})))
                self._store()
            done()

        self._link.call(lambda store: store.drafts.list(), found, self.refused.emit)

    def open_draft(self, draft_id: str) -> None:
        """A draft by its id."""

        def read(store: Store) -> tuple[Draft, Workflow]:
            draft = store.drafts.get(draft_id)
            if draft is None:
                raise Refused(tr("This draft is not there any more."))
            return draft, draft.workflow

        self._link.call(read, self._lay, self.refused.emit)

    def open_library(self, name: str) -> None:
        """A workflow of the library: its newest draft, else its newest version."""

        def read(store: Store) -> tuple[Draft, Workflow]:
            drafts = [draft for draft in store.drafts.list() if draft.name == name]
            if drafts:
                return drafts[0], drafts[0].workflow
            versions = store.library.versions(name)
            if not versions:
                raise Refused(tr("There is no workflow “{name}” in the library.").format(name=name))
            workflow = _laid_out(store.library.open(versions[0].id))
            return store.drafts.put(_draft(workflow, base=versions[0].hash)), workflow

        self._link.call(read, self._lay, self.refused.emit)

    def import_path(self, path: Path) -> None:
        """A workflow file. It stays where it is: the draft remembers the place for export."""

        def read(store: Store) -> tuple[Draft, Workflow]:
            workflow = _laid_out(import_file(path))
            known = next((draft for draft in store.drafts.list() if draft.path == str(path)), None)
            if known is not None and known.workflow == workflow:
                return known, workflow
            names = [draft.name for draft in store.drafts.list()]
            if workflow.name in names:
                workflow = workflow.model_copy(update={"name": free_name(workflow.name, names)})
            return store.drafts.put(_draft(workflow, path=str(path))), workflow

        self._link.call(read, self._lay, self.refused.emit)

    # ---- keeping
    def save(self, label: str = "", by: str = "") -> None:
        """Make a version in the library of what is drawn now."""
        workflow, sheet = self.workflow, self.draft
        self.document.settle()

        def kept(version: Version) -> None:
            if self.workflow is workflow:
                self.document.mark_clean()
            self.saved.emit(version)

        def save(store: Store) -> Version:
            version = store.library.save(workflow, label=label, by=by)
            sheet.base = version.hash  # of its own draft, also when another document is open by now
            draft = store.drafts.get(sheet.id)
            if draft is not None:
                sheet.at = store.drafts.put(replace(draft, base=version.hash, at=0.0)).at
            return version

        self._link.call(save, kept, self.refused.emit)

    def restore(self, version: Version) -> None:
        """Draw a version again: an edit like any other, which can be undone."""
        sheet = self.draft

        def draw(workflow: Workflow) -> None:
            if sheet is self.draft:  # not into a document that was opened meanwhile
                self.document.replace(workflow, tr("Restore a version"))

        self._link.call(lambda store: store.library.open(version.id), draw, self.refused.emit)

    def export(self, path: Path) -> None:
        """Write what is drawn into a workflow file."""
        workflow = self.workflow
        export_file(workflow, path)
        self.draft.path = str(path)
        self._store()

    def close(self) -> None:
        """Keep what is not kept yet."""
        self.autosave.close()

    def _keep(
        self, sheet: Sheet, workflow: Workflow, done: Callable[[], None], failed: Callable[[Refused], None]
    ) -> None:
        if not sheet.id:
            done()  # nothing was opened yet
            return
        self._put(sheet, workflow, done, failed)

    def _store(self) -> None:
        self._put(self.draft, self.workflow, lambda: None, self.refused.emit)

    def _put(
        self, sheet: Sheet, workflow: Workflow, done: Callable[[], None], failed: Callable[[Refused], None]
    ) -> None:
        def write(store: Store) -> bool:
            stored = store.drafts.get(sheet.id)
            # made here: a large one takes its time, and a version may have been saved since this was called
            draft = Draft.of(sheet.id, workflow, base=sheet.base, path=sheet.path)
            other = stored is not None and stored.at != sheet.at and stored.text != draft.text
            if other:  # another window draws on the same draft: each keeps what it has
                sheet.id = _new_id()
            sheet.at = store.drafts.put(replace(draft, id=sheet.id)).at
            return other

        def written(other: bool) -> None:
            done()
            if other:
                words = tr("Another window has changed this draft. What is drawn here is kept as a draft of its own.")
                self.refused.emit(Refused(words))

        self._link.call(write, written, failed)


def _draft(workflow: Workflow, base: str | None = None, path: str | None = None) -> Draft:
    return Draft.of(_new_id(), workflow, base=base, path=path)


def _laid_out(workflow: Workflow) -> Workflow:
    """The same; with places for its nodes where the file, written by hand, has none."""
    return workflow if workflow.layout else tidy(workflow)


def _new_id() -> str:
    return run_id(time.time(), os.urandom(8))


def free_name(name: str, taken: list[str]) -> str:
    """`name`, or `name-2`, `name-3` … so that it is not taken."""
    found, number = name, 2
    while found in taken:
        found, number = f"{name}-{number}", number + 1
    return found
