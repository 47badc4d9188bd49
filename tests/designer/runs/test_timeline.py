"""The timeline's widget: choosing, zooming, moving, following."""

from __future__ import annotations

from typing import Any, get_args

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from runs_kit import failing, long_run

from designer.runs.bars import Bar, Kind, Segment
from designer.runs.steps_rows import Plan
from designer.runs.timeline import Timeline
from designer.runs.timeline_view import LANE, ROW, RULER
from tests.designer.support.stories import T0, Story


def shown(qtbot: Any, story: Story, size: tuple[int, int] = (900, 300)) -> Timeline:
    made = Timeline()
    qtbot.addWidget(made)
    made.resize(*size)
    made.show_run(story.trace, Plan(titles={"ask": "Ask the service"}), story.now)
    made.show()
    return made


def wheel(made: Timeline, x: float, turn: int) -> None:
    at = QPointF(x, 80)
    none, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
    keys = Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(at, made.viewport().mapToGlobal(at), QPoint(), QPoint(0, turn), none, keys, phase, False)
    QApplication.sendEvent(made.viewport(), event)


def test_a_click_chooses_a_step(qtbot: Any) -> None:
    made = shown(qtbot, failing())
    with qtbot.waitSignal(made.chosen) as chosen:
        at = QPoint(40, RULER + LANE + ROW + ROW // 2)
        qtbot.mouseClick(made.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert chosen.args == ["run1", ("ask", ())]


def test_keys_walk_the_steps(qtbot: Any) -> None:
    made, chosen = shown(qtbot, failing()), []
    made.chosen.connect(lambda run, step: chosen.append(step[0]))
    made.setFocus()
    for _ in range(2):
        qtbot.keyClick(made, Qt.Key.Key_Down)
    assert chosen == ["read", "ask"]


def test_the_wheel_zooms_around_the_pointer_and_zero_shows_all(qtbot: Any) -> None:
    made = shown(qtbot, failing())
    made.grab()
    before = made._window.drawn(500)
    wheel(made, 500, 480)
    assert not made._window.fits
    assert abs(made._window.drawn(500) - before) < 0.01
    qtbot.keyClick(made, Qt.Key.Key_0)
    assert made._window.fits


def test_the_card_says_what_a_piece_is(qtbot: Any) -> None:
    made = shown(qtbot, failing())
    failed = made.bars[1].segments[0]
    assert made.card_text(1, failed).splitlines() == [
        "Ask the service", "attempt failed · 1.0 s", "3.0 s after the start", "503",
    ]  # fmt: skip


def test_steps_that_begin_get_a_line_and_the_rest_stays(qtbot: Any) -> None:
    story = failing()
    made = shown(qtbot, story)
    lines = list(made.bars)
    story.attempt("later")
    made.update_steps(story.trace, [("later", ())], story.now)
    assert made.bars[:3] == lines and made.bars[3].step == ("later", ())


def test_only_lines_in_view_are_drawn(qtbot: Any, monkeypatch: Any) -> None:
    from designer.runs import timeline_picture

    made = shown(qtbot, long_run(1000))
    drawn = []
    kept = timeline_picture.Picture._line
    monkeypatch.setattr(timeline_picture.Picture, "_line", lambda *args: (drawn.append(1), kept(*args)))
    made.grab()
    assert 0 < len(drawn) <= 300 // ROW + 3


def test_it_draws_in_both_schemes_without_a_run(qtbot: Any) -> None:
    made = Timeline()
    qtbot.addWidget(made)
    made.resize(500, 200)
    made.show()
    assert not made.grab().isNull()


def test_every_kind_of_segment_can_be_drawn_and_named(qtbot: Any) -> None:
    made = shown(qtbot, failing())
    kinds = get_args(Kind)
    bars = made._bars
    bars.lines[:] = [Bar("run1", (f"n{i}", ()), "", (Segment(kind, T0 + i, None),)) for i, kind in enumerate(kinds)]
    made.resize(600, 600)
    assert not made.grab().isNull()
    assert all(made.card_text(row, bar.segments[0]) for row, bar in enumerate(bars.lines))
