"""The first ten minutes: Show me, run, and the first approval, on the shipped models and with no network."""

from __future__ import annotations

import ipaddress
import json
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from program import CTRL, Program
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.run.events import QuestionAnswered, RunCompleted
from engine.settings import FILE

FIRST_APPROVAL_S = 150.0


def _far_away() -> list[str]:
    """Where this program and its children are connected to, loopback aside."""
    found = []
    me = psutil.Process()
    for process in (me, *me.children(recursive=True)):
        try:
            ends = [one.raddr.ip for one in process.net_connections("inet") if one.raddr]
        except psutil.Error:
            continue
        found += [ip for ip in ends if not ipaddress.ip_address(ip).is_loopback]
    return found


@pytest.mark.needs_llama
def test_show_me_leads_to_a_first_approval(
    start: Callable[[], Program], data_dir: Path, record_property: Callable[[str, object], None]
) -> None:
    (data_dir / FILE).write_text(json.dumps({"network": "off"}))
    began = time.monotonic()
    program = start()
    window = program.window

    program.press("Show me")  # 1
    program.until(lambda: len(program.workflow.nodes) > 10 and window.drawing.isVisible(), "the example did not open")
    program.checked()
    assert window.drawing.problems.problems == ()
    window.drawing.canvas.setFocus()
    program.key(Qt.Key.Key_Return, CTRL)  # 2
    asked = program.inputs()
    assert set(asked.form.value()) == set(program.workflow.inputs) and asked.form.faults() == {}
    program.key(Qt.Key.Key_Return)  # 3
    run = program.begun()

    far: list[str] = []
    looked = time.monotonic()

    def waiting() -> bool:
        nonlocal looked
        if time.monotonic() - looked > 0.1:
            looked = time.monotonic()
            far.extend(_far_away())
        return window.inbox.list.isEnabled() and bool(window.link.questions)

    program.until(waiting, "the run did not reach its gate")
    assert far == []
    program.until(lambda: "(1)" in window.rail.buttons["inbox"].accessibleName(), "the badge does not say it")
    QTest.mouseClick(window.rail.buttons["inbox"], Qt.MouseButton.LeftButton)  # 4
    program.until(lambda: window.inbox.shown_question() == window.link.questions[0].id)

    pane = window.inbox.pane
    editor = pane.page.proposal.editor if pane.page.proposal is not None else None
    assert editor is not None
    editor.focus_path(("due",))
    program.key(Qt.Key.Key_A, CTRL)
    program.type("tomorrow at six")  # 5
    pane.bar.comment.setFocus()
    program.type("Seen it myself")  # 6
    program.press("Approve with changes", pane)  # 7
    program.until(lambda: not window.link.questions, "the answer was not taken")
    approved = time.monotonic() - began
    assert program.ended() == "completed"

    events = program.events(run)
    assert isinstance(events[-1], RunCompleted) and events[-1].outputs["decision"] == "approve_with_changes"
    answer = next(event for event in events if isinstance(event, QuestionAnswered))
    assert (answer.option, answer.comment) == ("approve_with_changes", "Seen it myself")
    assert isinstance(answer.values, dict) and answer.values["value"]["due"] == "tomorrow at six"
    order = json.loads((program.files / events[-1].outputs["file"]).read_text("utf-8"))
    assert order["due"] == "tomorrow at six"
    record_property("seconds_to_first_approval", round(approved, 1))
    record_property("steps_to_first_approval", 7)
    assert approved < FIRST_APPROVAL_S
    program.stop()
