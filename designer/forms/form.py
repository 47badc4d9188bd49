"""A form for any JSON Schema: shows a value, keeps what it cannot show, says what was changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from designer.forms.scope import NO_SCOPE, Scope

Path = tuple[str | int, ...]


class Form(QWidget):
    """Widgets for a JSON Schema. `changed` carries the whole value, 150 ms after the last key or at `flush`."""

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
        self.schema, self._value, self.scope = schema, value, scope or NO_SCOPE

    def value(self) -> Any:
        """The whole value as it is now, half-typed text included."""
        return self._value

    def set_value(self, value: Any) -> None:
        """Show another value; a field that somebody is typing in keeps its caret."""
        self._value = value

    def set_scope(self, scope: Scope) -> None:
        """Other names are in scope now."""
        self.scope = scope

    def flush(self) -> None:
        """Emit a change that still waits for more keys."""

    def faults(self) -> dict[Path, str]:
        """What is wrong with the value under the schema, as a sentence by path."""
        return {}

    def show_faults(self, faults: Mapping[Path, str]) -> None:
        """Put each sentence under the field of its path (or the nearest one above it)."""

    def focus_path(self, path: Path) -> None:
        """Open the groups around a field, scroll to it and put the caret there."""

    def mark_edited(self, original: Any) -> None:
        """From now on, mark the fields that differ from `original` and say what they were."""

    def edited_paths(self) -> list[Path]:
        """The fields that differ from the original."""
        return []

    def set_read_only(self, read_only: bool) -> None:
        """Whether the value can only be looked at."""
