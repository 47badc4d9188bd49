"""Three nodes built, connected and run through the outline, without the mouse and without the canvas."""

from __future__ import annotations

from collections.abc import Callable

from program import CTRL, SHIFT, Program
from PySide6.QtCore import Qt

from designer.main_window.outline import KEY, PORT
from engine.run.events import RunCompleted, StepSucceeded

KEYS = Qt.Key


def _add(program: Program, words: str) -> str:
    """N in the outline, some words, Enter; the new node's key."""
    before = set(program.workflow.by_key)
    program.key(KEYS.Key_U, CTRL | SHIFT)
    program.key(KEYS.Key_N)
    program.type(words)
    program.key(KEYS.Key_Return)
    (new,) = set(program.workflow.by_key) - before
    return new


def _go_to(program: Program, key: str, port: tuple[str, str] | None = None) -> None:
    """Walk to a row of the outline with the arrow keys: a node, or one of its ports (name, side)."""
    tree = program.window.drawing.outline.tree
    program.key(KEYS.Key_U, CTRL | SHIFT)
    program.key(KEYS.Key_Home)
    for _ in range(60):
        index = tree.currentIndex()
        if index.data(KEY) == key:
            if port is None and index.data(PORT) is None:
                return
            if index.data(PORT) is None:
                program.key(KEYS.Key_Right)  # open it
            elif port is not None and tuple(index.data(PORT)) == (key, *port):
                return
        program.key(KEYS.Key_Down)
    raise AssertionError(f"{key} {port} is not in the outline")


def _connect(program: Program, source: tuple[str, str], target: tuple[str, str]) -> None:
    _go_to(program, source[0], (source[1], "out"))
    program.key(KEYS.Key_Return)
    program.type(f"{target[0]} {target[1]}")
    program.key(KEYS.Key_Return)
    assert f"{source[0]}.{source[1]} -> {target[0]}.{target[1]}" in [str(edge) for edge in program.workflow.edges]


def _write(program: Program, key: str, param: str, text: str) -> None:
    """Enter on the node, Tab into the field, type."""
    _go_to(program, key)
    program.key(KEYS.Key_Return)
    form = program.window.inspector.node.form()
    assert form is not None
    for _ in range(20):
        focus = program.app.focusWidget()
        if (
            focus is not None
            and form.row(param).isAncestorOf(focus)
            and focus.inputMethodQuery(Qt.InputMethodQuery.ImEnabled)
        ):
            break
        program.key(KEYS.Key_Tab)
    else:
        raise AssertionError(f"Tab does not reach {param}")
    program.key(KEYS.Key_A, CTRL)
    program.type(text)
    program.key(KEYS.Key_Escape)
    program.window.inspector.flush()
    assert program.workflow.by_key[key].params[param] == text


def test_three_nodes_are_built_connected_and_run_by_keyboard(start: Callable[[], Program]) -> None:
    program = start()
    window = program.window
    program.key(KEYS.Key_N, CTRL)
    program.until(lambda: window.desk.is_open and window.drawing.isVisible())
    first = _add(program, "text template")
    second = _add(program, "text template")
    third = _add(program, "text template")
    _connect(program, (first, "output"), (second, "input"))
    _connect(program, (second, "output"), (third, "input"))
    _write(program, first, "text", "one")
    _write(program, second, "text", "{{ input.input }} two")
    _write(program, third, "text", "{{ input.input }} three")
    program.kept()
    assert program.draft() == program.workflow

    program.key(KEYS.Key_U, CTRL | SHIFT)
    program.key(KEYS.Key_Return, CTRL)
    program.begun()
    assert program.ended() == "completed"
    events = program.events()
    made = {event.node: event.outputs for event in events if isinstance(event, StepSucceeded)}
    assert isinstance(events[-1], RunCompleted) and made[third] == {"output": "one two three"}
    program.stop()
