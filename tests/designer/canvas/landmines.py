"""Each fault and limit of NodeGraphQt that `designer/canvas` steps around, tried on NodeGraphQt as it comes.

`python -m tests.designer.canvas.landmines` prints a line of JSON for each probe: whether the fault is still there.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import inspect
import io
import json
import os
import sys
import traceback
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

os.environ["QT_PREFERRED_BINDING"] = "PySide6"
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl, qInstallMessageHandler
from PySide6.QtGui import QKeySequence, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QGraphicsItem,
    QGraphicsRectItem,
    QGraphicsScene,
    QGraphicsSceneMouseEvent,
    QGraphicsView,
)

from designer.canvas import ngqt  # makes NodeGraphQt importable where distutils is gone

LEFT, MIDDLE, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.NoButton
PLAIN, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier


@dataclass(frozen=True)
class Probe:
    """`there` is true while the fault is; `mended` says what of ours can go once it is not."""

    there: Callable[[Stock], bool]
    mended: str


PROBES: dict[str, Probe] = {}


def probe(mended: str) -> Callable[[Callable[[Stock], bool]], Callable[[Stock], bool]]:
    """Register a probe under its function's name."""

    def keep(there: Callable[[Stock], bool]) -> Callable[[Stock], bool]:
        PROBES[there.__name__] = Probe(there, mended)
        return there

    return keep


class Plain(ngqt.BaseNode):  # type: ignore[misc]
    """A node as NodeGraphQt draws it."""

    __identifier__ = "stock"
    NODE_NAME = "plain"

    def __init__(self) -> None:
        super().__init__()
        self.add_input("many", multi_input=True)
        self.add_input("one", multi_input=False)
        self.add_output("single", multi_output=False)
        self.add_output("several", multi_output=True)


class Stock:
    """A graph of NodeGraphQt with two wired nodes, shown; nothing of ours is in it."""

    kept: list[Stock] = []

    def __init__(self) -> None:
        Stock.kept.append(self)
        self.graph: Any = ngqt.NodeGraph()
        self.graph.register_node(Plain)
        self.viewer: Any = self.graph.viewer()
        self.viewer.resize(1000, 700)
        self.viewer.show()
        QApplication.processEvents()
        self.a, self.b = self.node("a", -200, 0), self.node("b", 200, 0)
        self.wire(self.a, "several", self.b, "many")
        QApplication.processEvents()

    def node(self, name: str, x: float, y: float) -> Any:
        return self.graph.create_node("stock.Plain", name=name, pos=[x, y], selected=False, push_undo=False)

    def wire(self, a: Any, out: str, b: Any, into: str) -> None:
        a.outputs()[out].connect_to(b.inputs()[into], push_undo=False)

    def spot(self, place: QPointF) -> QPoint:
        found: QPoint = self.viewer.mapFromScene(place)
        return found

    def on_node(self, node: Any) -> QPoint:
        return self.spot(node.view.sceneBoundingRect().center())

    def on_wire(self) -> QPoint:
        pipe = self.viewer.all_pipes()[0]
        return self.spot(pipe.mapToScene(pipe.path().pointAtPercent(0.5)))

    def send(self, kind: QEvent.Type, at: QPoint, button: Any = NONE, buttons: Any = NONE, mods: Any = PLAIN) -> None:
        port = self.viewer.viewport()
        over = QPointF(port.mapToGlobal(at))
        QApplication.sendEvent(port, QMouseEvent(kind, QPointF(at), over, button, buttons, mods))

    def press(self, at: QPoint, button: Any = LEFT, mods: Any = PLAIN) -> None:
        self.send(QEvent.Type.MouseMove, at, NONE, NONE, mods)
        self.send(QEvent.Type.MouseButtonPress, at, button, button, mods)

    def move(self, at: QPoint, button: Any = LEFT, mods: Any = PLAIN) -> None:
        self.send(QEvent.Type.MouseMove, at, NONE, button, mods)

    def release(self, at: QPoint, button: Any = LEFT, mods: Any = PLAIN) -> None:
        self.send(QEvent.Type.MouseButtonRelease, at, button, NONE, mods)

    def click(self, at: QPoint, mods: Any = PLAIN) -> None:
        self.press(at, mods=mods)
        self.release(at, mods=mods)


# ---- the viewer
@probe("`View.mousePressEvent` need not keep wires from the base class (a click on a wire does not tear it off)")
def a_click_on_a_wire_deletes_it_while_the_button_is_down(stock: Stock) -> bool:
    before = stock.viewer.all_pipes()
    at = stock.on_wire()
    stock.press(at)
    held = stock.viewer.all_pipes()
    stock.release(at)
    return len(before) == 1 and before[0] not in held


