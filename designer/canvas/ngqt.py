"""The only import of NodeGraphQt: the version whose insides we override, and the parts of it that we use.

What we do not use at all: its undo stack, menus, tab search, groups, session files and copying. Each of its faults that
we step around has a probe in `tests/designer/canvas`.
"""

from __future__ import annotations

import contextlib
import importlib.abc
import os
import sys
import types
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

VERSION = "0.6.44"
"""Its insides are overridden: another version is a change of ours, not of an installer."""

PARTS = ("QtCore", "QtGui", "QtSvg", "QtWidgets")
"""The parts of Qt that NodeGraphQt imports."""

Z_BOX, Z_REGION, Z_WIRE, Z_CARD, Z_PORT, Z_HELD = -20.0, -10.0, -1.0, 1.0, 2.0, 50.0


class _OnlyParts(importlib.abc.MetaPathFinder):
    """Says of the parts of Qt that NodeGraphQt does not use that they are not installed."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name.startswith("PySide6.Qt") and name.removeprefix("PySide6.") not in PARTS:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


@contextlib.contextmanager
def _cheaply() -> Iterator[None]:
    """Import NodeGraphQt in a third of the time.

    Qt.py would load every part of Qt that is there, QML and SQL among them. distutils is wanted for comparing two
    version numbers; it is gone from Python 3.12 and frozen builds, and before that setuptools' copy of it is slow.
    """
    finder, made_up = _OnlyParts(), "distutils" not in sys.modules
    if made_up:
        sys.modules["distutils"] = types.ModuleType("distutils")
        sys.modules["distutils.version"] = types.ModuleType("distutils.version")
        sys.modules["distutils.version"].LooseVersion = _numbers  # type: ignore[attr-defined]
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        if made_up:
            del sys.modules["distutils"], sys.modules["distutils.version"]


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


if TYPE_CHECKING:
    from PySide6.QtCore import QObject
    from PySide6.QtGui import QUndoStack
    from PySide6.QtWidgets import QGraphicsItem, QGraphicsPathItem, QGraphicsView, QRubberBand, QWidget

    class PortItem(QGraphicsItem):
        connected_pipes: list[Any]

    class PipeItem(QGraphicsPathItem):
        def delete(self) -> None: ...

    class AbstractNodeItem(QGraphicsItem):
        id: str

        def delete(self) -> None: ...

    class NodeViewer(QGraphicsView):
        _LIVE_PIPE: Any
        _SLICER_PIPE: Any
        _rubber_band: QRubberBand
        _prev_selection_nodes: list[Any]
        _node_positions: dict[Any, Any]
        acyclic: bool

        def __init__(self, parent: QWidget | None = None, undo_stack: QUndoStack | None = None) -> None: ...

    class BaseNode:
        id: str
        view: Any
        model: Any
        _model: Any
        _inputs: list[Any]
        _outputs: list[Any]

        def __init__(self, qgraphics_item: type[Any]) -> None: ...
        def add_input(self, name: str, multi_input: bool) -> Any: ...
        def add_output(self, name: str, multi_output: bool) -> Any: ...
        def inputs(self) -> dict[str, Any]: ...
        def outputs(self) -> dict[str, Any]: ...

    class NodeGraph(QObject):
        model: Any
        _model: Any

        def __init__(self, *, viewer: NodeViewer, undo_stack: QUndoStack) -> None: ...
        def add_node(self, node: BaseNode, *, pos: list[float], selected: bool, push_undo: bool) -> None: ...

    class NodesRemovedCmd:
        def __init__(self, graph: NodeGraph, nodes: list[BaseNode], emit_signal: bool) -> None: ...
        def redo(self) -> None: ...

else:
    os.environ["QT_PREFERRED_BINDING"] = "PySide6"  # Qt.py would take another binding that happens to be installed
    with warnings.catch_warnings(), _cheaply():
        warnings.simplefilter("ignore", DeprecationWarning)
        from NodeGraphQt import BaseNode, NodeGraph
        from NodeGraphQt.base.commands import NodesRemovedCmd
        from NodeGraphQt.pkg_info import __version__ as _found
        from NodeGraphQt.qgraphics.node_abstract import AbstractNodeItem
        from NodeGraphQt.qgraphics.pipe import PipeItem
        from NodeGraphQt.qgraphics.port import PortItem
        from NodeGraphQt.widgets.viewer import NodeViewer
    if _found != VERSION:
        raise ImportError(f"The canvas overrides the insides of NodeGraphQt {VERSION}; {_found} is installed.")

__all__ = [
    "VERSION",
    "Z_BOX",
    "Z_CARD",
    "Z_HELD",
    "Z_PORT",
    "Z_REGION",
    "Z_WIRE",
    "AbstractNodeItem",
    "BaseNode",
    "NodeGraph",
    "NodeViewer",
    "NodesRemovedCmd",
    "PipeItem",
    "PortItem",
]
