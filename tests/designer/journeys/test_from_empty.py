"""From an empty drawing to an approved change, with mouse and keyboard alone."""

from __future__ import annotations

from collections.abc import Callable

from program import CTRL, SHIFT, Program
from PySide6.QtCore import QPoint, Qt

from engine.run.events import QuestionAnswered


def test_a_workflow_is_drawn_saved_run_and_approved_with_a_changed_value(start: Callable[[], Program]) -> None:
    program = start()
    window = program.window
    program.press("Start empty")
    program.until(lambda: window.desk.is_open and window.drawing.isVisible())

    program.double_click(QPoint(120, 200))
    program.type("text template")
    program.key(Qt.Key.Key_Return)
    text = program.workflow.nodes[0].key
    assert program.workflow.nodes[0].type == "data.template"
    program.write("Order 3 bearings", "text")

    end = program.port(text, "output", out=True)
    program.drag(end, end + QPoint(150, 40))
    program.type("gate")
    program.key(Qt.Key.Key_Return)
    gate = program.workflow.nodes[1].key
    assert str(program.workflow.edges[0]) == f"{text}.output -> {gate}.input"
    program.write("Order it?", "headline")
    program.field("editable")
    program.key(Qt.Key.Key_Tab)  # past the kind of value
    program.key(Qt.Key.Key_Space)
    window.inspector.flush()
    assert program.workflow.by_key[gate].params["editable"] is True

    window.drawing.canvas.setFocus()
    program.key(Qt.Key.Key_Tab)
    program.type("write a file")
    program.key(Qt.Key.Key_Return)
    write = program.workflow.nodes[2].key
    assert program.workflow.by_key[write].type == "file.write" and len(program.workflow.edges) == 1
    window.drawing.canvas.fit()
    program.drag(program.port(gate, "approved", out=True), program.port(write, "input", out=False))
    assert str(program.workflow.edges[1]) == f"{gate}.approved -> {write}.input"
    program.write("order.txt", "path")
    program.write("{{ input.input.value }}", "content")

    program.kept()
    assert program.draft() == program.workflow
    program.key(Qt.Key.Key_S, CTRL)
    program.until(lambda: not window.desk.changed_since_version)
    program.checked()
    assert window.drawing.problems.problems == ()

    run = program.run()
    dialog = program.question()
    for _ in range(3):
        program.key(Qt.Key.Key_Return)
        program.key(Qt.Key.Key_Tab)
    assert dialog.isVisible() and window.link.questions, "Enter answered"
    dialog.pane.focus_edit()
    program.settle()
    program.key(Qt.Key.Key_A, CTRL)
    program.type("Order 4 bearings")
    program.press("Approve with changes", dialog)
    assert program.ended() == "completed"

    assert (program.files / "order.txt").read_text("utf-8").strip() == "Order 4 bearings"
    answers = [event for event in program.events(run) if isinstance(event, QuestionAnswered)]
    assert [(answer.option, answer.values) for answer in answers] == [
        ("approve_with_changes", {"value": "Order 4 bearings"})
    ]
    assert answers[0].shown, "the answer says what was shown"
    with program.store() as store:
        versions = store.library.versions(program.workflow.name)
        assert [version.hash for version in versions] == [window.desk.draft.base]

    window.activateWindow()
    program.until(window.isActiveWindow, "the dialog kept the focus")
    window.drawing.canvas.setFocus()
    stack = window.desk.document.undo_stack
    drawn, count = program.workflow, stack.count()
    for left in reversed(range(count)):
        program.key(Qt.Key.Key_Z, CTRL)
        program.until(lambda left=left: stack.index() == left, "Ctrl+Z was not heard")
    assert program.workflow.nodes == () and program.workflow.edges == ()
    assert window.drawing.canvas.drawing.cards == {}
    program.kept()
    assert program.draft().nodes == ()
    for done in range(1, count + 1):
        program.key(Qt.Key.Key_Z, CTRL | SHIFT)
        program.until(lambda done=done: stack.index() == done, "Ctrl+Shift+Z was not heard")
    assert program.workflow == drawn
    program.kept()
    assert program.draft() == drawn
    program.stop()
