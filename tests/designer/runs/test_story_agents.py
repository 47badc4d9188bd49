"""The story of a step whose agent asks another one: turns, refusals with their hints, what was used, what is left."""

from __future__ import annotations

from typing import Any

from designer.runs.focus import Focus
from designer.runs.story import Entry
from engine.run import events as ev
from engine.workflow.model import Node
from tests.designer.support.stories import Story, workflow

FLOW = workflow(
    Node(key="sales", type="agent", params={"model": "small", "max_tool_errors": 2, "budget_turns": 20}),
    Node(key="clerk", type="agent", title="Files things", params={"model": "big"}),
    Node(key="note", type="file.write", params={"path": "x"}),
    Node(key="legal", type="agent", params={"model": "big"}),
    edges="clerk.tool -> sales.tools\nnote.tool -> clerk.tools\nsales.to_legal -> legal.input",
)
PAID = {"prompt": 1000, "completion": 234, "cost": 0.0125, "currency": "EUR"}


def told() -> Story:
    story = Story(of=FLOW)
    story.started()
    story.attempt("sales")

    def turn(key: str, via: str = "") -> None:
        args = {"role": "small", "messages": []}
        story.effect_succeeded("sales", key, tool="model:small", via=via, args=args, usage=PAID)

    turn("1")
    story.add(ev.ToolCallRefused, node="sales", key="2", fault="'amount' is missing", hint="The schema is …")
    turn("3")
    turn("4.1.1", "clerk")
    story.add(ev.ToolCallRefused, node="sales", key="4.1.2", tool="note", fault="7 is no name", hint="…")
    turn("4.1.3", "clerk")
    story.effect_started("sales", "4.1.4.1.1", "file.write", via="note", effect="at_most_once")
    story.effect_succeeded("sales", "4.1.4.1.1", tool="file.write", effect="at_most_once")
    turn("4.1.5", "clerk")
    story.add(ev.ModelSwitched, node="sales", key="5", from_model="small", to_model="big", why="timeout")
    turn("6")
    envelope = {
        "goal": "g", "reason": "it is a contract", "fields": {"amount": 3, "who": "x"}, "facts": [],
        "budget_left": {"tokens": 500, "turns": 14, "money": 0.4, "currency": "EUR"},
    }  # fmt: skip
    story.add(ev.HandedOff, node="sales", key="7", to="to_legal", envelope=envelope)
    story.succeeded("sales", to_legal=envelope)
    return story


def entries() -> list[Entry]:
    story = told()
    events = [event for event in story.events if getattr(event, "node", "") == "sales"]
    step = story.trace.steps["sales", ()]
    return Focus(story.trace, FLOW, events, story.events, step, node="sales").entries()


def lines() -> list[tuple[int, str]]:
    return [(entry.depth, entry.title) for entry in entries()]


def test_what_an_agent_that_is_asked_does_stands_below_it() -> None:
    model = "Model “small”"
    assert lines() == [
        (0, "Attempt 1"),
        (0, model),
        (0, "Refused an answer"),
        (0, model),
        (0, "Asks the agent “Files things”"),
        (1, model),
        (1, "Refused a call of note"),
        (1, model),
        (1, "note"),
        (1, model),
        (0, "Model “small” gives up, “big” takes over"),
        (0, model),
        (0, "Hands off to to_legal"),
        (0, "Done"),
    ]


def named(title: str) -> Entry:
    return next(entry for entry in entries() if entry.title.startswith(title))


def test_a_refusal_says_which_hint_was_given_and_unfolds_it() -> None:
    entry = named("Refused an answer")
    assert entry.facts == ("hint 1 of 2",) and entry.text == "'amount' is missing"
    assert entry.result == {"hint": "The schema is …"}


def test_a_hand_off_says_what_goes_along_and_what_is_left() -> None:
    entry = named("Hands off")
    assert entry.facts == ("with amount, who", "14 turns, 500 tokens, 0.4 EUR left")
    assert entry.text == "it is a contract"


def test_the_end_says_what_was_used_of_what() -> None:
    assert named("Done").facts == ("→ to_legal", "used 6 of 20 turns, 7,404 tokens, 0.075 EUR")


def test_a_turn_says_what_it_cost() -> None:
    facts: Any = named("Model “small”").facts
    assert "1000 + 234 tokens" in facts and "0.0125 EUR" in facts
