"""The run panel on made-up runs: what it shows, how it follows a run, what it asks for."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QMenu
from runs_kit import WORKFLOW, failing, opened

from designer.runs.run_panel import RunPanel
from designer.runs.steps_model import SAYS, STATUS, STEP, TRIES
from engine.run import events as ev
from tests.designer.support.fake_link import FakeLink
from tests.designer.support.stories import Story, workflow


def cells(panel: RunPanel, column: int, parent: QModelIndex | None = None) -> list[str]:
    model, parent = panel.model, parent or QModelIndex()
    return [model.index(row, column, parent).data() for row in range(model.rowCount(parent))]


def test_without_a_run_it_says_how_to_start_one(qtbot: Any) -> None:
    panel = RunPanel(FakeLink(at_once=True))
    qtbot.addWidget(panel)
    panel.show()
    assert panel.nothing.isVisible() and "Ctrl+Enter" in panel.nothing.text.text()


def test_steps_stand_in_the_drawings_order_with_status_and_tries(qtbot: Any) -> None:
    _, live, panel = opened(qtbot, failing())
    assert cells(panel, STEP) == ["Read it", "Ask the service", "Shift lead approves"]
    assert cells(panel, STATUS) == ["Done", "Done", "Asks a person"]
    assert cells(panel, TRIES) == ["1", "2/3", ""]
    assert cells(panel, SAYS)[2] == "Stop line 4?"
    panel.shut()
    live.close()


def test_the_step_that_asks_is_chosen_until_a_person_chooses_another(qtbot: Any) -> None:
    _, live, panel = opened(qtbot, failing())
    assert panel.detail.title.text() == "Shift lead approves"
    with qtbot.waitSignal(panel.step_selected) as chosen:
        panel.steps.setCurrentIndex(panel.model.index(0, 0))
    assert chosen.args == [("read", ())]
    assert panel.detail.title.text() == "Read it"
    panel.shut()
    live.close()


def test_a_run_that_goes_on_is_followed(qtbot: Any) -> None:
    story = failing()
    link, live, panel = opened(qtbot, story)
    QAbstractItemModelTester(panel.model, QAbstractItemModelTester.FailureReportingMode.Fatal, panel)
    link.say(story.answered("approve", by="ben"), story.settled("approve"),
             story.succeeded("approve", by="person", approved={"option": "approve"}), story.completed())  # fmt: skip
    qtbot.waitUntil(lambda: panel.header.chip.text() == "Completed")
    assert cells(panel, STATUS)[2] == "Done"
    assert not panel.header.stop.isVisible() and panel.header.fork.isVisible()
    assert len(panel.replay._marks) == len(story.events)
    panel.shut()
    live.close()


def test_the_replay_shows_the_run_as_it_was(qtbot: Any) -> None:
    story = failing()
    _, live, panel = opened(qtbot, story)
    with qtbot.waitSignal(panel.moved) as moved:
        panel.replay.go(5)
    assert moved.args == [5]
    assert cells(panel, STATUS) == ["Done", "Waits to retry", "Not yet"]
    panel.show_step("ask")
    assert [entry.kind for entry in panel.detail.story._entries] == ["attempt", "error", "wait"]
    with qtbot.waitSignal(panel.moved) as moved:
        panel.replay.go_live()
    assert moved.args == [None] and cells(panel, STATUS) == ["Done", "Done", "Asks a person"]
    panel.shut()
    live.close()


def test_what_happens_during_a_replay_is_there_when_it_ends(qtbot: Any) -> None:
    story = failing()
    link, live, panel = opened(qtbot, story)
    with qtbot.waitSignal(panel.moved):
        panel.replay.go(3)
    link.say(story.answered("approve"), story.settled("approve"), story.succeeded("approve", by="person", approved=1))
    qtbot.waitUntil(lambda: len(panel.replay._marks) == len(story.events))
    assert cells(panel, STATUS) == ["Done", "Not yet", "Not yet"]
    panel.replay.go_live()
    assert cells(panel, STATUS) == ["Done", "Done", "Done"]
    panel.shut()
    live.close()


def test_rounds_of_a_loop_hold_their_steps(qtbot: Any) -> None:
    loop = workflow(
        ("again", "loop", {"until": "{{ true }}", "limit": 3}), ("work", "data.set", {"values": {"x": 1}}),
        edges="again.body -> work.input\nwork.output -> again.again",
    )  # fmt: skip
    story = Story(of=loop)
    story.started()
    for number in (1, 2):
        story.round("again", number)
        story.attempt("work", visit=(number,))
        story.succeeded("work", visit=(number,), output={"x": 1})
    link, live, panel = opened(qtbot, story)
    QAbstractItemModelTester(panel.model, QAbstractItemModelTester.FailureReportingMode.Fatal, panel)
    top = panel.model.index(0, 0)
    assert cells(panel, STEP) == ["again"] and cells(panel, STEP, top) == ["Round 1", "Round 2"]
    assert cells(panel, STEP, panel.model.index(1, 0, top)) == ["work"]
    link.say(story.round("again", 3), story.attempt("work", visit=(3,)))
    qtbot.waitUntil(lambda: panel.model.rowCount(top) == 3)
    panel.show_step("work")
    assert panel.detail.title.text() == "work [3]"
    panel.shut()
    live.close()


def test_child_runs_stand_under_the_step_that_started_them(qtbot: Any) -> None:
    parent = Story("parent", of=workflow(("items", "each", {"workflow": "child", "items": "{{ [1] }}"})))
    parent.started()
    parent.attempt("items", items=1)
    child = Story("child", of=workflow(("inner", "data.set", {"values": {"x": 1}}), name="child"))
    child.started(parent=ev.Parent(run="parent", node="items"), root_run="parent")
    child.attempt("inner")
    link, live, panel = opened(qtbot, parent)
    link.store.library.put(child.of)  # type: ignore[arg-type]
    QAbstractItemModelTester(panel.model, QAbstractItemModelTester.FailureReportingMode.Fatal, panel)
    link.say(*child.events)
    top = panel.model.index(0, 0)
    qtbot.waitUntil(lambda: panel.model.rowCount(top) == 1)
    item = panel.model.index(0, 0, top)
    assert item.data() == "Item 1" and panel.model.hasChildren(item)
    panel.steps.expand(item)
    qtbot.waitUntil(lambda: cells(panel, STEP, item) == ["inner"])
    link.say(child.succeeded("inner", output={"x": 1}))
    qtbot.waitUntil(lambda: cells(panel, STATUS, item) == ["Done"])
    with qtbot.waitSignal(panel.open_run) as wanted:
        panel.steps.opened.emit(panel.model.row_of(item))
    assert wanted.args == ["child"]
    panel.shut()
    live.close()


def test_a_child_run_that_had_started_before_is_there_too(qtbot: Any) -> None:
    parent = Story("parent", of=workflow(("items", "each", {"workflow": "child", "items": "{{ [1] }}"})))
    parent.started()
    parent.attempt("items", items=1)
    child = Story("child")
    child.started(parent=ev.Parent(run="parent", node="items"), root_run="parent")
    parent.events += child.events
    _, live, panel = opened(qtbot, parent)
    qtbot.waitUntil(lambda: panel.model.rowCount(panel.model.index(0, 0)) == 1)
    panel.shut()
    live.close()


def test_all_four_tabs_tell_of_the_chosen_step(qtbot: Any) -> None:
    _, live, panel = opened(qtbot, failing())
    panel.show_step("ask")
    detail = panel.detail
    assert [one.kind for one in detail.story._entries] == ["attempt", "error", "wait", "attempt", "end"]
    detail.show_tab("data")
    assert detail.data.params.view.value() == {"values": {"n": {"n": 1}}}
    assert detail.data.input.view.value() == {"n": 1}
    assert detail.data.output.view.value() == {"n": 1}
    detail.show_tab("why")
    assert any("Attempt 1 failed" in text for _, text in detail.why._shown)
    detail.show_tab("events")
    assert [event.kind for event in detail.events.model.events] == [
        "AttemptStarted", "AttemptFailed", "AttemptStarted", "StepSucceeded",
    ]  # fmt: skip
    panel.shut()
    live.close()


def test_the_whole_run_can_be_looked_at(qtbot: Any) -> None:
    _, live, panel = opened(qtbot, failing())
    panel.header.whole.click()
    assert panel.detail.title.text() == "Whole run"
    assert any("started by anna" in text for _, text in panel.detail.why._shown)
    panel.shut()
    live.close()


def test_what_a_model_writes_is_seen_while_it_writes(qtbot: Any) -> None:
    from engine.store import Piece

    story = Story(of=WORKFLOW)
    story.started()
    story.attempt("read")
    link, live, panel = opened(qtbot, story)
    panel.show_step("read")
    link.write(Piece(1, "run1", "read", "", "1", "The bearing "), Piece(2, "run1", "read", "", "1", "is worn"))
    qtbot.waitUntil(lambda: panel.detail.story._entries[-1].text == "The bearing is worn")
    assert panel.detail.story._entries[-1].lasts
    panel.shut()
    live.close()


def menu_of(panel: RunPanel, node: str) -> dict[str, bool]:
    menu = QMenu(panel)
    panel._fill(menu, panel.live.run, (node, ()))  # type: ignore[union-attr]
    return {action.text(): action.isEnabled() for action in menu.actions() if action.text()}


def test_an_open_run_can_be_stopped_and_not_continued(qtbot: Any) -> None:
    _, live, panel = opened(qtbot, failing())
    assert menu_of(panel, "approve") == {
        "Open the question": True, "Retry this step": False, "Continue from here": False,
        "Fork with changed input…": False, "Replay this step alone": False,
    }  # fmt: skip
    with qtbot.waitSignal(panel.cancel_requested) as wanted:
        qtbot.mouseClick(panel.header.stop, Qt.MouseButton.LeftButton)
    assert wanted.args == ["run1"]
    panel.shut()
    live.close()


def test_an_ended_run_can_be_continued_from_any_step(qtbot: Any) -> None:
    story = failing()
    story.cancelled("approve")
    story.run_cancelled()
    _, live, panel = opened(qtbot, story)
    assert menu_of(panel, "read") == {
        "Retry this step": False, "Continue from here": True, "Fork with changed input…": True,
        "Replay this step alone": True,
    }  # fmt: skip
    assert menu_of(panel, "approve")["Retry this step"]
    menu = QMenu(panel)
    panel._fill(menu, "run1", ("ask", ()))
    with qtbot.waitSignal(panel.continue_requested) as wanted:
        next(one for one in menu.actions() if one.text() == "Continue from here").trigger()
    assert wanted.args[0].payload == {"run": "run1", "start": "ask"}
    panel.shut()
    live.close()


def test_a_question_is_opened_from_its_step(qtbot: Any) -> None:
    _, live, panel = opened(qtbot, failing())
    with qtbot.waitSignal(panel.question_opened) as wanted:
        panel.steps.setCurrentIndex(panel.model.index(2, 0))
        qtbot.keyClick(panel.steps, Qt.Key.Key_Return)
    assert wanted.args == ["q1"]
    panel.shut()
    live.close()
