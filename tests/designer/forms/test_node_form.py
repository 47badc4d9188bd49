"""The inspector of a node: says what should change and for which node, keeps what it does not know."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, Field
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from designer.forms.node_form import NodeForm
from designer.forms.node_schema import node_schema
from engine.nodes import catalog
from engine.nodes.catalog import CATALOG
from engine.nodes.node_type import NodeType
from engine.workflow.file import load_text
from engine.workflow.model import Node, Policy, Workflow

ALARM = """\
format: 1
name: alarm
nodes:
  ask:
    type: model.ask
    title: Ask
    params: {role: small, prompt: "What is {{ run.id }}?"}
    policy: {max_attempts: 3, on_error: route}
  stop:
    type: stop
    params: {outcome: failed}
  old:
    type: vision.segment
    params: {threshold: 0.5, classes: [a, b]}
edges:
  - ask.result -> stop.input
"""


@pytest.fixture
def workflow() -> Workflow:
    return load_text(ALARM)


@pytest.fixture
def form(qtbot: QtBot) -> NodeForm:
    made = NodeForm()
    made.resize(380, 800)
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


def heard(form: NodeForm) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    for name in ("params", "policy", "title", "key", "placement", "mode"):
        getattr(form, f"{name}_changed").connect(lambda key, value, name=name: found.append((name, key, value)))
    return found


def test_showing_a_node_changes_nothing(form: NodeForm, workflow: Workflow) -> None:
    changes = heard(form)
    for key in ("ask", "stop", "old", "ask"):
        form.show_node(workflow, key)
        form.flush()
    form.show_node(workflow, None)
    assert changes == []


def test_what_is_typed_belongs_to_the_node_it_was_typed_for(form: NodeForm, workflow: Workflow) -> None:
    changes = heard(form)
    form.show_node(workflow, "ask")
    inner = form.form()
    assert inner is not None
    inner.row("role").editor().target().take_text("large")  # type: ignore[attr-defined]
    form.show_node(workflow, "stop")
    assert changes == [("params", "ask", {"role": "large", "prompt": "What is {{ run.id }}?"})]


def test_the_title_is_edited_in_place(qtbot: QtBot, form: NodeForm, workflow: Workflow) -> None:
    changes = heard(form)
    form.show_node(workflow, "ask")
    form.start_rename()
    QTest.keyClicks(form.head.title, "Question")
    qtbot.waitUntil(lambda: changes == [("title", "ask", "Question")])


def test_a_key_that_is_taken_or_no_key_is_refused_in_place(qtbot: QtBot, form: NodeForm, workflow: Workflow) -> None:
    changes = heard(form)
    form.show_node(workflow, "ask")
    for text, words in (("stop", "Another node"), ("9 lives", "lower-case")):
        form.head.key.setFocus()
        form.head.key.selectAll()
        QTest.keyClicks(form.head.key, text)
        assert words in form.head.fault.text()
        QTest.keyClick(form.head.key, Qt.Key.Key_Return)
        assert form.head.key.text() == "ask"
    form.head.key.selectAll()
    QTest.keyClicks(form.head.key, "question")
    QTest.keyClick(form.head.key, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: changes == [("key", "ask", "question")])


def test_a_type_that_is_not_there_says_so_and_keeps_its_params(form: NodeForm, workflow: Workflow) -> None:
    changes = heard(form)
    form.show_node(workflow, "old")
    assert "vision.segment" in form.missing.text()
    assert form.missing.isVisible()
    inner = form.form()
    assert inner is not None
    assert inner.value() == {"threshold": 0.5, "classes": ["a", "b"]}
    inner._top.others.editor().target().take_text("threshold: 0.7")  # type: ignore[union-attr, attr-defined]
    form.flush()
    assert changes == [("params", "old", {"threshold": 0.7})]


def test_placement_and_mode_are_chosen(form: NodeForm, workflow: Workflow) -> None:
    changes = heard(form)
    form.show_node(workflow, "ask")
    form.placing.places.choose("cloud")
    form.placing.places.choose("")
    form.placing.modes.choose("bypassed")
    assert changes == [("placement", "ask", "cloud"), ("placement", "ask", None), ("mode", "ask", "bypassed")]


def test_problems_stand_at_their_fields_and_f8_leads_to_them(form: NodeForm, workflow: Workflow) -> None:
    form.show_node(workflow, "ask")
    form.show_faults(
        {
            ("params", "prompt"): "Nothing comes in.",
            ("policy", "max_attempts"): "Too many.",
            (): "It can never start.",
        }
    )
    inner = form.form()
    assert inner is not None
    assert inner.row("prompt").notes.fault_text() == "Nothing comes in."
    assert form.policy.rows["max_attempts"].notes.fault_text() == "Too many."
    assert form.general.text() == "It can never start."
    form.focus_path(("policy", "max_attempts"))
    assert form.failing.is_open()
    form.focus_path(("params", "seed"))
    assert inner.row("seed").isVisible()


def test_params_that_the_type_refuses_are_said_at_once(form: NodeForm, workflow: Workflow) -> None:
    node = Node(key="m", type="merge", params={"policy": "all", "k": 2, "deadline_s": -1})
    wrong = Workflow(name="wrong", nodes=(node,))
    form.show_node(wrong, "m")
    inner = form.form()
    assert inner is not None
    assert inner.row("deadline_s").notes.fault_text()


def test_a_change_from_outside_is_shown_without_a_new_form(form: NodeForm, workflow: Workflow) -> None:
    form.show_node(workflow, "stop")
    inner = form.form()
    nodes = tuple(
        node.model_copy(update={"params": {"outcome": "completed"}}) if node.key == "stop" else node
        for node in workflow.nodes
    )
    form.show_node(Workflow(name="alarm", nodes=nodes), "stop")
    assert form.form() is inner
    assert inner is not None
    assert inner.value() == {"outcome": "completed"}


def test_a_policy_is_sent_whole_and_only_when_it_is_another_one(
    qtbot: QtBot, form: NodeForm, workflow: Workflow
) -> None:
    changes = heard(form)
    form.show_node(workflow, "ask")
    policy = workflow.by_key["ask"].policy
    box = form.policy.rows["max_attempts"].editor().box  # type: ignore[attr-defined]
    box.lineEdit().setText("5")
    box.typed.emit()
    form.flush()
    assert changes == [("policy", "ask", policy.model_copy(update={"max_attempts": 5}))]
    form.policy.on_error.buttons["continue"].click()
    form.flush()
    assert changes[-1][2].on_error == "continue"
    form.policy.classes.chip("server").click()
    form.flush()
    assert set(changes[-1][2].retry_on) == {"timeout", "connection", "rate_limit", "schema"}


class NewcomerParams(BaseModel):
    """How to greet."""

    name: str = Field(description="Whom.")
    loud: bool = False
    times: int = Field(default=1, ge=1, le=5)


def test_a_new_node_type_has_a_form_without_a_line_of_designer_code(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = NodeType("greet", "Greet", "Says hello.", "Data", NewcomerParams)
    monkeypatch.setitem(CATALOG, "greet", kind)
    catalog.params_schema.cache_clear()
    node_schema.cache_clear()
    try:
        form = NodeForm()
        qtbot.addWidget(form)
        node = Node(key="hello", type="greet", params={"name": "Ada"})
        form.show_node(Workflow(name="new", nodes=(node,)), "hello")
        inner = form.form()
        assert inner is not None
        assert inner.value() == {"name": "Ada"}
        assert [inner.row(name).spec.kind for name in ("name", "loud", "times")] == ["text", "boolean", "integer"]
        inner.row("loud").editor().target().click()  # type: ignore[attr-defined]
        assert inner.value() == {"name": "Ada", "loud": True}
    finally:
        catalog.params_schema.cache_clear()
        node_schema.cache_clear()


def test_policies_of_every_kind_come_back_unchanged(qtbot: QtBot, form: NodeForm) -> None:
    for policy in (
        Policy(),
        Policy(max_attempts=1000, retry_on=()),
        Policy(max_attempts=2, retry_on=("internal", "timeout"), timeout_s=0.5, on_error="continue", value={"a": [1]}),
        Policy(value="kept", max_interruptions=0),
        Policy.model_validate({"backoff": {"first_s": 0, "factor": 1, "max_s": 3, "jitter": 1}}),
    ):
        form.policy.show_policy(policy)
        assert form.policy.policy() == policy


@pytest.mark.parametrize("name", CATALOG)
def test_no_form_is_wider_than_a_narrow_inspector(qtbot: QtBot, form: NodeForm, name: str) -> None:
    example = load_text(CATALOG[name].example)
    key = next(node.key for node in example.nodes if node.type == name)
    form.resize(340, 700)
    form.show_node(example, key)
    for section in (form.failing, form.where, form.about):
        section.set_open(True)
    inner = form._scroll.widget()
    assert inner.minimumSizeHint().width() <= 340 - 12
