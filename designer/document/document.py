"""The open workflow and its history: every edit is a step that can be undone."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack
from shiboken6 import isValid

from designer.document.labels import label_of
from engine.workflow.canonical import to_json
from engine.workflow.model import Workflow

LIMIT = 500
TYPING_S = 1.0
GESTURE = "gesture:"
"""Merge ids that begin so merge however long the gesture lasts; any other one only within a second."""


class Document(QObject):
    """One workflow, what it was, and what it may be again. Whole workflows are kept: their parts are shared."""

    changed = Signal(object, object)
    """(before, after), after every edit, undo, redo and reset."""
    resetting = Signal(object)
    """The workflow that is about to be left for another one."""
    opened = Signal(object)
    """The workflow that was put in by `reset`, before `changed`."""

    def __init__(
        self, workflow: Workflow, parent: QObject | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(parent)
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(LIMIT)
        self._workflow = workflow
        self._clock = clock
        self._newest: _Step | None = None

    @property
    def workflow(self) -> Workflow:
        """The workflow as it is now."""
        return self._workflow

    @property
    def clean(self) -> bool:
        """Whether this is the workflow that was last saved (`mark_clean`) or opened."""
        return self.undo_stack.isClean()

    def edit(self, after: Workflow, label: str = "", merge: str = "") -> bool:
        """Take an edit in; False when nothing changes. Without a label one is made from what changed.

        Edits with the same merge id, one right after the other, become one step.
        """
        before = self._workflow
        if after is before:
            return False
        now = self._clock()
        newest = self._newest
        if newest is not None and newest.takes(merge, now) and not self.undo_stack.canRedo():
            if _alike(newest.before, after):  # typed and deleted again, dragged there and back
                self._newest = None
                back = newest.before
                newest.setObsolete(True)
                self.undo_stack.undo()  # takes an obsolete step off the stack, and does not call it
                self._show(back)
                return True
            newest.after, newest.at = after, now
            if self.undo_stack.isClean():
                self.undo_stack.resetClean()
            self._show(after)
            return True
        step = _Step(self, before, after, label or label_of(before, after), merge, now)
        self._newest = step
        self.undo_stack.push(step)
        return True

    def settle(self) -> None:
        """The next edit is a step of its own, whatever its merge id."""
        self._newest = None

    def undo(self) -> None:
        """One step back."""
        self._newest = None
        self.undo_stack.undo()

    def redo(self) -> None:
        """One step forward again."""
        self._newest = None
        self.undo_stack.redo()

    def reset(self, workflow: Workflow) -> None:
        """Open another workflow: a new history."""
        before = self._workflow
        self.resetting.emit(before)
        self._newest = None
        self.undo_stack.clear()
        self._workflow = workflow
        self.opened.emit(workflow)
        self.changed.emit(before, workflow)

    def replace(self, workflow: Workflow, label: str = "") -> None:
        """What another writer made of it: a step like any other, that never merges. The same again is none."""
        if _alike(self._workflow, workflow):
            return
        self.settle()
        self.edit(workflow, label)
        self.settle()

    def mark_clean(self) -> None:
        """This is the workflow as it was saved."""
        self.undo_stack.setClean()

    def __del__(self) -> None:
        """Empty the stack before Python's collector takes steps and stack apart in an order that ends the process."""
        if isValid(self.undo_stack):  # type: ignore[no-untyped-call]
            self.undo_stack.blockSignals(True)
            self.undo_stack.clear()

    def _show(self, workflow: Workflow) -> None:
        before, self._workflow = self._workflow, workflow
        if workflow is not before:
            self.changed.emit(before, workflow)


def _alike(a: Workflow, b: Workflow) -> bool:
    """Whether both are written alike (to Python, 1 and true are equal)."""
    return a is b or (a == b and to_json(a) == to_json(b))


class _Step(QUndoCommand):
    """From one workflow to another and back."""

    def __init__(
        self, document: Document, before: Workflow, after: Workflow, label: str, merge: str, at: float
    ) -> None:
        super().__init__(label)
        self.document, self.before, self.after, self.merge, self.at = document, before, after, merge, at

    def takes(self, merge: str, now: float) -> bool:
        """Whether an edit of this merge id is part of this step."""
        if not merge or merge != self.merge:
            return False
        return merge.startswith(GESTURE) or now - self.at <= TYPING_S

    def redo(self) -> None:
        self.document._show(self.after)

    def undo(self) -> None:
        self.document._show(self.before)
