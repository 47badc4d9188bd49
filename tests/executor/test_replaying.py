"""One step of a run again, alone: with what it was given, its writes as recorded, anything else asked about."""

from __future__ import annotations

import json
from typing import Any

from engine_kit import Life, Place, in_loop, workflow

from engine.nodes.context import ModelReply
from engine.workflow.model import Node, Policy

NAME = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
CONTRACT = {"type": "object", "properties": {"amount": {"type": "number"}}}
ASK = {"tool": "legal", "args": {"task": "May we?"}}
LEAVE = {"hand_off": "to_legal", "reason": "r", "goal": "check it", "fields": {"amount": 3}}


class Roles:
    """A model for each role, which says what its script says."""

    def __init__(self, **scripts: list[Any]) -> None:
        self.scripts = scripts
        self.asked: list[tuple[str, list[Any]]] = []

    def lane(self, role: str) -> str:
        return f"model:{role}"

    async def ask(self, role: str, messages: Any, **options: Any) -> ModelReply:
        self.asked.append((role, list(messages)))
        said = self.scripts[role].pop(0)
        return ModelReply(json.dumps(said), said)

    async def close(self) -> None:
        return None


def call(name: str) -> dict[str, Any]:
    return {"tool": "note", "args": {"name": name}}


def drawing(**legal: Any) -> Any:
    """Sales hands off to legal, which may write notes; what is before it is named in its instructions."""
    told = "Know {{ steps.first.output.x }} of {{ run.inputs.who }}."
    written = {"path": "{{ input.name }}.txt", "content": "{{ steps.first.output.x }}", "mode": "append"}
    return workflow(
        Node(key="first", type="data.set", params={"values": {"x": "before"}}),
        Node(key="sales", type="agent", params={"model": "sales", "hand_offs": {"to_legal": {"fields": CONTRACT}}}),
        Node(
            key="legal",
            type="agent",
            params={"model": "legal", "instructions": told, **legal},
            policy=Policy(on_error="route"),
        ),
        Node(key="note", type="file.write", params={**written, "tool": {"parameters": NAME}}),
        Node(key="last", type="data.set", params={"values": {"y": 1}}),
        edges=[
            "first.output -> sales.input", "sales.to_legal -> legal.input", "note.tool -> legal.tools",
            "legal.result -> last.input", "legal.error -> last.input",
        ],
        inputs={"who": {"type": "string", "default": "all"}},
    )  # fmt: skip


async def replay(life: Life, run: str, step: str, **more: Any) -> str:
    reply = await life.request("replay", {"run": run, "step": step, **more})
    assert reply.accepted, reply.reason
    return str((reply.result or {})["run"])


def of(place: Place, run: str, kind: str) -> list[Any]:
    return [event for event in place.events(run) if event.kind == kind]


@in_loop
async def test_the_receiver_alone_gets_what_it_got_and_nothing_else_runs(place: Place) -> None:
    models = Roles(sales=[LEAVE], legal=[call("a"), {"final": "yes"}, call("a"), {"final": "no"}])
    async with place.life(models) as life:
        run = await life.start(drawing(), who="Ada")
        await life.end(run)
        again = await replay(life, run, "legal")
        state = await life.end(again)
    assert state.status == "completed" and state.outputs == {"result": {"result": "no"}}
    first, _, second, _ = (messages for role, messages in models.asked if role == "legal")
    assert first == second and first[0]["content"].startswith("Know before of Ada.\n")
    assert [role for role, _ in models.asked].count("sales") == 1
    assert {key for key, _ in state.steps} == {"legal"}
    (started,) = of(place, again, "RunStarted")
    assert (started.continues.run, started.continues.only.node, started.root_run) == (run, "legal", run)
    assert started.continues.set["legal.input"]["fields"] == {"amount": 3}
    assert place.data.joinpath("files", "a.txt").read_text() == "before", "the same write is not made again"
    (wrote,) = [event for event in of(place, again, "EffectSucceeded") if event.tool == "file.write"]
    assert wrote.origin == run and of(place, again, "EffectStarted") == []


@in_loop
async def test_a_write_that_it_did_not_make_before_is_a_question(place: Place) -> None:
    for option, files in (("refuse", ["a.txt"]), ("approve", ["a.txt", "b.txt"])):
        legal = [call("a"), {"final": "yes"}, call("b"), {"final": "no"}]
        models = Roles(sales=[LEAVE], legal=legal)
        async with place.life(models) as life:
            run = await life.start(drawing())
            await life.end(run)
            again = await replay(life, run, "legal")
            asked = await life.event(again, "QuestionAsked")
            assert "'note' is replayed and wants to call file.write" in asked.form["headline"]
            assert asked.form["value"]["path"] == "b.txt"
            assert (await life.answer(asked.question, option)).accepted
            assert (await life.end(again)).status == "completed"
        assert sorted(file.name for file in (place.data / "files").iterdir()) == files


@in_loop
async def test_the_same_write_twice_is_recorded_once_and_asked_about_the_second_time(place: Place) -> None:
    models = Roles(sales=[LEAVE], legal=[call("a"), {"final": "yes"}, call("a"), call("a"), {"final": "no"}])
    async with place.life(models) as life:
        run = await life.start(drawing())
        await life.end(run)
        again = await replay(life, run, "legal")
        asked = await life.event(again, "QuestionAsked")
        assert asked.key == "4.1.1.q"
        await life.answer(asked.question, "approve")
        await life.end(again)
    assert (place.data / "files" / "a.txt").read_text() == "beforebefore"


