"""Turns, tokens, seconds and money that an agent may use, alone, with those that it asks and those after it."""

from __future__ import annotations

from typing import Any

import pytest

from engine.nodes.budget import Budget, Used
from engine.nodes.context import WiredTool

LOOK = WiredTool("look", "looks", {"type": "object", "properties": {}, "additionalProperties": False}, "pure")
CALL = {"tool": "look", "args": {}}
LEAVE = {"hand_off": "b", "reason": "r", "goal": "g"}
PAID = {"prompt": 60, "completion": 20, "cost": 0.002, "currency": "EUR"}


@pytest.fixture
def agent(run_node: Any, context: Any) -> Any:
    """An agent that may look or hand off; `given` as its input. What it gives, and its context."""

    def run(*replies: Any, given: Any = "x", took: float | None = None, budget: Any = None, **params: Any) -> Any:
        ctx = context(replies=replies, results=[{}] * 9, tools=[LOOK], hand_offs=["b"], took=took)
        ctx.budget = budget
        return run_node("agent", {"model": "m", **params}, {"input": given}, ctx), ctx

    return run


@pytest.mark.parametrize(
    ("params", "took", "words"),
    [
        ({"budget_tokens": 160}, None, "its 160 tokens"),
        ({"budget_turns": 2}, None, "its 2 turns"),
        ({"budget_seconds": 3}, 1.5, "its 3 seconds"),
        ({"budget_money": 0.004}, None, "its 0.004 EUR"),
    ],
)
def test_when_it_is_used_up_the_agent_fails_for_good(
    agent: Any, says: Any, failing: Any, params: Any, took: float | None, words: str
) -> None:
    said = [says(CALL, usage=PAID), says(CALL, usage=PAID), says({"final": "late"}, usage=PAID)]
    error = failing(lambda: agent(*said, took=took, **params))
    assert (error.cls, error.retryable) == ("limit", False) and words in error.message
    assert agent(*said[1:], took=took, **params)[0] == {"result": "late"}, "one turn less is within it"


def test_answers_that_were_refused_count_too(agent: Any, says: Any, failing: Any) -> None:
    wrong = says({"tool": "nothing", "args": {}}, usage=PAID)
    error = failing(lambda: agent(wrong, wrong, says({"final": "late"}), budget_turns=2))
    assert "its 2 turns" in error.message
    error = failing(lambda: agent(wrong, wrong, says({"final": "late"}), budget_money=0.004))
    assert "EUR" in error.message


def test_what_is_left_goes_along_with_the_hand_off_and_binds_the_next(agent: Any, says: Any, failing: Any) -> None:
    limits = {"budget_tokens": 400, "budget_turns": 4, "budget_seconds": 10, "budget_money": 0.01}
    outputs, _ = agent(says(CALL, usage=PAID), says(LEAVE, usage=PAID), took=1.25, **limits)
    left = outputs["b"]["budget_left"]
    assert left == {"tokens": 240, "turns": 2, "seconds": 7.5, "money": 0.006, "currency": "EUR"}
    again, _ = agent(says(LEAVE, usage=PAID), given=outputs["b"], took=1.0, budget_turns=100)
    assert again["b"]["budget_left"] == {"tokens": 160, "turns": 1, "seconds": 6.5, "money": 0.004, "currency": "EUR"}
    last = failing(lambda: agent(says(CALL), says(CALL), given=again["b"]))
    assert "its 1 turns" in last.message


def test_an_own_limit_that_is_smaller_than_what_is_left_holds(agent: Any, says: Any, failing: Any) -> None:
    outputs, _ = agent(says(LEAVE), budget_turns=9)
    assert failing(lambda: agent(says(CALL), says(CALL), given=outputs["b"], budget_turns=1)).cls == "limit"


def test_money_of_two_currencies_is_one_clear_error(agent: Any, says: Any, failing: Any) -> None:
    other = {**PAID, "currency": "USD"}
    error = failing(lambda: agent(says(CALL, usage=PAID), says(CALL, usage=other), says(LEAVE), budget_money=1))
    assert (error.cls, error.retryable) == ("invalid", False)
    assert "counted in EUR" in error.message and "paid in USD" in error.message
    outputs, _ = agent(says(LEAVE, usage=PAID), budget_money=1)
    error = failing(lambda: agent(says(CALL, usage=other), says(LEAVE), given=outputs["b"]))
    assert error.cls == "invalid"
    agent(says(CALL, usage=PAID), says(CALL, usage=other), says(LEAVE))  # without a budget nobody counts


def test_who_is_asked_may_use_what_is_left_and_what_it_uses_counts(agent: Any, says: Any, failing: Any) -> None:
    _, ctx = agent(says(CALL, usage=PAID), {"final": "x"}, budget_tokens=1000, budget_turns=5)
    assert ctx.let == Budget(tokens=920, turns=4)
    error = failing(lambda: agent(says(CALL), says(CALL), budget=Budget(turns=1)))
    assert "its 1 turns" in error.message
    used = Used()
    inner = Used(Used(used))
    inner.add({"turns": 1, "tokens": 5, "seconds": 0.5, "money": {"EUR": 0.1}})
    assert (used.turns, used.tokens, used.seconds, used.money) == (1, 5, 0.5, {"EUR": 0.1})


def test_the_longest_answer_is_what_is_left_of_the_tokens(agent: Any, says: Any) -> None:
    _, ctx = agent(says(CALL, usage=PAID), {"final": "x"}, budget_tokens=100)
    assert [entry[3]["max_tokens"] for entry in ctx.named("ask_model")] == [100, 20]


def test_an_old_hand_off_with_tokens_alone_is_understood(agent: Any, says: Any, failing: Any) -> None:
    old = {
        "goal": "g", "reason": "r", "facts": ["x"], "open_questions": [], "tool_results": [],
        "budget_left": {"tokens": 80},
    }  # fmt: skip
    assert failing(lambda: agent(says(CALL, usage=PAID), says(CALL), given=old)).cls == "limit"
