"""The outline: the whole workflow as a tree, equivalent to the canvas and usable with the keyboard alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QFrame, QTreeView, QVBoxLayout, QWidget

from designer.document.wires import ports
from designer.engine_link.faces import Face
from designer.resources import tr
from designer.theme import icon, tokens, watcher
from engine.checks.problem import Problem
from engine.nodes.catalog import CATALOG
from engine.workflow.model import Edge, Workflow

KEY, EDGE, PORT = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1, Qt.ItemDataRole.UserRole + 2


class Outline(QWidget):
    """Nodes in running order, each with its ports and what they are connected to. It changes nothing itself.

    `delete_requested` carries node keys, `disconnect_requested` an edge, `connect_requested` (key, port, side) of a
    port that wants a partner; `open_requested` a key, `rename_requested` a key, `add_requested` a key or "".
    """

    selected = Signal(object)
    open_requested = Signal(str)
    rename_requested = Signal(str)
    delete_requested = Signal(object)
    disconnect_requested = Signal(object)
    connect_requested = Signal(object)
    add_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = QStandardItemModel(self)
        self.tree = _Tree(self)
        self.tree.setModel(self.model)
        self.tree.setAccessibleName(tr("Outline of the workflow"))
        self.tree.selectionModel().selectionChanged.connect(self._tell)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.tree)
        self._workflow = Workflow(name="untitled")
        self.faces: Mapping[str, Face] = {}
        self.problems: Mapping[str, Sequence[Problem]] = {}
        self._quiet = False
        self._stale = True
        self._items: dict[str, QStandardItem] = {}
        watcher().changed.connect(self._rebuild)

    def render(self, workflow: Workflow) -> None:  # type: ignore[override]
        """Show this workflow; moves alone change nothing here."""
        before, self._workflow = self._workflow, workflow
        if before.nodes is workflow.nodes and before.edges is workflow.edges:
            return
        self._stale = True
        if self.isVisible():
            self._rebuild()

    def show_states(self, faces: Mapping[str, Face], problems: Mapping[str, Sequence[Problem]]) -> None:
        """Say beside each node how it stands and what is wrong with it."""
        self.faces, self.problems = faces, problems
        if self.isVisible() and not self._stale:
            for key, item in self._items.items():
                self._dress(key, item)

    def select(self, keys: Sequence[str]) -> None:
        """Show what is selected on the canvas."""
        if self._stale or not self.isVisible() or list(keys) == list(self.selected_keys()):
            return
        self._quiet = True
        try:
            item = self._items.get(keys[0]) if keys else None
            if item is None:
                self.tree.clearSelection()
            else:
                self.tree.setCurrentIndex(item.index())
        finally:
            self._quiet = False

    def selected_keys(self) -> tuple[str, ...]:
        """The node of the current row."""
        key = self.tree.currentIndex().data(KEY)
        return (str(key),) if key else ()

    def showEvent(self, event: object) -> None:
        """What changed while it was hidden is shown now."""
        if self._stale:
            self._rebuild()

    # ---- building
    def _rebuild(self) -> None:
        self._stale = False
        opened = {key for key, item in self._items.items() if self.tree.isExpanded(item.index())}
        current = self.selected_keys()
        self._quiet = True
        try:
            self.model.clear()
            self._items = {}
            root = self.model.invisibleRootItem()
            into: dict[tuple[str, str], list[Edge]] = {}
            out: dict[tuple[str, str], list[Edge]] = {}
            for edge in self._workflow.edges:
                into.setdefault((edge.target, edge.into), []).append(edge)
                out.setdefault((edge.source, edge.out), []).append(edge)
            for node in self._workflow.nodes:
                item = QStandardItem()
                item.setEditable(False)
                item.setData(node.key, KEY)
                self._items[node.key] = item
                self._dress(node.key, item)
                inputs, outputs = ports(self._workflow, node.key)
                for port in inputs:
                    self._port(item, node.key, port.name, "in", into.get((node.key, port.name), []))
                for port in outputs:
                    self._port(item, node.key, port.name, "out", out.get((node.key, port.name), []))
                root.appendRow(item)
            for key in opened & set(self._items):
                self.tree.setExpanded(self._items[key].index(), True)
            if current and current[0] in self._items:
                self.tree.setCurrentIndex(self._items[current[0]].index())
        finally:
            self._quiet = False

    def _dress(self, key: str, item: QStandardItem) -> None:
        node = self._workflow.by_key.get(key)
        if node is None:
            return
        node_type = CATALOG.get(node.type)
        face, found = self.faces.get(key), self.problems.get(key, ())
        words = [node.title or key]
        if node.mode != "on":
            words.append(tr("disabled") if node.mode == "disabled" else tr("bypassed"))
        if face is not None and face.words:
            words.append(face.words)
        if found:
            words.append(tr("1 problem") if len(found) == 1 else tr("{n} problems").format(n=len(found)))
        text = "  ·  ".join(words)
        if item.text() != text:
            item.setText(text)
            kind = tr(node_type.title, "NodeType") if node_type else node.type
            item.setToolTip("\n".join([f"{key} · {kind}", *(p.sentence for p in found)]))
            item.setIcon(
                icon(node_type.icon if node_type else "circle-help", node_type.category if node_type else "missing")
            )
            item.setForeground(tokens().danger if found and found[0].severity == "error" else tokens().text)

    def _port(self, parent: QStandardItem, key: str, port: str, side: str, edges: list[Edge]) -> None:
        arrow = "←" if side == "in" else "→"
        wires: list[Edge | None] = [*edges] or [None]
        for edge in wires:
            other = (
                "" if edge is None else f"{edge.source}.{edge.out}" if side == "in" else f"{edge.target}.{edge.into}"
            )
            item = QStandardItem(f"{port}  {arrow}  {other}" if other else f"{port}  {arrow}  {tr('not connected')}")
            item.setEditable(False)
            item.setData(key, KEY)
            item.setData((key, port, side), PORT)
            item.setData(edge, EDGE)
            item.setIcon(QIcon())
            item.setForeground(tokens().muted)
            parent.appendRow(item)

    # ---- what is done in it
    def _tell(self) -> None:
        if not self._quiet:
            self.selected.emit(self.selected_keys())

    def act(self, event: QKeyEvent, index: QModelIndex) -> bool:
        """One key on one row; whether it meant something."""
        key, edge, port = index.data(KEY), index.data(EDGE), index.data(PORT)
        code = event.key()
        if code == Qt.Key.Key_Insert or (code == Qt.Key.Key_N and not event.modifiers()):
            self.add_requested.emit(key or "")
        elif not key:
            return False
        elif code in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if port is not None and edge is None:
                self.connect_requested.emit(port)
            else:
                self.open_requested.emit(key)
        elif code == Qt.Key.Key_F2:
            self.rename_requested.emit(key)
        elif code == Qt.Key.Key_C and not event.modifiers() and port is not None:
            self.connect_requested.emit(port)
        elif code == Qt.Key.Key_Delete and edge is not None:
            self.disconnect_requested.emit(edge)
        elif code == Qt.Key.Key_Delete and port is None:
            self.delete_requested.emit((key,))
        else:
            return False
        return True


class _Tree(QTreeView):
    def __init__(self, outline: Outline) -> None:
        super().__init__(outline)
        self._outline = outline
        self.setHeaderHidden(True)
        self.setUniformRowHeights(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.doubleClicked.connect(lambda index: outline.open_requested.emit(str(index.data(KEY))))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys of the outline first, then those of every tree."""
        if not self._outline.act(event, self.currentIndex()):
            super().keyPressEvent(event)
