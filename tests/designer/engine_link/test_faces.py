"""What a node's face says in every situation of its step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from designer.engine_link import Face, faces_of
from engine.workflow.model import Node, Policy
from tests.designer.support.stories import T0, Story, workflow

FLOW = workflow(
    Node(key="read", type="file.read", policy=Policy(max_attempts=5)),
    ("gate", "gate", {"headline": "Go?"}),
    ("rounds", "loop", {"until": "false", "limit": 5}),
    ("items", "each", {"workflow": "other"}),
    ("split", "branch", {"cases": [{"name": "high", "when": "true"}]}),
    ("agent", "agent", {"model": "small"}),
    ("lookup", "http.request", {"url": "http://x"}),
    edges="read.text -> gate.input\nlookup.tool -> agent.tools",
)


def face(node: str, tell: Callable[[Story], Any], later: float = 0.0, seq: int | None = None) -> Face:
    story = Story(of=FLOW)
    story.started()
    tell(story)
    return faces_of(story.trace, FLOW, story.now - story.dt + later, seq)[node]


def doubtful(s: Story) -> None:
    s.attempt("read")
    s.effect_started("read")
    s.in_doubt("read")
    s.asked("read", type="doubt")


def two_approvers(s: Story) -> None:
    s.asked("gate", required=2)
    s.answered("gate")


def decided(option: str) -> Callable[[Story], None]:
    def tell(s: Story) -> None:
        s.asked("gate")
        s.answered("gate", option=option)
        s.settled("gate", outcome=option)
        s.succeeded("gate", by="person", approved={"option": option, "value": {"a": 1}, "form": {}, "comment": ""})

    return tell


def tried(s: Story) -> None:
    s.attempt("read")
    s.attempt_failed("read", 1, wait_s=1)
    s.attempt("read", 2)


def backing_off(s: Story) -> None:
    tried(s)
    s.attempt_failed("read", 2, wait_s=8)


def read_done(s: Story) -> None:
    s.attempt("read")
    s.succeeded("read", text="x")


def read_failed(s: Story) -> None:
    s.attempt("read")
    s.attempt_failed("read")
    s.step_failed("read")


def escalated(s: Story) -> None:
    s.attempt("read")
    s.asked("read", type="escalation")


def call_to_approve(s: Story) -> None:
    s.attempt("agent")
    s.asked("agent", type="approval")


def looped(s: Story) -> None:
    s.round("rounds", 3)
    s.succeeded("rounds", by="planner", done=1)


def some_items(s: Story) -> None:
    s.attempt("items", items=37)
    s.items_ended("items", *range(14))


def all_items(s: Story) -> None:
    s.attempt("items", items=2)
    s.items_ended("items", 0, 1)
    s.succeeded("items", output=[1, 2])


def branched(s: Story) -> None:
    s.attempt("split")
    s.succeeded("split", by="planner", high=1)


SAYS: dict[str, tuple[str, Callable[[Story], Any], str, str]] = {
    "not reached": ("read", lambda s: None, "pending", ""),
    "running": ("read", lambda s: s.attempt("read"), "running", "Running · 4.1 s"),
    "second attempt": ("read", tried, "running", "Running 2/5 · 4.1 s"),
    "backoff": ("read", backing_off, "waiting", "2/5, again in 4 s"),
    "gate": ("gate", lambda s: s.asked("gate"), "asking", "Waiting for a person"),
    "deadline": ("gate", lambda s: s.asked("gate", due_s=764.0), "asking", "Waiting for a person · 12:40 left"),
    "two approvers": ("gate", two_approvers, "asking", "1 of 2 have approved"),
    "escalation": ("read", escalated, "asking", "Failed. A person must decide"),
    "approval": ("agent", call_to_approve, "asking", "Waiting for an approval"),
    "doubt": ("read", doubtful, "asking", "Did it happen? A person must say"),
    "approved": ("gate", decided("approve"), "done", "Approved by ben"),
    "sent back": ("gate", decided("send_back"), "done", "Sent back by ben"),
    "loop": ("rounds", lambda s: s.round("rounds", 3), "running", "Round 3 of 5"),
    "loop that ended": ("rounds", looped, "done", "3 rounds"),
    "each": ("items", some_items, "running", "14 of 37"),
    "each that ended": ("items", all_items, "done", "2 of 2"),
    "done": ("read", read_done, "done", "Done · 1.0 s"),
    "branch": ("split", branched, "done", "Went on by high"),
    "reused": ("read", lambda s: s.succeeded("read", by="reused", origin="run0", text="x"), "reused", "Reused"),
    "bypassed": ("read", lambda s: s.succeeded("read", by="bypassed", text="x"), "disabled", "Bypassed"),
    "failed": ("read", read_failed, "failed", "Failed"),
    "handled": ("read", lambda s: s.step_failed("read", handled="route"), "failed", "Failed, its error port took over"),
    "skipped": ("read", lambda s: s.skipped("read"), "skipped", "Skipped: no branch led here"),
    "cancelled": ("read", lambda s: s.cancelled("read", why="lost_race"), "cancelled", "Not needed any more"),
}


@pytest.mark.parametrize("case", SAYS)
def test_a_face_says_what_its_step_does(case: str) -> None:
    node, tell, status, words = SAYS[case]
    shown = face(node, tell, later=4.1)
    assert (shown.status, shown.words) == (status, words)


def test_a_clock_runs_only_where_time_counts() -> None:
    assert face("read", lambda s: s.attempt("read")).since == T0 + 1
    assert face("gate", lambda s: s.asked("gate", due_s=60)).until == T0 + 61
    assert not face("gate", lambda s: s.asked("gate")).ticks
    assert not face("read", read_done).ticks


def test_counters_come_apart_too() -> None:
    assert face("read", backing_off).attempt == "2/5"
    assert face("read", lambda s: s.attempt("read")).attempt == ""
    assert face("items", some_items).counts == (14, 37)
    assert face("rounds", SAYS["loop"][1]).counts == (3, 5)
    assert face("gate", two_approvers).counts == (1, 2)
    assert face("read", doubtful).doubt


def test_an_end_of_the_engine_counts_as_no_attempt() -> None:
    def tell(s: Story) -> None:
        from engine.run.events import AttemptInterrupted

        s.attempt("read")
        s.add(AttemptInterrupted, node="read", attempt=1, cause="crash")
        s.attempt("read", 2)

    assert face("read", tell, 4.1).words == "Running · 4.1 s"


def test_a_tool_tells_how_often_it_was_called() -> None:
    def calls(s: Story, number: int) -> None:
        for key in range(1, number + 1):
            s.effect_started("agent", f"{key}.1.1", via="lookup")
            s.effect_succeeded("agent", f"{key}.1.1", {"rows": 3})

    def six(s: Story) -> None:
        s.attempt("agent")
        calls(s, 6)

    def busy(s: Story) -> None:
        s.attempt("agent")
        calls(s, 1)
        s.effect_started("agent", "9.1.1", via="lookup")

    shown = face("lookup", six)
    assert (shown.status, shown.words, shown.preview, shown.visits) == ("done", "Called 6 times", ("rows: 3",), 6)
    assert face("lookup", busy, 4.1).words == "Called 2 times · 4.1 s"


def test_a_look_back_stands_still() -> None:
    def tell(s: Story) -> None:
        s.attempt("read")
        s.wait(10)
        s.attempt("split")

    shown = face("read", tell, later=99.0, seq=3)
    assert shown.words == "Running · 11 s" and not shown.ticks


def test_a_drawing_at_rest_shows_only_what_is_switched_off() -> None:
    flow = workflow(
        Node(key="a", type="file.read"),
        Node(key="b", type="file.read", mode="disabled"),
        Node(key="c", type="file.read", mode="bypassed"),
    )
    faces = faces_of(None, flow, T0)
    assert faces["a"] == Face()
    assert [(faces[key].status, faces[key].words) for key in "bc"] == [
        ("disabled", "Disabled"),
        ("disabled", "Bypassed"),
    ]


def test_the_newest_visit_is_shown_and_visits_are_counted() -> None:
    def tell(s: Story) -> None:
        for number in (1, 2, 3):
            s.attempt("read", visit=(number,))
            s.succeeded("read", visit=(number,), text=f"round {number}")

    shown = face("read", tell)
    assert (shown.preview, shown.visits) == (("round 3",), 3)


def test_a_run_that_ended_leaves_no_clock() -> None:
    def tell(s: Story) -> None:
        s.attempt("read")
        s.asked("gate", due_s=60)
        s.run_cancelled()

    assert not face("read", tell, 50).ticks and face("read", tell).status == "cancelled"
    assert not face("gate", tell, 50).ticks
    assert face("split", tell).status == "idle"
