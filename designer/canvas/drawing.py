"""What is on the canvas: cards, boxes and wires by our keys, made equal to a workflow by its differences."""

from __future__ import annotations

import gc
from collections.abc import Iterable

from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QGraphicsScene

from designer.canvas.box import Box
from designer.canvas.card import Card
from designer.canvas.lanes import Lanes
from designer.canvas.screen import BoxNode, Screen, StepNode
from designer.canvas.slots import NO_ENDS, EdgeId, Ends, edge_id, ends_of, only_a_tool, slots_of
from designer.canvas.sprites import Sprites
from designer.canvas.wire import Wire
from designer.resources import tr
from engine.nodes.catalog import CATALOG
from engine.workflow.model import Edge, Node, Note, Workflow

EMPTY = Workflow(name="empty")
NOWHERE = (0.0, 0.0)
MANY = 200
"""So many new nodes at once are a workflow that is opened."""
DETAILS = ("model", "role", "workflow")
"""Params whose value says most about a node; shown beside its type."""


class Drawing:
    """Renders one way; emits nothing, and leaves NodeGraphQt's undo stack empty."""

    def __init__(self, screen: Screen, scene: QGraphicsScene) -> None:
        self.screen, self.scene = screen, scene
        self.sprites = Sprites()
        self.workflow = EMPTY
        self.cards: dict[str, Card] = {}
        self.boxes: dict[str, Box] = {}
        self.lanes = Lanes(self.cards)
        self.wires: dict[EdgeId, Wire] = {}
        self.touched: set[str] = set()
        """The cards that the last rendering made, changed or wired."""
        self._ends: dict[str, Ends] = {}
        self._drawn: dict[str, Node] = {}

    def item(self, key: str) -> Card | Box | None:
        """The card, frame or note with this key."""
        return self.cards.get(key) or self.boxes.get(key)

    def items(self) -> Iterable[Card | Box]:
        """All of them."""
        return (*self.cards.values(), *self.boxes.values())

    def render(self, after: Workflow) -> None:
        """Show this workflow; what is equal is not touched."""
        before, self.workflow = self.workflow, after
        self.touched = set()
        self.screen.blockSignals(True)
        pause = gc.isenabled() and len(after.nodes) > len(before.nodes) + MANY
        if pause:
            gc.disable()  # everything that is made here stays: looking for garbage took a fifth of the time
        try:
            rewired = self._drop_edges(after) if before.edges is not after.edges else set()
            if before.nodes is not after.nodes:
                self._drop_nodes(after)
            self._drop_boxes(after)  # before a node comes under the same key
            if before.nodes is not after.nodes or rewired:
                self._dress_nodes(after, rewired)
            self.resync()
            if before.notes is not after.notes:
                self._boxes(after)
            if before.nodes is not after.nodes or before.edges is not after.edges:
                for edge in after.edges:
                    if edge_id(edge) not in self.wires:
                        self._add_wire(edge)
        finally:
            self.screen.blockSignals(False)
            if pause:
                gc.enable()

    def resync(self) -> None:
        """Put everything where the document says, after a gesture that was refused or changed by others."""
        layout = self.workflow.layout
        for key, card in self.cards.items():
            place = layout.get(key, NOWHERE)
            if card.place_now != place:
                card.place(*place)
        for key, note in self.workflow.notes.items():
            box = self.boxes.get(key)
            if box is not None and (box.x(), box.y(), box._width, box._height) != note.rect:
                box.show_note(note)

    def _drop_edges(self, after: Workflow) -> set[str]:
        """Take away wires that are no more; the nodes whose edges changed."""
        wanted = {edge_id(edge) for edge in after.edges}
        gone = [one for one in self.wires if one not in wanted]
        changed = {key for one in (*gone, *(wanted - self.wires.keys())) for key in (one[0], one[2])}
        for one in gone:
            self._drop_wire(one)
        return changed or {key for one in wanted for key in (one[0], one[2])}  # only their order is another

    # ---- nodes
    def _drop_nodes(self, after: Workflow) -> None:
        for key in [key for key in self.cards if key not in after.by_key]:
            self._drop_wires_of(key)
            card = self.cards.pop(key)
            self._drawn.pop(key, None)
            self._ends.pop(key, None)
            self.sprites.drop(card)
            self.screen.remove(card.node)

    def _dress_nodes(self, after: Workflow, rewired: set[str]) -> None:
        changed = [node for node in after.nodes if self._drawn.get(node.key) is not node or node.key in rewired]
        keys = {node.key for node in changed}
        ends = ends_of(after, keys)
        for node in changed:
            card, used = self.cards.get(node.key), ends.get(node.key, NO_ENDS)
            if card is None:
                self._add_card(node, used, after.layout.get(node.key, NOWHERE))
            elif self._drawn.get(node.key) is not node or self._ends.get(node.key, NO_ENDS) != used:
                self._change_card(card, node, used)
            self._ends[node.key] = used

    def _add_card(self, node: Node, used: Ends, place: tuple[float, float]) -> None:
        step = StepNode()
        card: Card = step.view
        card.id, card.node, card.sprites = node.key, step, self.sprites
        self.cards[node.key], self._drawn[node.key] = card, node
        self.touched.add(node.key)
        self._set_slots(card, node, used)
        dress(card, node)
        card.lay_out()
        self.screen.put(step, node.key, *place)

    def _change_card(self, card: Card, node: Node, used: Ends) -> None:
        self._drawn[node.key] = node
        self.touched.add(node.key)
        slots = slots_of(node, used)
        if slots != tuple(port.slot for port in card.ports.values()):
            self._drop_wires_of(node.key)  # they come back, in the document's order, to the new ports
            for port in card.ports.values():
                self.scene.removeItem(port)
            card.node._inputs.clear()
            card.node._outputs.clear()
            card.node.model.inputs.clear()
            card.node.model.outputs.clear()
            self._set_slots(card, node, used)
        card.compact = only_a_tool(slots, used)
        dress(card, node)
        card.lay_out()

    def _set_slots(self, card: Card, node: Node, used: Ends) -> None:
        slots = slots_of(node, used)
        card.set_slots(slots)
        card.compact = only_a_tool(slots, used)
        for slot in slots:
            if slot.side == "in":
                card.node.add_input(slot.name, multi_input=True)
            else:
                card.node.add_output(slot.name, multi_output=True)

    # ---- wires
    def _add_wire(self, edge: Edge) -> None:
        source, target = self.cards.get(edge.source), self.cards.get(edge.target)
        if source is None or target is None:
            return  # an edge from or to nowhere: the checks speak of it
        source.node.outputs()[edge.out].connect_to(target.node.inputs()[edge.into], push_undo=False, emit_signal=False)
        wire: Wire = source.ports["out", edge.out].wires[-1]
        wire.edge, wire.ways = edge, self.lanes
        self.wires[edge_id(edge)] = wire
        self.touched |= {edge.source, edge.target}
        source.refresh()  # a port is hollow or filled
        target.refresh()

    def _drop_wire(self, one: EdgeId) -> None:
        wire = self.wires.pop(one)
        source, target = self.cards[one[0]], self.cards[one[2]]
        source.node.outputs()[one[1]].disconnect_from(target.node.inputs()[one[3]], push_undo=False, emit_signal=False)
        source.refresh()
        target.refresh()
        wire.edge = wire._input_port = wire._output_port = None

    def _drop_wires_of(self, key: str) -> None:
        for wire in list(self.cards[key].wires()):
            if wire.edge is not None and edge_id(wire.edge) in self.wires:
                self._drop_wire(edge_id(wire.edge))

    def reroute(self) -> None:
        """Cards moved or grew: long wires and those that lead back look for their way again."""
        for wire in self.wires.values():
            if wire.wanders:
                wire.draw_path()

    def settle(self, still: bool) -> None:
        """The zoom moves, or has come to rest: whether pictures are made at the scale that is seen."""
        if still is not self.sprites.settled:
            self.sprites.settled = still
            for wire in self.wires.values():
                wire.set_cached(still)

    # ---- frames and notes
    def _drop_boxes(self, after: Workflow) -> None:
        for key in [key for key in self.boxes if key not in after.notes]:
            self.sprites.drop(box := self.boxes.pop(key))
            self.screen.remove(box.node)

    def _boxes(self, after: Workflow) -> None:
        for key, note in after.notes.items():
            if key not in self.boxes:
                self._add_box(key, note)
            elif self.boxes[key].what is not note:
                self.boxes[key].show_note(note)

    def _add_box(self, key: str, note: Note) -> None:
        node = BoxNode()
        box: Box = node.view
        box.id, box.node, box.sprites, box.what = key, node, self.sprites, note
        self.boxes[key] = box
        self.screen.put(node, key, note.rect[0], note.rect[1])
        box.show_note(note)

    # ---- the whole
    def bounds(self, keys: Iterable[str] | None = None) -> QRectF:
        """The part of the drawing that holds these, or everything."""
        wanted = self.items() if keys is None else [item for key in keys if (item := self.item(key)) is not None]
        area = QRectF()
        for item in wanted:
            area = area.united(item.area())
        return area

    def clear(self) -> None:
        """Show nothing, so that NodeGraphQt can go."""
        self.render(EMPTY)
        self.sprites.clear()


def dress(card: Card, node: Node) -> None:
    """The words, icon and category of a node's type."""
    found = CATALOG.get(node.type)
    card.mode, card.missing = node.mode, found is None
    card.category, card.icon = (found.category, found.icon) if found else ("missing", "circle-help")
    detail = next((str(node.params[name]) for name in DETAILS if isinstance(node.params.get(name), str)), "")
    if found is None:
        card.title = node.title or node.key
        card.subtitle = tr("Unknown type: {type}", "Canvas").format(type=node.type)
        return
    kind = tr(found.title, "NodeType")
    card.title = node.title or kind
    parts = [kind if node.title else node.key, detail if "{{" not in detail else ""]
    card.subtitle = " · ".join(part for part in parts if part)
