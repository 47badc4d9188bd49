"""The open document: what one step of undo is, and what it is called."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from designer.document import edits
from designer.document.document import LIMIT, Document
from designer.document.labels import label_of
from engine.workflow.model import Edge, Node, Policy, Workflow
from tests.designer.document.drawn import flow


class Clock:
    """A clock that stands still until it is told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def document(qtbot: QtBot, clock: Clock) -> Document:
    return Document(flow("a:wait b:wait", "a.output -> b.input"), clock=clock)


def title(document: Document, text: str, merge: str = "") -> bool:
    return document.edit(edits.set_title(document.workflow, "a", text), merge=merge)


def test_every_step_can_be_undone_and_done_again_to_the_very_same_objects(document: Document) -> None:
    states = [document.workflow]
    for number in range(5):
        title(document, f"t{number}")
        states.append(document.workflow)
    gc.collect()
    for state in reversed(states[:-1]):
        document.undo()
        assert document.workflow is state
    for state in states[1:]:
        document.redo()
        assert document.workflow is state


def test_changed_says_before_and_after(document: Document) -> None:
    heard: list[tuple[object, object]] = []
    document.changed.connect(lambda before, after: heard.append((before, after)))
    first = document.workflow
    title(document, "x")
    second = document.workflow
    document.undo()
    assert heard == [(first, second), (second, first)]
    assert all(one[0] is not one[1] for one in heard)


def test_an_edit_that_changes_nothing_is_no_step(document: Document) -> None:
    assert not document.edit(edits.set_title(document.workflow, "a", ""))
    assert document.undo_stack.count() == 0


def test_typing_is_one_step_until_a_second_passes(document: Document, clock: Clock) -> None:
    for clock.now, text in ((0.0, "P"), (0.5, "Pu"), (1.4, "Pum"), (2.5, "Pump")):
        title(document, text, merge="title:a")
    assert document.undo_stack.count() == 2
    document.undo()
    assert document.workflow.by_key["a"].title == "Pum"
    document.undo()
    assert document.workflow.by_key["a"].title == ""


def test_a_gesture_is_one_step_however_long_it_lasts(document: Document, clock: Clock) -> None:
    for clock.now in (0.0, 5.0, 60.0):
        document.edit(edits.nudge(document.workflow, ["a"], 8, 0), merge="gesture:7")
    document.edit(edits.nudge(document.workflow, ["a"], 8, 0), merge="gesture:8")
    assert document.undo_stack.count() == 2
    document.undo()
    assert document.workflow.layout["a"] == (24.0, 0.0)


def test_edits_of_different_things_stay_apart(document: Document) -> None:
    title(document, "x", merge="title:a")
    document.edit(edits.set_title(document.workflow, "b", "y"), merge="title:b")
    title(document, "xx", merge="title:a")
    title(document, "xxx")
    assert document.undo_stack.count() == 4


def test_typing_after_undo_begins_a_new_step(document: Document) -> None:
    title(document, "x")
    title(document, "xy", merge="title:a")
    document.undo_stack.undo()  # as the menu's action does
    title(document, "xz", merge="title:a")
    assert document.undo_stack.count() == 2
    document.undo()
    assert document.workflow.by_key["a"].title == "x"


def test_what_is_typed_and_deleted_again_leaves_no_step(document: Document) -> None:
    first = document.workflow
    title(document, "x", merge="title:a")
    title(document, "", merge="title:a")
    assert document.workflow is first
    assert document.undo_stack.count() == 0


def test_settle_ends_merging(document: Document) -> None:
    title(document, "x", merge="title:a")
    document.settle()
    title(document, "xy", merge="title:a")
    assert document.undo_stack.count() == 2


def test_clean_is_what_was_marked_and_merging_into_it_is_not(document: Document) -> None:
    assert document.clean
    title(document, "x", merge="title:a")
    assert not document.clean
    document.mark_clean()
    title(document, "xy", merge="title:a")
    assert not document.clean
    document.undo()
    assert not document.clean


def test_undoing_back_to_the_saved_workflow_is_clean(document: Document) -> None:
    title(document, "x")
    document.mark_clean()
    title(document, "y")
    document.undo()
    assert document.clean


def test_another_writers_workflow_is_one_step_back(document: Document) -> None:
    title(document, "mine")
    mine = document.workflow
    theirs = edits.set_title(mine, "b", "theirs")
    document.replace(theirs, "Changed elsewhere")
    assert document.undo_stack.undoText() == "Changed elsewhere"
    document.undo()
    assert document.workflow is mine
    document.redo()
    assert document.workflow is theirs


