"""Rendering by differences: what changed is drawn, nothing is told, and NodeGraphQt's own model stays true."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPointF, QRectF
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from designer.canvas import gestures as g
from designer.canvas.canvas import Canvas
from designer.canvas.card_item import CardItem
from designer.canvas.drawing import EMPTY
from designer.canvas.lanes import MOST, Lanes
from designer.canvas.regions import ground, loop_bodies
from designer.document import edits
from designer.document.change import changed
from engine.workflow.model import Edge, Node, Note, Workflow
from tests.designer.canvas.desk import Desk, sample, template


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    made = Desk()
    qtbot.addWidget(made.canvas)
    yield made
    made.check()
    made.canvas.close_canvas()


def flow(*edges: str, **types: str) -> Workflow:
    return Workflow(
        name="flow",
        nodes=tuple(Node(key=key, type=name) for key, name in types.items()),
        edges=tuple(Edge.parse(text) for text in edges),
        layout={key: (300.0 * i, 0.0) for i, key in enumerate(types)},
    )


def test_render_tells_nothing_and_leaves_the_undo_stack_empty(desk: Desk) -> None:
    heard: list[str] = []
    graph = desk.canvas.graph
    for name in ("node_created", "nodes_deleted", "port_connected", "port_disconnected", "node_selected"):
        getattr(graph, name).connect(lambda *args, name=name: heard.append(name))
    desk.canvas.gesture.connect(lambda gesture: heard.append(repr(gesture)))
    desk.show(EMPTY)
    desk.check()
    desk.show(sample())
    desk.show(template())
    desk.check()
    assert heard == [] and desk.canvas.undo_stack.count() == 0


def test_what_is_equal_is_not_touched(desk: Desk) -> None:
    cards = dict(desk.canvas.drawing.cards)
    wires = dict(desk.canvas.drawing.wires)
    desk.show(edits.set_title(desk.workflow, "mail", "Tell everybody"))
    assert desk.canvas.drawing.cards == cards and desk.canvas.drawing.wires == wires
    assert cards["mail"].title == "Tell everybody"


def test_a_key_used_again_is_a_new_node_that_can_be_wired(desk: Desk) -> None:
    before, old = desk.workflow, desk.canvas.drawing.cards["mail"]
    desk.show(edits.delete(before, ["mail"]))
    desk.check()
    desk.show(before)
    assert desk.canvas.drawing.cards["mail"] is not old
    assert desk.canvas.graph.get_node_by_id("mail").view is desk.canvas.drawing.cards["mail"]  # type: ignore[attr-defined]
    desk.drag(desk.port("approve", "out", "refused"), desk.port("mail", "in", "input"))
    assert desk.has("approve.refused -> mail.input")


def test_a_node_under_the_key_that_a_frame_had_can_be_wired(desk: Desk) -> None:
    framed = flow(look="data.set")
    desk.show(changed(framed, notes={"decide": Note(kind="frame", title="Decide", rect=(0, 0, 600, 300))}))
    desk.show(flow("look.output -> decide.input", look="data.set", decide="branch"))
    assert list(desk.canvas.drawing.wires) == [("look", "output", "decide", "input")]


def test_a_node_of_another_type_under_the_same_key_gets_its_ports_and_wires(desk: Desk) -> None:
    node = desk.workflow.by_key["mail"].model_copy(update={"type": "stop", "params": {}})
    nodes = tuple(node if one.key == "mail" else one for one in desk.workflow.nodes)
    desk.show(changed(desk.workflow, nodes=nodes))
    desk.check()
    card = desk.canvas.drawing.cards["mail"]
    assert {name for side, name in card.ports if side == "in"} == {"input"} and card.icon == "octagon-x"


def test_new_cases_of_a_branch_are_new_ports_and_lost_ones_stay_while_a_wire_is_there(desk: Desk) -> None:
    params = {"cases": [{"name": "maybe", "when": "true"}]}
    desk.show(edits.set_params(desk.workflow, "severe", params))
    ports = desk.canvas.drawing.cards["severe"].ports
    assert ("out", "maybe") in ports and ("out", "yes") in ports and not ports["out", "yes"].slot.declared
    desk.check()
    desk.show(edits.disconnect(desk.workflow, [edge for edge in desk.workflow.edges if edge.out == "yes"]))
    assert ("out", "yes") not in desk.canvas.drawing.cards["severe"].ports


def test_an_unknown_type_grows_the_ports_that_its_edges_name(desk: Desk) -> None:
    edges = (*desk.workflow.edges, Edge.parse("old.reading -> mail.gauge"), Edge.parse("read.rows -> old.photo"))
    desk.show(changed(desk.workflow, edges=edges))
    card = desk.canvas.drawing.cards["old"]
    assert set(card.ports) == {("in", "photo"), ("out", "reading")} and card.missing
    assert "vision.ocr" in card.subtitle
    desk.check()


def test_an_edge_from_nowhere_is_not_drawn_and_not_lost(desk: Desk) -> None:
    edges = (*desk.workflow.edges, Edge.parse("ghost.output -> mail.input"))
    workflow = changed(desk.workflow, edges=edges)
    desk.canvas.render(workflow)
    assert len(desk.canvas.drawing.wires) == len(desk.workflow.edges) and desk.canvas.workflow is workflow
    desk.canvas.render(desk.workflow)


def test_a_node_wired_only_as_a_tool_is_a_small_card(desk: Desk) -> None:
    cards = desk.canvas.drawing.cards
    assert cards["sql"].compact and not cards["order"].compact
    assert cards["sql"]._width < cards["order"]._width
    desk.on(g.Disconnect((Edge.parse("sql.tool -> triage.tools"),)))
    assert not cards["sql"].compact
    desk.check()


def test_a_team_names_its_ways_out(desk: Desk, qtbot: QtBot) -> None:
    team = flow("first.second -> second.input", first="agent", second="agent")
    desk.show(team)
    slot = desk.canvas.drawing.cards["first"].ports["out", "second"].slot
    assert slot.role == "hand_off" and slot.border == "right"
    wire = next(iter(desk.canvas.drawing.wires.values()))
    assert wire.pen().dashPattern() and wire.pen().widthF() > 2.4


def test_error_tools_and_values_have_wires_of_their_own(desk: Desk) -> None:
    pens = {str(wire.edge): wire.pen() for wire in desk.canvas.drawing.wires.values()}
    value, tool, error = (
        pens["read.rows -> filter.input"],
        pens["sql.tool -> triage.tools"],
        pens["triage.error -> mail.input"],
    )
    assert not value.dashPattern() and tool.dashPattern() and not error.dashPattern()
    assert len({pen.color().rgb() for pen in (value, tool, error)}) == 3


def test_a_loop_tints_what_repeats_with_it() -> None:
    looped = flow(
        "read.rows -> again.start",
        "again.body -> work.input",
        "work.output -> check.input",
        "check.output -> again.again",
        "again.done -> end.input",
        read="file.read",
        again="loop",
        work="data.set",
        check="data.set",
        end="data.set",
    )
    assert loop_bodies(looped) == {"again": frozenset({"again", "work", "check"})}
    assert loop_bodies(sample()) == {}


def test_the_ground_of_a_loop_covers_its_cards() -> None:
    areas = [QRectF(0, 0, 100, 80), QRectF(300, 20, 100, 80)]
    shape = ground(areas)
    assert all(shape.contains(area) for area in areas) and not shape.contains(QRectF(200, 200, 10, 10))


def test_a_wire_that_leads_back_goes_around_the_cards(desk: Desk) -> None:
    back = flow("b.output -> a.again", "a.body -> b.input", a="loop", b="data.set")
    desk.show(back)
    wire = next(wire for wire in desk.canvas.drawing.wires.values() if str(wire.edge) == "b.output -> a.again")
    lowest = max(card.area().bottom() for card in desk.canvas.drawing.cards.values())
    assert wire.path().boundingRect().bottom() > lowest


def behind(desk: Desk, text: str) -> set[str]:
    """The cards that a wire runs behind."""
    wire = next(wire for wire in desk.canvas.drawing.wires.values() if str(wire.edge) == text)
    cards = desk.canvas.drawing.cards.values()
    ends = (wire.source.card.id, wire.target.card.id)
    points = [wire.path().pointAtPercent(i / 60) for i in range(61)]
    return {card.id for card in cards if card.id not in ends and any(card.area().contains(p) for p in points)}


def test_a_long_wire_goes_past_the_cards_in_its_way(desk: Desk) -> None:
    assert behind(desk, "triage.error -> mail.input") == set()
    desk.on(g.Connect(Edge.parse("read.rows -> order.input")))
    assert behind(desk, "read.rows -> order.input") == set()
    desk.on(g.Move({"severe": (1400.0, 200.0)}))
    assert behind(desk, "triage.error -> mail.input") == set()


def test_in_a_large_drawing_wires_take_the_straight_way() -> None:
    lanes = Lanes({str(i): CardItem() for i in range(MOST + 1)})
    assert lanes.around(QPointF(0, 0), QPointF(2000, 0), 180, ("", "")) is None


def test_sixty_canvases_open_and_close(qtbot: QtBot) -> None:
    workflow = sample()
    for _ in range(60):
        canvas = Canvas()
        canvas.render(workflow)
        canvas.deleteLater()
        QApplication.sendPostedEvents(canvas, QEvent.Type.DeferredDelete)
    assert canvas._closed


def test_a_deleted_node_is_gone_from_memory(desk: Desk) -> None:
    left = [weakref.ref(card) for card in desk.canvas.drawing.cards.values()]
    desk.show(edits.delete(desk.workflow, [*desk.workflow.by_key]))
    gc.collect()
    assert not [one for one in left if one() is not None]


def test_a_closed_canvas_can_be_closed_again(qtbot: QtBot) -> None:
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.render(sample())
    canvas.close_canvas()
    canvas.close_canvas()
    assert not canvas.drawing.cards


def test_the_picture_holds_the_whole_drawing(desk: Desk) -> None:
    image = desk.canvas.grab_image(0.5)
    assert not image.isNull() and image.width() > 1000
    colors = {QColor(image.pixel(x, image.height() // 3)).name() for x in range(0, image.width(), 7)}
    assert len(colors) > 8


def test_card_sizes_leave_room_for_a_run(desk: Desk) -> None:
    sizes = desk.canvas.card_sizes()
    assert set(sizes) == set(desk.workflow.by_key)
    card = desk.canvas.drawing.cards["mail"]
    assert sizes["mail"][0] == card._width and sizes["mail"][1] > card._height


@pytest.mark.parametrize("zoom", [1.0, 0.5, 0.3, 0.1])
def test_every_level_of_detail_paints(desk: Desk, zoom: float) -> None:
    desk.look(zoom, 1300, 300)
    desk.canvas.view.rest()
    image: QImage = desk.canvas.view.viewport().grab().toImage()
    colors = {image.pixel(x, y) for x in range(0, image.width(), 9) for y in range(0, image.height(), 9)}
    assert len(colors) >= 12
