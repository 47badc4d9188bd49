"""The small widgets: what they say, how keys move them, what they leave behind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from designer.widgets import (
    Chip,
    DoubleSpinBox,
    ElidedLabel,
    EmptyState,
    IconButton,
    KeyCap,
    SearchField,
    Section,
    Segmented,
    SpinBox,
    StatusDot,
    Switch,
    Toaster,
    button,
    fuzzy,
    spots,
)
from designer.widgets.clamped import Clamped

NAMES = ["Read a file", "Write a file", "Branch", "Agent", "HTTP request", "For each", "Gate", "Merge", "Text template"]


def best(query: str) -> str:
    scored = [(score, name) for name in NAMES if (score := fuzzy(query, name)) is not None]
    return max(scored)[1]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("rf", "Read a file"),
        ("file", "Read a file"),
        ("wri", "Write a file"),
        ("br", "Branch"),
        ("http", "HTTP request"),
        ("hr", "HTTP request"),
        ("each", "For each"),
        ("temp", "Text template"),
        ("GATE", "Gate"),
        ("mrg", "Merge"),
    ],
)
def test_a_few_letters_find_what_people_mean(query: str, name: str) -> None:
    if query == "file":
        assert best(query) in ("Read a file", "Write a file")
    else:
        assert best(query) == name


def test_letters_out_of_order_find_nothing() -> None:
    assert fuzzy("xyz", "Branch") is None
    assert fuzzy("hcnarb", "Branch") is None


@given(st.text(max_size=12), st.text(max_size=40))
def test_spots_are_where_the_letters_are(query: str, text: str) -> None:
    found = spots(query, text)
    assert (found is None) == (fuzzy(query, text) is None)
    if found:
        assert list(found) == sorted(set(found))
        assert max(found) < len(text)


def test_every_text_contains_itself() -> None:
    for name in NAMES:
        assert fuzzy(name, name) is not None
        assert best(name) == name


def test_a_label_that_is_cut_has_the_whole_text_as_tool_tip(qtbot: QtBot) -> None:
    label = ElidedLabel("A title that is longer than the room that it is given")
    qtbot.addWidget(label)
    label.resize(80, 20)
    label.show()
    assert label.toolTip() == label.text()
    label.resize(800, 20)
    assert label.toolTip() == ""


def test_a_section_folds_and_says_so(qtbot: QtBot) -> None:
    section = Section("Policy", open=False)
    qtbot.addWidget(section)
    inside = Chip("x")
    section.add(inside)
    section.show()
    assert not inside.isVisible()
    with qtbot.waitSignal(section.toggled) as heard:
        section.set_open(True)
    assert heard.args == [True]
    assert inside.isVisible()


def test_a_segment_is_chosen_by_mouse_and_arrow_keys_and_told_once(qtbot: QtBot) -> None:
    row = Segmented([("a", "A"), ("b", "B", "bot"), ("c", "C")])
    qtbot.addWidget(row)
    row.show()
    heard: list[object] = []
    row.changed.connect(heard.append)
    qtbot.mouseClick(row, Qt.MouseButton.LeftButton, pos=row.rect_of("b").center().toPoint())
    qtbot.mouseClick(row, Qt.MouseButton.LeftButton, pos=row.rect_of("b").center().toPoint())
    qtbot.keyClick(row, Qt.Key.Key_Right)
    qtbot.keyClick(row, Qt.Key.Key_Right)
    row.set_current("b")
    assert heard == ["b", "c", "a"]
    assert row.accessibleName() == "B"


def test_an_icon_button_says_what_it_does_and_by_which_key(qtbot: QtBot) -> None:
    made = IconButton("play", "Run", "Ctrl+Return")
    qtbot.addWidget(made)
    assert made.accessibleName() == "Run"
    assert "Return" in made.toolTip()


def test_enter_does_not_press_a_button_by_default(qtbot: QtBot) -> None:
    made = button("Delete", "danger")
    qtbot.addWidget(made)
    assert not made.autoDefault()


def test_a_search_field_hands_arrows_and_enter_to_its_list_and_empties_on_escape(qtbot: QtBot) -> None:
    field = SearchField("Search")
    qtbot.addWidget(field)
    moves: list[int] = []
    field.moved.connect(moves.append)
    qtbot.keyClicks(field, "gate")
    qtbot.keyClick(field, Qt.Key.Key_Down)
    qtbot.keyClick(field, Qt.Key.Key_Up)
    with qtbot.waitSignal(field.taken):
        qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == ""
    with qtbot.waitSignal(field.left):
        qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert moves == [1, -1]


def test_an_empty_state_offers_one_thing_to_do(qtbot: QtBot) -> None:
    empty = EmptyState("inbox", "Nothing to decide", "Questions turn up here.", "Open a template")
    qtbot.addWidget(empty)
    assert empty.action is not None
    with qtbot.waitSignal(empty.triggered):
        qtbot.mouseClick(empty.action, Qt.MouseButton.LeftButton)
    empty.say("Nothing fits the filter")
    assert empty.title.text() == "Nothing fits the filter"
    assert empty.text.isHidden()


def test_a_toast_leaves_by_itself_and_stays_under_the_mouse(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(600, 400)
    window.show()
    toaster = Toaster(window)
    toast = toaster.show("Saved.", "success", stay_ms=20)
    qtbot.waitUntil(lambda: not toaster.toasts)
    toast = toaster.show("Saved again.", "success", stay_ms=60_000)
    assert window.rect().contains(toast.geometry())
    window.resize(400, 300)
    assert window.rect().contains(toast.geometry())
    toaster.clear()
    assert toaster.toasts == []


def test_the_same_message_twice_is_one_toast(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(600, 400)
    toaster = Toaster(window)
    for _ in range(3):
        toaster.show("The file cannot be read.", "danger")
    assert len(toaster.toasts) == 1
    for nth in range(10):
        toaster.show(f"Message {nth}")
    assert [toast.words.text() for toast in toaster.toasts] == [f"Message {nth}" for nth in range(6, 10)]


def test_a_toast_does_what_its_link_says_and_leaves(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(600, 400)
    done: list[str] = []
    toaster = Toaster(window)
    toast = toaster.show("Deleted.", action=("Undo", lambda: done.append("undo")))
    link = toast.findChild(QPushButton)
    qtbot.mouseClick(link, Qt.MouseButton.LeftButton)
    assert done == ["undo"]
    assert toaster.toasts == []


def test_keys_are_shown_as_they_stand_on_the_keyboard(qtbot: QtBot) -> None:
    caps = KeyCap("Ctrl+Shift+K")
    qtbot.addWidget(caps)
    assert caps.keys() == ("Ctrl", "Shift", "K")
    assert KeyCap("Ctrl++").keys() == ("Ctrl", "+")
    assert KeyCap("F2").keys() == ("F2",)


def test_a_wheel_that_passes_by_changes_no_number(qtbot: QtBot) -> None:
    for field in (SpinBox(), DoubleSpinBox()):
        qtbot.addWidget(field)
        field.show()
        field.clearFocus()
        turn = QWheelEvent(
            QPointF(5, 5),
            QPointF(5, 5),
            QPoint(0, 120),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(field, turn)
        assert field.value() == 0


def test_a_switch_turns_by_space(qtbot: QtBot) -> None:
    switch = Switch("Notify me")
    qtbot.addWidget(switch)
    qtbot.keyClick(switch, Qt.Key.Key_Space)
    assert switch.isChecked()


def test_everything_can_be_painted(qtbot: QtBot) -> None:
    for made in (
        Chip("high", "high", "shield"),
        StatusDot("asking"),
        KeyCap("Ctrl+K"),
        Switch("x"),
        Clamped("words " * 40, 2),
        Segmented([("a", "", "bot"), ("b", "B")]),
    ):
        qtbot.addWidget(made)
        assert not made.grab().isNull()
