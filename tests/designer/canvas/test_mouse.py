"""What mouse gestures on the drawing report, through real events; after each the drawing equals the document."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QNativeGestureEvent, QPointingDevice
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from designer.canvas import gestures as g
from designer.canvas.stage import quoted
from designer.document import edits
from engine.workflow.model import Edge
from tests.designer.canvas.desk import ALT, CTRL, LEFT, MIDDLE, RIGHT, SHIFT, Desk, sample


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    made = Desk()
    qtbot.addWidget(made.canvas)
    yield made
    made.check()
    made.canvas.close_canvas()


def test_a_dragged_node_moves_on_the_grid_and_undo_puts_it_back(desk: Desk) -> None:
    before = desk.workflow.layout["severe"]
    desk.drag(desk.on_card("severe", 150), desk.on_card("severe", 150) + QPoint(70, 35))
    assert isinstance(desk.last, g.Move)
    x, y = desk.workflow.layout["severe"]
    assert (x % 8, y % 8) == (0, 0) and (x, y) != before
    desk.check()
    desk.undo()
    assert desk.workflow.layout["severe"] == before


def test_alt_moves_off_the_grid(desk: Desk) -> None:
    desk.look(1.0, 1500, 200)
    desk.drag(desk.on_card("severe", 150), desk.on_card("severe", 150) + QPoint(33, 21), mods=ALT)
    assert desk.workflow.layout["severe"] == (1433.0, 117.0)


def test_a_small_tremble_of_the_mouse_is_a_click(desk: Desk) -> None:
    at = desk.on_card("severe")
    desk.drag(at, at + QPoint(1, 1), steps=2)
    assert desk.canvas.selected() == ("severe",) and not desk.log


def test_a_rubber_band_selects_what_it_touches(desk: Desk) -> None:
    desk.drag(desk.at(950, 410), desk.at(1420, 540))
    assert set(desk.canvas.selected()) == {"sql", "manual"}
    desk.drag(desk.at(1720, -40), desk.at(1800, 60), mods=SHIFT)
    assert set(desk.canvas.selected()) == {"sql", "manual", "approve"}
    desk.click(desk.at(1500, 700))
    assert desk.canvas.selected() == ()


def test_a_selection_moves_together(desk: Desk) -> None:
    desk.canvas.select(["sql", "manual"])
    at = desk.on_card("sql", 150)
    desk.drag(at, at + QPoint(0, 21))
    assert isinstance(desk.last, g.Move) and set(desk.last.positions) == {"sql", "manual"}
    (_, y1), (_, y2) = desk.workflow.layout["sql"], desk.workflow.layout["manual"]
    assert y1 == y2 != 424


def test_shift_and_ctrl_clicks_toggle_what_is_selected(desk: Desk) -> None:
    desk.click(desk.on_card("sql"))
    desk.click(desk.on_card("manual"), mods=SHIFT)
    assert set(desk.canvas.selected()) == {"sql", "manual"}
    desk.click(desk.on_card("sql"), mods=CTRL)
    assert desk.canvas.selected() == ("manual",)


def test_a_click_on_one_of_several_selects_it_alone(desk: Desk) -> None:
    desk.canvas.select(["sql", "manual"])
    desk.click(desk.on_card("sql"))
    assert desk.canvas.selected() == ("sql",)


def test_a_wire_dragged_to_a_port_connects(desk: Desk) -> None:
    desk.drag(desk.port("approve", "out", "refused"), desk.port("mail", "in", "input"))
    assert desk.last == g.Connect(Edge.parse("approve.refused -> mail.input"))
    assert desk.has("approve.refused -> mail.input")


def test_a_wire_can_be_dragged_backwards(desk: Desk) -> None:
    desk.drag(desk.port("mail", "in", "input"), desk.port("approve", "out", "refused"))
    assert desk.has("approve.refused -> mail.input")


def test_a_wire_dropped_on_a_card_takes_its_best_port(desk: Desk) -> None:
    desk.drag(desk.port("severe", "out", "otherwise"), desk.on_card("approve", 150, 30))
    assert desk.last == g.Connect(Edge.parse("severe.otherwise -> approve.input"))
    assert desk.has("severe.otherwise -> approve.input")


def test_what_does_not_fit_fades_and_the_reason_is_at_the_mouse(desk: Desk) -> None:
    seen: dict[str, object] = {}

    def peek() -> None:
        seen["faded"] = {key for key, card in desk.canvas.drawing.cards.items() if card.faded}
        seen["hint"] = desk.canvas.stage.bubble.text() if desk.canvas.stage.bubble.isVisible() else ""

    desk.drag(desk.port("order", "out", "tool"), desk.port("mail", "in", "input"), before_drop=peek)
    faded = seen["faded"]
    assert isinstance(faded, set) and "mail" in faded and "triage" not in faded
    assert seen["hint"] and isinstance(desk.last, g.Refused)
    assert quoted(desk.last.reason) == seen["hint"]
    assert not any(card.faded for card in desk.canvas.drawing.cards.values())
    assert not desk.canvas.stage.bubble.isVisible()


def test_a_wire_into_the_empty_offers_what_fits_and_wires_it(desk: Desk) -> None:
    desk.drag(desk.port("severe", "out", "yes"), desk.at(1500, 650))
    palette = desk.canvas.quick_add
    assert palette.isVisible() and desk.canvas.view.held.isVisible()
    assert "file.write" in palette.names() and "data.pick" in palette.names()
    QTest.keyClicks(palette.field, "write a file")
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert not palette.isVisible() and not desk.canvas.view.held.isVisible()
    added = desk.last
    assert isinstance(added, g.AddNode) and added.type == "file.write"
    new = next(key for key in desk.workflow.by_key if key not in sample().by_key)
    assert desk.has(f"severe.yes -> {new}.input")
    desk.undo()
    assert set(desk.workflow.by_key) == set(sample().by_key), "one undo for the node and its wire"


def test_from_a_tools_port_only_tools_are_offered(desk: Desk) -> None:
    desk.drag(desk.port("triage", "in", "tools"), desk.at(1500, 650))
    names = desk.canvas.quick_add.names()
    assert "sql.query" in names and "branch" not in names and "agent" in names and "gate" not in names
    QTest.keyClick(desk.canvas.quick_add.field, Qt.Key.Key_Escape)
    assert not desk.canvas.quick_add.isVisible() and not desk.canvas.view.held.isVisible()
    assert not desk.log


def test_a_click_elsewhere_closes_quick_add(desk: Desk) -> None:
    desk.canvas.open_quick_add((1500.0, 650.0))
    desk.click(desk.at(1100, 700))
    assert not desk.canvas.quick_add.isVisible()


def test_a_double_click_on_the_empty_opens_quick_add_there(desk: Desk) -> None:
    desk.double(desk.at(1500, 700))
    assert desk.canvas.quick_add.isVisible()
    QTest.keyClicks(desk.canvas.quick_add.field, "branch")
    QTest.keyClick(desk.canvas.quick_add.field, Qt.Key.Key_Return)
    x, y = next(desk.workflow.layout[key] for key in desk.workflow.by_key if key not in sample().by_key)
    assert abs(x + 128 - 1500) <= 8 and abs(y + 30 - 700) <= 8


def test_the_end_of_a_wire_can_be_put_elsewhere(desk: Desk) -> None:
    desk.drag(desk.wire("severe.yes -> approve.input", 0.9), desk.port("order", "in", "input"))
    former, new = Edge.parse("severe.yes -> approve.input"), Edge.parse("severe.yes -> order.input")
    assert desk.last == g.Replug(former, new)
    assert new in desk.workflow.edges and former not in desk.workflow.edges


def test_the_end_of_a_wire_dropped_in_the_empty_removes_it(desk: Desk) -> None:
    edges = len(desk.workflow.edges)
    desk.drag(desk.wire("severe.no -> mail.input", 0.85), desk.at(1500, 700))
    assert isinstance(desk.last, g.Disconnect) and len(desk.workflow.edges) == edges - 1


def test_the_end_of_a_wire_put_back_changes_nothing(desk: Desk) -> None:
    desk.drag(desk.wire("severe.no -> mail.input", 0.85), desk.port("mail", "in", "input"))
    assert not desk.log


def test_a_clicked_wire_is_picked_and_deleted(desk: Desk) -> None:
    desk.click(desk.wire("severe.no -> mail.input"))
    assert desk.canvas.selected_edge() == Edge.parse("severe.no -> mail.input")
    assert len(desk.workflow.edges) == 10
    desk.key(Qt.Key.Key_Delete)
    assert not desk.has("severe.no -> mail.input") and desk.canvas.selected_edge() is None


def loose(desk: Desk, key: str = "text") -> str:
    desk.on(g.AddNode("data.template", (1496.0, 624.0)))
    return next(key for key in desk.workflow.by_key if key not in sample().by_key)


def test_a_loose_node_dropped_on_a_wire_is_put_into_it(desk: Desk) -> None:
    key = loose(desk)
    goal = desk.wire("severe.no -> mail.input", 0.3) + QPoint(round(-8 * 0.7), round(-28 * 0.7))  # its middle there
    lit: list[str] = []

    def peek() -> None:
        lit.extend(wire.mark for wire in desk.canvas.drawing.wires.values() if wire.mark)

    desk.drag(desk.on_card(key), goal, steps=12, before_drop=peek)
    assert lit == ["target"]
    assert isinstance(desk.last, g.Insert)
    assert desk.has(f"severe.no -> {key}.input") and desk.has(f"{key}.output -> mail.input")
    assert not desk.has("severe.no -> mail.input")


def test_a_wired_node_dropped_on_a_wire_only_moves(desk: Desk) -> None:
    desk.drag(desk.on_card("old"), desk.wire("severe.no -> mail.input"), mods=ALT)
    assert isinstance(desk.last, g.Move)


def test_delete_takes_the_wires_along_and_ctrl_delete_heals(desk: Desk) -> None:
    key = loose(desk)
    desk.on(g.Insert(key, Edge.parse("severe.no -> mail.input"), (1496.0, 320.0)))
    desk.click(desk.on_card(key))
    assert desk.canvas.selected() == (key,)
    desk.key(Qt.Key.Key_Delete, CTRL)
    assert desk.has("severe.no -> mail.input") and key not in desk.workflow.by_key
    desk.undo()
    desk.click(desk.on_card(key))
    desk.key(Qt.Key.Key_Delete)
    assert not desk.has("severe.no -> mail.input") and key not in desk.workflow.by_key


@pytest.mark.parametrize(("button", "mods"), [(RIGHT, CTRL), (LEFT, ALT | SHIFT)])
def test_a_stroke_through_wires_cuts_them(desk: Desk, button: Qt.MouseButton, mods: Qt.KeyboardModifier) -> None:
    desk.drag(desk.at(1705, 40), desk.at(1705, 440), button, mods, 10)
    assert isinstance(desk.last, g.Disconnect)
    assert {str(edge) for edge in desk.last.edges} == {
        "severe.yes -> approve.input",
        "severe.no -> mail.input",
        "triage.error -> mail.input",
    }
    assert not desk.canvas.view.cut.isVisible()


def test_a_double_click_on_the_title_writes_over_it(desk: Desk) -> None:
    desk.double(desk.on_card("severe"))
    editor = desk.canvas.editors.open
    assert editor is not None
    editor.selectAll()
    QTest.keyClicks(editor, "Really severe?")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert desk.last == g.Rename("severe", "Really severe?")
    assert desk.canvas.drawing.cards["severe"].title == "Really severe?"


def test_a_double_click_on_the_body_opens_the_node(desk: Desk) -> None:
    desk.double(desk.on_card("severe", 120, 90))
    assert desk.last == g.OpenNode("severe")


def test_files_dropped_are_reported_with_their_place(desk: Desk) -> None:
    desk.drop(desk.at(1300, 700), ["/tmp/a b.csv", "/tmp/c.csv"])
    assert isinstance(desk.last, g.Drop)
    assert [QUrl(url).fileName() for url in desk.last.urls] == ["a b.csv", "c.csv"]
    assert abs(desk.last.at[0] - 1300) < 2 and len(desk.workflow.nodes) == 13


def test_a_dropped_text_is_reported(desk: Desk) -> None:
    desk.drop(desk.at(1300, 700), text="nodes: {}")
    assert desk.last == g.Drop((), "nodes: {}", desk.last.at)


def test_a_right_click_asks_for_a_menu_and_selects_what_it_is_about(desk: Desk) -> None:
    desk.menu(desk.on_card("mail"))
    assert isinstance(desk.last, g.Menu) and desk.last.key == "mail" and desk.canvas.selected() == ("mail",)
    desk.menu(desk.wire("severe.no -> mail.input"))
    assert desk.last.edge == Edge.parse("severe.no -> mail.input") and desk.last.key is None
    desk.menu(desk.at(1500, 700))
    assert (desk.last.key, desk.last.edge) == (None, None) and abs(desk.last.place[0] - 1500) < 2


# ---- frames and notes


def test_a_frame_carries_what_lies_in_it(desk: Desk) -> None:
    before = desk.workflow
    at = desk.at(1144, 50)
    desk.drag(at, at + QPoint(70, 70))
    assert desk.workflow.notes["f2"].rect[:2] != before.notes["f2"].rect[:2]
    for key in ("triage", "sql", "manual", "severe"):
        assert desk.workflow.layout[key] != before.layout[key]
    assert desk.workflow.layout["mail"] == before.layout["mail"]


def test_a_drag_inside_a_frame_is_a_rubber_band(desk: Desk) -> None:
    desk.drag(desk.at(1560, 420), desk.at(1660, 540))
    assert not desk.log and desk.canvas.selected() == ()


def test_the_corner_of_a_frame_resizes_it(desk: Desk) -> None:
    x, y, w, h = desk.workflow.notes["f2"].rect
    at = desk.at(x + w - 8, y + h - 8)
    desk.drag(at, at + QPoint(35, 35))
    assert isinstance(desk.last, g.Resize)
    assert desk.workflow.notes["f2"].rect[2] > w and desk.workflow.notes["f2"].rect[3] > h


def test_a_note_moves_and_is_written_in_place(desk: Desk) -> None:
    desk.look(0.7, 1900, 300)
    before = desk.workflow.notes["n1"].rect
    at = desk.on_card("n1", 60, 50)
    desk.drag(at, at + QPoint(30, 30))
    assert desk.workflow.notes["n1"].rect[:2] != before[:2]
    desk.double(desk.on_card("n1", 60, 50))
    editor = desk.canvas.editors.open
    assert editor is not None
    editor.selectAll()
    QTest.keyClicks(editor, "*new*")
    QTest.keyClick(editor, Qt.Key.Key_Return, CTRL)
    assert desk.last == g.EditNote("n1", "*new*") and desk.workflow.notes["n1"].text == "*new*"


# ---- looking about


def test_a_middle_drag_pans_over_nodes_too(desk: Desk) -> None:
    before = desk.canvas.view.seen()
    at = desk.on_card("severe", 100, 60)
    desk.drag(at, at + QPoint(120, 50), MIDDLE)
    after = desk.canvas.view.seen()
    assert abs((before.x() - after.x()) * 0.7 - 120) < 2 and abs((before.y() - after.y()) * 0.7 - 50) < 2
    assert not desk.log


def test_space_and_drag_pans(desk: Desk) -> None:
    before = desk.canvas.view.seen()
    QTest.keyPress(desk.canvas.view, Qt.Key.Key_Space)
    desk.drag(desk.on_card("severe"), desk.on_card("severe") - QPoint(120, 50))
    QTest.keyRelease(desk.canvas.view, Qt.Key.Key_Space)
    assert abs((desk.canvas.view.seen().x() - before.x()) * 0.7 - 120) < 2 and not desk.log


def test_the_wheel_zooms_at_the_mouse(desk: Desk) -> None:
    spot = QPoint(300, 200)
    before = desk.canvas.view.mapToScene(spot)
    desk.wheel(spot, 240)
    assert desk.canvas.view.zoom > 0.7
    assert (desk.canvas.view.mapToScene(spot) - before).manhattanLength() < 2
    for _ in range(60):
        desk.wheel(spot, -240)
    assert desk.canvas.view.zoom == pytest.approx(0.05)


def test_two_fingers_and_shift_wheel_pan(desk: Desk) -> None:
    before = desk.canvas.view.seen()
    desk.wheel(QPoint(300, 200), pixels=QPoint(30, 40))
    moved = desk.canvas.view.seen()
    assert (moved.topLeft() - before.topLeft()).manhattanLength() > 10
    desk.wheel(QPoint(300, 200), 120, SHIFT)
    assert desk.canvas.view.seen().y() == pytest.approx(moved.y()) and desk.canvas.view.seen().x() != moved.x()


# ---- the document changes under the hand


def test_a_held_wire_is_let_go_when_its_node_is_deleted(desk: Desk) -> None:
    desk.press(desk.port("severe", "out", "no"))
    desk.move(desk.at(1700, 600))
    before = desk.workflow
    desk.show(edits.delete(desk.workflow, ["severe"]))
    desk.move(desk.at(1710, 610))
    desk.release(desk.at(1720, 620))
    assert desk.canvas.hand.drag is None and not desk.log
    desk.check()
    desk.show(before)


def test_a_dragged_node_that_is_deleted_meanwhile_is_gone(desk: Desk) -> None:
    at = desk.on_card("mail")
    desk.press(at)
    desk.move(at + QPoint(40, 40))
    desk.show(edits.delete(desk.workflow, ["mail"]))
    desk.move(at + QPoint(60, 60))
    desk.release(at + QPoint(60, 60))
    assert not desk.log


def test_a_drag_goes_on_while_another_writer_changes_something_else(desk: Desk) -> None:
    at = desk.on_card("mail")
    desk.press(at)
    desk.move(at + QPoint(40, 40))
    desk.show(edits.set_title(desk.workflow, "read", "Log"))
    desk.move(at + QPoint(70, 70))
    desk.release(at + QPoint(70, 70))
    assert isinstance(desk.last, g.Move) and desk.workflow.layout["mail"][0] > 1840


def test_a_refused_move_is_put_back(desk: Desk) -> None:
    desk.refuse = True
    at = desk.on_card("mail")
    desk.drag(at, at + QPoint(60, 60))
    assert isinstance(desk.last, g.Move)


def test_a_stroke_that_is_given_up_leaves_the_picked_wire_marked(desk: Desk) -> None:
    at = desk.wire("filter.rows -> facts.input")
    desk.click(at)
    desk.press(at - QPoint(0, 40), RIGHT, CTRL)
    desk.move(at + QPoint(0, 40), RIGHT, CTRL)
    desk.key(Qt.Key.Key_Escape)
    desk.release(at, RIGHT, CTRL)
    assert desk.canvas.selected_edge() == Edge.parse("filter.rows -> facts.input")
    assert [str(wire.edge) for wire in desk.canvas.drawing.wires.values() if wire.mark == "picked"] == [
        "filter.rows -> facts.input"
    ]


@pytest.mark.parametrize("start", ["node", "wire", "band", "corner", "cut"])
def test_escape_lets_go_of_everything(desk: Desk, start: str) -> None:
    x, y, w, h = desk.workflow.notes["f2"].rect
    at = {
        "node": desk.on_card("mail"),
        "wire": desk.port("severe", "out", "no"),
        "band": desk.at(1560, 700),
        "corner": desk.at(x + w - 8, y + h - 8),
        "cut": desk.at(1705, 40),
    }[start]
    mods = ALT | SHIFT if start == "cut" else Qt.KeyboardModifier.NoModifier
    desk.press(at, mods=mods)
    for step in (20, 60, 90):
        desk.move(at + QPoint(step, step * 2), mods=mods)
    desk.key(Qt.Key.Key_Escape)
    desk.check()
    desk.release(at + QPoint(90, 180), mods=mods)
    assert not desk.log and desk.canvas.hand.drag is None


def test_what_the_mouse_rests_on_is_lit_and_explained(desk: Desk, qtbot: QtBot) -> None:
    desk.send(QEvent.Type.MouseMove, desk.on_card("severe"))
    assert desk.canvas.drawing.cards["severe"].hovered
    qtbot.waitUntil(lambda: desk.canvas.stage.bubble.isVisible(), timeout=3000)
    assert "Is it severe?" in desk.canvas.stage.bubble.text()
    desk.send(QEvent.Type.MouseMove, desk.port("triage", "in", "tools"))
    assert not desk.canvas.drawing.cards["severe"].hovered
    assert desk.canvas.drawing.cards["triage"].ports["in", "tools"].hot
    desk.send(QEvent.Type.MouseMove, desk.at(1500, 700))
    assert not desk.canvas.drawing.cards["triage"].hovered and not desk.canvas.stage.bubble.isVisible()


def test_places_survive_a_round_of_zooming(desk: Desk) -> None:
    spot = QPoint(700, 400)
    for delta in (120, 120, -120, -120, 240, -240):
        desk.wheel(spot, delta)
    assert desk.canvas.view.zoom == pytest.approx(0.7, abs=0.01)


def test_a_pinch_zooms_at_the_fingers(desk: Desk) -> None:
    port = desk.canvas.view.viewport()
    spot = QPointF(400, 300)
    before = desk.canvas.view.mapToScene(spot.toPoint())
    event = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture,
        QPointingDevice.primaryPointingDevice(),
        2,
        spot,
        spot,
        QPointF(port.mapToGlobal(spot.toPoint())),
        0.25,
        QPointF(),
    )
    QApplication.sendEvent(port, event)
    assert desk.canvas.view.zoom == pytest.approx(0.875)
    assert (desk.canvas.view.mapToScene(spot.toPoint()) - before).manhattanLength() < 3


def test_the_wires_of_a_selected_node_stand_out(desk: Desk) -> None:
    desk.canvas.select(["approve"])
    near = {str(wire.edge) for wire in desk.canvas.drawing.wires.values() if wire.near}
    assert near == {"severe.yes -> approve.input", "approve.approved -> order.input"}
    desk.canvas.select(())
    assert not any(wire.near for wire in desk.canvas.drawing.wires.values())


def test_a_drag_near_the_border_takes_the_view_along(desk: Desk, qtbot: QtBot) -> None:
    at = desk.on_card("mail")
    desk.press(at)
    desk.move(at + QPoint(60, 0))
    before = desk.canvas.view.seen().x()
    edge = QPoint(desk.canvas.view.viewport().width() - 4, at.y())
    desk.move(edge)
    qtbot.waitUntil(lambda: desk.canvas.view.seen().x() > before + 80, timeout=5000)
    desk.release(edge)
    assert isinstance(desk.last, g.Move) and desk.workflow.layout["mail"][0] > 2100


def test_a_node_of_many_inputs_grows_one_for_a_wire_dropped_on_it(desk: Desk) -> None:
    words: list[str] = []
    bubble = desk.canvas.stage.bubble
    desk.drag(
        desk.port("approve", "out", "refused"),
        desk.on_card("mail", 150, 30),
        before_drop=lambda: words.append(bubble.text() if bubble.isVisible() else ""),
    )
    assert desk.last == g.Connect(Edge.parse("approve.refused -> mail.approve")) and "approve" in words[0]
    assert ("in", "approve") in desk.canvas.drawing.cards["mail"].ports
    desk.drag(desk.port("approve", "out", "expired"), desk.on_card("mail", 150, 30))
    assert desk.has("approve.expired -> mail.approve_2")


def test_a_read_only_drawing_takes_no_drops(desk: Desk) -> None:
    desk.canvas.set_read_only(True)
    desk.drop(desk.at(1300, 700), ["/tmp/a.csv"])
    assert not desk.log
