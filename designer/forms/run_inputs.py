"""What a run wants to know before it starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QWidget

from designer.forms.form import Form
from engine.workflow.model import Workflow


def inputs_schema(workflow: Workflow) -> dict[str, Any]:
    """The run's inputs as one JSON Schema of an object; an input with a default, or `required: false`, is optional."""
    properties: dict[str, Any] = {}
    required: list[str] = []
    for name, described in workflow.inputs.items():
        schema = {key: value for key, value in described.items() if key != "required" or not isinstance(value, bool)}
        properties[name] = schema
        if "default" not in schema and described.get("required") is not False:
            required.append(name)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def run_inputs_form(
    workflow: Workflow, last_values: Mapping[str, Any] | None = None, parent: QWidget | None = None
) -> Form:
    """A form for the run's inputs that starts from the values of the last run, where they still fit."""
    known = {name: value for name, value in (last_values or {}).items() if name in workflow.inputs}
    return Form(inputs_schema(workflow), known, parent=parent)
