"""How a person hears of what waits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from designer.people import Notifier
from designer.people.badge import badge_icon, badge_text
from tests.designer.support.fake_link import FakeLink
from tests.designer.support.stories import Story, open_question


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def link() -> Iterator[FakeLink]:
    made = FakeLink(at_once=True)
    yield made
    made.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def notifier(link: FakeLink, qtbot: QtBot, clock: Clock) -> Iterator[Notifier]:
    made = Notifier(link, now=clock)
    made.told_so_far = []  # type: ignore[attr-defined]
    made.told.connect(made.told_so_far.append)  # type: ignore[attr-defined]
    yield made
    made.close()


def told(notifier: Notifier) -> list[tuple[str, str]]:
    notifier.flush()
    return notifier.told_so_far  # type: ignore[attr-defined,no-any-return]


def test_a_new_question_is_told_once(link: FakeLink, notifier: Notifier) -> None:
    link.ask(open_question("q1"))
    link.ask(open_question("q1"))
    ((title, text),) = told(notifier)
    assert title == "Stop line 4?" and "High risk" in text


def test_a_click_on_the_message_opens_its_question(link: FakeLink, notifier: Notifier, qtbot: QtBot) -> None:
    link.ask(open_question("q1"))
    told(notifier)
    with qtbot.waitSignal(notifier.open_requested) as asked_for:
        notifier.click()
    assert asked_for.args == ["q1"]


def test_several_at_once_are_one_message_that_opens_the_inbox(link: FakeLink, notifier: Notifier, qtbot: QtBot) -> None:
    link.ask(open_question("q1"), open_question("q2"), open_question("q3"))
    ((title, _text),) = told(notifier)
    assert title == "3 questions wait for you"
    with qtbot.waitSignal(notifier.inbox_requested):
        notifier.click()


def test_the_question_on_the_screen_is_not_told(link: FakeLink, notifier: Notifier) -> None:
    notifier.set_shown("q1")
    link.ask(open_question("q1"))
    assert told(notifier) == []


def test_a_question_that_is_gone_again_is_not_told(link: FakeLink, notifier: Notifier) -> None:
    link.ask(open_question("q1"))
    link.ask()
    assert told(notifier) == []


def test_messages_come_at_a_bearable_rate(link: FakeLink, notifier: Notifier, clock: Clock) -> None:
    for n in range(9):
        link.ask(*[open_question(f"q{m}") for m in range(n + 1)])
        notifier.flush()
    assert len(told(notifier)) == 4
    clock.now += 61
    link.ask(*[open_question(f"q{m}") for m in range(10)])
    assert len(told(notifier)) == 5


def test_a_failed_run_is_told_and_a_click_opens_it(
    link: FakeLink, notifier: Notifier, qtbot: QtBot, clock: Clock
) -> None:
    story = Story("run7", at=clock.now + 5)
    story.started()
    story.run_failed(message="The server did not answer.")
    link.say(*story.events)
    assert told(notifier) == [("A run failed", "The server did not answer.")]
    with qtbot.waitSignal(notifier.run_requested) as asked_for:
        notifier.click()
    assert asked_for.args == [("run7", "")]


def test_failures_of_the_past_are_not_told(link: FakeLink, notifier: Notifier, clock: Clock) -> None:
    story = Story("run7", at=clock.now - 500)
    story.started()
    story.run_failed()
    link.say(*story.events)
    assert told(notifier) == []


def test_the_title_carries_the_count(link: FakeLink, notifier: Notifier, qtbot: QtBot) -> None:
    with qtbot.waitSignal(notifier.title_badge_changed) as changed:
        link.ask(open_question("q1"), open_question("q2"))
    assert changed.args == ["(2) "] and notifier.title("Signalbox") == "(2) Signalbox"
    link.ask()
    assert notifier.title("Signalbox") == "Signalbox"


def test_nothing_is_told_when_it_is_turned_off(link: FakeLink, notifier: Notifier) -> None:
    notifier.enabled = False
    link.ask(open_question("q1"))
    assert told(notifier) == []


def test_the_badge_is_short(qtbot: QtBot) -> None:
    assert [badge_text(n) for n in (0, 3, 12)] == ["", "3", "9+"]
    assert badge_icon(3).pixmap(32, 32).toImage() != badge_icon(0).pixmap(32, 32).toImage()