@probe("Shift and a press near a wire may go to the base class")
def shift_and_a_press_near_a_wire_starts_a_wire(stock: Stock) -> bool:
    QTest.keyPress(stock.viewer, Qt.Key.Key_Shift, SHIFT)
    stock.press(stock.on_wire(), mods=SHIFT)
    return bool(stock.viewer._LIVE_PIPE.isVisible())


@probe("modifiers may be left to the base class, which takes them from the mouse event now")
def modifiers_are_learnt_from_keys_alone(stock: Stock) -> bool:
    stock.click(stock.on_node(stock.a))
    stock.click(stock.on_node(stock.b), mods=SHIFT)
    return len(stock.graph.selected_nodes()) == 1


@probe("`Hand` need not pan by itself with the middle button")
def a_pan_with_the_middle_button_dies_over_a_node(stock: Stock) -> bool:
    before = stock.viewer.scene_rect()
    start = stock.on_node(stock.a)
    stock.press(start, MIDDLE)
    stock.move(start + QPoint(60, 40), MIDDLE)
    stock.release(start + QPoint(60, 40), MIDDLE)
    return bool(before == stock.viewer.scene_rect())


@probe("`Camera._update_scene` can go: the base class keeps scale 1.0")
def the_view_is_fitted_with_a_margin(stock: Stock) -> bool:
    fresh: Any = ngqt.NodeViewer()
    Stock.kept.append(fresh)
    fresh.resize(1000, 700)
    fresh.show()
    QApplication.processEvents()
    return abs(fresh.transform().m11() - 1.0) > 0.001


@probe("`Stage.under` may ask `_items_near`")
def what_is_near_is_only_looked_for_above_and_to_the_left(stock: Stock) -> bool:
    area = stock.a.view.sceneBoundingRect()
    beside, inside = area.bottomRight() + QPointF(12, 12), area.topLeft() + QPointF(-4, -4)
    near = stock.viewer._items_near
    return stock.a.view in near(beside, type(stock.a.view)) and stock.a.view not in near(inside, type(stock.a.view))


@probe("moves may be taken from `moved_nodes` instead of from a comparison with the document")
def moves_are_reported_only_of_what_was_selected_at_the_press(stock: Stock) -> bool:
    told: list[Any] = []
    stock.viewer.moved_nodes.connect(lambda moved: told.extend(moved))
    start = stock.on_node(stock.a)
    stock.press(start)
    stock.b.view.setSelected(True)
    before = stock.b.view.xy_pos
    for step in (10, 30, 60):
        stock.move(start + QPoint(step, step))
    stock.release(start + QPoint(60, 60))
    return stock.b.view.xy_pos != before and stock.b.view not in told


@probe("`Screen.put` need not give a place")
def a_node_without_a_place_lands_elsewhere_than_its_model_says(stock: Stock) -> bool:
    stock.click(QPoint(425, 400))
    node = Plain()
    stock.graph.add_node(node, push_undo=False)
    return list(node.view.xy_pos) != list(node.model.pos)


@probe("`HoldWire` may use `start_live_connection`")
def the_wire_in_the_hand_does_not_know_its_port(stock: Stock) -> bool:
    port = stock.a.inputs()["many"].view
    stock.click(stock.spot(QPointF(0, 250)))
    stock.viewer._LIVE_PIPE.input_port = None
    stock.viewer.start_live_connection(port)
    return stock.viewer._LIVE_PIPE.input_port is None


@probe("a wire let go over nothing is reported: `HoldWire.drop` may listen to that")
def a_wire_into_nothing_is_not_reported(stock: Stock) -> bool:
    told: list[Any] = []
    stock.viewer.connection_changed.connect(lambda gone, new: told.append((gone, new)))
    port = stock.a.outputs()["several"].view
    start = stock.spot(port.sceneBoundingRect().center())
    nothing = stock.spot(QPointF(0, 250))
    stock.press(start)
    stock.move(nothing)
    stock.release(nothing)
    return not any(new for _, new in told) and not stock.viewer._LIVE_PIPE.isVisible()


@probe("`View` may be given the undo stack: its menu leaves Ctrl+Z to the window")
def the_viewers_menu_takes_ctrl_z(stock: Stock) -> bool:
    undo = stock.viewer.qaction_for_undo()
    return undo is not None and QKeySequence(QKeySequence.StandardKey.Undo) in undo.shortcuts()


@probe("`View.dropEvent` may go to the base class")
def a_dropped_file_raises(stock: Stock) -> bool:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("/no/such/file.csv")])
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            stock.graph._on_node_data_dropped(data, QPoint(0, 0))
    except TypeError:
        return True
    return False


