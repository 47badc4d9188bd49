"""What a step's story tells, from its events alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from designer.runs.story import story_of
from engine.run import events as ev
from engine.workflow.model import Backoff, Policy
from tests.designer.support.stories import Story

SPECIMENS = Path(__file__).parents[2] / "specimens"
RETRIED = Policy(max_attempts=3, backoff=Backoff(first_s=2, factor=2, jitter=0.1))


def of(story: Story, node: str) -> list[ev.Event]:
    return [event for event in story.events if getattr(event, "node", "") == node]


def retried() -> Story:
    story = Story()
    story.started()
    story.attempt("a", 1)
    story.effect_failed("a", message="503", tool="http.request", args={"url": "http://x"})
    story.attempt_failed("a", 1, wait_s=2.0, cls="server", message="503")
    story.wait(1.1)
    story.attempt("a", 2)
    story.effect_succeeded("a", gen=2, tool="http.request", result={"status": 200, "body": "fine"})
    story.succeeded("a", output="fine")
    return story


def test_attempts_errors_and_waits_stand_in_the_order_in_which_they_happened() -> None:
    entries = story_of(of(retried(), "a"), RETRIED)
    assert [one.kind for one in entries] == ["attempt", "tool", "error", "wait", "attempt", "tool", "end"]
    assert entries[0].title == "Attempt 1 of 3" and entries[0].tone == "failed"
    assert entries[4].title == "Attempt 2 of 3" and entries[4].tone == "done"


def test_a_wait_says_how_long_it_was_and_how_long_the_policy_wanted_it() -> None:
    wait = next(one for one in story_of(of(retried(), "a"), RETRIED) if one.kind == "wait")
    assert wait.planned == pytest.approx(2.0)
    assert wait.until is not None and wait.until - wait.at == pytest.approx(2.1)
    assert "2.0 s ± 10 %" in wait.text


def test_the_sentence_of_a_failure_stands_once() -> None:
    entries = story_of(of(retried(), "a"), RETRIED)
    assert [one.title for one in entries if "503" in one.text] == ["server"]


def test_a_wait_that_still_lasts_has_no_end() -> None:
    story = Story()
    story.started()
    story.attempt("a")
    story.attempt_failed("a", wait_s=30)
    assert story_of(of(story, "a"))[-1].lasts


def test_an_answer_says_who_and_after_how_long() -> None:
    story = Story()
    story.started()
    story.asked("gate")
    story.wait(41)
    story.answered("gate", by="ben", values={"value": 3}, comment="go on")
    story.settled("gate")
    story.succeeded("gate", by="person", approved={"option": "approve"})
    entries = story_of(of(story, "gate"))
    assert entries[0].question == "q1" and entries[0].tone == "done" and not entries[0].lasts
    assert entries[1].title == "ben answered: Approve" and entries[1].text == "go on"
    assert "after 42.0 s" in entries[1].facts and "with a changed value" in entries[1].facts
    assert entries[-1].title == "A person's answer settled it"


def test_a_refused_call_keeps_its_hint_and_a_hand_off_its_envelope() -> None:
    story = Story()
    story.started()
    story.attempt("a")
    story.add(ev.ToolCallRefused, node="a", key="2", tool="find", fault="code is missing", hint="Give a code.")
    story.add(ev.ModelSwitched, node="a", key="3", from_model="small", to_model="large", why="3 faults")
    story.add(ev.HandedOff, node="a", key="4", to="expert", envelope={"reason": "too hard"})
    refused, switched, handed = story_of(of(story, "a"))[1:]
    assert refused.title == "Refused a call of find" and refused.result == {"hint": "Give a code."}
    assert switched.title == "Model “small” gives up, “large” takes over"
    assert handed.text == "too hard" and handed.result == {"reason": "too hard"}


def test_an_effect_in_doubt_says_so_until_a_person_has_spoken() -> None:
    story = Story()
    story.started()
    story.attempt("a")
    story.effect_started("a")
    story.in_doubt("a")
    assert story_of(of(story, "a"))[-1].tone == "asking"
    story.add(ev.EffectResolved, node="a", key="1", how="do_it")
    assert story_of(of(story, "a"))[-1].text == "A person said: it had not happened, do it"


@pytest.mark.parametrize("name", ["agent-1", "gate-1", "loop-1", "retry-1"])
def test_every_specimen_of_a_journal_can_be_told(name: str) -> None:
    lines = (SPECIMENS / f"{name}.journal.jsonl").read_text("utf-8").splitlines()
    events = [ev.from_json(json.dumps({key: value for key, value in json.loads(line).items() if key != "hash"}))
              for line in lines]  # fmt: skip
    for node in {getattr(event, "node", "") for event in events} - {""}:
        mine = [event for event in events if getattr(event, "node", "") == node and event.kind != "RunFailed"]
        assert all(entry.title for entry in story_of(mine))
