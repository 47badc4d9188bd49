"""Agents that ask agents on a real engine: keys below the call, budgets, failures, approvals, crashes."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from engine_kit import Place, in_loop, workflow

from engine.errors import StepError
from engine.nodes.context import ModelReply
from engine.workflow.model import Node, Policy

NAME = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
ASK = {"tool": "legal", "args": {"task": "May we?"}}


class Roles:
    """A model for each role, which says what its script says."""

    def __init__(self, **scripts: list[Any]) -> None:
        self.scripts = scripts
        self.asked: list[tuple[str, list[Any]]] = []

    def lane(self, role: str) -> str:
        return f"model:{role}"

    def describe(self, role: str) -> dict[str, Any]:
        return {}

    async def ask(self, role: str, messages: Any, **options: Any) -> ModelReply:
        self.asked.append((role, list(messages)))
        said = self.scripts[role].pop(0)
        if isinstance(said, BaseException):
            raise said
        usage = {"prompt": 10, "completion": 5, "cost": 0.01, "currency": "EUR"}
        return ModelReply(json.dumps(said), said, usage=usage)

    async def close(self) -> None:
        return None


def agent(key: str, policy: dict[str, Any] | None = None, **params: Any) -> Node:
    return Node(key=key, type="agent", params={"model": key, **params}, policy=Policy(**(policy or {})))


def note(**tool: Any) -> Node:
    params = {"path": "{{ input.name }}.txt", "content": "{{ input.name }}", "tool": {"parameters": NAME, **tool}}
    return Node(key="note", type="file.write", params=params)


def call(name: str) -> dict[str, Any]:
    return {"tool": "note", "args": {"name": name}}


def of(place: Place, run: str, kind: str) -> list[Any]:
    return [event for event in place.events(run) if event.kind == kind]


def drawing(sales: Node, legal: Node, tool: Node | None = None) -> Any:
    nodes, edges = [sales, legal], ["legal.tool -> sales.tools"]
    if tool is not None:
        nodes.append(tool)
        edges.append("note.tool -> legal.tools")
    return workflow(*nodes, edges=edges)


@in_loop
async def test_what_an_agent_that_is_asked_does_is_recorded_below_the_call(place: Place) -> None:
    models = Roles(sales=[ASK, {"final": "sold"}], legal=[call("a"), {"final": "you may"}])
    async with place.life(models) as life:
        run = await life.start(drawing(agent("sales"), agent("legal", instructions="Do: {{ input.task }}"), note()))
        state = await life.end(run)
    assert state.status == "completed" and state.steps["sales", ()].outputs == {"result": "sold"}
    done = [(event.key, event.tool, event.via) for event in of(place, run, "EffectSucceeded")]
    assert done == [
        ("1", "model:sales", ""),
        ("2.1.1", "model:legal", "legal"),
        ("2.1.2.1.1", "file.write", ""),
        ("2.1.3", "model:legal", "legal"),
        ("3", "model:sales", ""),
    ]
    (wrote,) = of(place, run, "EffectStarted")
    assert (wrote.key, wrote.via) == ("2.1.2.1.1", "note")
    legal = [messages for role, messages in models.asked if role == "legal"]
    assert legal[0][0]["content"].startswith("Do: May we?\ntool note(name)")
    assert legal[0][1] == {"role": "user", "content": "May we?"}
    assert models.asked[-1][1][-1] == {"role": "tool", "content": "you may"}
    assert models.asked[0][1][0]["content"].endswith(
        "tool legal(task): A model that calls the wired tools until it can answer."
    )
    assert ("legal", ()) not in state.steps


@in_loop
async def test_its_answer_follows_its_own_schema_and_its_ladder_is_its_own(place: Place) -> None:
    verdict = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
    models = Roles(
        sales=[ASK, {"final": "sold"}], legal=["no json", {"final": {"ok": "yes"}}], big=[{"final": {"ok": True}}]
    )
    legal = agent("legal", output=verdict, max_tool_errors=1, fallback_model="big")
    async with place.life(models) as life:
        run = await life.start(drawing(agent("sales"), legal))
        assert (await life.end(run)).status == "completed"
    refused, (switched,) = of(place, run, "ToolCallRefused"), of(place, run, "ModelSwitched")
    assert [event.key for event in refused] == ["2.1.2", "2.1.4"]
    assert (switched.key, switched.from_model, switched.to_model) == ("2.1.5", "legal", "big")
    assert models.asked[-1][1][-1]["content"] == '{"ok":true}'


@in_loop
async def test_when_it_fails_the_agent_that_asked_is_told(place: Place) -> None:
    models = Roles(sales=[ASK, {"final": "without"}], legal=["?", "?"])
    async with place.life(models) as life:
        run = await life.start(drawing(agent("sales"), agent("legal", max_tool_errors=1)))
        assert (await life.end(run)).status == "completed"
    assert "answers that cannot be used" in models.asked[-1][1][-1]["content"]


@in_loop
async def test_a_passing_failure_of_it_is_tried_again_from_there_and_no_write_is_repeated(place: Place) -> None:
    models = Roles(
        sales=[ASK, {"final": "sold"}], legal=[call("a"), StepError("server", "The worker died."), {"final": "yes"}]
    )
    async with place.life(models) as life:
        policy = {"max_attempts": 2, "backoff": {"first_s": 0.0}}
        run = await life.start(drawing(agent("sales", policy), agent("legal"), note()))
        assert (await life.end(run)).status == "completed"
    assert [event.redo_from for event in of(place, run, "AttemptFailed")] == ["2.1.3"]
    assert len(of(place, run, "EffectStarted")) == 1
    assert [role for role, _ in models.asked] == ["sales", "legal", "legal", "legal", "sales"]


@in_loop
async def test_what_it_uses_counts_against_the_budget_of_who_asked(place: Place) -> None:
    for limit in ({"budget_turns": 3}, {"budget_tokens": 45}, {"budget_money": 0.03}):
        models = Roles(sales=[ASK, {"final": "late"}], legal=[call("a"), {"final": "yes"}])
        async with place.life(models) as life:
            sales = agent("sales", {"on_error": "continue", "value": "gave up"}, **limit)
            run = await life.start(drawing(sales, agent("legal"), note()))
            await life.end(run)
        (failed,) = of(place, run, "StepFailed")
        assert failed.error.cls == "limit" and len(models.asked) == 3, limit
        models = Roles(sales=[ASK, ASK, {"final": "late"}], legal=[call("a"), {"final": "yes"}, {"final": "x"}])


@in_loop
async def test_it_may_use_no_more_than_is_left_to_who_asks(place: Place) -> None:
    models = Roles(sales=[ASK, {"final": "never"}], legal=[call("a"), call("b"), {"final": "late"}])
    async with place.life(models) as life:
        sales = agent("sales", {"on_error": "continue", "value": "gave up"}, budget_turns=2)
        run = await life.start(drawing(sales, agent("legal"), note()))
        await life.end(run)
    assert [role for role, _ in models.asked] == ["sales", "legal"]
    assert "its 2 turns" in of(place, run, "StepFailed")[0].error.message


@in_loop
async def test_what_earlier_attempts_used_counts_too(place: Place) -> None:
    models = Roles(sales=["?", "?", "?", "?", {"final": "late"}])
    async with place.life(models) as life:
        policy = {"max_attempts": 9, "backoff": {"first_s": 0.0}, "on_error": "continue", "value": "gave up"}
        run = await life.start(workflow(agent("sales", policy, max_tool_errors=1, budget_money=0.04)))
        await life.end(run)
    assert [event.error.cls for event in of(place, run, "AttemptFailed")] == ["schema", "schema", "limit"]
    assert len(models.asked) == 4


@in_loop
async def test_an_approval_inside_it_waits_for_days_and_another_engine(place: Place) -> None:
    models = Roles(sales=[ASK, {"final": "sold"}], legal=[call("a"), {"final": "yes"}])
    async with place.life(models) as life:
        run = await life.start(drawing(agent("sales"), agent("legal"), note(approval="each")))
        asked = await life.event(run, "QuestionAsked")
        assert asked.key == "2.1.2.q" and "legal" in asked.form["headline"]
        await life.event(run, "AttemptSuspended")
    values = {"value": {"name": "edited"}}
    place.request("answer", {"question": asked.question, "option": "approve_with_changes", "values": values})
    async with place.life(models) as life:
        assert (await life.end(run)).status == "completed"
    assert [file.name for file in (place.data / "files").iterdir()] == ["edited.txt"]
    assert len(models.asked) == 4, "waiting repeats no turn"


@in_loop
async def test_a_crash_inside_it_repeats_no_turn(place: Place) -> None:
    models = Roles(sales=[ASK, {"final": "sold"}], legal=[call("a"), {"final": "yes"}])
    async with place.life(models) as life:
        run = await life.start(drawing(agent("sales"), agent("legal"), note(approval="each")))
        question = await life.question(run)
        await life.crash()
    async with place.life(models) as life:
        await life.answer(question, "approve")
        assert (await life.end(run)).status == "completed"
    assert [role for role, _ in models.asked] == ["sales", "legal", "legal", "sales"]


@in_loop
async def test_a_hand_off_the_senders_end_and_the_receivers_start_are_one_batch(place: Place) -> None:
    contract = {"type": "object", "properties": {"amount": {"type": "number"}}}
    leave = {"hand_off": "to_legal", "reason": "r", "goal": "g", "fields": {"amount": 3}}
    models = Roles(sales=[{**leave, "fields": {}}, leave], legal=[{"final": "yes"}])
    sales = agent("sales", hand_offs={"to_legal": {"for": "contracts", "fields": contract}})
    async with place.life(models) as life:
        run = await life.start(workflow(sales, agent("legal"), edges=["sales.to_legal -> legal.input"]))
        state = await life.end(run)
    (left,) = of(place, run, "HandedOff")
    together = [(event.kind, getattr(event, "node", "")) for event in place.events(run) if event.batch == left.batch]
    assert together == [("HandedOff", "sales"), ("StepSucceeded", "sales"), ("AttemptStarted", "legal")]
    assert state.steps["sales", ()].outputs == {"to_legal": left.envelope}
    assert left.envelope["fields"] == {"amount": 3}
    (refused,) = of(place, run, "ToolCallRefused")
    assert "'amount' is a required property" in refused.fault and refused.batch < left.batch


@in_loop
async def test_in_a_team_the_hand_off_and_the_next_round_are_one_batch(place: Place) -> None:
    leave = {"hand_off": "to_legal", "reason": "r", "goal": "g"}
    models = Roles(sales=[leave], legal=[{"final": "yes"}])
    drawn = workflow(
        agent("sales"), agent("legal"), edges=["sales.to_legal -> legal.input", "legal.to_sales -> sales.input"]
    )
    async with place.life(models) as life:
        run = await life.start(drawn)
        assert (await life.end(run)).status == "completed"
    (left,) = of(place, run, "HandedOff")
    kinds = [event.kind for event in place.events(run) if event.batch == left.batch]
    assert kinds == ["HandedOff", "StepSucceeded", "RoundStarted", "AttemptStarted"]


@in_loop
async def test_a_gate_gets_the_envelope_too(place: Place) -> None:
    leave = {"hand_off": "to_boss", "reason": "too much", "goal": "decide", "fields": {"amount": 3}}
    contract = {"type": "object", "properties": {"amount": {"type": "number"}}}
    sales = agent("sales", hand_offs={"to_boss": {"for": "the boss", "fields": contract}})
    boss = Node(key="boss", type="gate", params={"headline": "{{ string(input.input.fields.amount) }} for this?"})
    async with place.life(Roles(sales=[leave])) as life:
        run = await life.start(workflow(sales, boss, edges=["sales.to_boss -> boss.input"]))
        asked = await life.event(run, "QuestionAsked")
        assert asked.form["headline"] == "3 for this?"
        await life.answer(asked.question, "approve")
        assert (await life.end(run)).status == "completed"


@in_loop
async def test_seconds_are_those_of_the_journal(place: Place) -> None:
    async with place.life(Roles(sales=[ASK, {"final": "sold"}], legal=[call("a"), {"final": "yes"}])) as life:
        run = await life.start(drawing(agent("sales"), agent("legal"), note()))
        await life.end(run)
    done = of(place, run, "EffectSucceeded")
    assert len(done) == 5 and all(event.took is not None and 0 <= event.took < 5 for event in done)


@in_loop
async def test_a_write_in_doubt_inside_it_is_a_question_of_the_step_and_is_not_repeated(place: Place) -> None:
    models = Roles(sales=[ASK, {"final": "sold"}], legal=[{"tool": "note", "args": {}}, {"final": "yes"}])
    place.world.fails("note", StepError("timeout", "No answer.", outcome_unknown=True))
    async with place.life(models) as life:
        run = await life.start(drawing(agent("sales"), agent("legal"), place.write("note")))
        question = await life.question(run, type="doubt")
        assert (await life.answer(question, "happened", values={"value": "it did"})).accepted
        assert (await life.end(run)).status == "completed"
    assert of(place, run, "EffectInDoubt")[0].key == "2.1.2.1.1"
    assert place.world.names() == ["note"] and models.asked[2][1][-1]["content"] == "it did"


class _Unsent:
    """What a tool waits for that, told to stop, says that it has sent nothing yet."""

    async def wait(self) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise StepError("timeout", "Stopped before anything was sent.") from None


@in_loop
async def test_at_its_time_limit_an_agent_ends_whatever_the_tool_says_of_being_stopped(place: Place) -> None:
    for effect in ("idempotent", "at_most_once"):
        models = Roles(sales=[ASK, {"final": "late"}], legal=[{"tool": "note", "args": {}}, {"final": "late"}])
        place.world.gates["note"] = _Unsent()  # type: ignore[assignment]
        policy = {"timeout_s": 0.5, "on_error": "continue", "value": "gave up"}
        async with place.life(models) as life:
            sales, legal = agent("sales", policy, on_tool_error="tell"), agent("legal", on_tool_error="tell")
            run = await life.start(drawing(sales, legal, place.write("note", effect)))
            await life.end(run)
        (failed,) = of(place, run, "StepFailed")
        assert failed.error.cls == "timeout"
        assert [role for role, _ in models.asked] == ["sales", "legal"], "no question after the limit"


@in_loop
async def test_an_agent_that_asks_itself_ends_although_nobody_checked_the_drawing(place: Place) -> None:
    ask = {"tool": "sales", "args": {"task": "again"}}
    models = Roles(boss=[ask, {"final": "enough"}], sales=[ask] * 4 + [{"final": "enough"}] * 4)
    async with place.life(models) as life:
        drawn = workflow(agent("boss"), agent("sales"), edges=["sales.tool -> boss.tools", "sales.tool -> sales.tools"])
        run = await life.start(drawn)
        assert (await life.end(run)).status == "completed"
    assert "more than 4 levels deep" in models.asked[5][1][-1]["content"] and len(models.asked) == 10
