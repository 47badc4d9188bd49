"""Agents with wired tools on a real engine: keys, approvals, edits, retries that repeat only what failed."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from engine_kit import Place, ScriptedModels, in_loop, workflow

from engine.errors import StepError
from engine.workflow.model import Node, Policy

NAME = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


def of(place: Place, run: str, kind: str) -> list[Any]:
    return [event for event in place.events(run) if event.kind == kind]


def agent(place: Place, tool: Node, **policy: Any) -> Any:
    think = Node(key="think", type="agent", params={"model": "small", "instructions": "x"}, policy=Policy(**policy))
    return workflow(think, tool, edges=[f"{tool.key}.tool -> think.tools"])


def note(**tool: Any) -> Node:
    """A file that an agent may write: its path and content are the arguments."""
    params = {"path": "{{ input.name }}.txt", "content": "{{ input.name }}", "tool": {"parameters": NAME, **tool}}
    return Node(key="note", type="file.write", params=params)


def call(name: str) -> dict[str, Any]:
    return {"tool": "note", "args": {"name": name}}


@in_loop
async def test_effects_of_a_wired_node_are_recorded_below_the_call(place: Place) -> None:
    async with place.life(ScriptedModels(call("a"), {"final": "done"})) as life:
        run = await life.start(agent(place, note()))
        state = await life.end(run)
    assert state.status == "completed"
    wrote = of(place, run, "EffectStarted")
    assert [(event.key, event.tool, event.via) for event in wrote] == [("2.1.1", "file.write", "note")]
    assert (place.data / "files" / "a.txt").read_text() == "a"


@pytest.mark.parametrize(("approval", "questions"), [("never", 0), ("first", 1), ("each", 2), ("when_tainted", 0)])
@in_loop
async def test_a_person_is_asked_as_often_as_the_tool_says(place: Place, approval: str, questions: int) -> None:
    models = ScriptedModels(call("a"), call("b"), {"final": "done"})
    async with place.life(models) as life:
        run = await life.start(agent(place, note(approval=approval)))
        for number in range(questions):
            asked = await life.event(run, "QuestionAsked", count=number + 1)
            assert asked.type == "approval" and not (place.data / "files" / f"{'ab'[number]}.txt").exists()
            await life.answer(asked.question, "approve")
        assert (await life.end(run)).status == "completed"
    assert len(of(place, run, "QuestionAsked")) == questions
    assert sorted(file.name for file in (place.data / "files").iterdir()) == ["a.txt", "b.txt"]
    assert len(models.asked) == 3, "waiting for a person repeats no turn"


@pytest.mark.parametrize("approval", ["first", "each"])
@in_loop
async def test_edited_arguments_are_the_ones_that_are_executed(place: Place, approval: str) -> None:
    async with place.life(ScriptedModels(call("a"), {"final": "done"})) as life:
        run = await life.start(agent(place, note(approval=approval)))
        asked = await life.event(run, "QuestionAsked")
        assert asked.form["value"] == {"name": "a"}
        await life.answer(asked.question, "approve_with_changes", values={"value": {"name": "edited"}})
        await life.end(run)
    assert [file.name for file in (place.data / "files").iterdir()] == ["edited.txt"]
    assert of(place, run, "QuestionAnswered")[0].values == {"value": {"name": "edited"}}


@in_loop
async def test_edits_of_a_first_approval_hold_in_another_life_of_the_engine(place: Place) -> None:
    models = ScriptedModels(call("a"), {"final": "done"})
    async with place.life(models) as life:
        run = await life.start(agent(place, note(approval="first")))
        asked = await life.event(run, "QuestionAsked")
        await life.event(run, "AttemptSuspended")
    values = {"value": {"name": "edited"}}
    place.request("answer", {"question": asked.question, "option": "approve_with_changes", "values": values})
    async with place.life(models) as life:
        assert (await life.end(run)).status == "completed"
    assert [file.name for file in (place.data / "files").iterdir()] == ["edited.txt"]


@in_loop
async def test_an_edit_that_breaks_the_tools_schema_is_refused_with_the_reason(place: Place) -> None:
    async with place.life(ScriptedModels(call("a"), {"final": "done"})) as life:
        run = await life.start(agent(place, note(approval="each")))
        question = await life.question(run)
        reply = await life.answer(question, "approve_with_changes", values={"value": {"name": 7}})
        assert not reply.accepted and "7 is not of type 'string'" in reply.reason
        await life.answer(question, "approve")
        await life.end(run)


@in_loop
async def test_a_refused_call_is_not_made_and_the_model_is_told(place: Place) -> None:
    models = ScriptedModels(call("a"), {"final": "done"})
    async with place.life(models) as life:
        run = await life.start(agent(place, note(approval="each")))
        await life.answer(await life.question(run), "refuse", comment="Not today.")
        assert (await life.end(run)).status == "completed"
    assert list((place.data / "files").iterdir()) == []
    assert "Not today." in models.asked[-1][-1]["content"]


@in_loop
async def test_a_failed_tool_call_is_redone_alone_and_no_turn_of_the_model_is_repeated(place: Place) -> None:
    async def flaky(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        requests.append(1)
        status = "503 Busy" if len(requests) <= 2 else "200 OK"
        body = b'{"temperature": 71}'
        writer.write(f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\n".encode())
        writer.write(f"content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    requests: list[int] = []
    server = await asyncio.start_server(flaky, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/look"
    look = Node(key="note", type="http.request", params={"url": url, "tool": {"parameters": NAME}})
    models = ScriptedModels(call("a"), {"final": "done"})
    async with server, place.life(models) as life:
        run = await life.start(agent(place, look, max_attempts=4, backoff={"first_s": 0.0}))
        state = await life.end(run)
    assert state.status == "completed"
    assert len(requests) == 3 and len(models.asked) == 2
    assert [event.redo_from for event in of(place, run, "AttemptFailed")] == ["2.1.1", "2.1.1"]
    assert json.loads(models.asked[-1][-1]["content"]) == {"temperature": 71}


@in_loop
async def test_an_approval_outlives_the_failure_of_what_it_approved(place: Place) -> None:
    async def two(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        requests.append(1)
        status = "503 Busy" if len(requests) == 1 else "200 OK"
        writer.write(f"HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    requests: list[int] = []
    server = await asyncio.start_server(two, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    tool = {"parameters": NAME, "approval": "each"}
    look = Node(key="note", type="http.request", params={"url": url, "tool": tool})
    async with server, place.life(ScriptedModels(call("a"), {"final": "done"})) as life:
        run = await life.start(agent(place, look, max_attempts=4, backoff={"first_s": 0.0}))
        await life.answer(await life.question(run), "approve")
        assert (await life.end(run)).status == "completed"
    assert len(requests) == 2 and len(of(place, run, "QuestionAsked")) == 1


@in_loop
async def test_a_model_that_fails_for_a_while_is_asked_again(place: Place) -> None:
    models = ScriptedModels(StepError("server", "The worker died."), {"final": "done"})
    async with place.life(models) as life:
        run = await life.start(agent(place, note(), max_attempts=2, backoff={"first_s": 0.0}))
        assert (await life.end(run)).status == "completed"
