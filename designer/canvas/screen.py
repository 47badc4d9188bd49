"""NodeGraphQt's controller with every slot that changes something replaced: the screen reports, the document acts."""

from __future__ import annotations

from PySide6.QtGui import QUndoStack

from designer.canvas.box import Box
from designer.canvas.card import Card
from designer.canvas.ngqt import BaseNode, NodeGraph, NodesRemovedCmd, NodeViewer


class StepNode(BaseNode):
    """The one kind of node on screen; what it is, is in the document."""

    __identifier__ = "signalbox"
    NODE_NAME = "step"

    def __init__(self) -> None:
        super().__init__(qgraphics_item=Card)

    def update(self) -> None:
        """The base class copies its whole model into the item, which takes nothing from it."""


class BoxNode(BaseNode):
    """A frame or a note on screen."""

    __identifier__ = "signalbox"
    NODE_NAME = "box"

    def __init__(self) -> None:
        super().__init__(qgraphics_item=Box)


class Screen(NodeGraph):
    """Its registry and its public calls are used with our keys as ids, so that its own model stays true.

    Its slots that answer the viewer by changing nodes are empty: gestures are ours, so its undo stack is never written.
    """

    def __init__(self, viewer: NodeViewer, undo_stack: QUndoStack) -> None:
        super().__init__(viewer=viewer, undo_stack=undo_stack)
        self._model.acyclic = False  # else a wire into an occupied output is lost without a word; circles are our rule
        viewer.acyclic = False

    def get_unique_name(self, name: str) -> str:
        """As it is: the base class compares with every node, which took 15 s of 40 for 5,000 nodes."""
        return name

    def _on_connection_changed(self, disconnected: object, connected: object) -> None: ...

    def _on_connection_sliced(self, ports: object) -> None: ...

    def _on_insert_node(self, pipe: object, node_id: object, prev_node_pos: object) -> None: ...

    def _on_search_triggered(self, node_type: object, pos: object) -> None: ...

    def _on_node_data_dropped(self, data: object, pos: object) -> None: ...

    def _on_nodes_moved(self, node_data: object) -> None: ...

    def _on_node_name_changed(self, node_id: object, name: object) -> None: ...

    def _on_node_backdrop_updated(self, node_id: object, update_property: object, value: object) -> None: ...

    def put(self, node: BaseNode, key: str, x: float, y: float) -> None:
        """Add a node under our key."""
        node._model.id = key
        node.view.id = key
        self.add_node(node, pos=[x, y], selected=False, push_undo=False)

    def remove(self, node: BaseNode) -> None:
        """Take a node away; its wires are gone already."""
        NodesRemovedCmd(self, [node], emit_signal=False).redo()
