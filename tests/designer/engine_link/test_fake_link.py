"""The stand-in behaves like the link where tests of widgets rely on it."""

from __future__ import annotations

from typing import Any

from tests.designer.support.fake_link import FakeLink
from tests.designer.support.stories import Story, open_question, workflow

FLOW = workflow(("read", "file.read"), ("approve", "gate", {"headline": "Go?"}), edges="read.text -> approve.input")


def test_requests_are_recorded_and_replies_reach_who_asked(qtbot: Any) -> None:
    link = FakeLink()
    heard: list[Any] = []
    link.run(FLOW, {"a": 1}, done=heard.append)
    qtbot.waitUntil(lambda: len(link.filed) == 1)
    assert link.filed[0].kind == "run" and link.filed[0].payload["inputs"] == {"a": 1}
    link.reply(result={"run": "r"})
    assert heard[0].accepted and heard[0].result == {"run": "r"}


def test_a_call_that_fails_says_why(qtbot: Any) -> None:
    link = FakeLink(at_once=True)
    faults: list[Any] = []
    link.call(lambda store: store.library.get("nothing"), None, faults.append)
    assert "no workflow version" in str(faults[0])
    with qtbot.waitSignal(link.refused):
        link.fails = "The disk is full."
        link.call(lambda store: 1)


def test_events_and_questions_come_by_signal(qtbot: Any) -> None:
    link, story = FakeLink(), Story(of=FLOW)
    story.started()
    with qtbot.waitSignal(link.events) as seen:
        link.say(*story.events)
    assert seen.args[0] == story.events
    with qtbot.waitSignal(link.questions_changed):
        link.ask(open_question())
    link.answer("q1", "approve")
    qtbot.waitUntil(lambda: len(link.filed) == 1)
    assert link.filed[0].run == "run1" and link.filed[0].payload == {"question": "q1", "option": "approve"}
