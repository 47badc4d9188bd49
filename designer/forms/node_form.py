"""The inspector of one node: title, key, params, what happens when it fails, placement, mode, help."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from designer.forms.form import Path
from designer.forms.scope import Scope
from engine.workflow.model import Workflow


class NodeForm(QWidget):
    """The inspector. It changes nothing itself: each signal says (key of the node, what it should be)."""

    params_changed = Signal(str, object)
    policy_changed = Signal(str, object)
    title_changed = Signal(str, str)
    key_changed = Signal(str, str)
    placement_changed = Signal(str, object)
    mode_changed = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)

    def show_node(self, workflow: Workflow, key: str | None, scope: Scope | None = None) -> None:
        """Show this node as the workflow has it now; None shows nothing. Pending keys of the one before are sent."""

    def flush(self) -> None:
        """Send what was typed and still waits for more keys."""

    def show_faults(self, faults: Mapping[Path, str]) -> None:
        """Sentences by path; the first part is `params`, `policy`, `title` or `key`."""

    def focus_path(self, path: Path) -> None:
        """Put the caret into a field, as in `("params", "cases", 0, "when")`."""

    def start_rename(self) -> None:
        """Put the caret into the title."""

    def set_read_only(self, read_only: bool) -> None:
        """Whether the node can only be looked at (a past run)."""
