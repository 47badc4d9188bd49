"""What goes with a hand-off: exactly the declared fields, and a turn without them is the sender's own mistake."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.nodes.contracts import closed
from engine.nodes.envelope import received

TEXT = {"type": "string", "maxLength": 20}
LINES = {
    "type": "array",
    "maxItems": 3,
    "items": {
        "type": "object",
        "properties": {"sku": {"type": "string", "pattern": "^[A-Z]{2}$"}, "n": {"type": "integer"}},
    },
}


def fields(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


CONTRACTS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (fields(amount={"type": "number"}), {"amount": 12.5}),
    (fields(amount={"type": "number"}), {"amount": 0}),
    (fields(amount={"type": "number"}), {"amount": -1e-9}),
    (fields(count={"type": "integer"}), {"count": 2**53}),
    (fields(urgent={"type": "boolean"}), {"urgent": False}),
    (fields(nothing={"type": "null"}), {"nothing": None}),
    (fields(name=TEXT), {"name": ""}),
    (fields(name=TEXT), {"name": "x" * 20}),
    (fields(name={"type": "string"}), {"name": "x" * 1000}),
    (fields(name=TEXT), {"name": "Grüße, 你好 👩‍🔧"}),
    (fields(größe={"type": "integer"}, 金額={"type": "number"}), {"größe": 1, "金額": 2.5}),
    (fields(note={"type": ["string", "null"]}), {"note": None}),
    (fields(kind={"enum": ["a", "b", 3]}), {"kind": 3}),
    (fields(kind={"const": {"fixed": [1]}}), {"kind": {"fixed": [1]}}),
    (fields(lines=LINES), {"lines": [{"sku": "AB", "n": 1}, {"sku": "CD", "n": 2}]}),
    (fields(lines=LINES), {"lines": []}),
    (fields(deep=fields(deep=fields(deep=fields(x=TEXT)))), {"deep": {"deep": {"deep": {"x": "bottom"}}}}),
    (fields(either={"anyOf": [{"type": "integer"}, fields(x=TEXT)]}), {"either": {"x": "y"}}),
    ({**fields(a=TEXT, b=TEXT), "required": ["a"]}, {"a": "only"}),
    ({**fields(a=TEXT, b=TEXT), "required": ["a"]}, {"a": "both", "b": "two"}),
    ({**fields(part={"$ref": "#/$defs/part"}), "$defs": {"part": fields(x=TEXT)}}, {"part": {"x": "1"}}),
    (fields(at={"type": "string", "format": "date"}), {"at": "2026-11-22"}),
    (fields(**{f"f{n}": {"type": "integer"} for n in range(50)}), {f"f{n}": n for n in range(50)}),
    (fields(words={"type": "array", "items": TEXT}), {"words": ["<|end|>", '"}', "\\u0000", "\t\n"]}),
]


@pytest.fixture
def sender(run_node: Any, context: Any) -> Any:
    """A hands off to B by its only port; `said` are A's turns. What B gets, or None, and A's context."""

    def run(contract: Any, *said: Any, accepts: Any = None, **params: Any) -> Any:
        ctx = context(replies=said, hand_offs=["b"], accepts={"b": (closed(accepts),) if accepts else ()})
        hand_offs = {"b": {"for": "knows", **({"fields": contract} if contract else {})}}
        outputs = run_node("agent", {"model": "m", "hand_offs": hand_offs, **params}, {"input": "given"}, ctx)
        return outputs.get("b"), ctx

    return run


def leave(given: Any, **more: Any) -> dict[str, Any]:
    return {"hand_off": "b", "reason": "r", "goal": "g", **({} if given is ... else {"fields": given}), **more}


@pytest.mark.parametrize(("contract", "given"), CONTRACTS)
def test_b_receives_exactly_the_declared_fields(sender: Any, contract: Any, given: Any) -> None:
    envelope, ctx = sender(contract, leave(given))
    assert envelope["fields"] == given and received(envelope) is not None
    assert list(envelope) == ["goal", "reason", "fields", "facts", "open_questions", "tool_results", "budget_left"]
    assert set(envelope["fields"]) <= set(contract["properties"])
    assert ctx.named("refuse_call") == []


@pytest.mark.parametrize(("contract", "given"), CONTRACTS)
def test_a_field_more_or_less_than_declared_is_the_senders_mistake(sender: Any, contract: Any, given: Any) -> None:
    needed = contract.get("required", list(contract["properties"]))
    for name in needed[:3]:
        less = {key: value for key, value in given.items() if key != name}
        envelope, ctx = sender(contract, leave(less), leave(given))
        assert envelope["fields"] == given
        assert f"'{name}' is a required property at `fields`" in ctx.named("refuse_call")[0][2]
    envelope, ctx = sender(contract, leave({**given, "surplus": 1}), {"final": "no"})
    assert envelope is None and ctx.named("hand_off") == []
    assert "Additional properties are not allowed" in ctx.named("refuse_call")[0][2]


ORDER = fields(
    amount={"type": "number", "minimum": 0},
    count={"type": "integer"},
    name=TEXT,
    urgent={"type": "boolean"},
    kind={"enum": ["a", "b"]},
    lines=LINES,
    inner=fields(x=TEXT),
)
GOOD = {"amount": 1, "count": 2, "name": "n", "urgent": True, "kind": "a", "lines": [], "inner": {"x": "y"}}


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": "12"},
        {"amount": None},
        {"amount": -1},
        {"amount": True},
        {"count": 2.5},
        {"name": 7},
        {"name": "x" * 21},
        {"name": ["n"]},
        {"urgent": "yes"},
        {"urgent": 1},
        {"kind": "c"},
        {"kind": None},
        {"lines": {}},
        {"lines": [{"sku": "ab", "n": 1}]},
        {"lines": [{"sku": "AB"}]},
        {"lines": [{"sku": "AB", "n": 1, "more": 1}]},
        {"lines": [{"sku": "AB", "n": 1}] * 4},
        {"inner": {}},
        {"inner": {"x": "y", "z": 1}},
        {"inner": "x"},
    ],
)
def test_a_field_of_another_kind_never_leaves_the_sender(sender: Any, wrong: Any) -> None:
    envelope, ctx = sender(ORDER, leave({**GOOD, **wrong}), leave(GOOD))
    assert envelope["fields"] == GOOD
    ((_, tool, fault, hint),) = ctx.named("refuse_call")
    assert tool == "" and next(iter(wrong)) in fault and '"amount"' in hint
    told = json.loads(ctx.named("ask_model")[1][2][-1]["content"])
    assert told == {"error": fault, "hint": hint}


@pytest.mark.parametrize(
    "said",
    [
        leave(...),
        leave(None),
        leave("amount: 1"),
        leave([GOOD]),
        leave({}),
        leave(GOOD, amount=1),
        {**GOOD, "hand_off": "b", "reason": "r", "goal": "g"},
        '{"hand_off":"b","reason":"r","goal":"g","fields":{"amount":NaN}}',
        leave(GOOD, hand_off=["b"]),
        leave(GOOD, hand_off="c"),
    ],
)
def test_a_hand_off_that_is_not_one_never_leaves_the_sender(sender: Any, failing: Any, said: Any) -> None:
    error = failing(lambda: sender(ORDER, said, said, max_tool_errors=1))
    assert (error.cls, error.redo_from) == ("schema", "1")
    assert sender(ORDER, said, {"final": "no"})[0] is None


def test_the_model_is_told_the_fields_and_its_turn_must_have_them(sender: Any) -> None:
    _, ctx = sender(ORDER, leave(GOOD))
    _, _, messages, options = ctx.log[0]
    assert messages[0]["content"].endswith("\nhand off b(amount, count, name, urgent, kind, lines, inner): knows")
    shape = options["schema"]["oneOf"][0]
    assert list(shape["properties"]) == ["hand_off", "reason", "goal", "fields", "open_questions"]
    assert shape["required"] == ["hand_off", "reason", "goal", "fields"]
    assert shape["properties"]["fields"] == closed(ORDER)


def test_without_a_contract_not_a_byte_of_what_is_asked_or_handed_over_is_another_one(sender: Any) -> None:
    envelope, ctx = sender(None, leave(...))
    _, _, messages, options = ctx.log[0]
    assert messages == [{"role": "system", "content": "\nhand off b: knows"}, {"role": "user", "content": "given"}]
    sentence = {"type": "string", "minLength": 1, "maxLength": 200}
    assert options["schema"]["oneOf"][0] == {
        "type": "object",
        "properties": {
            "hand_off": {"const": "b"},
            "reason": sentence,
            "goal": sentence,
            "open_questions": {"type": "array", "items": sentence, "maxItems": 5},
        },
        "required": ["hand_off", "reason", "goal"],
        "additionalProperties": False,
    }
    assert envelope == {
        "goal": "g",
        "reason": "r",
        "facts": ["given"],
        "open_questions": [],
        "tool_results": [],
        "budget_left": {"tokens": None},
    }


def test_what_the_receiver_accepts_is_the_contract_where_the_sender_declares_none(sender: Any) -> None:
    envelope, ctx = sender(
        None, leave({"amount": "x"}), leave({"amount": 1}), accepts=fields(amount={"type": "number"})
    )
    assert envelope["fields"] == {"amount": 1} and len(ctx.named("refuse_call")) == 1
    assert ctx.log[0][2][0]["content"].endswith("hand off b(amount): knows")


def test_what_the_receiver_accepts_holds_beside_the_senders_own_contract(sender: Any) -> None:
    small = fields(name={"type": "string", "maxLength": 3})
    envelope, ctx = sender(fields(name=TEXT), leave({"name": "long"}), leave({"name": "ok"}), accepts=small)
    assert envelope["fields"] == {"name": "ok"}
    assert "too long" in ctx.named("refuse_call")[0][2]


def test_the_receiver_reads_the_fields_and_not_its_budget(sender: Any, run_node: Any, context: Any) -> None:
    envelope, _ = sender(fields(amount={"type": "number"}), leave({"amount": 3}), budget_tokens=100)
    assert envelope["budget_left"] == {"tokens": 100}
    ctx = context(replies=[{"final": "done"}])
    run_node("agent", {"model": "m"}, {"input": envelope}, ctx)
    assert ctx.log[0][2][1]["content"] == '{"facts":["given"],"fields":{"amount":3},"goal":"g","reason":"r"}'


def test_the_next_hand_off_has_fields_of_its_own_and_the_earlier_ones_are_facts(
    sender: Any, run_node: Any, context: Any
) -> None:
    envelope, _ = sender(fields(amount={"type": "number"}), leave({"amount": 3}))
    ctx = context(replies=[{**leave({"verdict": "yes"}), "hand_off": "c"}], hand_offs=["c"])
    contract = {"c": {"fields": fields(verdict={"enum": ["yes", "no"]})}}
    outputs = run_node("agent", {"model": "m", "hand_offs": contract}, {"input": envelope}, ctx)
    assert outputs["c"]["fields"] == {"verdict": "yes"}
    assert outputs["c"]["facts"] == ["given", {"amount": 3}]


def test_an_envelope_that_no_sender_has_checked_is_refused_by_who_accepts_fields(
    sender: Any, run_node: Any, context: Any, failing: Any
) -> None:
    accepts = fields(amount={"type": "number"})
    envelope, _ = sender(fields(amount={"type": "number"}), leave({"amount": 3}))
    for fields_ in (None, {}, {"amount": "3"}, {"amount": 3, "more": 1}):
        wrong = {**envelope, "fields": fields_}
        ctx = context(replies=[{"final": "done"}])
        error = failing(
            lambda wrong=wrong, ctx=ctx: run_node("agent", {"model": "m", "accepts": accepts}, {"input": wrong}, ctx)
        )
        assert (error.cls, error.retryable, ctx.log) == ("schema", False, [])
    run_node("agent", {"model": "m", "accepts": accepts}, {"input": envelope}, context(replies=[{"final": "done"}]))


@pytest.mark.parametrize("contract", [contract for contract, _ in CONTRACTS])
def test_a_model_on_this_pc_is_held_to_the_contract_by_its_grammar(contract: Any) -> None:
    from engine.models import grammar_of
    from engine.nodes.agent_turns import Target, turn_schema

    assert grammar_of(turn_schema({}, {"b": Target("knows", closed(contract))}, None))
