"""What is wrong is said where it is, counted, walked with F8, and keeps a run from starting."""

from __future__ import annotations

from collections.abc import Callable

from program import CTRL, Program
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from engine.run.events import RunCompleted
from tests.designer.support.stories import workflow

BREAK = "\u200b"
"""Where a label may break a long word."""

TWO = workflow(
    ("words", "data.template", {"text": "Hello"}),
    ("keep", "data.set", {"values": {"said": "{{ input.input }}"}}),
    edges="words.output -> keep.input",
    name="two-nodes",
    outputs={"said": "{{ steps.keep.output.said }}"},
)

WARNED = workflow(
    ("note", "file.read", {"path": "note.json", "parse": "json"}),
    ("keep", "file.write", {"path": "{{ input.input.where }}", "content": "{{ input.input.text }}"}),
    edges="note.value -> keep.input",
    name="warned",
)


def test_advice_is_set_as_a_warning_and_a_file_without_places_is_laid_out(start: Callable[[], Program]) -> None:
    program = start()
    window = program.window
    program.given(WARNED.model_copy(update={"layout": {}}))
    places = program.workflow.layout
    assert places["note"] != places["keep"], "one card hides the other"

    window.drawing.canvas.select(("keep",))
    program.until(lambda: window.drawing.problems.problems, "nothing was found")
    program.settle()
    form = window.inspector.node.form()
    assert form is not None
    row = form.row("path")
    assert row.notes.fault_text().startswith("Its path comes from a file"), "the key of the node says nothing new"
    assert not row.editor().target().property("fault"), "a red border says that it cannot run"
    said = [words for words in window.inspector.findChildren(QLabel) if "gate" in words.text() and words.isVisible()]
    assert said and {words.property("role") for words in said} == {"warning"}
    program.stop()


def test_a_problem_is_said_in_place_walked_to_and_keeps_a_run_from_starting(start: Callable[[], Program]) -> None:
    program = start()
    window = program.window
    canvas, problems = window.drawing.canvas, window.drawing.problems
    program.given(TWO)
    canvas.select(("words",))
    program.write("{{ 1 + }}", "text")
    program.until(lambda: problems.problems, "nothing was found")
    program.settle()
    found = problems.problems[0]
    assert found.node == "words" and found.severity == "error"

    shown = [
        words for words in window.inspector.findChildren(QLabel) if found.sentence in words.text().replace(BREAK, "")
    ]
    assert any(words.isVisible() for words in shown), "it is not said under its field"
    assert canvas.hover.problems["words"][0] == found
    assert window.drawing.tabs.tabText(window.drawing.tabs.indexOf(problems)) == "Problems (1)"
    assert window.footer.problems.text() == "1 error"

    canvas.select(("keep",))
    canvas.setFocus()
    program.key(Qt.Key.Key_F8)
    focus = program.app.focusWidget()
    assert canvas.selected() == ("words",) and focus is not None
    form = window.inspector.node.form()
    assert form is not None and form.row("text").isAncestorOf(focus), focus

    canvas.setFocus()
    program.key(Qt.Key.Key_Return, CTRL)
    program.says(found.sentence)
    program.kept()
    assert program.runs() == []

    program.write("Hello again", "text")
    program.checked()
    assert problems.problems == () and window.footer.problems.text() == "No problems"
    program.run()
    assert program.ended() == "completed"
    ended = program.events()[-1]
    assert isinstance(ended, RunCompleted) and ended.outputs == {"said": "Hello again"}
    program.stop()
