"""What must hold after any gesture whatsoever: of the drawing, the document, NodeGraphQt's state and the process."""

from __future__ import annotations

import gc
from collections import Counter

from designer.canvas.box import Box
from designer.canvas.canvas import Canvas
from designer.canvas.card import Card
from designer.canvas.port import Port
from designer.canvas.slots import edge_id
from designer.canvas.wire import Wire
from engine.workflow.canonical import to_json
from engine.workflow.file import dump_text, load_text
from engine.workflow.model import Workflow

ITEMS = (Card, Box, Wire, Port)


def whole(workflow: Workflow) -> None:
    """The document is one that could be saved."""
    assert Workflow.model_validate(workflow.model_dump()) == workflow
    assert all(edge.source in workflow.by_key and edge.target in workflow.by_key for edge in workflow.edges)
    assert len(set(workflow.edges)) == len(workflow.edges)
    assert workflow.layout.keys() <= workflow.by_key.keys()


def kept(workflow: Workflow) -> None:
    """Its file says the same (dearer, so not after every gesture)."""
    assert to_json(load_text(dump_text(workflow))) == to_json(workflow)


def at_rest(canvas: Canvas) -> None:
    """No button is down: nothing is faded, marked, held or lifted, and what is selected is so everywhere."""
    drawing, stage, view = canvas.drawing, canvas.stage, canvas.view
    assert canvas.hand.drag is None
    assert not view.cut.isVisible()
    assert not view.held.isVisible() or canvas.quick_add.isVisible(), "a wire is held, and nobody asks what for"
    for key, card in drawing.cards.items():
        assert card.id == key and card.node.id == key
        assert not card.faded, f"{key} is faded"
        assert not any(port.faded or port.offered for port in card.ports.values()), f"a port of {key} is faded"
        assert list(card.node.inputs()) == [name for side, name in card.ports if side == "in"]
        assert list(card.node.outputs()) == [name for side, name in card.ports if side == "out"]
    marks = {str(edge): wire.mark for wire in drawing.wires.values() if wire.mark and (edge := wire.edge)}
    assert not {"cut", "target"} & set(marks.values()), marks
    picked = canvas.selected_edge()
    assert [one for one, mark in marks.items() if mark == "picked"] == ([str(picked)] if picked is not None else [])
    assert picked is None or drawing.wires[edge_id(picked)] is stage.picked
    chosen = set(canvas.selected())
    assert chosen == {item.id for item in drawing.items() if item.isSelected()}
    assert chosen == {item.id for item in view.scene().selectedItems() if isinstance(item, (Card, Box))}


def scene_is_drawn(canvas: Canvas) -> None:
    """The scene holds what is drawn and nothing that was."""
    drawing = canvas.drawing
    assert in_scene(canvas) == drawn(canvas), (in_scene(canvas), drawn(canvas))
    sprites = drawing.sprites
    assert set(sprites._kept) <= set(drawing.items())
    assert sprites._bytes == sum(sprite.size for sprite in sprites._kept.values())


def in_scene(canvas: Canvas) -> Counter[str]:
    """Items by class."""
    return Counter(type(item).__name__ for item in canvas.view.scene().items() if isinstance(item, ITEMS))


def drawn(canvas: Canvas) -> Counter[str]:
    """Items that there should be, by class."""
    drawing = canvas.drawing
    ports = sum(len(card.ports) for card in drawing.cards.values())
    found = {"Card": len(drawing.cards), "Box": len(drawing.boxes), "Wire": len(drawing.wires), "Port": ports}
    return Counter({name: count for name, count in found.items() if count})


def alive() -> Counter[str]:
    """Items that Python holds, of all canvases, after a collection."""
    gc.collect()
    return Counter(type(one).__name__ for one in gc.get_objects() if isinstance(one, ITEMS))
