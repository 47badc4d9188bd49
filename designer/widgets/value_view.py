"""Any JSON value, as tree, table, text or pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QPlainTextEdit,
    QTableView,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from designer.resources import tr
from designer.theme import font, space
from designer.widgets.buttons import IconButton, Segmented, button
from designer.widgets.labels import ElidedLabel, label
from designer.widgets.pictures import LoadBlob, Pictures
from designer.widgets.value_model import RowsModel, TreeModel
from designer.widgets.value_words import Mode, first_text, is_table, modes, short_text, summary, whole_text

FIRST = 200_000
"""Characters of a text that are shown at once; a button below shows the rest."""
ROW, NAMES = 24, 280


class ValueView(QWidget):
    """Shows a value; big ones lazily, nothing left out silently. `load_blob` brings the bytes of images."""

    def __init__(self, value: Any = None, parent: QWidget | None = None, *, load_blob: LoadBlob | None = None) -> None:
        super().__init__(parent)
        self.load_blob = load_blob
        self._value: Any = None
        self._shown: QWidget | None = None
        self._wish: dict[tuple[Mode, ...], str] = {}  # what the person chose for values of this make
        self.choice = Segmented([("text", tr("Text"))])
        self.choice.changed.connect(self._choose)
        self.size_note = ElidedLabel(role="small")
        self.copy = IconButton("copy", tr("Copy the value"))
        self.copy.clicked.connect(self.copy_all)
        self._bar = QWidget()
        bar = QHBoxLayout(self._bar)
        bar.setContentsMargins(0, 0, 0, 0)
        bar.setSpacing(space.S)
        bar.addWidget(self.choice)
        bar.addWidget(self.size_note, 1)
        bar.addWidget(self.copy)
        self._whole = QVBoxLayout(self)
        self._whole.setContentsMargins(0, 0, 0, 0)
        self._whole.setSpacing(space.XS)
        self._whole.addWidget(self._bar)
        self.set_value(value)

    def value(self) -> Any:
        """What it shows."""
        return self._value

    def mode(self) -> Mode:
        """How it is shown now."""
        current = self.choice.current()
        return next((mode for mode in modes(self._value) if mode == current), "text")

    def set_value(self, value: Any) -> None:
        """Show another value, the way that the person chose for one like it."""
        self._value = value
        can = modes(value)
        names = {"tree": tr("Tree"), "table": tr("Table"), "text": tr("Text"), "picture": tr("Picture")}
        self.choice.set_options([(mode, names[mode]) for mode in can])
        self.choice.set_current(self._wish.get(can, can[0]))
        self.choice.setVisible(len(can) > 1)
        self.size_note.setText(summary(value))
        self._show()

    def set_mode(self, mode: Mode) -> None:
        """Show the value another way, where it can be shown so."""
        self.choice.choose(mode)

    def copy_all(self) -> None:
        """Put the whole value on the clipboard as text."""
        QGuiApplication.clipboard().setText(whole_text(self._value))

    def body(self) -> QWidget | None:
        """The widget that shows the value now."""
        return self._shown

    def _choose(self, mode: object) -> None:
        self._wish[modes(self._value)] = str(mode)
        self._show()

    def _show(self) -> None:
        if self._shown is not None:
            self._whole.removeWidget(self._shown)
            self._shown.hide()
            self._shown.deleteLater()
        make: dict[str, Callable[[], QWidget]] = {"tree": self._tree, "table": self._table, "picture": self._pictures}
        plain = self._value is None or isinstance(self._value, (bool, int, float)) or self._value in ("", [], {})
        self._bar.setVisible(not plain)
        self._shown = self._scalar() if plain else make.get(self.mode(), self._text)()
        self._whole.addWidget(self._shown, 1)

    def _scalar(self) -> QWidget:
        words = {"": tr("(empty text)"), "[]": tr("(empty list)"), "{}": tr("(empty object)"), "null": tr("No value")}
        shown = short_text(self._value)
        made = label(words.get(shown, shown), "muted" if shown in words else "mono")
        made.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return made

    def _tree(self) -> QWidget:
        view = QTreeView()
        view.setProperty("surface", "inset")
        view.ensurePolished()  # uniform heights are measured once, by the first layout
        view.setModel(TreeModel(self._value, view))
        view.setUniformRowHeights(True)
        view.setIndentation(16)
        view.setHeaderHidden(True)
        view.setAllColumnsShowFocus(True)
        names = view.header()
        names.setMinimumSectionSize(72)
        names.setMaximumSectionSize(NAMES)
        names.setResizeContentsPrecision(60)  # names that are seen, not all of a million
        names.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        names.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        if isinstance(self._value, (dict, list)) and len(self._value) <= 12:
            view.expandToDepth(0)
        return self._dressed(view)

    def _table(self) -> QWidget:
        view = QTableView()
        view.setModel(RowsModel(self._value if is_table(self._value) else [], view))
        view.setFont(font("small"))
        view.setWordWrap(False)
        view.setShowGrid(False)
        view.setAlternatingRowColors(True)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        rows = view.verticalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(ROW)
        rows.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        head = view.horizontalHeader()
        head.setHighlightSections(False)
        head.setResizeContentsPrecision(60)
        head.setMaximumSectionSize(320)
        view.resizeColumnsToContents()
        head.setMaximumSectionSize(4000)
        head.setStretchLastSection(True)
        return self._dressed(view)

    def _dressed(self, view: QTreeView | QTableView) -> QWidget:
        view.setProperty("surface", "inset")
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        cell = QAction(tr("Copy"), view)
        cell.triggered.connect(lambda: _copy_cell(view.currentIndex()))
        view.addAction(cell)
        if isinstance(view, QTreeView):
            place = QAction(tr("Copy the path"), view)
            place.triggered.connect(lambda: _copy_path(view.currentIndex()))
            view.addAction(place)
        keys = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), view)
        keys.setContext(Qt.ShortcutContext.WidgetShortcut)
        keys.activated.connect(cell.trigger)
        return view

    def _text(self) -> QWidget:
        value = self._value
        text, is_all = first_text(value, FIRST)
        room = QWidget()
        column = QVBoxLayout(room)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space.XS)
        shown = QPlainTextEdit(text)
        shown.setReadOnly(True)
        shown.setFont(font("mono"))
        shown.setFrameShape(QFrame.Shape.NoFrame)
        column.addWidget(shown)
        if not is_all:
            words = tr("The first {n} characters are shown: show all").format(n=f"{FIRST:,}")
            more = button(words, "link")
            more.clicked.connect(lambda: shown.setPlainText(whole_text(value)))
            more.clicked.connect(more.hide)
            column.addWidget(more)
        return room

    def _pictures(self) -> QWidget:
        return Pictures(self._value, self.load_blob)


def _copy_cell(index: QModelIndex) -> None:
    model = index.model()
    if isinstance(model, TreeModel) and index.column() == 1:
        QGuiApplication.clipboard().setText(whole_text(model.branch(index).value))
    elif index.isValid():
        QGuiApplication.clipboard().setText(str(index.data() or ""))


def _copy_path(index: QModelIndex) -> None:
    model = index.model()
    if isinstance(model, TreeModel):
        QGuiApplication.clipboard().setText(model.branch(index).path())


__all__ = ["LoadBlob", "ValueView"]
