"""A step of a past run is done again alone from the window: it gets what it got, and what it wrote is not redone."""

from __future__ import annotations

from collections.abc import Callable

from program import CTRL, Program
from PySide6.QtCore import Qt

from engine.run.events import EffectStarted, EffectSucceeded, RunStarted
from tests.designer.support.stories import workflow

STEPS = workflow(
    ("first", "data.set", {"values": {"line": "{{ run.inputs.line }}"}}),
    ("second", "file.write", {"path": "log.txt", "mode": "append", "content": "{{ input.input.line }}\n"}),
    ("third", "data.set", {"values": {"done": True}}),
    edges="first.output -> second.input\nsecond.output -> third.input",
    name="three-steps",
    inputs={"line": {"type": "string", "default": "4"}},
)


def test_a_step_is_replayed_alone_from_its_menu(start: Callable[[], Program]) -> None:
    program = start()
    window = program.window
    program.given(STEPS)
    window.drawing.canvas.setFocus()
    program.key(Qt.Key.Key_Return, CTRL)
    program.inputs()
    program.key(Qt.Key.Key_Return)
    run = program.begun()
    assert program.ended() == "completed"
    panel = window.drawing.run_panel
    panel.show_step("second")
    panel._fill_detail_menu()
    next(action for action in panel.detail.menu.actions() if action.text() == "Replay this step alone").trigger()
    again = program.begun(run)
    assert program.ended() == "completed"
    assert (program.files / "log.txt").read_text("utf-8") == "4\n"
    events = program.events(again)
    begun = events[0]
    assert isinstance(begun, RunStarted) and begun.continues is not None and begun.continues.only is not None
    assert (begun.continues.run, begun.continues.only.node) == (run, "second")
    assert begun.continues.set["second.input"] == {"line": "4"}
    (wrote,) = [event for event in events if isinstance(event, EffectSucceeded)]
    assert wrote.origin == run and not [event for event in events if isinstance(event, EffectStarted)]
    cards = window.drawing.canvas.drawing.cards
    program.until(lambda: set(cards) == {"second"}, "the replay's own drawing is not shown")
    assert window.drawing.banner.isVisible()
