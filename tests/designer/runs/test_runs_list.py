"""The list of runs: newest first, filtered, opened; who is waited for is seen."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from designer.runs.runs_list import RunsList
from designer.runs.runs_model import NAME, STATUS, TOOK, WHO
from tests.designer.support.fake_link import FakeLink
from tests.designer.support.stories import Story, open_question, workflow


def listed(qtbot: Any) -> tuple[FakeLink, RunsList]:
    link = FakeLink(at_once=True)
    for number, end in enumerate(("completed", "failed", "open")):
        of = workflow(("a", "data.set"), name=f"flow-{number}", title=f"Flow {number}")
        link.store.library.put(of)
        story = Story(f"run{number}", of=of, at=1_700_000_000.0 + 100 * number)
        story.started(actor="anna" if number else "ben")
        story.attempt("a")
        if end == "completed":
            story.succeeded("a", output=1)
            story.completed()
        elif end == "failed":
            story.run_failed("a", "No power.")
        link.say(*story.events)
    made = RunsList(link)
    qtbot.addWidget(made)
    made.resize(360, 500)
    QAbstractItemModelTester(made.model, QAbstractItemModelTester.FailureReportingMode.Fatal, made)
    link.list_runs(*link.store.journal.runs())
    made.show()
    return link, made


def column(made: RunsList, number: int) -> list[str]:
    return [made.filter.index(row, number).data() for row in range(made.filter.rowCount())]


def test_it_says_when_there_are_no_runs(qtbot: Any) -> None:
    made = RunsList(FakeLink(at_once=True))
    qtbot.addWidget(made)
    made.show()
    assert made.nothing.isVisible() and made.nothing.title.text() == "No runs yet"


def test_runs_stand_newest_first_with_how_they_ended_and_who_started_them(qtbot: Any) -> None:
    _, made = listed(qtbot)
    assert column(made, NAME) == ["Flow 2", "Flow 1", "Flow 0"]
    assert column(made, STATUS) == ["Running", "Failed", "Completed"]
    assert column(made, TOOK)[1:] == ["2.0 s", "3.0 s"]
    assert column(made, WHO) == ["anna", "anna", "ben"]
    made.shut()


def test_words_status_and_workflow_filter(qtbot: Any) -> None:
    _, made = listed(qtbot)
    made.search.setText("no power")
    assert column(made, NAME) == ["Flow 1"]
    made.search.setText("zebra")
    assert made.nothing.isVisible() and made.nothing.title.text() == "No run fits"
    made.search.setText("")
    made.status.choose("open")
    assert column(made, NAME) == ["Flow 2"]
    made.status.choose("all")
    made.set_workflow("flow-0")
    assert column(made, NAME) == ["Flow 0"]
    made.set_workflow(None)
    assert made.filter.rowCount() == 3
    made.shut()


def test_a_run_that_waits_for_a_person_says_so(qtbot: Any) -> None:
    link, made = listed(qtbot)
    link.ask(open_question(run="run2", root="run2"))
    assert column(made, STATUS)[0] == "Waits for a person"
    made.status.choose("asking")
    assert column(made, NAME) == ["Flow 2"]
    link.ask()
    assert column(made, NAME) == []
    made.shut()


def test_enter_and_double_click_open_a_run(qtbot: Any) -> None:
    _, made = listed(qtbot)
    made.view.setCurrentIndex(made.filter.index(1, 0))
    with qtbot.waitSignal(made.open_run) as wanted:
        qtbot.keyClick(made.view, Qt.Key.Key_Return)
    assert wanted.args == ["run1"]
    with qtbot.waitSignal(made.open_run) as wanted:
        made.view.doubleClicked.emit(made.filter.index(2, 0))
    assert wanted.args == ["run0"]
    made.shut()


def test_a_new_run_is_put_on_top_and_the_chosen_one_stays_chosen(qtbot: Any) -> None:
    link, made = listed(qtbot)
    made.view.setCurrentIndex(made.filter.index(2, 0))
    story = Story("run3", at=1_700_000_900.0)
    story.started()
    link.say(*story.events)
    link.list_runs(*link.store.journal.runs())
    assert column(made, NAME)[0] == "made-up"
    assert made.view.currentIndex().data() == "Flow 0"
    made.shut()
