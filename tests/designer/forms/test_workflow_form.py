"""The workflow's own form, and the form of a run's inputs."""

from __future__ import annotations

from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from designer.forms.run_inputs import run_inputs_form
from designer.forms.workflow_form import WorkflowForm
from designer.resources import path
from engine.workflow.file import load_text
from engine.workflow.model import Workflow


@pytest.fixture
def alarm() -> Workflow:
    return load_text(path("templates", "machine-alarm.workflow.yaml").read_text("utf-8"))


@pytest.fixture
def form(qtbot: QtBot, alarm: Workflow) -> WorkflowForm:
    made = WorkflowForm()
    made.resize(380, 800)
    qtbot.addWidget(made)
    made.show_workflow(alarm)
    made.show()
    return made


def heard(form: WorkflowForm) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    form.field_changed.connect(lambda name, value: found.append((name, value)))
    return found


def take(form: WorkflowForm, *place: str | int, text: str) -> None:
    form.form.row(*place).editor().target().take_text(text)  # type: ignore[attr-defined]
    form.flush()


def test_showing_a_workflow_changes_nothing(form: WorkflowForm, alarm: Workflow) -> None:
    changes = heard(form)
    form.flush()
    form.show_workflow(alarm)
    form.flush()
    assert changes == []


def test_each_field_is_sent_by_itself(form: WorkflowForm, alarm: Workflow) -> None:
    changes = heard(form)
    take(form, "title", text="Alarm")
    assert changes == [("title", "Alarm")]


def test_a_name_that_is_none_is_said_and_not_sent(form: WorkflowForm) -> None:
    changes = heard(form)
    take(form, "name", text="No Name!")
    assert changes == []


def test_one_input_changes_and_the_others_stay_as_they_are_written(form: WorkflowForm, alarm: Workflow) -> None:
    changes = heard(form)
    take(form, "inputs", 0, "description", text="The log")
    [(name, inputs)] = changes
    assert name == "inputs"
    assert inputs == {**alarm.inputs, "alarms": {**alarm.inputs["alarms"], "description": "The log"}}
    assert list(inputs) == list(alarm.inputs)


def test_outputs_are_names_with_expressions(form: WorkflowForm, alarm: Workflow) -> None:
    changes = heard(form)
    take(form, "outputs", "file", text="{{ steps.write.output }}")
    assert changes == [("outputs", {**alarm.outputs, "file": "{{ steps.write.output }}"})]


def test_problems_of_an_input_stand_at_its_row(form: WorkflowForm) -> None:
    form.show_faults({("inputs", "orders"): "The run input is never used."})
    assert form.form.row("inputs", 2).notes.fault_text() == "The run input is never used."


def test_run_inputs_start_from_the_last_ones_and_say_what_is_missing(qtbot: QtBot, alarm: Workflow) -> None:
    form = run_inputs_form(alarm, {"alarms": "a.csv", "gone": 1})
    qtbot.addWidget(form)
    assert form.value() == {"alarms": "a.csv"}
    assert set(form.faults()) == {("windows",), ("service",)}
    editor = form.row("alarms").editor()
    dialog = editor.browse()  # type: ignore[attr-defined]
    dialog.fileSelected.emit("/data/b.csv")
    dialog.close()
    assert form.value() == {"alarms": "/data/b.csv"}
