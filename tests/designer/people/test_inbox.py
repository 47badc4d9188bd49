"""The list of what waits: its order, its keys, its badge; and what was answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from pytestqt.qtbot import QtBot

from designer import theme
from designer.engine_link import OpenQuestion
from designer.people import Drafts, Inbox
from designer.people.history_model import HistoryModel
from designer.people.inbox_model import InboxModel
from designer.people.urgency import Wanted, arrange, narrowed, neighbour
from tests.designer.support.fake_link import FakeLink
from tests.designer.support.stories import FORM, Story, open_question

NOW = 1_800_000_000.0


def question(id: str, risk: str = "medium", due: float | None = None, **fields: Any) -> OpenQuestion:
    return open_question(id, form={**FORM, "headline": f"Do {id}?", "risk": risk}, due=due, asked=NOW - 60, **fields)


LISTED = [
    question("later", due=NOW + 7200),
    question("risky", "irreversible"),
    question("late", due=NOW - 5),
    question("soon", due=NOW + 60),
    question("sooner", "low", due=NOW + 30),
    question("calm", "low"),
]


@pytest.fixture
def link() -> Iterator[FakeLink]:
    made = FakeLink(at_once=True)
    yield made
    made.close()


@pytest.fixture
def inbox(link: FakeLink, qtbot: QtBot, qapp: Any) -> Inbox:
    theme.apply(qapp, "light")
    made = Inbox(link, drafts=Drafts("Anna"), now=lambda: NOW)
    qtbot.addWidget(made)
    made.resize(1366, 700)
    for one in LISTED:
        story = Story(one.run, at=NOW - 100)
        story.started()
        story.asked("approve", one.id, **one.question.form)
        if not link.store.journal.all:
            link.store.journal.put(*story.events)
    link.ask(*LISTED)
    made.show()
    made.list.view.setFocus()
    return made


def test_what_is_due_soonest_and_riskiest_comes_first() -> None:
    groups = [(group.name, [one.id for one in group.questions]) for group in arrange(LISTED, NOW)]
    assert groups == [
        ("late", ["late"]),
        ("soon", ["sooner", "soon"]),
        ("risk", ["risky"]),
        ("rest", ["later", "calm"]),
    ]


def test_a_step_in_doubt_counts_as_high_risk() -> None:
    (group,) = arrange([question("q", "", type="doubt")], NOW)
    assert group.name == "risk"


@pytest.mark.parametrize(("which", "expected"), [("all", 6), ("overdue", 1), ("risk", 1), ("mine", 0)])
def test_filters_narrow_the_list(which: str, expected: int) -> None:
    assert len(narrowed(LISTED, Wanted(which, "", "Ben"), NOW)) == expected


def test_mine_is_what_went_to_me_or_what_i_started_until_i_have_answered() -> None:
    went = question("q1", escalated_to="Ben", started_by="x")
    started = question("q2", started_by="ben")
    assert [one.id for one in narrowed([went, started], Wanted("mine", "", "Ben"), NOW)] == ["q1", "q2"]


def test_search_looks_at_headline_workflow_and_step() -> None:
    assert [one.id for one in narrowed(LISTED, Wanted("all", "risky"), NOW)] == ["risky"]
    assert len(narrowed(LISTED, Wanted("all", "machine alarm"), NOW)) == 6


def test_walking_stops_at_the_ends() -> None:
    assert [neighbour(["a", "b"], "a", 1), neighbour(["a", "b"], "b", 1), neighbour([], "a", 1)] == ["b", "b", ""]


def test_the_list_is_a_sound_model(qtbot: QtBot) -> None:
    model = InboxModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show_groups(arrange(LISTED, NOW), NOW)
    model.show_groups(arrange(LISTED[:2], NOW + 1), NOW + 1)
    model.show_groups([], NOW)
    history = HistoryModel()
    QAbstractItemModelTester(history, QAbstractItemModelTester.FailureReportingMode.Fatal)


def test_the_most_urgent_question_is_shown_first(inbox: Inbox) -> None:
    assert inbox.pane.question() == "late"
    assert inbox.shown_question() == "late"


def test_j_and_k_walk(inbox: Inbox) -> None:
    for key, expected in (("j", "sooner"), ("j", "soon"), ("k", "sooner")):
        QTest.keyClicks(inbox.list.view, key)
        assert inbox.pane.question() == expected


@pytest.mark.parametrize("keys", ["a", "r", "e", "j", "\r", "x", "A"])
def test_no_key_in_the_list_answers(inbox: Inbox, link: FakeLink, keys: str) -> None:
    QTest.keyClicks(inbox.list.view, keys)
    assert link.filed == []


def test_a_puts_the_focus_on_approving_and_only_space_answers(inbox: Inbox, link: FakeLink) -> None:
    inbox.activateWindow()
    QTest.keyClicks(inbox.list.view, "a")
    button = inbox.pane.bar.buttons["approve"]
    assert inbox.focusWidget() is button
    QTest.keyClick(button, Qt.Key.Key_Return)
    assert link.filed == []
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert link.filed[0].payload["question"] == "late"


def test_r_puts_the_focus_on_the_reason(inbox: Inbox) -> None:
    QTest.keyClicks(inbox.list.view, "r")
    assert inbox.focusWidget() is inbox.pane.bar.comment


def test_letters_typed_into_the_comment_walk_nowhere(inbox: Inbox) -> None:
    QTest.keyClicks(inbox.pane.bar.comment, "jar")
    assert inbox.pane.question() == "late" and inbox.pane.bar.comment.toPlainText() == "jar"


@pytest.mark.parametrize("reply_first", [True, False])
def test_the_next_question_follows_the_one_that_was_answered(inbox: Inbox, link: FakeLink, reply_first: bool) -> None:
    QTest.keyClicks(inbox.list.view, "j")
    inbox.pane.press("approve")
    rest = [one for one in LISTED if one.id != "sooner"]
    for step in (link.reply, lambda: link.ask(*rest)) if reply_first else (lambda: link.ask(*rest), link.reply):
        step()
    assert inbox.pane.question() == "soon"
    assert inbox.list.view.hasFocus()


def test_a_question_that_somebody_else_closed_stays_until_the_person_moves_on(inbox: Inbox, link: FakeLink) -> None:
    QTest.keyClicks(inbox.list.view, "j")
    QTest.keyClicks(inbox.pane.bar.comment, "half a thought")
    link.ask(*[one for one in LISTED if one.id != "sooner"])
    assert inbox.pane.question() == "sooner"
    assert inbox.drafts.get("sooner").comment == "half a thought"
    inbox.list.view.setFocus()
    QTest.keyClicks(inbox.list.view, "j")
    assert inbox.pane.question() == "soon"


def test_the_question_stays_while_others_come_and_go(inbox: Inbox, link: FakeLink) -> None:
    QTest.keyClicks(inbox.list.view, "jj")
    QTest.keyClicks(inbox.pane.bar.comment, "typing")
    link.ask(question("new", due=NOW + 1), *LISTED[1:])
    assert inbox.pane.question() == "soon"
    assert inbox.pane.bar.comment.toPlainText() == "typing"


def test_the_badge_counts_what_waits(inbox: Inbox, link: FakeLink, qtbot: QtBot) -> None:
    with qtbot.waitSignal(inbox.badge_changed) as told:
        link.ask(*LISTED[:2])
    assert told.args == [2]


def test_an_empty_inbox_says_so(inbox: Inbox, link: FakeLink) -> None:
    link.ask(LISTED[0])
    inbox.list.select("later")
    inbox.pane.press("approve")
    link.reply()
    link.ask()
    assert inbox.pane.question() == "" and inbox.list.empty.isVisible()


def test_a_question_can_be_shown_whatever_the_filter_is(inbox: Inbox) -> None:
    inbox.list.search.setText("late")
    inbox.show_question("calm")
    assert inbox.pane.question() == "calm" and inbox.list.search.text() == ""


def test_a_narrow_inbox_shows_the_list_or_the_question(inbox: Inbox) -> None:
    inbox.resize(700, 600)
    assert inbox.list.isVisible() and not inbox.pane.isVisible()
    QTest.keyClick(inbox.list.view, Qt.Key.Key_Return)
    assert inbox.pane.isVisible() and not inbox.list.isVisible()
    QTest.mouseClick(inbox.back, Qt.MouseButton.LeftButton)
    assert inbox.list.isVisible()


def test_answers_are_listed_with_who_and_what(inbox: Inbox, link: FakeLink) -> None:
    story = Story("run9", at=NOW - 3000)
    story.started()
    story.asked("approve", "q9", value={"line": 4})
    story.answered("approve", "q9", "refuse", by="Mira", comment="The line is needed.")
    story.settled("approve", "q9", "refuse")
    link.store.journal.put(*story.events)
    inbox.pages.choose("history")
    model = inbox.history.model
    assert [model.index(0, column).data() for column in (1, 2, 3)] == ["Mira", "Refused", "Stop line 4?"]
    assert "100% refused" in inbox.metrics.text()


def test_a_row_of_quick_approvals_is_warned_of(inbox: Inbox, link: FakeLink) -> None:
    story = Story("run8", at=NOW - 100)
    story.started()
    for n in range(17):
        story.asked("approve", f"z{n}")
        story.answered("approve", f"z{n}", by="Anna")
        story.settled("approve", f"z{n}")
    link.store.journal.put(*story.events)
    inbox.pages.choose("history")
    assert inbox.hasty.isVisible() and "17 approvals" in inbox.hasty.text()
