"""Past runs: look at one with the version that ran, replay it, go on from it in every way that there is."""

from __future__ import annotations

from collections.abc import Callable

from program import CTRL, SHIFT, Program
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from designer.runs.fork_dialog import ForkDialog
from engine.run.events import RunStarted, StepSucceeded
from tests.designer.support.stories import workflow

LOG = {"path": "log.txt", "mode": "append"}
STEPS = workflow(
    ("first", "file.write", {**LOG, "content": "first {{ run.inputs.line }}\n"}),
    ("second", "file.read", {"path": "wanted.txt", "parse": "text"}),
    ("third", "file.write", {**LOG, "content": "third {{ input.input }}\n"}),
    edges="first.output -> second.input\nsecond.text -> third.input",
    name="three-steps",
    inputs={"line": {"type": "string", "default": "4"}},
)


def _look(program: Program, run: str) -> None:
    """Open a past run from the Runs page."""
    runs = program.window.runs
    QTest.mouseClick(program.window.rail.buttons["runs"], Qt.MouseButton.LeftButton)
    place = [row.id for row in program.runs()].index(run)
    program.until(lambda: runs.filter.rowCount() > place, "the run is not in the list")
    runs.view.setCurrentIndex(runs.filter.index(place, 0))
    runs.view.setFocus()
    program.key(Qt.Key.Key_Return)
    program.until(lambda: program.window.showing.workflow is not None and program.window.drawing.isVisible())
    live = program.window.showing.live
    assert live is not None and live.run == run


def _by(program: Program, run: str) -> dict[str, str]:
    """How each step of a run came to its output: by an attempt, or reused."""
    return {event.node: event.by for event in program.events(run) if isinstance(event, StepSucceeded)}


def _origin(program: Program, run: str) -> str:
    """The run that a run goes on from."""
    begun = program.events(run)[0]
    assert isinstance(begun, RunStarted) and begun.continues is not None
    return begun.continues.run


def test_a_past_run_is_looked_at_replayed_and_gone_on_from(start: Callable[[], Program]) -> None:
    program = start()
    window = program.window
    canvas = window.drawing.canvas
    program.given(STEPS)

    # the first run fails at its second step, with the version that is drawn now
    canvas.setFocus()
    program.key(Qt.Key.Key_Return, CTRL)
    program.inputs()
    program.key(Qt.Key.Key_Return)
    failed = program.begun()
    assert program.ended() == "failed"
    log = program.files / "log.txt"
    assert log.read_text("utf-8") == "first 4\n"

    # then the drawing changes
    canvas.setFocus()
    canvas.select(("third",))
    program.key(Qt.Key.Key_Delete)
    assert set(program.workflow.by_key) == {"first", "second"} == set(canvas.drawing.cards)
    drawn = program.workflow

    # the past run is shown as it was, read-only
    _look(program, failed)
    assert set(canvas.drawing.cards) == {"first", "second", "third"}
    assert window.drawing.banner.isVisible() and failed[-6:] in window.drawing.banner_text.text()
    assert (
        canvas.drawing.cards["first"].face.status == "done" and canvas.drawing.cards["second"].face.status == "failed"
    )
    canvas.setFocus()
    canvas.select(("third",))
    program.key(Qt.Key.Key_Delete)
    program.key(Qt.Key.Key_Z, CTRL)
    assert program.workflow is drawn and set(canvas.drawing.cards) == {"first", "second", "third"}

    # replay moves the faces
    slider = window.drawing.run_panel.replay.slider
    slider.setFocus()
    program.key(Qt.Key.Key_Home)
    program.until(lambda: canvas.drawing.cards["first"].face.status == "pending", "the replay does not go to its start")
    seen = set()
    for _ in program.events(failed):
        program.key(Qt.Key.Key_Right)
        program.until(lambda: window.showing.seq == window.drawing.run_panel.replay.position)
        seen.add((canvas.drawing.cards["first"].face.status, canvas.drawing.cards["second"].face.status))
    assert {("running", "pending"), ("done", "running"), ("done", "failed")} <= seen, seen
    program.press("Live", window.drawing.run_panel)

    # back to the drawing
    program.press("Back to the drawing")
    assert not window.drawing.banner.isVisible() and set(canvas.drawing.cards) == {"first", "second"}
    canvas.setFocus()
    canvas.select(("second",))
    program.key(Qt.Key.Key_D, CTRL)
    assert len(program.workflow.nodes) == 3
    program.key(Qt.Key.Key_Z, CTRL)
    assert program.workflow == drawn

    # retry: what was done stays done
    (program.files / "wanted.txt").write_text("hello", "utf-8")
    _look(program, failed)
    program.key(Qt.Key.Key_R, CTRL)
    retried = program.begun(failed)
    assert program.ended() == "completed"
    assert _origin(program, retried) == failed
    assert _by(program, retried) == {"first": "reused", "second": "attempt", "third": "attempt"}
    assert log.read_text("utf-8") == "first 4\nthird hello\n"

    # continue from here: that step and what follows again
    _look(program, retried)
    canvas.select(("second",))
    program.key(Qt.Key.Key_F, CTRL | SHIFT)
    again = program.begun(retried)
    assert program.ended() == "completed"
    assert _origin(program, again) == retried
    assert _by(program, again) == {"first": "reused", "second": "attempt", "third": "attempt"}
    assert log.read_text("utf-8") == "first 4\nthird hello\nthird hello\n"

    # fork with a changed input
    _look(program, again)
    canvas.select(())
    program.find("fork with changed")
    dialog = program.dialog
    assert isinstance(dialog, ForkDialog) and dialog.form is not None
    program.until(lambda: dialog.form is not None and dialog.form.value() == {"line": "4"})
    dialog.form.focus_path(("line",))
    program.key(Qt.Key.Key_A, CTRL)
    program.type("5")
    program.press("Run", dialog)
    forked = program.begun(again)
    assert program.ended() == "completed"
    assert _origin(program, forked) == again
    assert _by(program, forked)["first"] == "attempt"
    assert log.read_text("utf-8").splitlines()[3] == "first 5"

    # run to here: a run of its own, of the drawing, as far as a node
    assert not window.showing.looking and set(canvas.drawing.cards) == {"first", "second"}
    canvas.setFocus()
    canvas.select(("first",))
    program.key(Qt.Key.Key_T, CTRL | SHIFT)
    reached = program.begun(forked)
    assert program.ended() == "completed"
    assert _by(program, reached) == {"first": "attempt"}
    assert program.workflow == drawn
    program.stop()
