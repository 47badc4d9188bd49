"""The keyboard on the drawing: walking, deleting, writing, looking; what belongs to the window is left alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from designer.canvas import gestures as g
from designer.canvas.canvas import Canvas
from tests.designer.canvas.desk import ALT, CTRL, PLAIN, SHIFT, Desk, sample

KEY = Qt.Key


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    made = Desk()
    qtbot.addWidget(made.canvas)
    yield made
    made.check()
    made.canvas.close_canvas()


def test_tab_opens_quick_add_and_tab_closes_it(desk: Desk) -> None:
    desk.key(KEY.Key_Tab)
    palette = desk.canvas.quick_add
    assert palette.isVisible()
    QTest.keyClicks(palette.field, "(")
    assert palette.names() == []
    QTest.keyClick(palette.field, KEY.Key_Tab)
    assert not palette.isVisible() and not desk.log


def test_arrows_walk_to_the_nearest_node(desk: Desk) -> None:
    desk.canvas.select(["read"])
    for expected in ("filter", "facts", "triage", "severe"):
        desk.key(KEY.Key_Right)
        assert desk.canvas.selected() == (expected,)
    desk.key(KEY.Key_Left)
    assert desk.canvas.selected() == ("triage",)
    desk.key(KEY.Key_Down)
    assert desk.canvas.selected()[0] in ("sql", "manual")


def test_an_arrow_without_a_selection_starts_in_the_middle_of_the_view(desk: Desk) -> None:
    desk.key(KEY.Key_Right)
    assert len(desk.canvas.selected()) == 1


def test_a_node_walked_to_comes_into_view(desk: Desk) -> None:
    desk.look(1.0, 0, 150)
    desk.canvas.select(["read"])
    for _ in range(3):
        desk.key(KEY.Key_Right)
    assert desk.canvas.selected() == ("triage",)
    assert desk.canvas.view.seen().contains(desk.canvas.drawing.cards["triage"].area())


def test_shift_and_arrows_extend_the_selection_along_the_wires(desk: Desk) -> None:
    desk.canvas.select(["severe"])
    desk.key(KEY.Key_Right, SHIFT)
    assert set(desk.canvas.selected()) == {"severe", "approve", "mail"}
    desk.key(KEY.Key_Right, SHIFT)
    assert set(desk.canvas.selected()) == {"severe", "approve", "mail", "order"}
    desk.canvas.select(["triage"])
    desk.key(KEY.Key_Left, SHIFT)
    assert set(desk.canvas.selected()) == {"triage", "facts", "sql", "manual"}


def test_ctrl_and_arrows_nudge(desk: Desk) -> None:
    desk.canvas.select(["mail", "order"])
    desk.key(KEY.Key_Down, CTRL)
    assert isinstance(desk.last, g.Nudge)
    assert (set(desk.last.keys), desk.last.dx, desk.last.dy) == ({"mail", "order"}, 0, 8)
    assert desk.workflow.layout["mail"] == (1760, 312)


def test_m_and_b_switch_the_mode_and_back(desk: Desk) -> None:
    desk.canvas.select(["mail", "facts", "f1"])
    desk.key(KEY.Key_M)
    assert desk.last == g.SetMode(("facts", "mail"), "disabled")
    assert desk.canvas.drawing.cards["mail"].mode == "disabled"
    desk.key(KEY.Key_M)
    assert desk.last == g.SetMode(("facts", "mail"), "on")
    desk.key(KEY.Key_B)
    assert desk.canvas.drawing.cards["facts"].mode == "bypassed"


def test_ctrl_a_selects_everything_and_escape_nothing(desk: Desk) -> None:
    desk.key(KEY.Key_A, CTRL)
    assert set(desk.canvas.selected()) == {*sample().by_key, *sample().notes}
    desk.key(KEY.Key_Escape)
    assert desk.canvas.selected() == ()


def test_f2_writes_over_a_title_and_escape_leaves_it(desk: Desk) -> None:
    desk.canvas.select(["severe"])
    desk.key(KEY.Key_F2)
    editor = desk.canvas.editors.open
    assert editor is not None
    QTest.keyClicks(editor, "something else")
    QTest.keyClick(editor, KEY.Key_Escape)
    assert not desk.log and desk.canvas.editors.open is None


def test_writing_ends_and_is_kept_when_the_mouse_goes_elsewhere(desk: Desk) -> None:
    desk.canvas.start_rename("f1")
    editor = desk.canvas.editors.open
    assert editor is not None
    editor.selectAll()
    QTest.keyClicks(editor, "Collect")
    desk.canvas.view.zoom_at(0.8)
    assert desk.last == g.Rename("f1", "Collect") and desk.canvas.editors.open is None


def test_enter_opens_the_selected_node(desk: Desk) -> None:
    desk.canvas.select(["order"])
    desk.key(KEY.Key_Return)
    assert desk.last == g.OpenNode("order")


def test_f_fits_0_resets_and_period_shows_the_selection(desk: Desk) -> None:
    view = desk.canvas.view
    desk.key(KEY.Key_F)
    assert view.seen().contains(desk.canvas.drawing.bounds())
    desk.key(KEY.Key_0)
    assert view.zoom == 1.0
    desk.canvas.select(["sql", "manual"])
    desk.key(KEY.Key_Period)
    assert view.seen().contains(desk.canvas.drawing.bounds(["sql", "manual"])) and view.zoom > 0.9
    desk.key(KEY.Key_Plus)
    larger = view.zoom
    desk.key(KEY.Key_Minus)
    assert view.zoom < larger


@pytest.mark.parametrize(
    ("key", "mods"),
    [
        (KEY.Key_Z, CTRL),
        (KEY.Key_C, CTRL),
        (KEY.Key_V, CTRL),
        (KEY.Key_S, CTRL),
        (KEY.Key_Return, CTRL),
        (KEY.Key_F5, PLAIN),
        (KEY.Key_F1, PLAIN),
        (KEY.Key_A, ALT),
    ],
)
def test_keys_of_the_window_are_left_to_it(desk: Desk, key: Qt.Key, mods: Qt.KeyboardModifier) -> None:
    desk.canvas.select(["mail"])
    event = QKeyEvent(QKeyEvent.Type.KeyPress, key, mods)
    QApplication.sendEvent(desk.canvas.view, event)
    assert not event.isAccepted() and not desk.log


def test_the_menu_key_asks_for_the_menu_of_the_selection(desk: Desk) -> None:
    desk.canvas.select(["order"])
    desk.menu(desk.at(1500, 700), QContextMenuEvent.Reason.Keyboard)
    assert isinstance(desk.last, g.Menu) and desk.last.key == "order"


def test_read_only_looks_and_opens_but_edits_nothing(desk: Desk) -> None:
    desk.canvas.set_read_only(True)
    desk.canvas.select(["mail"])
    for key in (KEY.Key_Delete, KEY.Key_M, KEY.Key_B, KEY.Key_F2, KEY.Key_Tab):
        desk.key(key)
    desk.key(KEY.Key_Delete, CTRL)
    desk.key(KEY.Key_Right, CTRL)
    at = desk.on_card("mail")
    desk.drag(at, desk.at(1500, 700))
    desk.drag(desk.port("approve", "out", "refused"), desk.port("mail", "in", "input"))
    desk.drag(desk.at(1705, 40), desk.at(1705, 440), Qt.MouseButton.RightButton, CTRL)
    desk.drag(desk.wire("severe.no -> mail.input", 0.85), desk.at(1500, 700))
    desk.double(desk.at(1500, 700))
    desk.drop(desk.at(1500, 700), ["/tmp/a.csv"])
    assert not desk.log and not desk.canvas.quick_add.isVisible() and desk.canvas.editors.open is None
    desk.click(desk.on_card("order"))
    assert desk.canvas.selected() == ("order",)
    desk.double(desk.on_card("order"))
    assert desk.last == g.OpenNode("order")


def test_the_selection_is_told_once_for_each_change(desk: Desk) -> None:
    told: list[object] = []
    desk.canvas.selection_changed.connect(told.append)
    desk.canvas.select(["mail", "order"])
    desk.canvas.select(["order", "mail"])
    desk.key(KEY.Key_Escape)
    assert [set(keys) for keys in told] == [{"mail", "order"}, set()]  # type: ignore[call-overload]


def test_quick_add_closes_when_the_keyboard_goes_elsewhere(desk: Desk, qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    box = QVBoxLayout(window)
    other = QLineEdit()
    box.addWidget(desk.canvas)
    box.addWidget(other)
    window.show()
    window.activateWindow()
    desk.canvas.open_quick_add((1500.0, 650.0))
    qtbot.waitUntil(desk.canvas.quick_add.field.hasFocus)
    other.setFocus()
    assert not desk.canvas.quick_add.isVisible() and other.hasFocus()
    desk.canvas.setParent(None)


def test_escape_gives_the_keyboard_back_to_the_drawing(desk: Desk, qtbot: QtBot) -> None:
    desk.canvas.open_quick_add((1500.0, 650.0))
    qtbot.waitUntil(desk.canvas.quick_add.field.hasFocus)
    QTest.keyClick(desk.canvas.quick_add.field, KEY.Key_Escape)
    assert desk.canvas.view.hasFocus()


def test_fitting_before_it_is_shown_fits_when_it_is(qtbot: QtBot) -> None:
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.render(sample())
    canvas.fit()
    canvas.resize(900, 500)
    canvas.show()
    assert canvas.view.seen().contains(canvas.drawing.bounds())
    canvas.close_canvas()


def test_the_overview_hides_while_everything_is_seen(desk: Desk) -> None:
    desk.canvas.fit()
    assert not desk.canvas.minimap.isVisible()
    desk.look(1.0, 1300, 300)
    assert desk.canvas.minimap.isVisible()
    QTest.mouseClick(desk.canvas.minimap, Qt.MouseButton.LeftButton, pos=desk.canvas.minimap.rect().center())
    assert abs(desk.canvas.view.seen().center().x() - desk.canvas.drawing.bounds().center().x()) < 60
    desk.canvas.set_minimap(False)
    assert not desk.canvas.minimap.isVisible()
    desk.canvas.fit()
    desk.look(1.0, 1300, 300)
    assert not desk.canvas.minimap.isVisible()


def test_who_sees_everything_still_does_when_a_panel_takes_room(desk: Desk) -> None:
    canvas, view = desk.canvas, desk.canvas.view
    canvas.resize(1000, 700)
    canvas.fit()
    canvas.resize(1000, 330)
    assert view.seen().contains(desk.canvas.drawing.bounds())
    canvas.view.pan_by(40, 0)
    before = view.zoom, view.horizontalScrollBar().value()
    canvas.resize(1000, 700)
    assert (view.zoom, view.horizontalScrollBar().value()) == before


def test_the_overview_is_small_on_a_small_canvas(desk: Desk) -> None:
    desk.canvas.resize(1400, 900)
    large = desk.canvas.minimap.width()
    desk.canvas.resize(700, 330)
    small = desk.canvas.minimap
    assert small.width() < large and small.geometry().bottomRight().x() < 700 and small.geometry().bottom() < 330
