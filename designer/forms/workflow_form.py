"""The inspector of the workflow itself: title, name, description, placement, inputs and outputs."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from designer.forms.form import Path
from designer.forms.scope import Scope
from engine.workflow.model import Workflow


class WorkflowForm(QWidget):
    """`field_changed(name, value)` for name, title, description, placement, inputs and outputs."""

    field_changed = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)

    def show_workflow(self, workflow: Workflow, scope: Scope | None = None) -> None:
        """Show the workflow as it is now."""

    def flush(self) -> None:
        """Send what was typed and still waits for more keys."""

    def show_faults(self, faults: Mapping[Path, str]) -> None:
        """Sentences by path; the first part is the field's name."""

    def focus_path(self, path: Path) -> None:
        """Put the caret into a field, as in `("inputs", "alarms")`."""

    def set_read_only(self, read_only: bool) -> None:
        """Whether it can only be looked at."""
