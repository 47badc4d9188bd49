"""The list of node types: search it, drag one onto the canvas, or press Enter."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QDrag, QIcon
from PySide6.QtWidgets import QFrame, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from designer.resources import tr
from designer.theme import font, icon, space, tokens, watcher
from designer.widgets import SearchField, fuzzy
from engine.nodes.catalog import CATALOG
from engine.nodes.node_type import NodeType

NODE_TEXT = "signalbox-node:"
TYPE = Qt.ItemDataRole.UserRole


class NodeList(QWidget):
    """`chosen` carries a type's name."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = SearchField(tr("Search node types"))
        self.list = _List(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space.S)
        top = QVBoxLayout()
        top.setContentsMargins(space.M, 0, space.M, 0)
        top.addWidget(self.field)
        column.addLayout(top)
        column.addWidget(self.list, 1)
        self.field.textChanged.connect(self._fill)
        self.field.moved.connect(self._go)
        self.field.taken.connect(self._take)
        self.list.itemActivated.connect(self._item_taken)
        watcher().changed.connect(self._restyle)
        self._fill("")

    def _restyle(self) -> None:
        self._fill(self.field.text())

    def _fill(self, text: str) -> None:
        self.list.clear()
        look = tokens()
        groups: dict[str, QTreeWidgetItem] = {}
        for node_type in found_types(text):
            group = groups.get(node_type.category)
            if group is None:
                group = groups[node_type.category] = QTreeWidgetItem([category_title(node_type.category)])
                group.setFlags(Qt.ItemFlag.ItemIsEnabled)
                group.setFont(0, font("small", 600))
                group.setForeground(0, look.muted)
                self.list.addTopLevelItem(group)
                group.setExpanded(True)
            item = QTreeWidgetItem([tr(node_type.title, "NodeType")])
            item.setToolTip(0, f"{tr(node_type.summary, 'NodeType')}\n{node_type.name}")
            item.setIcon(0, icon(node_type.icon, node_type.category))
            item.setData(0, TYPE, node_type.name)
            item.setSizeHint(0, QSize(0, 30))
            group.addChild(item)
        if text.strip():
            first = self.list.topLevelItem(0)
            if first is not None:
                self.list.setCurrentItem(first.child(0))

    def _go(self, step: int) -> None:
        index = self.list.currentIndex()
        if not index.isValid():
            index = self.list.model().index(0, 0)
        index = self.list.indexBelow(index) if step > 0 else self.list.indexAbove(index)
        if index.isValid():
            self.list.setCurrentIndex(index)

    def _take(self) -> None:
        if self.list.currentIndex().isValid():
            self._item_taken(self.list.currentItem())

    def _item_taken(self, item: QTreeWidgetItem) -> None:
        name = item.data(0, TYPE)
        if name:
            self.chosen.emit(str(name))


def found_types(text: str) -> list[NodeType]:
    """The node types that a text finds, by category and name; best first when there is a text."""
    query = text.strip()
    order = list(dict.fromkeys(node_type.category for node_type in CATALOG.values()))
    if not query:
        return sorted(CATALOG.values(), key=lambda found: (order.index(found.category), tr(found.title, "NodeType")))
    scored = []
    for node_type in CATALOG.values():
        texts = (tr(node_type.title, "NodeType"), node_type.name, search_words(node_type))
        scores = [fuzzy(query, text) for text in texts]
        best = max((score for score in scores if score is not None), default=None)
        if best is not None:
            scored.append((-best, node_type.title, node_type))
    return [node_type for _, _, node_type in sorted(scored, key=lambda one: one[:2])]


def search_words(node_type: NodeType) -> str:
    """What else a node type is found by: its title in English, and what other people call it."""
    return " ".join((node_type.title, *node_type.words))


def category_title(category: str) -> str:
    """A category's name on the screen."""
    titles = {
        "Data": tr("Data"), "Control": tr("Control"), "People": tr("People"), "Models": tr("Models"),
        "Tools": tr("Tools"), "Files": tr("Files"),
    }  # fmt: skip
    return titles.get(category, category)


class _List(QTreeWidget):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setIndentation(space.S)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setIconSize(QSize(18, 18))
        self.setDragEnabled(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(tr("Node types"))

    def startDrag(self, actions: Qt.DropAction) -> None:
        """The type's name as text: the canvas reports it as a drop."""
        index = self.currentIndex()
        name, sign = index.data(TYPE), index.data(Qt.ItemDataRole.DecorationRole)
        if not name:
            return
        drag, mime = QDrag(self), QMimeData()
        mime.setText(NODE_TEXT + str(name))
        mime.setData("application/x-signalbox-node", QByteArray(str(name).encode()))
        drag.setMimeData(mime)
        if isinstance(sign, QIcon):
            drag.setPixmap(sign.pixmap(24, 24))
        drag.exec(Qt.DropAction.CopyAction)