@in_loop
async def test_live_makes_its_writes_anew(place: Place) -> None:
    models = Roles(sales=[LEAVE], legal=[call("a"), {"final": "yes"}, call("a"), {"final": "no"}])
    async with place.life(models) as life:
        run = await life.start(drawing())
        await life.end(run)
        again = await replay(life, run, "legal", live=True)
        assert (await life.end(again)).status == "completed"
    assert (place.data / "files" / "a.txt").read_text() == "beforebefore"
    assert of(place, again, "QuestionAsked") == []


@in_loop
async def test_a_replay_goes_on_in_another_engine_where_it_was(place: Place) -> None:
    models = Roles(sales=[LEAVE], legal=[call("a"), {"final": "yes"}, call("b"), call("a"), {"final": "no"}])
    async with place.life(models) as life:
        run = await life.start(drawing())
        await life.end(run)
        again = await replay(life, run, "legal")
        question = await life.question(again)
        await life.event(again, "AttemptSuspended")
        await life.crash()
    async with place.life(models) as life:
        await life.answer(question, "approve")
        state = await life.end(again)
    assert state.outputs == {"result": {"result": "no"}}
    assert (place.data / "files" / "a.txt").read_text() == "before", "what was recorded is still known"
    assert len(models.asked) == 6


@in_loop
async def test_its_failure_is_the_replays(place: Place) -> None:
    models = Roles(sales=[LEAVE], legal=[{"final": "yes"}, "?"])
    async with place.life(models) as life:
        run = await life.start(drawing(max_tool_errors=0))
        await life.end(run)
        again = await replay(life, run, "legal")
        state = await life.end(again)
    assert state.status == "failed" and state.error is not None and state.error.cls == "schema"


@in_loop
async def test_what_it_would_hand_over_is_kept_and_goes_nowhere(place: Place) -> None:
    back = {"hand_off": "to_sales", "reason": "r", "goal": "go on"}
    models = Roles(sales=[LEAVE, {"final": "done"}], legal=[back, back])
    sales = {"to_legal": {"fields": CONTRACT}}
    drawn = workflow(
        Node(key="sales", type="agent", params={"model": "sales", "hand_offs": sales}),
        Node(key="legal", type="agent", params={"model": "legal"}),
        edges=["sales.to_legal -> legal.input", "legal.to_sales -> sales.input"],
    )
    async with place.life(models) as life:
        run = await life.start(drawn)
        await life.end(run)
        again = await replay(life, run, "legal[2]")
        state = await life.end(again)
    assert state.status == "completed"
    handed = state.steps["legal", ()].outputs or {}
    assert handed["to_sales"]["goal"] == "go on" and handed["to_sales"]["facts"][-1] == {"amount": 3}
    assert state.steps["sales", ()].outputs == {"output": {"input": handed["to_sales"]}}
    assert len(models.asked) == 4


@in_loop
async def test_a_step_that_is_not_there_or_has_not_begun_is_refused(place: Place) -> None:
    models = Roles(sales=[{"final": "done"}], legal=[])
    async with place.life(models) as life:
        run = await life.start(drawing())
        await life.end(run)
        for step, words in (("nobody", "no step 'nobody'"), ("legal", "has not begun"), ("note", "no step 'note'")):
            reply = await life.request("replay", {"run": run, "step": step})
            assert not reply.accepted and words in reply.reason
        reply = await life.request("replay", {"run": "0000000000000000", "step": "legal"})
        assert not reply.accepted and "There is no run" in reply.reason
        again = await replay(life, run, "first")
        await life.end(again)
        reply = await life.request("continue", {"run": again})
        assert not reply.accepted and "replay of one step" in reply.reason


@in_loop
async def test_a_yes_to_ask_an_agent_is_no_yes_to_what_that_agent_writes(place: Place) -> None:
    models = Roles(sales=[{"final": "x"}, ASK, {"final": "y"}], legal=[call("a"), {"final": "z"}])
    written = {"path": "{{ input.name }}.txt", "content": "x", "tool": {"parameters": NAME}}
    drawn = workflow(
        Node(key="sales", type="agent", params={"model": "sales"}),
        Node(key="legal", type="agent", params={"model": "legal", "tool": {"approval": "each"}}),
        Node(key="note", type="file.write", params=written),
        edges=["legal.tool -> sales.tools", "note.tool -> legal.tools"],
    )
    async with place.life(models) as life:
        run = await life.start(drawn)
        await life.end(run)
        again = await replay(life, run, "sales")
        first = await life.event(again, "QuestionAsked")
        assert first.key == "2.q"
        await life.answer(first.question, "approve")
        second = await life.event(again, "QuestionAsked", 2)
        assert second.key == "2.1.2.1.1.q" and "'note' is replayed" in second.form["headline"]
        await life.answer(second.question, "refuse")
        assert (await life.end(again)).status == "completed"
    assert not (place.data / "files" / "a.txt").exists()
