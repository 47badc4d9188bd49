"""The inspector of the workflow itself: title, name, description, placement, inputs and outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from designer.forms.form import Form
from designer.forms.input_rows import from_rows, rows_schema, to_rows
from designer.forms.scope import NO_SCOPE, Scope
from designer.forms.values import Path, same
from designer.resources import tr, tr_later
from designer.theme import space
from designer.widgets import label
from engine.workflow.model import NAME, Workflow


def workflow_schema() -> dict[str, Any]:
    """What of a workflow is edited as a form; its inputs as rows of a table."""
    places = [tr_later("edge", "choices"), tr_later("cloud", "choices"), tr_later("either", "choices")]
    return {
        "type": "object",
        "properties": {
            "title": {"type": "string", "title": tr("Title", "workflow")},
            "name": {
                "type": "string", "pattern": NAME, "title": tr("Name", "workflow"),
                "description": tr("In the library and in files: lower-case letters, digits, - and _.", "workflow"),
            },
            "description": {"type": "string", "x-ui": "markdown", "title": tr("Description", "workflow")},
            "placement": {
                "enum": places, "default": "either", "title": tr("Placement", "workflow"),
                "description": tr("Where its nodes run unless they say otherwise.", "workflow"),
            },
            "inputs": rows_schema(),
            "outputs": {
                "type": "object", "title": tr("Outputs", "workflow"),
                "additionalProperties": {"anyOf": [{}, {"type": "string", "pattern": r"\{\{"}]},
                "description": tr("The run's result: names with expressions.", "workflow"),
            },
        },
        "required": ["name"],
        "additionalProperties": False,
    }  # fmt: skip


class WorkflowForm(QWidget):
    """`field_changed(name, value)` for name, title, description, placement, inputs and outputs."""

    field_changed = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workflow: Workflow | None = None
        self.form = Form(workflow_schema(), {"name": ""}, scope=NO_SCOPE, undo="document")
        self.form.changed.connect(self._changed)
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(space.L, space.M, space.L, space.L)
        box.setSpacing(space.M)
        box.addWidget(label(tr("Workflow", "workflow"), "title"))
        box.addWidget(self.form)
        box.addStretch(1)
        scroll = QScrollArea(self)
        scroll.setWidget(inner)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)

    def show_workflow(self, workflow: Workflow, scope: Scope | None = None) -> None:
        """Show the workflow as it is now."""
        before, self._workflow = self._workflow, workflow
        if scope is not None:
            self.form.set_scope(scope)
        if before is not workflow:
            self.form.set_value(_shown(workflow))

    def flush(self) -> None:
        """Send what was typed and still waits for more keys."""
        self.form.flush()

    def show_faults(self, faults: Mapping[Path, str]) -> None:
        """Sentences by path; the first part is the field's name."""
        self.form.show_faults({self._row_path(path): text for path, text in faults.items() if path})

    def focus_path(self, path: Path) -> None:
        """Put the caret into a field, as in `("inputs", "alarms")`."""
        self.form.focus_path(self._row_path(path))

    def set_read_only(self, read_only: bool) -> None:
        """Whether it can only be looked at."""
        self.form.set_read_only(read_only)

    def _row_path(self, path: Path) -> Path:
        if len(path) > 1 and path[0] == "inputs" and self._workflow is not None:
            names = list(self._workflow.inputs)
            return ("inputs", names.index(str(path[1])), *path[2:]) if path[1] in names else ("inputs",)
        return path

    def _changed(self, value: object) -> None:
        if self._workflow is None or not isinstance(value, dict):
            return
        before = _shown(self._workflow)
        for name in ("title", "name", "description", "placement", "outputs", "inputs"):
            now = value.get(name, {"placement": "either", "outputs": {}, "inputs": []}.get(name, ""))
            was = before.get(name, {"placement": "either", "outputs": {}, "inputs": []}.get(name, ""))
            if same(now, was):
                continue
            if name == "inputs":
                inputs = from_rows(now, self._workflow.inputs)
                if inputs is not None:
                    self.field_changed.emit(name, inputs)
            elif name != "name" or ("name",) not in self.form.faults():
                self.field_changed.emit(name, now)


def _shown(workflow: Workflow) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": workflow.name}
    for name in ("title", "description"):
        if getattr(workflow, name):
            shown[name] = getattr(workflow, name)
    if workflow.placement != "either":
        shown["placement"] = workflow.placement
    if workflow.inputs:
        shown["inputs"] = to_rows(workflow.inputs)
    if workflow.outputs:
        shown["outputs"] = workflow.outputs
    return shown
