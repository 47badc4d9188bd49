"""Versions of a workflow: by whom and when, what changed, restore one."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from designer.document.compare import compare
from designer.engine_link import EngineLink
from designer.main_window.when import when
from designer.resources import tr
from designer.theme import space
from designer.widgets import EmptyState, button, label
from engine.store import Version
from engine.workflow.model import Workflow

VERSION = Qt.ItemDataRole.UserRole


class VersionsDialog(QDialog):
    """`restore_requested` carries a Version."""

    restore_requested = Signal(object)

    def __init__(self, link: EngineLink, workflow: Workflow, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Versions of {workflow}").format(workflow=workflow.title or workflow.name))
        self._link, self._workflow = link, workflow
        self.list = QListWidget()
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.currentItemChanged.connect(lambda item, _: self._compare(item))
        self.changes = QTreeWidget()
        self.changes.setFrameShape(QFrame.Shape.NoFrame)
        self.changes.setHeaderHidden(True)
        self.changes.setWordWrap(True)
        self.title = label("", "strong")
        right = QWidget()
        side = QVBoxLayout(right)
        side.setContentsMargins(space.L, 0, 0, 0)
        side.addWidget(self.title)
        side.addWidget(self.changes, 1)
        self._parts = QSplitter()
        self._parts.addWidget(self.list)
        self._parts.addWidget(right)
        self._parts.setSizes([280, 520])
        self._empty = EmptyState("history", tr("No versions yet"), tr("Ctrl+S makes a version of what is drawn."))
        column = QVBoxLayout(self)
        column.setContentsMargins(space.L, space.L, space.L, space.L)
        column.addWidget(self._parts, 1)
        column.addWidget(self._empty, 1)
        row = QHBoxLayout()
        row.addStretch(1)
        leave = button(tr("Close"))
        leave.clicked.connect(self.reject)
        self.restore = button(tr("Restore this version"), "primary", "rotate-ccw")
        self.restore.clicked.connect(self._restore)
        row.addWidget(leave)
        row.addWidget(self.restore)
        column.addLayout(row)
        self.resize(860, 520)
        self._show([])
        link.call(lambda store: store.library.versions(workflow.name), self._show, lambda _: None)

    def _show(self, versions: list[Version]) -> None:
        self._parts.setVisible(bool(versions))
        self._empty.setVisible(not versions)
        self.restore.setEnabled(bool(versions))
        for version in versions:
            made = when(version.at)
            rest = (made if version.label else "", version.by, version.hash[:8])
            item = QListWidgetItem(f"{version.label or made}\n{' · '.join(part for part in rest if part)}")
            item.setData(VERSION, version)
            self.list.addItem(item)
        if versions:
            self.list.setCurrentRow(0)

    def _compare(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        version: Version = item.data(VERSION)
        self._link.call(lambda store: store.library.open(version.id), self._show_changes, lambda _: None)

    def _show_changes(self, then: Workflow) -> None:
        self.changes.clear()
        rows = compare(then, self._workflow)
        self.title.setText(tr("What changed since then") if rows else tr("Nothing has changed since then"))
        groups: dict[str, QTreeWidgetItem] = {}
        for row in rows:
            group = groups.get(row.group)
            if group is None:
                group = groups[row.group] = QTreeWidgetItem([row.group])
                self.changes.addTopLevelItem(group)
                group.setExpanded(True)
            child = QTreeWidgetItem([row.sentence])
            child.setToolTip(0, row.sentence)
            group.addChild(child)

    def _restore(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self.restore_requested.emit(item.data(VERSION))
            self.accept()