@probe("quick add may be NodeGraphQt's search: it takes any text")
def the_search_fails_on_a_bracket(stock: Stock) -> bool:
    from NodeGraphQt.widgets.tab_search import TabSearchMenuWidget

    try:
        TabSearchMenuWidget._fuzzy_finder("(", ["plain"])
    except Exception as error:
        return "unterminated" in str(error) or "missing )" in str(error)
    return False


@probe("quick add may be NodeGraphQt's search: it no longer blocks")
def the_search_blocks_in_an_event_loop_of_its_own(stock: Stock) -> bool:
    from NodeGraphQt.widgets.tab_search import TabSearchMenuWidget

    return "exec_(" in inspect.getsource(TabSearchMenuWidget._show)


# ---- the graph
@probe("`Screen.__init__` need not switch `acyclic` off")
def another_wire_from_a_single_output_is_lost(stock: Stock) -> bool:
    c, d = stock.node("c", 400, 200), stock.node("d", 400, -200)
    stock.wire(stock.b, "single", c, "one")
    had = len(stock.b.outputs()["single"].connected_ports())
    stock.wire(stock.b, "single", d, "one")
    left = [stock.b.outputs()["single"], c.inputs()["one"], d.inputs()["one"]]
    return had == 1 and not any(port.connected_ports() for port in left)


@probe("`Screen.get_unique_name` can go: a name is found without asking every node")
def a_unique_name_asks_every_node(stock: Stock) -> bool:
    asked: list[str] = []
    plain = Plain.name
    Plain.name = lambda self: asked.append("") or plain(self)  # type: ignore[func-returns-value]
    try:
        stock.graph.get_unique_name("x")
    finally:
        Plain.name = plain
    return len(asked) >= 2


@probe("`Screen.put` may select")
def selected_is_ignored_without_an_undo_step(stock: Stock) -> bool:
    node = Plain()
    stock.graph.add_node(node, pos=[0, 300], selected=True, push_undo=False)
    return not node.view.isSelected()


@probe("`Screen.remove` may be `delete_nodes`: it tells once")
def deleting_several_nodes_is_told_twice(stock: Stock) -> bool:
    told: list[Any] = []
    stock.graph.nodes_deleted.connect(told.append)
    stock.graph.delete_nodes([stock.a, stock.b], push_undo=False)
    return len(told) == 2


@probe("`connected_ports` of a port's model may be read")
def a_ports_model_keeps_empty_lists_of_former_wires(stock: Stock) -> bool:
    out, into = stock.a.outputs()["several"], stock.b.inputs()["many"]
    out.disconnect_from(into, push_undo=False)
    return stock.b.id in out.model.connected_ports and not out.model.connected_ports[stock.b.id]


@probe("the undo stack of NodeGraphQt could be cleared after each gesture")
def clearing_the_undo_stack_while_it_tells_breaks_its_macro(stock: Stock) -> bool:
    heard: list[str] = []
    stock.graph.port_connected.connect(lambda *_: stock.graph.undo_stack().clear())
    before = qInstallMessageHandler(lambda kind, context, text: heard.append(text))
    stock.a.outputs()["several"].connect_to(stock.b.inputs()["one"])
    qInstallMessageHandler(before)
    return stock.graph.undo_stack().count() > 0 or any("beginMacro" in text for text in heard)


@probe("`Drawing.render` may push undo steps while signals are blocked")
def blocked_signals_do_not_keep_the_undo_stack_from_growing(stock: Stock) -> bool:
    stock.graph.undo_stack().clear()
    stock.graph.blockSignals(True)
    stock.a.outputs()["several"].connect_to(stock.b.inputs()["one"])
    return bool(stock.graph.undo_stack().count())


@probe("`ngqt` need not make up distutils")
def it_needs_distutils(stock: Stock) -> bool:
    modules = [importlib.import_module(f"NodeGraphQt.{name}") for name in ("base.menu", "widgets.viewer")]
    return any("distutils" in inspect.getsource(module) for module in modules)


@probe("`StepNode.update` can go: wiring does not copy the whole model into the item")
def every_change_copies_the_whole_model_into_the_item(stock: Stock) -> bool:
    copied: list[Any] = []
    stock.a.view.from_dict = copied.append
    stock.a.update()
    return bool(copied)


