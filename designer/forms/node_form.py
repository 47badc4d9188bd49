"""The inspector of one node: title, key, params, what happens when it fails, where it runs, help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from designer.forms.backoff import summary
from designer.forms.faults import param_faults
from designer.forms.form import Form
from designer.forms.node_head import NodeHead
from designer.forms.node_help import NodeHelp
from designer.forms.node_schema import node_schema
from designer.forms.pause import Pause
from designer.forms.placing import Placing
from designer.forms.policy_editor import PolicyEditor
from designer.forms.row_notes import Advice
from designer.forms.scope import NO_SCOPE, Scope
from designer.forms.values import Path
from designer.resources import tr
from designer.theme import space
from designer.widgets import EmptyState, Section, hline, label, set_role
from engine.nodes.catalog import CATALOG
from engine.workflow.model import Node, Workflow


class NodeForm(QWidget):
    """The inspector. It changes nothing itself: each signal says (key of the node, what it should be)."""

    params_changed = Signal(str, object)
    policy_changed = Signal(str, object)
    title_changed = Signal(str, str)
    key_changed = Signal(str, str)
    placement_changed = Signal(str, object)
    mode_changed = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._node: Node | None = None
        self._scope = NO_SCOPE
        self._read_only = False
        self._faults: dict[Path, str] = {}
        self._form: Form | None = None
        self._title_pause = Pause(self._send_title, self)
        self.head = NodeHead(self)
        self.head.title_changed.connect(lambda _text: self._title_pause.key())
        self.head.left.connect(self._send_title)
        self.head.key_changed.connect(self._send_key)
        self.missing = label("", "warning", wrap=True)
        self.general = label("", "danger", wrap=True)
        self.policy = PolicyEditor()
        self.policy.changed.connect(self._send_policy)
        self.placing = Placing()
        self.placing.placement_changed.connect(lambda value: self._send(self.placement_changed, value))
        self.placing.mode_changed.connect(lambda value: self._send(self.mode_changed, value))
        self.help = NodeHelp()
        self.failing = Section(tr("When it fails", "node"), open=False)
        self.failing.add(self.policy)
        self.where = Section(tr("Where and whether", "node"), open=False)
        self.where.add(self.placing)
        self.about = Section(tr("Help", "node"), open=False)
        self.about.add(self.help)
        self._empty = EmptyState(
            "mouse-pointer-click", tr("Nothing selected", "node"), tr("Select a node to set it up.", "node")
        )
        self._scroll = QScrollArea(self)
        self._lay_out()
        self.show_node(Workflow(name="none"), None)

    def show_node(self, workflow: Workflow, key: str | None, scope: Scope | None = None) -> None:
        """Show this node as the workflow has it now; None shows nothing. Pending keys of the one before are sent."""
        node = workflow.by_key.get(key) if key is not None else None
        before = self._node
        if before is None or node is None or before.key != node.key:
            self.flush()
            self._faults = {}
        if scope is not None:
            self._scope = scope
        self._scroll.setVisible(node is not None)
        self._empty.setVisible(node is None)
        self._node = node
        if node is None:
            return
        node_type = CATALOG.get(node.type)
        self.head.show_node(workflow, node, node_type)
        self._show_params(node, before)
        self.policy.set_scope(self._scope)
        if before is None or before.policy != node.policy or before.key != node.key:
            self.policy.show_policy(node.policy)
        self.failing.set_note(summary(node.policy))
        self.placing.show_node(node, workflow.placement)
        self.where.set_note(self.placing.summary())
        self.about.setVisible(node_type is not None)
        if node_type is not None:
            self.help.show_type(node_type, node.params)
        if before is None or before.key != node.key:
            self._scroll.verticalScrollBar().setValue(0)
        self._put_faults()

    def form(self) -> Form | None:
        """The form of the params that is shown."""
        return self._form

    def flush(self) -> None:
        """Send what was typed and still waits for more keys."""
        if self._node is None:
            return
        self._send_title()
        if self._form is not None:
            self._form.flush()
        self.policy.flush()

    def show_faults(self, faults: Mapping[Path, str]) -> None:
        """Sentences by path; the first part is `params`, `policy`, `title` or `key`."""
        self._faults = dict(faults)
        self._put_faults()

    def focus_path(self, path: Path) -> None:
        """Put the caret into a field, as in `("params", "cases", 0, "when")`."""
        first = path[0] if path else "title"
        if first == "params" and self._form is not None:
            self._form.focus_path(path[1:])
        elif first == "policy":
            self.failing.set_open(True)
            self.policy.focus_path(path[1:])
        elif first in ("placement", "mode"):
            self.where.set_open(True)
            self.placing.setFocus()
        else:
            (self.head.key if first == "key" else self.head.title).setFocus()

    def start_rename(self) -> None:
        """Put the caret into the title."""
        self.head.title.setFocus()
        self.head.title.selectAll()

    def set_read_only(self, read_only: bool) -> None:
        """Whether the node can only be looked at (a past run)."""
        if read_only == self._read_only:
            return
        self._read_only = read_only
        self.head.set_read_only(read_only)
        self.policy.set_read_only(read_only)
        self.placing.setEnabled(not read_only)
        if self._form is not None:
            self._form.set_read_only(read_only)

    def _show_params(self, node: Node, before: Node | None) -> None:
        if self._form is None or before is None or (before.key, before.type) != (node.key, node.type):
            self._make_form(node)
        else:
            self._form.set_scope(self._scope)
            if before.params is not node.params:
                self._form.set_value(node.params)

    def _make_form(self, node: Node) -> None:
        if self._form is not None:
            self._place.removeWidget(self._form)
            self._form.hide()
            self._form.deleteLater()
        known = node.type in CATALOG
        self.missing.setVisible(not known)
        words = tr("This program does not have the node type {type}. Everything it holds is kept.", "node")
        self.missing.setText("" if known else words.format(type=node.type))
        self._form = Form(node_schema(node.type), node.params, scope=self._scope, undo="document")
        self._form.changed.connect(self._send_params)
        self._form.set_read_only(self._read_only)
        self._place.addWidget(self._form)
        self._form.show()  # now: whoever asks for a field next wants to put the caret into it

    def _put_faults(self) -> None:
        node, faults = self._node, dict(self._faults)
        if node is None or self._form is None:
            return
        node_type = CATALOG.get(node.type)
        if node_type is not None:
            for path, text in param_faults(node_type, node.params).items():
                # a field that nobody has filled in yet is no mistake; the Problems panel says so soon enough
                if path and text != tr("This is needed.", "forms"):
                    faults.setdefault(("params", *path), text)
        here = {path[1:]: text for path, text in faults.items() if len(path) > 1 and path[0] == "params"}
        self._form.show_faults(here)
        self.policy.show_faults({path[1:]: text for path, text in faults.items() if path and path[0] == "policy"})
        rest = [text for path, text in faults.items() if len(path) < 2 and path[:1] != ("policy",)]
        set_role(self.general, "role", "warning" if all(isinstance(text, Advice) for text in rest) else "danger")
        self.general.setText("\n".join(rest))
        self.general.setVisible(bool(rest))

    def _send(self, signal: Any, value: object) -> None:
        if self._node is not None:
            signal.emit(self._node.key, value)

    def _send_params(self, value: object) -> None:
        self._send(self.params_changed, value)

    def _send_policy(self, value: object) -> None:
        self._send(self.policy_changed, value)

    def _send_key(self, value: str) -> None:
        self._send(self.key_changed, value)

    def _send_title(self) -> None:
        self._title_pause.stop()
        title = self.head.title
        if self._node is not None and title.isModified():
            title.setModified(False)
            if title.text() != self._node.title:
                self.title_changed.emit(self._node.key, title.text())

    def _lay_out(self) -> None:
        inner = QWidget()
        inner.setObjectName("inspector")
        box = QVBoxLayout(inner)
        box.setContentsMargins(space.L, space.M, space.L, space.L)
        box.setSpacing(space.M)
        self._place = QVBoxLayout()
        for widget in (self.head, self.missing, self.general, hline()):
            box.addWidget(widget)
        box.addLayout(self._place)
        for section in (self.failing, self.where, self.about):
            box.addWidget(hline())
            section.body.setContentsMargins(0, 0, 0, 0)
            box.addWidget(section)
        box.addStretch(1)
        self._scroll.setWidget(inner)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._scroll)
        whole.addWidget(self._empty)
