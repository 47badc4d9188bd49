"""One field of a form: label, editor, help, what is wrong with it, what it was before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from designer.forms.editor import Editor, Sharing, holds_focus
from designer.forms.fits import mode_of
from designer.forms.row_head import Head
from designer.forms.row_keys import shortcut
from designer.forms.row_modes import editor_for, emptied
from designer.forms.row_notes import Advice, Notes, outline
from designer.forms.spec import Spec
from designer.forms.text_editors import TextEditor
from designer.forms.values import ABSENT, Path, same
from designer.theme import space

FOLDING = frozenset({"object", "map", "list", "table"})


class Row(QWidget):
    """A field and everything around it. `bare`: only editor and tools, for items of lists and maps."""

    edited = Signal()

    def __init__(
        self,
        spec: Spec,
        sharing: Sharing,
        *,
        required: bool = False,
        bare: bool = False,
        title: str | None = None,
        helped: bool = True,
        tools: Sequence[QWidget] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.spec, self.sharing, self.required, self.bare = spec, sharing, required, bare
        self.mode = "plain"
        self._before_expression: Any = ABSENT
        self._editor: Editor | None = None
        self._active, self._fresh = False, True
        self.folds = spec.kind in FOLDING and not bare
        self._open = True
        self._title = spec.title if title is None else title
        self._extra, self._counted = list(tools), helped
        self._build()
        self.notes.help(spec.help if helped and not bare else "")
        self._make("plain", ABSENT)
        self._refresh()

    def value(self) -> Any:
        """The value, or ABSENT."""
        return self.editor().value()

    def set_value(self, value: Any) -> None:
        """Show another value; the editor changes where the value needs another one."""
        mode = mode_of(self.spec, value)
        if mode != self.mode and not same(value, self.value()):
            self._make(mode, value)
        elif not self._waits_for_expression(value):
            self.editor().set_value(value)
        if self._fresh and self.spec.kind == "object":
            self.set_open(self.required or (value is not ABSENT and value is not None))
        self._fresh = False
        self._refresh()

    def editor(self) -> Editor:
        """The editor that is shown."""
        assert self._editor is not None
        return self._editor

    def set_read_only(self, read_only: bool) -> None:
        """Whether the value can only be looked at."""
        self.editor().set_read_only(read_only or self.spec.read_only)
        self.head.set_enabled(not read_only)
        self._refresh()

    def set_title(self, title: str) -> None:
        """Another label."""
        self._title = title
        self.head.set_title(title)

    # ---- folding
    def set_open(self, open: bool) -> None:
        """Show or fold away what is below the label."""
        self._open = open or not self.folds
        if self.folds:
            self.head.set_open(self._open)
            self._below.setVisible(self._open)

    def is_open(self) -> bool:
        """Whether the editor is shown."""
        return self._open

    # ---- faults, marks, focus
    def show_faults(self, faults: Mapping[Path, str]) -> list[Path]:
        """Sentences by path below this row; one that nothing below takes is shown here."""
        taken = self.editor().show_faults({path: text for path, text in faults.items() if path})
        own = [text for path, text in faults.items() if path not in taken]
        self._shown_fault = own[0] if own else ""
        self._refresh_fault()
        return list(faults)

    def focus_path(self, path: Path) -> bool:
        """Put the caret into this field, or the one below that the path names."""
        self.set_open(True)
        return self.editor().focus_path(path)

    def mark(self, original: Any) -> bool:
        """Mark what differs from the original; True when this field or one below does."""
        changed = not same(original, self.value())
        below = self.editor().mark(original)
        self.notes.was(original if changed and not below else None, changed and not below)
        self.head.set_edited(changed)
        return changed

    # ---- expressions
    def toggle_expression(self) -> None:
        """Use an expression in place of a value, or the value again."""
        if self.mode == "expression":
            back, self._before_expression = self._before_expression, ABSENT
            self._make("plain", back)
            self._changed()
            return self.editor().target().setFocus()
        if self.mode == "plain" and self.spec.kind in ("text", "any"):
            return self.editor().begin_expression()
        self._before_expression = self.value()
        self._make("expression", self._before_expression)
        self.set_open(True)
        if isinstance(self._editor, TextEditor):
            self._editor.start_expression()
        self._refresh()

    def clear(self) -> None:
        """Take the value out; the default counts again."""
        self._make("plain", ABSENT)
        self._changed()
        self.sharing.flush()

    def set_active(self, active: bool) -> None:
        """Whether pointer or caret is here: the tools of a field come with it."""
        self._active = active
        self._refresh()

    def event(self, event: QEvent) -> bool:
        """Ctrl+E and Ctrl+Shift+Backspace are this field's before they are the window's."""
        if isinstance(event, QKeyEvent) and event.type() in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress):
            slot = shortcut(self, event)
            if slot is not None:
                event.accept()
                if event.type() == QEvent.Type.KeyPress:
                    slot()
                return True
        return super().event(event)

    def enterEvent(self, event: object) -> None:
        self.set_active(True)

    def leaveEvent(self, event: object) -> None:
        self.set_active(holds_focus(self))

    # ---- making
    def _build(self) -> None:
        self.head = Head(self, self._title, self._extra, bare=self.bare, folds=self.folds, required=self.required)
        self.head.on(lambda: self.set_open(not self._open), self.toggle_expression, self.clear)
        self.notes = Notes(self)
        self._below = QWidget(self)
        self._slot = QVBoxLayout(self._below)
        self._slot.setContentsMargins(space.M if self.folds else 0, 0, 0, 0)
        self._slot.setSpacing(space.XS)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(2)
        whole.addLayout(self.head)
        if self.bare:
            self.head.insertWidget(0, self._below, 1)
        else:
            whole.addWidget(self._below)
        whole.addWidget(self.notes)
        self._shown_fault = ""

    def _make(self, mode: str, value: Any) -> None:
        old = self._editor
        had_focus = old is not None and holds_focus(self)
        made = editor_for(mode, self.spec, self.sharing, value, self)
        if old is not None:
            self._forget(old)
        self.mode, self._editor = mode, made
        optional = not self.required and not self.bare
        made.empty = ABSENT if optional else emptied(self.spec)
        made.set_value(value)
        for part in (made, *made.findChildren(QWidget)):
            part.ensurePolished()  # its height is that of the style sheet: measured before, the field is cut
        made.edited.connect(self._changed)
        if made.inline() and not self.bare:
            self.head.add_tool(made)
        else:
            self._slot.insertWidget(0, made)
        for nth, tool in enumerate(made.tools(self.bare)):
            self.head.add_tool(tool, nth)
        if self.head.label is not None:
            self.head.label.setBuddy(made.target())
        if not made.accessibleName():
            made.target().setAccessibleName(self._title)
        made.set_read_only(self.sharing.read_only or self.spec.read_only)
        if had_focus:
            made.target().setFocus()

    def _forget(self, old: Editor) -> None:
        self._slot.removeWidget(old)
        self.head.remove_tool(old)
        for tool in old.tools(self.bare):
            self.head.remove_tool(tool)
            tool.deleteLater()
        old.hide()
        old.deleteLater()

    def _changed(self) -> None:
        self._shown_fault = ""
        self._refresh()
        self.edited.emit()

    def _waits_for_expression(self, value: Any) -> bool:
        return self.mode == "expression" and same(value, self._before_expression) and same(value, self.value())

    def may_be_expression(self) -> bool:
        """Whether `{{ }}` may stand for the value."""
        return self.spec.templates and not self.sharing.read_only and self.spec.kind != "nothing"

    def may_be_cleared(self) -> bool:
        """Whether the value may be taken out."""
        return not self.required and not self.bare and not self.sharing.read_only and self.value() is not ABSENT

    def _refresh(self) -> None:
        with_fx = self.may_be_expression() and not (self.bare and self.spec.kind in ("any", "text"))
        on = self.mode == "expression"
        self.head.show_fx(with_fx and (self._active or on), on, self.bare and with_fx)
        self.head.show_reset(self._active and self.may_be_cleared() and not on)
        self.head.set_count(self.editor().count() if self.folds and self._counted else "")
        self._refresh_fault()

    def _refresh_fault(self) -> None:
        fault = self.editor().fault() or self._shown_fault
        self.notes.fault(fault)
        outline(self.editor().target(), bool(fault) and not isinstance(fault, Advice))
