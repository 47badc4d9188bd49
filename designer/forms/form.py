"""A form for any JSON Schema: shows a value, keeps what it cannot show, says what was changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QApplication, QScrollArea, QVBoxLayout, QWidget
from shiboken6 import isValid

from designer.forms.editor import Sharing
from designer.forms.faults import faults_of
from designer.forms.make import make
from designer.forms.object_editor import ObjectEditor
from designer.forms.pause import Pause
from designer.forms.row import Row
from designer.forms.scope import NO_SCOPE, Scope
from designer.forms.spec import read
from designer.forms.values import ABSENT, Path, differences, same


class Form(QWidget):
    """Widgets for a JSON Schema. `changed` carries the whole value, 150 ms after a key (sooner at `flush`).

    `templates`: `{{ }}` may stand for any value. `undo="document"`: Ctrl+Z is left to the window.
    """

    changed = Signal(object)

    def __init__(
        self,
        schema: Mapping[str, Any],
        value: Any = None,
        *,
        scope: Scope | None = None,
        templates: bool = False,
        undo: str = "field",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.schema, self.spec = schema, read(schema, templates=templates)
        self._sharing = Sharing(make, scope or NO_SCOPE, undo == "document", flush=self.flush)
        self._original: Any = ABSENT
        self._marking = False
        self._pause = Pause(self.flush, self)
        self._focused: list[Row] = []
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        self._top: ObjectEditor | Row
        if self.spec.kind == "object":
            self._top = ObjectEditor(self.spec, self._sharing, self, top=True)
            self._top.empty = {}
        else:
            self._top = Row(self.spec, self._sharing, required=True, parent=self)
        self._top.edited.connect(self._edited)
        box.addWidget(self._top)
        given = {} if value is None and self.spec.kind == "object" and not self.spec.nullable else value
        self._top.set_value(given)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._follow_focus)

    def value(self) -> Any:
        """The whole value as it is now, half-typed text included."""
        found = self._top.value()
        return {} if found is ABSENT and self.spec.kind == "object" else None if found is ABSENT else found

    def set_value(self, value: Any) -> None:
        """Show another value; a field that somebody is typing in keeps its caret."""
        self._top.set_value(value)
        self._remark()

    def set_scope(self, scope: Scope) -> None:
        """Other names are in scope now."""
        self._sharing.scope = scope
        # fields of items that were removed are gone
        self._sharing.prompts[:] = [
            prompt
            for prompt in self._sharing.prompts
            if isValid(prompt)  # type: ignore[no-untyped-call]
        ]
        for prompt in self._sharing.prompts:
            prompt.set_scope()

    def flush(self) -> None:
        """Emit a change that still waits for more keys."""
        self._pause.stop()
        if self._sharing.pending:
            self._sharing.pending = False
            self.changed.emit(self.value())

    def faults(self) -> dict[Path, str]:
        """What is wrong with the value under the schema, as a sentence by path."""
        return faults_of(self.schema, self.value())

    def show_faults(self, faults: Mapping[Path, str]) -> None:
        """Put each sentence under the field of its path (or the nearest one above it)."""
        self._top.show_faults(dict(faults))

    def focus_path(self, path: Path) -> None:
        """Open the groups around a field, scroll to it and put the caret there."""
        self._top.focus_path(path)
        focus = QApplication.focusWidget()
        above = self.parentWidget()
        while above is not None and not isinstance(above, QScrollArea):
            above = above.parentWidget()
        if isinstance(above, QScrollArea) and focus is not None and self.isAncestorOf(focus):
            above.ensureWidgetVisible(focus, 0, 48)

    def focus_first(self) -> None:
        """Put the caret into the first field."""
        (self._top.editor().target() if isinstance(self._top, Row) else self._top.target()).setFocus()

    def mark_edited(self, original: Any) -> None:
        """From now on, mark the fields that differ from `original` and say what they were."""
        self._original, self._marking = original, True
        self._remark()

    def edited_paths(self) -> list[Path]:
        """The fields that differ from the original."""
        return list(differences(self._original, self.value())) if self._marking else []

    def set_read_only(self, read_only: bool) -> None:
        """Whether the value can only be looked at."""
        self._sharing.read_only = read_only
        self._top.set_read_only(read_only)

    def row(self, *path: str | int) -> Row:
        """The field at a path, for tests and for those who must stand beside it; KeyError when there is none."""
        found: Any = self._top
        for part in path:
            editor = found.editor() if isinstance(found, Row) else found
            found = editor.rows_below()[part]
        if not isinstance(found, Row):
            raise KeyError(path)
        return found

    def _edited(self) -> None:
        self._sharing.pending = True
        self._pause.key()
        self._remark()

    def _remark(self) -> None:
        if self._marking:
            self._top.mark(self._original)

    def _follow_focus(self, _old: object, now: object) -> None:
        rows: list[Row] = []
        widget = now if isinstance(now, QWidget) and self.isAncestorOf(now) else None
        while widget is not None and widget != self:
            if isinstance(widget, Row) and not rows:
                rows.append(widget)
            widget = widget.parentWidget()
        for row in self._focused:
            if row not in rows and not row.underMouse():
                row.set_active(False)
        self._focused = rows
        for row in rows:
            row.set_active(True)


__all__ = ["Form", "Path", "same"]
