"""The only import of NodeGraphQt: the version whose insides we override, and the parts of it that we use.

What we do not use at all: its undo stack, menus, tab search, groups, session files and copying. Each of its faults that
we step around has a probe in `tests/designer/canvas`.
"""

from __future__ import annotations

import os
import sys
import types
import warnings
from typing import TYPE_CHECKING, Any

from PySide6 import QtCore, QtGui, QtSvg, QtWidgets

VERSION = "0.6.44"
"""Its insides are overridden: another version is a change of ours, not of an installer."""

Z_BOX, Z_REGION, Z_WIRE, Z_CARD, Z_PORT, Z_HELD = -20.0, -10.0, -1.0, 1.0, 2.0, 50.0


class _Part(types.ModuleType):
    """A part of Qt under the name that NodeGraphQt knows it by: what Qt 6 moved is found where it is now."""

    def __getattr__(self, name: str) -> Any:
        for part in (QtWidgets, QtGui, QtCore, QtSvg):
            if hasattr(part, name):
                return getattr(part, name)
        raise AttributeError(f"Qt has no {name}.")


def _stand_ins() -> dict[str, types.ModuleType]:
    """Modules in place of two that NodeGraphQt imports, which would take a third of the time until a window is shown.

    Qt.py loads every part of Qt, QML and SQL among them, and touches each of their thousands of names. distutils is
    wanted for comparing two version numbers; Python 3.12 and frozen builds have none, and setuptools' copy is slow.
    """
    qt, version = types.ModuleType("Qt"), types.ModuleType("distutils.version")
    for name in ("QtCore", "QtGui", "QtWidgets", "QtSvg", "QtCompat"):
        setattr(qt, name, _Part(f"Qt.{name}"))
    version.LooseVersion = _numbers  # type: ignore[attr-defined]
    return {"Qt": qt, "distutils": types.ModuleType("distutils"), "distutils.version": version}


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
    os.environ["QT_PREFERRED_BINDING"] = "PySide6"  # for whoever imports Qt.py: it takes any binding it finds
    before = {name: sys.modules.get(name) for name in _stand_ins()}
    sys.modules.update(_stand_ins())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from NodeGraphQt import BaseNode, NodeGraph
        from NodeGraphQt.base.commands import NodesRemovedCmd
        from NodeGraphQt.pkg_info import __version__ as _found
        from NodeGraphQt.qgraphics.node_abstract import AbstractNodeItem
        from NodeGraphQt.qgraphics.pipe import PipeItem
        from NodeGraphQt.qgraphics.port import PortItem
        from NodeGraphQt.widgets.viewer import NodeViewer
    for name, module in before.items():
        del sys.modules[name]
        if module is not None:
            sys.modules[name] = module
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
