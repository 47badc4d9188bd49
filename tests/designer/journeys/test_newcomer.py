"""A newcomer writes one NodeType object; list, quick add, form, checks, help and engine know it from then on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from newcomer_node import SHOUT
from program import CTRL, Program
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel

from designer.main_window.node_list import TYPE
from engine.nodes.catalog import CATALOG, params_schema
from engine.run.events import StepSucceeded

ROOT, HERE = Path(__file__).parents[3], Path(__file__).parent
KNOWN_EVERYWHERE = """\
from engine.nodes.catalog import CATALOG
from newcomer_node import SHOUT
CATALOG[SHOUT.name] = SHOUT
"""
"""What a line in a family's TYPES does, for processes that this test starts."""


@pytest.fixture
def shout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The new type is in the catalog, here and in the engine process."""
    monkeypatch.setitem(CATALOG, SHOUT.name, SHOUT)
    params_schema.cache_clear()
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(KNOWN_EVERYWHERE)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), str(HERE), str(ROOT)]))
    yield
    params_schema.cache_clear()


@pytest.mark.usefixtures("shout")
def test_one_object_is_a_whole_node_type(start: Callable[[], Program]) -> None:
    program = start()
    window = program.window
    canvas, nodes = window.drawing.canvas, window.drawing.nodes
    program.press("Start empty")
    program.until(lambda: window.desk.is_open and window.drawing.isVisible())

    nodes.field.setFocus()
    program.type("yell")  # one of its other names
    assert nodes.list.currentIndex().data(TYPE) == SHOUT.name
    program.double_click(QPoint(200, 200))
    program.type("Shout")
    program.key(Qt.Key.Key_Return)
    assert [node.type for node in program.workflow.nodes] == [SHOUT.name]
    key = program.workflow.nodes[0].key
    form = window.inspector.node.form()
    assert form is not None and form.row("text") and form.row("times")

    window.inspector.node.about.set_open(True)
    texts = {one.text() for one in window.inspector.node.about.findChildren(QLabel)}
    assert SHOUT.summary in texts and "What is shouted, and how often." in texts

    program.write("hello", "text")
    program.write("9", "times")
    program.checked()
    problems = window.drawing.problems.problems
    assert [problem.node for problem in problems] == [key] and "`times`" in problems[0].sentence, problems
    program.write("2", "times")
    program.checked()
    assert window.drawing.problems.problems == () and canvas.hover.problems == {}

    canvas.setFocus()
    program.key(Qt.Key.Key_Return, CTRL)
    run = program.begun()
    assert program.ended() == "completed"
    made = [event.outputs for event in program.events(run) if isinstance(event, StepSucceeded)]
    assert made == [{"output": "HELLO! HELLO!"}]
    program.stop()
