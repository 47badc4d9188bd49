"""A run followed while it goes on, and one that was over before anybody looked."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication

from designer.engine_link import LiveRun
from engine.observe.trace import trace
from engine.run.events import Parent, RunStarted
from engine.store import Piece
from tests.designer.support.fake_link import FakeLink
from tests.designer.support.stories import Story, workflow

FLOW = workflow(("read", "file.read"), ("ask", "agent", {"model": "small"}), ("items", "each", {"workflow": "other"}))


@pytest.fixture
def link(qtbot: Any) -> FakeLink:
    link = FakeLink()
    link.store.library.put(FLOW)
    return link


def begun() -> Story:
    story = Story(of=FLOW)
    story.started()
    story.attempt("read")
    return story


def opened(qtbot: Any, link: FakeLink, run: str = "run1") -> LiveRun:
    live = LiveRun(link, run)
    qtbot.waitUntil(lambda: live.is_loaded)
    qtbot.waitUntil(lambda: live.workflow is not None or not live.runs)
    return live


def settle() -> None:
    for _ in range(5):
        QCoreApplication.processEvents()


def test_a_stored_run_is_read_to_its_end(qtbot: Any, link: FakeLink) -> None:
    story = begun()
    for number in range(700):
        story.round("items", number + 1)
    story.succeeded("read", text="x")
    story.completed(a=1)
    link.store.journal.put(*story.events)
    live = opened(qtbot, link)
    assert live.main == story.trace and live.ended and live.workflow == FLOW
    assert live.at(300) == trace(story.events[:300])
    assert live.length == len(story.events) and live.moments()[0] == (1, story.events[0].at, "RunStarted")
    assert not live.has_clock
    live.close()


def test_what_happens_while_it_is_read_is_neither_lost_nor_taken_twice(qtbot: Any, link: FakeLink) -> None:
    story = begun()
    link.store.journal.put(*story.events)
    live = LiveRun(link, "run1")
    story.succeeded("read", text="x")
    link.say(story.events[-1])  # before anything was read; it is in the store now, too
    qtbot.waitUntil(lambda: live.is_loaded)
    assert live.main == story.trace
    link.say(story.attempt("ask"))
    assert live.main == story.trace
    live.close()


def test_a_run_that_is_not_there_yet_is_waited_for(qtbot: Any, link: FakeLink) -> None:
    live = opened(qtbot, link)
    assert live.main.status == "new" and live.workflow is None
    story = begun()
    with qtbot.waitSignal(live.changed):
        link.say(*story.events)
    assert live.main == story.trace
    live.close()


def test_changes_are_told_together(qtbot: Any, link: FakeLink) -> None:
    story = begun()
    link.store.journal.put(*story.events)
    live = opened(qtbot, link)
    settle()
    told: list[int] = []
    qtbot.wait(80)
    live.changed.connect(lambda: told.append(live.length))
    for number in range(200):
        link.say(story.round("items", number + 1))
    assert told == []
    qtbot.waitUntil(lambda: len(told) == 1)
    assert told == [len(story.events)]
    live.close()


def test_child_runs_belong_to_it_and_other_runs_do_not(qtbot: Any, link: FakeLink) -> None:
    story, stranger = begun(), Story("run9", FLOW)
    link.store.journal.put(*story.events)
    live = opened(qtbot, link)
    children = [Story(f"run1-{index}", FLOW) for index in (1, 0)]
    for index, child in zip((1, 0), children, strict=True):
        child.started(parent=Parent(run="run1", node="items", index=index), root_run="run1")
        child.asked("ask", f"q{index}")
        link.say(*child.events)
    stranger.started()
    link.say(story.attempt("items", items=2), *stranger.events)
    assert list(live.runs) == ["run1", "run1-1", "run1-0"]
    step = live.main.steps[("items", ())]
    assert [run.run for run in live.children_of(step)] == ["run1-0", "run1-1"]
    assert [question.id for question in live.open_questions()] == ["q1", "q0"]
    live.close()


def test_stored_children_are_read_with_it(qtbot: Any, link: FakeLink) -> None:
    story = begun()
    child = Story("run1-0", FLOW)
    child.started(parent=Parent(run="run1", node="items"), root_run="run1")
    other = Story("run2", FLOW)
    other.started(root_run="run1")  # a run that continued it: of the same root, and no part of it
    link.store.journal.put(*story.events, *child.events, *other.events)
    live = opened(qtbot, link)
    assert list(live.runs) == ["run1", "run1-0"]
    live.close()


def piece(number: int, text: str, key: str = "1") -> Piece:
    return Piece(number, "run1", "ask", "", key, text)


def test_partial_text_grows_until_there_is_a_result(qtbot: Any, link: FakeLink) -> None:
    story = begun()
    story.attempt("ask")
    link.store.journal.put(*story.events)
    link.store.progress.pieces = [piece(1, "The "), piece(2, "lamp ")]
    live = opened(qtbot, link)
    qtbot.waitUntil(lambda: live.text_of(live.main.steps[("ask", ())], "1") == "The lamp ")
    step = live.main.steps[("ask", ())]
    link.write(piece(2, "lamp "), piece(3, "is on"))
    assert live.text_of(step, "1") == "The lamp is on"
    assert live.texts_of(step) == {"1": "The lamp is on"}
    link.say(story.effect_succeeded("ask", "1", "The lamp is on."))
    assert live.text_of(live.main.steps[("ask", ())], "1") == ""
    link.write(piece(4, " late"))
    assert live.text_of(live.main.steps[("ask", ())], "1") == ""
    live.close()


def test_text_of_a_failed_attempt_does_not_stay(qtbot: Any, link: FakeLink) -> None:
    story = begun()
    story.attempt("ask")
    link.store.journal.put(*story.events)
    live = opened(qtbot, link)
    settle()
    link.write(piece(1, "rubbish"))
    link.say(story.attempt_failed("ask", wait_s=1), story.attempt("ask", 2))
    link.write(piece(2, "Better"))
    assert live.text_of(live.main.steps[("ask", ())], "1") == "Better"
    live.close()


def test_the_clock_ticks_only_while_something_counts(qtbot: Any, link: FakeLink) -> None:
    story = begun()
    link.store.journal.put(*story.events)
    live = opened(qtbot, link)
    live._clock.setInterval(5)
    qtbot.waitSignal(live.ticked).wait()
    assert live.has_clock
    link.say(story.succeeded("read", text="x"))
    qtbot.waitUntil(lambda: not live._clock.isActive())
    assert not live.has_clock
    live.close()


def test_a_run_that_cannot_be_read_says_why(qtbot: Any, link: FakeLink) -> None:
    link.fails = "The data file is damaged."
    live = LiveRun(link, "run1")
    with qtbot.waitSignal(live.failed) as told:
        pass
    assert str(told.args[0]) == "The data file is damaged."
    live.close()


def test_after_closing_nothing_is_heard(qtbot: Any, link: FakeLink) -> None:
    story = begun()
    link.store.journal.put(*story.events)
    live = opened(qtbot, link)
    live.close()
    live.close()
    link.say(story.succeeded("read", text="x"))
    assert live.length == 2


def test_many_runs_that_begin_are_no_trouble(qtbot: Any, link: FakeLink) -> None:
    live = opened(qtbot, link)
    link.say(*(RunStarted(run=f"other{number}", seq=1, workflow="0" * 64) for number in range(100)))
    assert not live.runs
    live.close()
