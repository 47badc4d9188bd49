"""What an agent's card says of its ladder, rung by rung."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from designer.engine_link import Face, faces_of
from engine.run import events as ev
from engine.workflow.model import Node, Policy
from tests.designer.support.stories import Story, workflow

ROUTE = Policy(on_error="route")
FLOW = workflow(
    Node(key="sales", type="agent", params={"model": "small", "max_tool_errors": 2}, policy=ROUTE),
    Node(key="legal", type="agent", title="The lawyer", params={"model": "big"}),
    Node(key="rules", type="agent", title="Rules agent", params={"model": "big"}),
    Node(key="clerk", type="agent", params={"model": "big"}),
    edges="sales.to_legal -> legal.input\nsales.error -> rules.input\nclerk.tool -> sales.tools",
)
MISSING = "'amount' is a required property at `fields`"


def face(node: str, tell: Callable[[Story], Any]) -> Face:
    story = Story(of=FLOW)
    story.started()
    story.attempt("sales")
    tell(story)
    return faces_of(story.trace, FLOW, story.now)[node]


def turn(s: Story, key: str, via: str = "") -> None:
    s.effect_succeeded("sales", key, tool="model:small", via=via, args={"role": "small", "messages": []})


def refused(s: Story, key: str) -> None:
    s.add(ev.ToolCallRefused, node="sales", key=key, fault=MISSING, hint="…")


def switched(s: Story, key: str) -> None:
    s.add(ev.ModelSwitched, node="sales", key=key, from_model="small", to_model="big", why="3 answers refused")


def two_refused(s: Story) -> None:
    for number in (1, 3):
        turn(s, str(number))
        refused(s, str(number + 1))


def given_up(s: Story) -> None:
    two_refused(s)
    turn(s, "5")
    refused(s, "6")
    switched(s, "7")


def inner(s: Story) -> None:
    turn(s, "1")
    turn(s, "2.1.1", "clerk")
    refused(s, "2.1.2")


def handed(s: Story) -> None:
    two_refused(s)
    turn(s, "5")
    envelope = {"goal": "g", "reason": "r", "fields": {"amount": 3}}
    s.add(ev.HandedOff, node="sales", key="6", to="to_legal", envelope=envelope)
    s.succeeded("sales", to_legal=envelope)


def ended(s: Story) -> None:
    given_up(s)
    turn(s, "8")
    s.succeeded("sales", result="done")


def routed(s: Story) -> None:
    s.step_failed("sales", handled="route")


@pytest.mark.parametrize(
    ("node", "tell", "words", "reason"),
    [
        ("sales", two_refused, "Answer refused 2/2", MISSING),
        ("sales", given_up, "Asks “big” instead", "3 answers refused"),
        ("clerk", inner, "Answer refused 1/3", MISSING),
        ("sales", handed, "Handed off to The lawyer", None),
        ("sales", ended, "Done · 9.0 s · by “big”", None),
        ("sales", routed, "Failed, Rules agent took over", None),
    ],
)
def test_the_card_says_which_rung_an_agent_is_on(node: str, tell: Any, words: str, reason: str | None) -> None:
    found = face(node, tell)
    assert found.words == words
    assert reason is None or " ".join(found.preview).startswith(reason[:20])
    assert ("asked again with a hint" in found.preview) == ("refused 2/2" in words or "refused 1/3" in words)


def test_a_rung_is_over_when_the_next_answer_is_taken() -> None:
    def on(s: Story) -> None:
        two_refused(s)
        turn(s, "5")

    assert face("sales", on).words.startswith("Running")


def test_the_agent_that_asked_is_not_on_the_rung_of_the_one_it_asked() -> None:
    assert face("sales", inner).words.startswith("Running")
