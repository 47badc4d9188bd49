"""Run again with changes: what is asked for, and what is said of it beforehand."""

from __future__ import annotations

from typing import Any

from designer.runs.fork_dialog import ForkDialog, ports_schema
from engine.workflow.shape import Port
from tests.designer.support.fake_link import FakeLink
from tests.designer.support.stories import Story, workflow

FLOW = workflow(
    ("first", "data.set", {"values": {"n": "{{ run.inputs.n }}"}}),
    ("second", "data.set", {"values": {"m": "{{ input.input.n }}"}}),
    edges="first.output -> second.input",
    inputs={"n": {"type": "number"}, "who": {"type": "string", "default": "anna"}},
)


def dialog(qtbot: Any, node: str | None) -> ForkDialog:
    story = Story(of=FLOW)
    story.started(inputs={"n": 1.0, "who": "anna"})
    for key in ("first", "second"):
        story.attempt(key)
        story.succeeded(key, output={"n": 1.0})
    story.completed()
    made = ForkDialog(FakeLink(at_once=True), FLOW, story.trace, tuple(story.events), node)
    qtbot.addWidget(made)
    made.show()
    return made


def test_the_recorded_input_is_there_to_be_changed(qtbot: Any) -> None:
    made = dialog(qtbot, "second")
    assert made.form is not None and made.form.value() == {"input": {"n": 1.0}}
    assert made.request().payload == {"run": "run1", "start": "second"}
    made.form.set_value({"input": {"n": 5.0}})
    assert made.request().payload == {"run": "run1", "start": "second", "set": {"second.input": {"n": 5.0}}}


def test_only_the_inputs_that_were_changed_are_asked_for(qtbot: Any) -> None:
    made = dialog(qtbot, None)
    assert made.form is not None
    made.form.set_value({"n": 2.0, "who": "anna"})
    assert made.request().payload == {"run": "run1", "inputs": {"n": 2.0}}


def test_it_says_what_runs_again_before_anything_is_asked_for(qtbot: Any) -> None:
    made = dialog(qtbot, "second")
    assert made.plan_now().again == ("second",) and made.plan_now().reused == ("first",)
    assert "Runs again" in made.plan.text() and "Taken over as it is" in made.plan.text()


def test_run_asks_once_and_closes(qtbot: Any) -> None:
    made = dialog(qtbot, "second")
    with qtbot.waitSignal(made.wanted) as wanted:
        made.go.click()
    assert wanted.args[0].start == "second" and not made.isVisible()


def test_ports_that_take_anything_are_shown_as_what_was_recorded() -> None:
    schema = ports_schema([Port("input"), Port("count", "number")], {"input": {"a": True}, "count": 3})
    assert schema["properties"]["input"] == {"type": "object", "properties": {"a": {"type": "boolean"}}}
    assert schema["properties"]["count"]["type"] == "number"
