"""Help for one node type, made from the type itself: what it does, its ports, an example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from designer.forms.row_notes import marked
from designer.forms.text_box import TextBox
from designer.resources import tr
from designer.theme import font, space, tokens, watcher
from designer.widgets import IconButton, label
from engine.nodes.node_type import NodeType
from engine.workflow.shape import Port


class NodeHelp(QWidget):
    """Rebuilt when the type or its ports change."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(space.S)
        self._inner: QWidget | None = None
        self._shown: tuple[object, ...] = ()

    def show_type(self, node_type: NodeType, params: Mapping[str, Any]) -> None:
        """Show the help of this type, with the ports that these params give it."""
        shape = node_type.shape(params)
        shown = (node_type.name, shape.inputs, shape.outputs)
        if shown == self._shown:
            return
        self._shown = shown
        if self._inner is not None:
            self._box.removeWidget(self._inner)
            self._inner.hide()
            self._inner.deleteLater()
        self._inner = QWidget(self)
        box = QVBoxLayout(self._inner)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(space.S)
        about = node_type.params.__doc__ or ""
        box.addWidget(label(tr(node_type.summary, "nodes"), wrap=True))
        if about:
            box.addWidget(label(tr(about, "nodes"), "small", wrap=True))
        for title, ports in ((tr("In", "forms"), shape.inputs), (tr("Out", "forms"), shape.outputs)):
            if ports:
                box.addWidget(_heading(title))
                box.addWidget(_ports(ports))
        if node_type.example:
            box.addWidget(_Example(node_type.example.strip()))
        self._box.addWidget(self._inner)


class _Example(QFrame):
    """A whole small workflow file, to read and to copy."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text
        head = QHBoxLayout()
        head.addWidget(_heading(tr("Example", "forms")), 1)
        copy = IconButton("copy", tr("Copy the example", "forms"))
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(text))
        head.addWidget(copy)
        shown = TextBox(self, lines=2, most=40, mono=True)
        shown.setFont(font("mono_small"))
        shown.set_text(text)
        shown.setReadOnly(True)
        shown.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(space.XS)
        box.addLayout(head)
        box.addWidget(shown)


class _Name(QLabel):
    """A port's name in the colour of its type."""

    def __init__(self, port: Port) -> None:
        super().__init__(port.name)
        self._type = port.type
        self.setFont(font("mono_small"))
        watcher().changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        self.setStyleSheet(f"color: {tokens().kind[self._type].name()}")


def _ports(ports: Sequence[Port]) -> QWidget:
    made = QWidget()
    grid = QGridLayout(made)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(space.M)
    grid.setVerticalSpacing(space.XS)
    for row, port in enumerate(ports):
        grid.addWidget(_Name(port), row, 0, Qt.AlignmentFlag.AlignTop)
        help = label("", "small", wrap=True)
        help.setTextFormat(Qt.TextFormat.RichText)
        words = [tr(port.type, "ports") if port.type != "any" else "", marked(tr(port.help, "nodes"))]
        help.setText(". ".join(word for word in words if word))
        grid.addWidget(help, row, 1)
    grid.setColumnStretch(1, 1)
    return made


def _heading(text: str) -> QLabel:
    made = label(text)
    made.setFont(font("small", 600))
    return made
