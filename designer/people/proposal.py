"""What is to be decided: the value as proposed, the parts that may be changed, and what the changes amount to."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from designer.engine_link import OpenQuestion
from designer.forms.form import Form
from designer.people.clock_words import local_time
from designer.people.decision import same
from designer.people.drafts import UNTOUCHED, Draft
from designer.people.facts import Facts
from designer.people.fields import Parts, filled, given_of, joined, parted
from designer.people.fitted_diff import FittedDiff
from designer.resources import tr
from designer.theme import space
from designer.widgets import LoadBlob, button, label

EVIDENCE_FIRST = ("doubt", "escalation", "upgrade")
"""Questions about what has happened: the evidence comes before what to do."""


class Proposal(QWidget):
    """`changed` when somebody edits the value or fills a field; `value` and `fields` are UNTOUCHED until then."""

    changed = Signal()

    def __init__(self, asked: OpenQuestion, draft: Draft, load_blob: LoadBlob, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asked, self._load_blob = asked, load_blob
        self._form = asked.question.form
        self._parts: Parts = parted(self._form)
        self.value, self.fields = draft.value, draft.fields
        self.editor: Form | None = None
        self.extra: Form | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(space.L)
        self._known()
        self._there()
        self._proposed()
        self._further()
        self._add_changes()

    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return self._column.count() <= 1

    def flush(self) -> None:
        """Take in what is still being typed."""
        for form in (self.editor, self.extra):
            if form is not None:
                form.flush()

    def show_faults(self) -> None:
        """Say in place what is wrong with what was typed, and go to the first of it."""
        gone_to = False
        for form in (self.editor, self.extra):
            if form is not None:
                faults = form.faults()
                form.show_faults(faults)
                if faults and not gone_to:
                    form.focus_path(next(iter(faults)))
                    gone_to = True

    def focus_first(self) -> bool:
        """Put the caret into the first field that may be changed; whether there is one."""
        for form, names in ((self.editor, self._parts.schema), (self.extra, self._form.get("form"))):
            if form is not None and names and names.get("properties"):
                form.focus_path((next(iter(names["properties"])),))
                return True
        return False

    def undo_changes(self) -> None:
        """Back to the value as it was proposed."""
        if self.editor is not None:
            self.editor.set_value(given_of(self._parts, self._form.get("value")))
            self.value = UNTOUCHED
            self._show_changes()
            self.changed.emit()

    def set_read_only(self, read_only: bool) -> None:
        """Whether the question can still be answered."""
        for form in (self.editor, self.extra):
            if form is not None:
                form.set_read_only(read_only)

    def _known(self) -> None:
        evidence = self._form.get("evidence")
        if evidence and self._asked.question.type in EVIDENCE_FIRST:
            facts = Facts(load_blob=self._load_blob)
            facts.set_value(with_times(evidence))
            self._add(tr("What is known", "people"), facts)

    def _there(self) -> None:
        before = self._form.get("before")
        if before is not None:
            self._add(tr("What is there now, and what would be", "people"), FittedDiff(before, self._form.get("value")))

    def _proposed(self) -> None:
        parts = self._parts
        if parts.fixed is not None:
            facts = Facts(load_blob=self._load_blob)
            facts.set_value(parts.fixed)
            self._add(_title(self._asked.question.type), facts)
        if parts.schema is not None and parts.schema["properties"]:
            shown = self._form.get("value") if self.value is UNTOUCHED else self.value
            self.editor = Form(parts.schema, given_of(parts, shown))
            self.editor.mark_edited(given_of(parts, self._form.get("value")))
            self.editor.changed.connect(self._edited)
            title = tr("You may change", "people") if parts.fixed is not None else _title(self._asked.question.type)
            title = "" if parts.alone else title
            self._add(title, self.editor)

    def _further(self) -> None:
        schema = self._form.get("form")
        if isinstance(schema, dict) and schema.get("properties"):
            self.extra = Form(schema, filled(self._form) if self.fields is UNTOUCHED else self.fields)
            self.extra.changed.connect(self._filled)
            self._add(tr("Please fill in", "people"), self.extra)

    def _add_changes(self) -> None:
        box = QFrame()
        box.setProperty("surface", "inset")
        column = QVBoxLayout(box)
        column.setContentsMargins(space.M, space.S, space.S, space.M)
        top = QHBoxLayout()
        top.addWidget(label(tr("Your changes", "people"), "strong"))
        top.addStretch(1)
        undo = button(tr("Undo them", "people"), "link", "undo-2")
        undo.clicked.connect(self.undo_changes)
        top.addWidget(undo)
        column.addLayout(top)
        self.diff = FittedDiff(None, None)
        column.addWidget(self.diff)
        self._column.addWidget(box)
        self.changes = box
        self._show_changes()

    def _show_changes(self) -> None:
        before = self._form.get("value")
        edited = self.value is not UNTOUCHED and not same(self.value, before)
        self.changes.setVisible(edited and isinstance(before, dict))
        if edited:
            self.diff.set_values(before, self.value)

    def _edited(self, given: Any) -> None:
        value = joined(self._form, self._parts, given)
        self.value = UNTOUCHED if same(value, self._form.get("value")) else value
        self._show_changes()
        self.changed.emit()

    def _filled(self, given: Any) -> None:
        self.fields = UNTOUCHED if same(given, filled(self._form)) else given
        self.changed.emit()

    def _add(self, title: str, widget: QWidget) -> None:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space.S)
        if title:
            column.addWidget(label(title, "strong"))
        column.addWidget(widget)
        self._column.addWidget(box)


def with_times(evidence: Any) -> Any:
    """The same with times of day for seconds since 1970."""
    if not isinstance(evidence, dict):
        return evidence
    return {
        name: local_time(value, value) if name.endswith("_at") and isinstance(value, int | float) else value
        for name, value in evidence.items()
    }


def _title(kind: str) -> str:
    return {
        "approval": tr("The call, as it would be made", "people"),
        "form": tr("What it is about", "people"),
        "escalation": tr("A value to go on with instead", "people"),
    }.get(kind, tr("What would be done", "people"))
