"""The top of a node's inspector: icon, title and key to edit in place, type."""

from __future__ import annotations

import re

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from designer.resources import tr
from designer.theme import font, pixmap, soft, space, tokens, watcher
from designer.widgets import ElidedLabel
from engine.nodes.node_type import NodeType
from engine.workflow.model import KEY, Node, Workflow

FIELD = 7
"""From the edge of the title's field to its text: border, padding and what Qt adds."""


class Tile(QWidget):
    """A node type's icon on the colour of its category."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon, self._tone = "circle-help", "missing"
        self.setFixedSize(36, 36)
        watcher().changed.connect(self.update)

    def put(self, icon: str, tone: str) -> None:
        """Another icon."""
        self._icon, self._tone = icon, tone
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        color = tokens().category.get(self._tone, tokens().muted)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(soft(color, 40))
        painter.drawRoundedRect(QRectF(self.rect()), 8, 8)
        painter.drawPixmap(9, 9, pixmap(self._icon, color, 18, self.devicePixelRatioF()))
        painter.end()


class NodeHead(QWidget):
    """`title_changed` while typing (debounced by the owner), `key_changed` once, when the key is finished and free."""

    title_changed = Signal(str)
    key_changed = Signal(str)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys: frozenset[str] = frozenset()
        self._key = ""
        self.tile = Tile(self)
        self.title = QLineEdit(self)
        self.title.setFont(font("title"))
        self.title.setProperty("kind", "title")
        self.title.setMaxLength(200)
        self.title.setAccessibleName(tr("Title", "node"))
        self.title.textEdited.connect(self.title_changed)
        self.title.editingFinished.connect(self.left)
        self.type = ElidedLabel(parent=self, role="small")
        self.type.setContentsMargins(FIELD, 0, 0, 0)  # under the text of the title, not under its field
        self.key = QLineEdit(self)
        self.key.setFont(font("mono_small"))
        self.key.setProperty("kind", "title")
        self.key.setMaxLength(63)
        self.key.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.key.setAccessibleName(tr("Key", "node"))
        self.key.setToolTip(tr("The node's name in expressions: steps.<key>", "node"))
        self.key.textEdited.connect(lambda _text: self._judge())
        self.key.textChanged.connect(self._fit_key)
        self.key.editingFinished.connect(self._finish_key)
        self.fault = QLabel(self)
        self.fault.setProperty("role", "danger")
        self.fault.setFont(font("small"))
        self.fault.setWordWrap(True)
        self.fault.hide()
        under = QHBoxLayout()
        under.setSpacing(space.S)
        under.addWidget(self.type, 1)
        under.addWidget(self.key)
        words = QVBoxLayout()
        words.setContentsMargins(0, 0, 0, 0)
        words.setSpacing(0)
        words.addWidget(self.title)
        words.addLayout(under)
        line = QHBoxLayout()
        line.setSpacing(space.XS)
        line.addWidget(self.tile, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(words, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(space.XS)
        box.addLayout(line)
        box.addWidget(self.fault)
        watcher().changed.connect(self._dress)
        self._dress()

    def show_node(self, workflow: Workflow, node: Node, node_type: NodeType | None) -> None:
        """Show this node; what somebody is typing stays."""
        same = node.key == self._key
        self._keys = frozenset(workflow.by_key) - {node.key}
        self._key = node.key
        self.tile.put(node_type.icon if node_type else "circle-help", node_type.category if node_type else "missing")
        kind = tr(node_type.title, "NodeType") if node_type else node.type
        self.title.setPlaceholderText(kind)
        if self.title.text() != node.title and not (same and self.title.hasFocus() and self.title.isModified()):
            self.title.setText(node.title)
        self.type.setText(f"{kind} · {node.type}" if node_type else kind)
        if not (same and self.key.hasFocus() and self.key.isModified()):
            self.key.setText(node.key)
            self._judge()

    def set_read_only(self, read_only: bool) -> None:
        """Whether the node can only be looked at."""
        self.title.setReadOnly(read_only)
        self.key.setReadOnly(read_only)

    def key_fault(self) -> str:
        """What is wrong with the key that is typed; "" for nothing."""
        text = self.key.text()
        if text in self._keys:
            return tr("Another node has the key {key}.", "node").format(key=text)
        if not re.match(KEY, text):
            return tr("A key has lower-case letters, digits and underscores, and no digit first.", "node")
        return ""

    def _fit_key(self, text: str) -> None:
        self.key.setFixedWidth(max(48, min(170, self.key.fontMetrics().horizontalAdvance(text) + 16)))

    def _judge(self) -> None:
        fault = self.key_fault()
        self.fault.setText(fault)
        self.fault.setVisible(bool(fault))

    def _finish_key(self) -> None:
        text = self.key.text()
        self.key.setModified(False)
        if self.key_fault():
            self.key.setText(self._key)
            if not self.key.hasFocus():
                self._judge()
        elif text != self._key:
            # the signal also comes with the focus leaving: once is enough
            QTimer.singleShot(0, self, lambda: self.key_changed.emit(text) if text != self._key else None)

    def _dress(self) -> None:
        look = tokens()
        self.setStyleSheet(
            'QLineEdit[kind="title"] { background: transparent; border: 1px solid transparent; padding: 1px 4px;'
            " min-height: 18px; }"
            f'QLineEdit[kind="title"]:hover {{ border-color: {look.line_strong.name()}; }}'
            f'QLineEdit[kind="title"]:focus {{ border-color: {look.focus.name()}; background: {look.inset.name()}; }}'
        )
        self.key.setStyleSheet(f"color: {look.muted.name()}")
