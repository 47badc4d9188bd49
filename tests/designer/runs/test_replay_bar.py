"""The replay bar: where it stands, how it moves, what it says."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, Qt
from runs_kit import failing

from designer.runs.marks import mark_of
from designer.runs.replay_bar import ReplayBar


def bar(qtbot: Any) -> ReplayBar:
    made = ReplayBar()
    qtbot.addWidget(made)
    made.resize(1200, 40)
    made.show_marks([mark_of(event) for event in failing().events], anew=True)
    made.show()
    return made


def test_it_says_which_event_is_shown(qtbot: Any) -> None:
    made = bar(qtbot)
    assert made.is_live and made.words.text().startswith("Event 8 of 8 · ")
    made.go(5)
    assert made.words.text().startswith("Event 5 of 8 · ") and made.words.text().endswith("Attempt failed: ask")
    made.go(0)
    assert made.words.text() == "Event 0 of 8 · before it started"


def test_moves_are_told_at_most_every_thirty_milliseconds(qtbot: Any) -> None:
    made, told = bar(qtbot), []
    made.moved.connect(told.append)
    with qtbot.waitSignal(made.moved):
        for seq in range(8):
            made.go(seq)
    assert told == [7]


def test_keys_go_event_by_event_and_mark_by_mark(qtbot: Any) -> None:
    made = bar(qtbot)
    made.slider.setFocus()
    qtbot.keyClick(made.slider, Qt.Key.Key_Left)
    assert made.position == 7
    qtbot.keyClick(made.slider, Qt.Key.Key_Up)
    assert made.position == 5  # the attempt that failed
    qtbot.keyClick(made.slider, Qt.Key.Key_Home)
    assert made.position == 0
    qtbot.keyClick(made.slider, Qt.Key.Key_End)
    assert made.position == 8


def test_a_click_on_the_slider_goes_there(qtbot: Any) -> None:
    made = bar(qtbot)
    qtbot.mouseClick(made.slider, Qt.MouseButton.LeftButton, pos=QPoint(made.slider.width() // 2, 14))
    assert made.position == 4


def test_playing_goes_from_the_start_to_the_end_and_stops(qtbot: Any) -> None:
    made, told = bar(qtbot), []
    made.speed.set_current("16")
    made.moved.connect(told.append)
    made.play.click()
    assert made.is_playing
    qtbot.waitUntil(lambda: not made.is_playing and told and told[-1] == 8)
    assert told == sorted(told) and len(told) > 3


def test_live_leaves_the_replay(qtbot: Any) -> None:
    made = bar(qtbot)
    made.go(2)
    with qtbot.waitSignal(made.moved) as moved:
        made.live.click()
    assert moved.args == [None] and made.is_live and not made.live.isEnabled()


def test_without_events_nothing_can_be_moved(qtbot: Any) -> None:
    made = ReplayBar()
    qtbot.addWidget(made)
    made.show()
    assert not made.play.isEnabled() and made.words.text() == "No events yet"
