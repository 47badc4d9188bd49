"""The inspector at the right: the form of what is selected; with nothing selected, of the workflow itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from designer.document import edits
from designer.document.document import Document
from designer.document.scope import Preview, completions, evaluate
from designer.forms.node_form import NodeForm
from designer.forms.row_notes import Advice
from designer.forms.scope import Scope
from designer.forms.workflow_form import WorkflowForm
from designer.main_window.note_form import NoteForm
from designer.main_window.showing import Showing
from designer.resources import tr
from designer.widgets import EmptyState
from engine.checks.problem import Problem
from engine.errors import Refused
from engine.workflow.model import Workflow

SCOPE_MS = 400
"""How long after an edit the names in scope are looked up again: it takes a while in a large drawing."""


class Inspector(QWidget):
    """Edits go straight into the document; `refused` carries what cannot be (a key that is taken)."""

    refused = Signal(object)

    def __init__(self, document: Document, showing: Showing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document, self._showing = document, showing
        self._keys: tuple[str, ...] = ()
        self._problems: Mapping[str, Sequence[Problem]] = {}
        self._workflow_problems: Sequence[Problem] = ()
        self._offers: Mapping[str, tuple[str, ...]] = {}
        self._known: tuple[str, Scope] | None = None
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(SCOPE_MS)
        self._later.timeout.connect(self._rescope)
        self.node = NodeForm()
        self.workflow = WorkflowForm()
        self.note = NoteForm()
        self.many = EmptyState("square-stack", "", tr("Align, frame, copy, disable or delete them together."))
        self._stack = QStackedWidget()
        self._pages = {}
        for name, widget in (("node", self.node), ("workflow", self.workflow), ("note", self.note)):
            self._pages[name] = _scrolled(widget)
            self._stack.addWidget(self._pages[name])
        self._stack.addWidget(self.many)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack)
        self.node.params_changed.connect(
            lambda key, params: self._edit(partial(edits.set_params, key=key, params=params), f"params:{key}")
        )
        self.node.policy_changed.connect(
            lambda key, policy: self._edit(partial(edits.set_policy, key=key, policy=policy), f"policy:{key}")
        )
        self.node.title_changed.connect(
            lambda key, text: self._edit(partial(edits.set_title, key=key, text=text), f"title:{key}")
        )
        self.node.placement_changed.connect(
            lambda key, place: self._edit(partial(edits.set_placement, key=key, placement=place))
        )
        self.node.mode_changed.connect(lambda key, mode: self._edit(partial(edits.set_mode, keys=(key,), mode=mode)))
        self.node.key_changed.connect(self._rekey)
        self.workflow.field_changed.connect(
            lambda name, value: self._edit(partial(edits.set_field, name=name, value=value), f"field:{name}")
        )
        self.note.changed.connect(
            lambda key, fields: self._edit(lambda workflow: edits.set_note(workflow, key, **fields), f"note:{key}")
        )

    # ---- showing
    def show_selection(self, keys: Sequence[str]) -> None:
        """The form of these."""
        if tuple(keys) != self._keys:
            self.flush()
        self._keys = tuple(keys)
        self.refresh()

    def refresh(self) -> None:
        """Show what is selected as it is now."""
        workflow = self._showing.workflow or self._document.workflow
        known = [key for key in self._keys if key in workflow.by_key or key in workflow.notes]
        if len(known) > 1:
            hint = tr("Align, frame, copy, disable or delete them together.")
            self.many.say(tr("{n} selected").format(n=len(known)), hint)
            self._stack.setCurrentWidget(self.many)
        elif known and known[0] in workflow.notes:
            self.note.show_note(known[0], workflow.notes[known[0]])
            self._stack.setCurrentWidget(self._pages["note"])
        elif known:
            self.node.show_node(workflow, known[0], self._scope(workflow, known[0]))
            self.node.set_read_only(self._showing.looking)
            self.node.show_faults({p.path or ("params",): _text(p) for p in self._problems.get(known[0], ())})
            self._stack.setCurrentWidget(self._pages["node"])
        else:
            self.workflow.show_workflow(workflow, self._scope(workflow, ""))
            self.workflow.set_read_only(self._showing.looking)
            self.workflow.show_faults({p.path or ("name",): _text(p) for p in self._workflow_problems})
            self._stack.setCurrentWidget(self._pages["workflow"])

    def show_problems(self, by_node: Mapping[str, Sequence[Problem]], others: Sequence[Problem]) -> None:
        """Sentences under the fields they are about."""
        self._problems, self._workflow_problems = by_node, others
        self.refresh()

    def set_offers(self, offers: Mapping[str, tuple[str, ...]]) -> None:
        """What roles, workflows and secrets there are to choose from."""
        self._offers = offers
        self._rescope()

    def flush(self) -> None:
        """Take what was typed and not reported yet."""
        self.node.flush()
        self.workflow.flush()
        self.note.flush()

    def focus_problem(self, problem: Problem) -> None:
        """Put the caret where the problem is."""
        if problem.node:
            self.node.focus_path(problem.path or ("params",))
        elif problem.path:
            self.workflow.focus_path(problem.path)

    def close_inspector(self) -> None:
        """Take what was typed, and stop."""
        self.flush()
        self._later.stop()

    def _rescope(self) -> None:
        self._known = None
        self.refresh()
        self._later.stop()

    def _scope(self, workflow: Workflow, key: str) -> Scope:
        """What is in scope: at once for another node, a moment after an edit for the one that is being edited."""
        if self._known is not None and self._known[0] == key:
            self._later.start()
            return self._known[1]
        self._later.stop()
        self._known = key, self._scope_now(workflow, key)
        return self._known[1]

    def _scope_now(self, workflow: Workflow, key: str) -> Scope:
        values = self._showing.values(key)

        def preview(text: str, condition: bool = False) -> Preview:
            return evaluate(text, values, condition)

        return Scope(tuple(completions(workflow, key, values)), preview, self._offers)

    # ---- editing
    def _edit(self, change: object, merge: str = "") -> None:
        if self._showing.looking or not callable(change):
            return
        try:
            self._document.edit(change(self._document.workflow), merge=merge)
        except Refused as error:
            self.refused.emit(error)
        except ValueError as error:  # pydantic's: the value does not fit the document
            self.refused.emit(Refused(str(error).splitlines()[-1].strip() or str(error)))

    def _rekey(self, key: str, new: str) -> None:
        def change(workflow: Workflow) -> Workflow:
            return edits.set_key(workflow, key, new)

        if new != key and key in self._keys:
            self._keys = tuple(new if one == key else one for one in self._keys)
        self._edit(change)


def _text(problem: Problem) -> str:
    """The problem as it is said in the node's own form, where its key says nothing new."""
    sentence, name = problem.sentence, f"Node {problem.node!r}"
    if sentence.startswith(f"{name}: "):
        rest = sentence.removeprefix(f"{name}: ")
        sentence = rest[:1].upper() + rest[1:]
    elif sentence.startswith(f"{name} "):
        sentence = f"This node {sentence.removeprefix(f'{name} ')}"
    text = f"{sentence} {problem.remedy}".strip()
    return text if problem.severity == "error" else Advice(text)


def _scrolled(widget: QWidget) -> QWidget:
    if isinstance(widget, QScrollArea) or widget.findChild(QScrollArea) is not None:
        return widget
    area = QScrollArea()
    area.setWidget(widget)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area
