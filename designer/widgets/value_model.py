"""Qt item models over one JSON value. Rows come into being when somebody looks; long lists are cut into ranges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from designer.resources import tr
from designer.theme import font, tokens
from designer.widgets.value_words import columns, is_blob, short_text, whole_text

RANGE = 200
"""A list or object with more members is shown as ranges of this many, and ranges of ranges above that."""
Index = QModelIndex | QPersistentModelIndex
NONE = QModelIndex()
Role = Qt.ItemDataRole
TIP = 2000


class Branch:
    """One row of the tree: a member of a value, or a range of members."""

    __slots__ = ("_children", "name", "parent", "row", "span", "value")

    def __init__(self, parent: Branch | None, row: int, name: str, value: Any, span: range | None = None) -> None:
        self.parent, self.row, self.name, self.value, self.span = parent, row, name, value, span
        self._children: list[Branch] | None = None

    def has_children(self) -> bool:
        """Whether there is anything to open; cheap."""
        return self.span is not None or (isinstance(self.value, (dict, list)) and len(self.value) > 0)

    def children(self) -> list[Branch]:
        """What is under it, made on the first call."""
        if self._children is None:
            self._children = self._made() if self.has_children() else []
        return self._children

    def path(self) -> str:
        """Where it is, as an expression says it."""
        above = self.parent.path() if self.parent is not None else ""
        if self.parent is None or self.span is not None:
            return above
        if isinstance(self.parent.value, list):
            return f"{above}[{self.name}]"
        return f"{above}.{self.name}" if above else self.name

    def _made(self) -> list[Branch]:
        span = range(len(self.value)) if self.span is None else self.span
        if len(span) > RANGE:
            step = RANGE
            while len(span) / step > RANGE:
                step *= RANGE
            parts = [span[at : at + step] for at in range(0, len(span), step)]
            return [
                Branch(self, row, f"{part[0]:,} – {part[-1]:,}", self.value, part) for row, part in enumerate(parts)
            ]
        if isinstance(self.value, dict):
            names: Sequence[Any] = list(self.value)[span.start : span.stop]
            return [Branch(self, row, str(name), self.value[name]) for row, name in enumerate(names)]
        return [Branch(self, row, str(at), self.value[at]) for row, at in enumerate(span)]


class TreeModel(QAbstractItemModel):
    """A value as a tree of name and content."""

    def __init__(self, value: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._root = Branch(None, 0, "", value)
        self._headers = (tr("Name"), tr("Value"))

    def branch(self, index: Index) -> Branch:
        """What an index stands for."""
        found = index.internalPointer() if index.isValid() else self._root
        return found if isinstance(found, Branch) else self._root

    def index(self, row: int, column: int, parent: Index = NONE) -> QModelIndex:
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, self.branch(parent).children()[row])

    def parent(self, index: Index = NONE) -> QModelIndex:  # type: ignore[override]  # QObject has one too
        above = self.branch(index).parent
        if not index.isValid() or above is None or above is self._root:
            return QModelIndex()
        return self.createIndex(above.row, 0, above)

    def rowCount(self, parent: Index = NONE) -> int:
        return len(self.branch(parent).children()) if parent.column() <= 0 else 0

    def hasChildren(self, parent: Index = NONE) -> bool:
        return parent.column() <= 0 and self.branch(parent).has_children()

    def columnCount(self, parent: Index = NONE) -> int:
        return 2

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        if role == Role.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return self._headers[section]
        return None

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        branch = self.branch(index)
        if role == Role.DisplayRole:
            if index.column() == 0:
                return branch.name
            return "" if branch.span is not None else short_text(branch.value)
        if role == Role.ToolTipRole and index.column() == 1 and isinstance(branch.value, str):
            return tip(branch.value)
        if role == Role.ForegroundRole:
            if index.column() == 0:
                return tokens().muted
            return None if branch.span is not None else tokens().kind[kind_of(branch.value)]
        if role == Role.FontRole and index.column() == 1:
            return font("mono")
        return None


class RowsModel(QAbstractTableModel):
    """A list of objects as rows and columns."""

    def __init__(self, rows: list[dict[str, Any]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows, self._columns = rows, columns(rows)
        self._sides: dict[int, Qt.AlignmentFlag] = {}

    def rowCount(self, parent: Index = NONE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = NONE) -> int:
        return 0 if parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal:
            if role == Role.DisplayRole:
                return self._columns[section]
            if role == Role.TextAlignmentRole:
                return self._side_of(section)
            return None
        return f"{section + 1:,}" if role == Role.DisplayRole else None

    def _side_of(self, column: int) -> Qt.AlignmentFlag:
        """A column stands where its first value does."""
        if column not in self._sides:
            name = self._columns[column]
            self._sides[column] = _side(next((row[name] for row in self._rows if name in row), None))
        return self._sides[column]

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        row, name = self._rows[index.row()], self._columns[index.column()]
        if name not in row:
            return None
        value = row[name]
        if role == Role.DisplayRole:
            return short_text(value)
        if role == Role.ToolTipRole and isinstance(value, (str, dict, list)):
            return tip(value if isinstance(value, str) else whole_text(value))
        if role == Role.TextAlignmentRole:
            return _side(value)
        if role == Role.ForegroundRole and (value is None or isinstance(value, bool)):
            return tokens().muted if value is None else tokens().kind["boolean"]
        return None


def kind_of(value: Any) -> str:
    """The port type that a value would have, for its colour."""
    if is_blob(value):
        return "file"
    for types, kind in ((bool, "boolean"), ((int, float), "number"), (str, "text"), (dict, "object"), (list, "list")):
        if isinstance(value, types):
            return kind
    return "any"


def tip(text: str) -> str | None:
    """The tool tip of a cell whose text may not fit; says how much it leaves out."""
    if len(text) <= 24:
        return None
    more = len(text) - TIP
    return text[:TIP] + ("\n… " + tr("{n} more characters").format(n=f"{more:,}") if more > 0 else "")


def _side(value: Any) -> Qt.AlignmentFlag:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return (Qt.AlignmentFlag.AlignRight if number else Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignVCenter
