"""What every editor of a value promises, and what editors of one form share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from designer.forms.scope import NO_SCOPE, Scope
from designer.forms.spec import Spec
from designer.forms.values import ABSENT, Path, same


@dataclass
class Sharing:
    """What the editors of one form share; `make` builds the editor of a spec for a value."""

    make: Callable[[Spec, Sharing, Any, QWidget], Editor]
    scope: Scope = NO_SCOPE
    document_undo: bool = False
    read_only: bool = False
    pending: bool = False
    flush: Callable[[], None] = lambda: None
    prompts: list[Any] = field(default_factory=list)


def holds_focus(widget: QWidget) -> bool:
    """Whether the caret of the window is in this widget, also while another window is in front."""
    focus: QWidget | None = widget.window().focusWidget()
    return focus is not None and (focus is widget or widget.isAncestorOf(focus))


class Editor(QWidget):
    """Edits one value. `edited` is a person's doing; `set_value` says nothing. An empty editor stands for `empty`."""

    edited = Signal()

    def __init__(self, spec: Spec, sharing: Sharing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec, self.sharing = spec, sharing
        self.empty: Any = ABSENT

    def value(self) -> Any:
        """The value as it is now; what was given comes back exactly until a person changes it."""
        raise NotImplementedError

    def set_value(self, value: Any) -> None:
        """Show another value, or ABSENT."""
        raise NotImplementedError

    def set_read_only(self, read_only: bool) -> None:
        """Whether the value can only be looked at."""
        self.setEnabled(not read_only)

    def fault(self) -> str:
        """What is wrong with what was typed, when it is not a value at all; "" otherwise."""
        return ""

    def target(self) -> QWidget:
        """The widget that takes the focus."""
        return self

    def show_faults(self, faults: Mapping[Path, str]) -> list[Path]:
        """Put sentences to the fields below; the paths that found a place."""
        return []

    def focus_path(self, path: Path) -> bool:
        """Put the caret into a field below."""
        self.target().setFocus()
        return True

    def mark(self, original: Any) -> bool:
        """Mark the fields below that differ from the original; whether there are fields that can be marked."""
        return False

    def count(self) -> str:
        """How much is in it, for a folded group."""
        return ""

    def tools(self, bare: bool) -> list[QWidget]:
        """What stands at the right of the label (or, `bare`, of the field itself)."""
        return []

    def rows_below(self) -> dict[str | int, Any]:
        """The fields below, by what they are called there."""
        return {}

    def begin_expression(self) -> None:
        """Put `{{ }}` at the caret and offer names, in editors of texts."""

    def inline(self) -> bool:
        """Whether the editor is small enough to stand beside its label."""
        return False


class Leaf(Editor):
    """An editor of one undivided value: keeps what it was given until a person changes it."""

    def __init__(self, spec: Spec, sharing: Sharing, parent: QWidget | None = None) -> None:
        super().__init__(spec, sharing, parent)
        self._given: Any = ABSENT
        self._changed = self._quiet = False

    def value(self) -> Any:
        return self._read() if self._changed else self._given

    def set_value(self, value: Any) -> None:
        if same(value, self.value()):
            self._given, self._changed = value, False
            return
        if self.sharing.pending and self._typing():
            return  # what is being typed is about to be sent, and wins
        self._given, self._changed, self._quiet = value, False, True
        try:
            self._show(value)
        finally:
            self._quiet = False

    def touched(self) -> None:
        """A person changed something."""
        if not self._quiet:
            self._changed = True
            self.edited.emit()

    def _typing(self) -> bool:
        return holds_focus(self)

    def _read(self) -> Any:
        """The value that the widgets show; what they cannot make a value of is left as it was given."""
        raise NotImplementedError

    def _show(self, value: Any) -> None:
        raise NotImplementedError
