"""The agent loop against a model that says what the test wants: every rung of the tool-call ladder."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.errors import StepError
from engine.nodes.context import WiredTool
from engine.nodes.envelope import received

HISTORY = WiredTool(
    name="lookup_history",
    description="earlier work on this machine",
    parameters={
        "type": "object",
        "properties": {"machine": {"type": "string", "pattern": "^[A-Z]+-[0-9]{2}$"}, "code": {"type": "string"}},
        "required": ["machine"],
        "additionalProperties": False,
    },
    effect="pure",
)
OUTPUT = {"type": "object", "properties": {"severity": {"enum": ["low", "high"]}}, "required": ["severity"]}
PARAMS = {"model": "small", "instructions": "You triage machine alarms.\n", "output": OUTPUT}
CALL = {"tool": "lookup_history", "args": {"machine": "PUMP-12"}}
WRONG = {"tool": "lookup_history", "args": {"machine": "pump 12"}}
FINAL = {"final": {"severity": "high"}}


@pytest.fixture
def agent(run_node: Any) -> Any:
    def run(ctx: Any, given: Any = "PUMP-12 shakes", **params: Any) -> Any:
        return run_node("agent", {**PARAMS, **params}, {"input": given}, ctx)

    return run


def said_to(ctx: Any, turn: int) -> list[dict[str, str]]:
    messages: list[dict[str, str]] = ctx.named("ask_model")[turn][2]
    return messages


def test_the_model_is_told_its_tools_and_its_input(agent: Any, context: Any) -> None:
    ctx = context(replies=[FINAL], tools=[HISTORY])
    assert agent(ctx) == {"result": {"severity": "high"}}
    assert said_to(ctx, 0) == [
        {
            "role": "system",
            "content": "You triage machine alarms.\ntool lookup_history(machine, code): earlier work on this machine",
        },
        {"role": "user", "content": "PUMP-12 shakes"},
    ]


def test_a_turn_may_be_a_wired_call_or_the_final_answer_and_nothing_else(agent: Any, context: Any) -> None:
    ctx = context(replies=[FINAL], tools=[HISTORY], hand_offs=["expert"])
    agent(ctx)
    shapes = ctx.log[0][3]["schema"]["oneOf"]
    assert [list(one["properties"]) for one in shapes] == [
        ["tool", "args"], ["hand_off", "reason", "goal", "open_questions"], ["final"],
    ]  # fmt: skip
    assert all(one["additionalProperties"] is False for one in shapes)
    assert shapes[0]["properties"] == {"tool": {"const": "lookup_history"}, "args": HISTORY.parameters}
    assert shapes[2]["properties"]["final"] == OUTPUT


def test_an_input_that_is_no_text_is_compact_json_with_sorted_keys(agent: Any, context: Any) -> None:
    ctx = context(replies=[FINAL, FINAL])
    agent(ctx, {"b": [1, 2], "a": "ü"})
    assert said_to(ctx, 0)[1]["content"] == '{"a":"ü","b":[1,2]}'
    agent(ctx, "ignored", input={"z": 1})
    assert said_to(ctx, 1)[1]["content"] == '{"z":1}'


def test_a_valid_call_runs_and_its_result_goes_back(agent: Any, context: Any) -> None:
    ctx = context(replies=[CALL, FINAL], results=[{"work_orders": 2, "days": 3}], tools=[HISTORY])
    assert agent(ctx) == {"result": {"severity": "high"}}
    assert [entry[0] for entry in ctx.log] == ["ask_model", "call_wired", "ask_model"]
    assert ctx.log[1] == ("call_wired", "lookup_history", {"machine": "PUMP-12"})
    assert said_to(ctx, 1)[2:] == [
        {"role": "assistant", "content": '{"tool":"lookup_history","args":{"machine":"PUMP-12"}}'},
        {"role": "tool", "content": '{"days":3,"work_orders":2}'},
    ]


def test_the_models_words_go_back_unchanged(agent: Any, context: Any, says: Any) -> None:
    words = '{ "tool": "lookup_history",\n "args": {"machine": "PUMP-12"} }'
    ctx = context(replies=[says(words), FINAL], results=["nothing"], tools=[HISTORY])
    agent(ctx)
    assert said_to(ctx, 1)[2:] == [{"role": "assistant", "content": words}, {"role": "tool", "content": "nothing"}]


def test_a_wrong_call_is_refused_before_it_runs_with_fault_and_schema(agent: Any, context: Any) -> None:
    ctx = context(replies=[WRONG, CALL, FINAL], results=[{}], tools=[HISTORY])
    agent(ctx)
    assert [entry[0] for entry in ctx.log] == ["ask_model", "refuse_call", "ask_model", "call_wired", "ask_model"]
    _, tool, fault, hint = ctx.log[1]
    assert tool == "lookup_history"
    assert "'pump 12' does not match" in fault
    assert "`machine`" in fault
    assert '"pattern":"^[A-Z]+-[0-9]{2}$"' in hint
    told = json.loads(said_to(ctx, 1)[3]["content"])
    assert (told["error"], told["hint"]) == (fault, hint)


def test_a_refused_turn_is_forgotten_once_a_good_one_came(agent: Any, context: Any) -> None:
    ctx = context(replies=[WRONG, CALL, FINAL], results=[{}], tools=[HISTORY])
    agent(ctx)
    assert [message["role"] for message in said_to(ctx, 2)] == ["system", "user", "assistant", "tool"]


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("I think it is high.", "not one of the objects"),
        ("[1]", "not one of the objects"),
        ({"final": {"severity": "high"}, "tool": "lookup_history", "args": {}}, "not one of the objects"),
        ({"tool": "rm", "args": {}}, "no such tool"),
        ({"tool": ["lookup_history"], "args": {}}, "no such tool"),
        ({"tool": "lookup_history"}, "'args' is a required property"),
        ({"tool": "lookup_history", "args": {"machine": "A-01"}, "why": "x"}, "Additional properties"),
        ({"tool": "lookup_history", "args": {"machine": "A-01", "x": 1}}, "Additional properties"),
        ({"tool": "lookup_history", "args": "PUMP-12"}, "is not of type 'object'"),
        ({"final": {"severity": "severe"}}, "is not one of"),
        ({"final": {"severity": "low"}, "more": 1}, "Additional properties"),
        ({"hand_off": "expert", "reason": "x", "goal": "y"}, "not one of the objects"),
        ("", "not one of the objects"),
        ("{" * 500, "not one of the objects"),
    ],
)
def test_what_is_no_valid_turn_never_runs(agent: Any, context: Any, said: Any, fault: str) -> None:
    ctx = context(replies=[said, FINAL], tools=[HISTORY])
    assert agent(ctx) == {"result": {"severity": "high"}}
    assert ctx.named("call_wired") == []
    assert fault in ctx.named("refuse_call")[0][2]


def test_an_answer_that_was_cut_off_is_refused(agent: Any, context: Any, says: Any) -> None:
    ctx = context(replies=[says(FINAL, finish="length"), FINAL])
    agent(ctx)
    assert "cut off" in ctx.named("refuse_call")[0][2]


def test_after_the_last_hint_the_fallback_model_takes_over_with_what_was_found_out(agent: Any, context: Any) -> None:
    ctx = context(replies=[CALL, WRONG, WRONG, FINAL], results=[{"n": 1}], tools=[HISTORY])
    agent(ctx, max_tool_errors=1, fallback_model="big")
    assert [entry[0] for entry in ctx.log][-2:] == ["switch_model", "ask_model"]
    assert ctx.named("switch_model")[0][1:3] == ("small", "big")
    assert [entry[1] for entry in ctx.named("ask_model")] == ["small", "small", "small", "big"]
    assert [message["role"] for message in said_to(ctx, 3)] == ["system", "user", "assistant", "tool"]


def test_without_a_fallback_the_attempt_fails_and_blames_the_first_wrong_turn(
    agent: Any, context: Any, failing: Any
) -> None:
    ctx = context(replies=[CALL, WRONG, WRONG, WRONG], results=[{}], tools=[HISTORY])
    error = failing(lambda: agent(ctx, max_tool_errors=2))
    assert (error.cls, error.redo_from) == ("schema", "3")  # 1 the first turn, 2 the call, 3 the first wrong turn
    assert ctx.log[2][0] == "ask_model"
    assert len(ctx.named("refuse_call")) == 3


def test_the_fallback_model_has_hints_of_its_own_and_fails_in_the_end(agent: Any, context: Any, failing: Any) -> None:
    ctx = context(replies=[WRONG] * 4, tools=[HISTORY])
    error = failing(lambda: agent(ctx, max_tool_errors=1, fallback_model="big"))
    assert error.cls == "schema"
    assert [entry[1] for entry in ctx.named("ask_model")] == ["small", "small", "big", "big"]
    blamed = ctx.log[int(error.redo_from or 0) - 1]
    assert blamed[:2] == ("ask_model", "big")


def test_a_model_that_is_not_there_is_replaced_and_one_that_is_busy_is_not(
    agent: Any, context: Any, failing: Any
) -> None:
    ctx = context(replies=[StepError("not_found", "no model"), FINAL])
    assert agent(ctx, fallback_model="big") == {"result": {"severity": "high"}}
    assert ctx.named("switch_model")[0][3] == "no model"
    for params in ({"fallback_model": "big"}, {}):
        ctx = context(replies=[StepError("server", "crashed")])
        assert failing(lambda ctx=ctx, params=params: agent(ctx, **params)).cls == "server"


def test_a_runtime_that_refuses_the_answer_itself_is_on_the_same_ladder(agent: Any, context: Any, failing: Any) -> None:
    cut = StepError("schema", "The model's answer was cut off after 9 tokens.")
    ctx = context(replies=[cut, FINAL])
    assert agent(ctx) == {"result": {"severity": "high"}}
    assert "cut off after 9 tokens" in said_to(ctx, 1)[2]["content"]
    ctx = context(replies=[cut, cut, FINAL])
    agent(ctx, max_tool_errors=1, fallback_model="big")
    assert [entry[1] for entry in ctx.named("ask_model")] == ["small", "small", "big"]
    error = failing(lambda: agent(context(replies=[cut, cut]), max_tool_errors=1))
    assert (error.cls, error.redo_from) == ("schema", "1")


@pytest.mark.parametrize("cls", ["timeout", "connection", "rate_limit", "server"])
def test_a_passing_failure_of_a_tool_is_left_to_the_retry_policy(
    agent: Any, context: Any, failing: Any, cls: Any
) -> None:
    ctx = context(replies=[CALL], results=[StepError(cls, "later")], tools=[HISTORY])
    assert failing(lambda: agent(ctx)).cls == cls
    ctx = context(replies=[CALL, FINAL], results=[StepError(cls, "service unavailable")], tools=[HISTORY])
    agent(ctx, on_tool_error="tell")
    assert said_to(ctx, 1)[3]["content"] == '{"error":"service unavailable"}'


@pytest.mark.parametrize("cls", ["invalid", "not_found", "permission", "schema", "limit"])
def test_a_failure_that_the_model_can_mend_is_told_to_it(agent: Any, context: Any, cls: Any) -> None:
    ctx = context(replies=[CALL, FINAL], results=[StepError(cls, "no such machine")], tools=[HISTORY])
    agent(ctx)
    assert said_to(ctx, 1)[3]["content"] == '{"error":"no such machine"}'


def test_a_tool_that_keeps_failing_ends_the_attempt(agent: Any, context: Any, failing: Any) -> None:
    ctx = context(replies=[CALL] * 3, results=[StepError("not_found", "no")] * 3, tools=[HISTORY])
    error = failing(lambda: agent(ctx, max_tool_errors=2))
    assert (error.cls, error.retryable) == ("not_found", False)


def test_a_call_that_may_have_happened_is_never_hidden_from_the_engine(agent: Any, context: Any, failing: Any) -> None:
    lost = StepError("limit", "cut off", outcome_unknown=True)
    ctx = context(replies=[CALL], results=[lost], tools=[HISTORY])
    assert failing(lambda: agent(ctx, on_tool_error="tell")) is lost


def test_a_replay_that_went_another_way_is_no_news_for_the_model(agent: Any, context: Any, failing: Any) -> None:
    drift = StepError("drift", "The step asks something else than it did before.", retryable=False)
    ctx = context(replies=[CALL], results=[drift], tools=[HISTORY])
    assert failing(lambda: agent(ctx, on_tool_error="tell")) is drift


def test_a_redo_inside_a_tool_is_named_by_the_call_of_the_tool(agent: Any, context: Any, failing: Any) -> None:
    ctx = context(replies=[CALL], results=[StepError("server", "x", redo_from="1")], tools=[HISTORY])
    assert failing(lambda: agent(ctx)).redo_from == "2.1.1"


def test_turns_are_limited(agent: Any, context: Any, failing: Any) -> None:
    ctx = context(replies=[CALL] * 3, results=[{}] * 3, tools=[HISTORY])
    error = failing(lambda: agent(ctx, max_turns=3))
    assert (error.cls, error.retryable) == ("limit", False)
    assert "3 turns" in error.message


def test_tokens_are_limited_and_the_last_turn_fits_what_is_left(
    agent: Any, context: Any, says: Any, failing: Any
) -> None:
    used = {"prompt": 60, "completion": 20}
    ctx = context(replies=[says(CALL, usage=used), says(CALL, usage=used)], results=[{}] * 2, tools=[HISTORY])
    assert failing(lambda: agent(ctx, budget_tokens=100)).cls == "limit"
    assert [entry[3]["max_tokens"] for entry in ctx.named("ask_model")] == [100, 20]


def test_an_unsure_final_answer_fails_with_the_answer_in_words(
    agent: Any, context: Any, says: Any, failing: Any
) -> None:
    error = failing(lambda: agent(context(replies=[says(FINAL, confidence=0.41)]), unsure_below=0.8))
    assert (error.cls, error.retryable) == ("unsure", False)
    assert "0.41, under 0.80" in error.message
    assert '{"severity":"high"}' in error.message
    assert error.detail == {"answer": {"severity": "high"}, "confidence": 0.41}


def test_the_roles_own_threshold_counts_where_the_node_has_none(
    agent: Any, context: Any, says: Any, failing: Any
) -> None:
    said = says(FINAL, confidence=0.41, model={"unsure_below": 0.5})
    assert failing(lambda: agent(context(replies=[said]))).cls == "unsure"
    assert agent(context(replies=[said]), unsure_below=0.4) == {"result": {"severity": "high"}}


def test_only_the_final_turn_needs_confidence(agent: Any, context: Any, says: Any) -> None:
    replies = [says(CALL, confidence=0.1), says(FINAL, confidence=0.9)]
    agent(context(replies=replies, results=[{}], tools=[HISTORY]), unsure_below=0.8)


def test_without_a_schema_the_answer_is_bounded_text(run_node: Any, context: Any) -> None:
    ctx = context(replies=[{"final": ""}, {"final": "x" * 1001}, {"final": "It is high."}])
    assert run_node("agent", {"model": "small"}, {"input": "?"}, ctx) == {"result": "It is high."}
    assert len(ctx.named("refuse_call")) == 2


HAND_OFF = {"hand_off": "expert", "reason": "needs a bearing expert", "goal": "find the cause"}


def test_a_hand_off_carries_what_was_given_and_found_out(agent: Any, context: Any) -> None:
    ctx = context(replies=[CALL, HAND_OFF], results=[{"n": 1}], tools=[HISTORY], hand_offs=["expert"])
    outputs = agent(ctx, hand_offs={"expert": "knows bearings"})
    assert list(outputs) == ["expert"]
    assert said_to(ctx, 0)[0]["content"].endswith("\nhand off expert: knows bearings")
    assert outputs["expert"] == {
        "goal": "find the cause",
        "reason": "needs a bearing expert",
        "facts": ["PUMP-12 shakes"],
        "open_questions": [],
        "tool_results": [{"tool": "lookup_history", "args": {"machine": "PUMP-12"}, "result": {"n": 1}}],
        "budget_left": {"tokens": None},
    }


def test_the_next_agent_passes_on_what_it_was_handed(agent: Any, context: Any, says: Any) -> None:
    first = context(replies=[says(HAND_OFF, usage={"prompt": 10, "completion": 5})], hand_offs=["expert"])
    envelope = agent(first, budget_tokens=100)["expert"]
    assert received(envelope) is not None
    assert envelope["budget_left"] == {"tokens": 85}
    back = {"hand_off": "triage", "reason": "done", "goal": "decide", "open_questions": ["Is it loud?"]}
    second = context(replies=[says(back, usage={"prompt": 20, "completion": 5})], hand_offs=["triage"])
    again = agent(second, envelope, budget_tokens=1000)["triage"]
    assert said_to(second, 0)[1]["content"] == json.dumps(envelope, sort_keys=True, separators=(",", ":"))
    assert again["facts"] == ["PUMP-12 shakes"]
    assert again["open_questions"] == ["Is it loud?"]
    assert again["budget_left"] == {"tokens": 60}


@pytest.mark.parametrize(
    "said",
    [
        {**HAND_OFF, "hand_off": "nobody"},
        {**HAND_OFF, "goal": ""},
        {**HAND_OFF, "goal": "x" * 201},
        {**HAND_OFF, "extra": 1},
        {"hand_off": "expert"},
    ],
)
def test_a_wrong_hand_off_is_refused_at_the_sender(agent: Any, context: Any, said: Any) -> None:
    ctx = context(replies=[said, FINAL], hand_offs=["expert"])
    assert agent(ctx) == {"result": {"severity": "high"}}
    assert ctx.named("hand_off") == []
    assert len(ctx.named("refuse_call")) == 1


def test_an_envelope_that_is_too_large_fails_at_the_sender(agent: Any, context: Any, failing: Any) -> None:
    ctx = context(replies=[CALL, HAND_OFF], results=["x" * 300_000], tools=[HISTORY], hand_offs=["expert"])
    assert failing(lambda: agent(ctx)).cls == "limit"
    assert ctx.named("hand_off") == []


def test_the_loop_asks_for_the_same_things_when_it_is_run_again(agent: Any, context: Any) -> None:
    logs = []
    for _ in range(2):
        ctx = context(
            replies=[CALL, WRONG, CALL, HAND_OFF], results=[{"n": 1}, {"n": 2}], tools=[HISTORY], hand_offs=["expert"]
        )
        agent(ctx)
        logs.append(ctx.log)
    assert logs[0] == logs[1]