def test_the_same_workflow_from_elsewhere_keeps_what_can_be_redone(document: Document) -> None:
    title(document, "x")
    document.undo()
    document.replace(Workflow.model_validate(document.workflow.model_dump()))
    assert document.undo_stack.canRedo()


def test_opening_another_workflow_begins_a_new_history(document: Document) -> None:
    told: list[tuple[str, object]] = []
    document.resetting.connect(lambda workflow: told.append(("leave", workflow)))
    document.opened.connect(lambda workflow: told.append(("open", workflow)))
    document.changed.connect(lambda before, after: told.append(("changed", after)))
    before, other = document.workflow, flow("z:wait")
    document.reset(other)
    assert told == [("leave", before), ("open", other), ("changed", other)]
    assert not document.undo_stack.canUndo()
    assert document.clean


def test_the_oldest_steps_are_forgotten(document: Document) -> None:
    for number in range(LIMIT + 5):
        title(document, f"t{number}")
    assert document.undo_stack.count() == LIMIT
    for _ in range(LIMIT):
        document.undo()
    assert document.workflow.by_key["a"].title == "t4"


Edit = Callable[[Workflow], Workflow]
GATE = Workflow(
    name="w",
    nodes=(Node(key="a", type="wait", title="Cool down"), Node(key="b", type="gate")),
    edges=(Edge.parse("a.output -> b.input"),),
    layout={"a": (0.0, 0.0), "b": (300.0, 0.0)},
)


@pytest.mark.parametrize(
    ("edit", "label"),
    [
        (lambda w: edits.nudge(w, ["a", "b"], 8, 0), "Move 2 nodes"),
        (lambda w: edits.nudge(w, ["a"], 8, 0), "Move Cool down"),
        (lambda w: edits.set_param(w, "b", ("risk",), "high"), "Set risk of Gate"),
        (lambda w: edits.set_params(w, "b", {"risk": "high", "body": "x"}), "Change Gate"),
        (lambda w: edits.set_policy(w, "a", Policy(max_attempts=3)), "Set policy of Cool down"),
        (lambda w: edits.set_title(w, "b", "Shift lead"), "Rename Shift lead"),
        (lambda w: edits.set_key(w, "a", "c"), "Rename a to c"),
        (lambda w: edits.set_mode(w, ["a", "b"], "disabled"), "Disable 2 nodes"),
        (lambda w: edits.add(w, Node(key="l", type="loop"), (0, 0)), "Add Loop"),
        (lambda w: edits.delete(w, ["a"]), "Delete Cool down"),
        (lambda w: edits.disconnect(w, w.edges), "Disconnect Cool down from Gate"),
        (lambda w: edits.connect(w, Edge.parse("a.error -> b.input")), "Connect Cool down to Gate"),
        (lambda w: edits.frame(w, ["a"], title="Line 1")[0], "Add Line 1"),
        (lambda w: edits.set_field(w, "title", "T"), "Change the title"),
    ],
)
def test_labels_say_what_was_done(edit: Edit, label: str) -> None:
    assert label_of(GATE, edit(GATE)) == label


def test_a_document_that_nobody_holds_any_more_is_freed_in_peace() -> None:
    """Python's collector took stack and steps apart in any order, and a step was deleted twice."""
    code = """
import gc, random
from PySide6.QtCore import QCoreApplication
from designer.document import edits
from designer.document.document import Document
from tests.designer.document.drawn import flow

app, chance = QCoreApplication([]), random.Random(2)

class Holder:
    pass

def use(turn):
    holder = Holder()
    document = holder.document = Document(flow("a:wait"))
    if chance.random() < 0.5:
        document.changed.connect(lambda before, after: holder)
    for number in range(chance.randrange(1, 40)):
        after = edits.set_title(document.workflow, "a", f"{turn} {number}")
        document.edit(after, merge=chance.choice(["", "typing"]))
    for _ in range(chance.randrange(14)):
        document.undo()
    document.edit(edits.set_title(document.workflow, "a", "last"))
    holder.stack, holder.me, document.itself = document.undo_stack, holder, document

for turn in range(200):
    use(turn)
    if chance.random() < 0.7:
        gc.collect()
print("in peace")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "in peace\n", done.stderr[-3000:]