# ---- the items
@probe("`Box.mousePressEvent` is not needed: a frame may be pressed near a port")
def a_frame_pressed_near_a_port_raises(stock: Stock) -> bool:
    frame = stock.graph.create_node("nodeGraphQt.nodes.BackdropNode", pos=[-400, -200], push_undo=False)
    port = stock.a.outputs()["several"].view
    event = QGraphicsSceneMouseEvent(QEvent.Type.GraphicsSceneMousePress)
    event.setButton(LEFT)
    event.setScenePos(port.sceneBoundingRect().center())
    try:
        frame.view.mousePressEvent(event)
    except AttributeError as error:
        return "ItemIsMovable" in str(error)
    return False


@probe("states of a run may be colours of NodeGraphQt: setting one paints only its node")
def a_colour_paints_the_whole_scene_anew(stock: Stock) -> bool:
    asked: list[tuple[Any, ...]] = []
    scene = stock.viewer.scene()
    scene.update = lambda *area: asked.append(area)
    stock.a.set_property("color", (10, 20, 30, 255), push_undo=False)
    del scene.update
    return () in asked


@probe("ports' texts may be NodeGraphQt's: their font is set")
def the_font_of_a_ports_text_is_never_set(stock: Stock) -> bool:
    text = next(iter(stock.a.view._input_items.values()))
    size = text.font().pointSize()
    text.font().setPointSize(size + 5)
    source = inspect.getsource(type(stock.a.view))
    return text.font().pointSize() == size and "text.font().setPointSize(8)" in source


@probe("`Port.__init__` may call the base class: it makes no tool tip and no cache for each port")
def each_port_has_a_tool_tip_and_a_cache(stock: Stock) -> bool:
    port = stock.a.inputs()["many"].view
    return bool(port.toolTip()) and port.cacheMode() != QGraphicsItem.CacheMode.NoCache


@probe("`Wire.paint` may be the base class's")
def wires_are_painted_in_python(stock: Stock) -> bool:
    return "paint" in vars(ngqt.PipeItem)


@probe("`Port.itemChange` may be the base class's")
def each_port_draws_its_wires_anew_when_its_card_moves(stock: Stock) -> bool:
    drawn: list[int] = []
    pipe = stock.viewer.all_pipes()[0]
    draw = type(pipe).draw_path
    type(pipe).draw_path = lambda self, *args, **kwargs: drawn.append(1) or draw(self, *args, **kwargs)
    try:
        stock.a.view.setPos(-220, 10)
    finally:
        type(pipe).draw_path = draw
    return bool(drawn) and "itemChange" in vars(ngqt.PortItem)


@probe("cards may have embedded widgets: it has reroute dots, minimap, arrow keys and alignment of its own now")
def it_has_no_minimap_no_walking_and_no_alignment(stock: Stock) -> bool:
    known = " ".join([*dir(stock.graph), *dir(stock.viewer)]).lower()
    return not any(word in known for word in ("minimap", "mini_map", "align_nodes", "distribute_nodes", "reroute"))


# ---- PySide
@probe("`Port.connect_to` can go: PySide no longer gives a child item to the scene that it is asked for")
def a_child_item_asked_for_its_scene_is_kept_by_it(stock: Stock) -> bool:
    scene = QGraphicsScene()
    parent = QGraphicsRectItem(0, 0, 9, 9)
    child = QGraphicsRectItem(0, 0, 3, 3, parent)
    parent.child = child  # type: ignore[attr-defined]
    child.card = parent  # type: ignore[attr-defined]
    scene.addItem(parent)
    child.scene()
    scene.removeItem(parent)
    left = weakref.ref(parent)
    del parent, child
    gc.collect()
    return left() is not None


@probe("cards may keep `itemChange` as the base class has it: PySide calls no Python for it")
def an_item_change_written_in_python_is_called_for_each_change(stock: Stock) -> bool:
    called: list[Any] = []

    class Counting(QGraphicsRectItem):
        def itemChange(self, change: Any, value: Any) -> Any:
            called.append(change)
            return value

    view = QGraphicsView(scene := QGraphicsScene())
    item = Counting(0, 0, 9, 9)
    scene.addItem(item)
    item.setSelected(True)
    item.setZValue(3)
    view.close()
    return len(called) >= 3


def main() -> None:
    """Try the probes named on the command line, or all."""
    app = QApplication.instance() or QApplication(["landmines"])
    qInstallMessageHandler(lambda kind, context, text: None)
    for name in sys.argv[1:] or PROBES:
        print(json.dumps({"trying": name}), flush=True)
        try:
            found: dict[str, Any] = {"probe": name, "there": bool(PROBES[name].there(Stock()))}
        except Exception:
            found = {"probe": name, "there": None, "failed": traceback.format_exc()}
        print(json.dumps(found), flush=True)
    del app
    sys.stdout.flush()
    os._exit(0)  # what NodeGraphQt leaves behind may not live through an orderly end


if __name__ == "__main__":
    main()
