"""What a run wants to know before it starts, asked in a dialog."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from designer.forms.run_inputs import run_inputs_form
from designer.resources import tr
from designer.theme import space
from designer.widgets import button, label
from engine.workflow.model import Workflow


class InputsDialog(QDialog):
    """`go` gets the values when Run was pressed; faults are shown at their fields first."""

    def __init__(
        self, workflow: Workflow, values: dict[str, Any], go: Callable[[dict[str, Any]], None], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._go = go
        self.setWindowTitle(tr("Run {workflow}").format(workflow=workflow.title or workflow.name))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.form = run_inputs_form(workflow, values)
        area = QScrollArea()
        area.setWidget(self.form)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        column = QVBoxLayout(self)
        column.setContentsMargins(space.XL, space.XL, space.XL, space.L)
        column.setSpacing(space.M)
        column.addWidget(label(workflow.title or workflow.name, "heading"))
        column.addWidget(area, 1)
        row = QHBoxLayout()
        row.addStretch(1)
        leave = button(tr("Cancel"))
        leave.clicked.connect(self.reject)
        leave.setAutoDefault(False)
        self.run = button(tr("Run"), "primary", "play")
        self.run.setDefault(True)
        self.run.clicked.connect(self.accept)
        row.addWidget(leave)
        row.addWidget(self.run)
        column.addLayout(row)
        self.resize(560, min(640, 200 + 96 * len(workflow.inputs)))
        QShortcut(QKeySequence("Ctrl+Return"), self, self.accept)  # from any field, as it began
        missing = self.form.faults()
        if missing:
            self.form.focus_path(next(iter(missing)))
        else:
            self.run.setFocus()

    def accept(self) -> None:
        """Run with these values, unless some of them cannot be."""
        self.form.flush()
        faults = self.form.faults()
        self.form.show_faults(faults)
        if faults:
            self.form.focus_path(next(iter(faults)))
            return
        values = dict(self.form.value() or {})
        super().accept()
        self._go(values)
