"""When a person is asked before a call, what a replay makes of it, and what stays free."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from engine_kit import Place, ScriptedModels, in_loop, values, workflow

from engine.errors import StepError
from engine.workflow.model import Node, Policy

NAME = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


def of(place: Place, run: str, kind: str) -> list[Any]:
    return [event for event in place.events(run) if event.kind == kind]


def read(place: Place, text: str = "P-12") -> Node:
    """A step that reads a file."""
    (place.data / "files").mkdir(parents=True, exist_ok=True)
    (place.data / "files" / "in.txt").write_text(text)
    return Node(key="read", type="file.read", params={"path": "in.txt"})


def agent(place: Place, note: Node, **more: Any) -> Any:
    think = Node(key="think", type="agent", params={"model": "small", "instructions": "x"})
    edges = [f"{note.key}.tool -> think.tools", "read.text -> think.input"]
    return workflow(read(place), think, note, edges=edges, **more)


def note(path: str = "{{ input.name }}.txt", **tool: Any) -> Node:
    params = {"path": path, "content": "{{ input.name }}", "tool": {"parameters": NAME, **tool}}
    return Node(key="note", type="file.write", params=params)


def call(name: str) -> dict[str, Any]:
    return {"tool": "note", "args": {"name": name}}


@pytest.mark.parametrize("approval", ["never", "first", "each", "when_tainted", None])
@in_loop
async def test_an_agent_that_has_read_a_file_is_asked_about_at_every_write(place: Place, approval: str | None) -> None:
    use = {} if approval is None else {"approval": approval}
    models = ScriptedModels(call("a"), call("b"), {"final": "done"})
    async with place.life(models) as life:
        run = await life.start(agent(place, note("fixed.txt", **use)))
        for number in range(2):
            asked = await life.event(run, "QuestionAsked", count=number + 1)
            assert asked.key == f"{2 * number + 2}.q" and asked.form["evidence"]["tool"] == "note"
            assert asked.form["evidence"]["chosen_by"] == [
                {"argument": "", "sources": ["file"], "from_steps": ["read"]}
            ]
            assert "read text from a file (read)" in asked.form["body"] and asked.form["risk"] == "high"
            await life.answer(asked.question, "approve")
        assert (await life.end(run)).status == "completed"


@in_loop
async def test_an_author_may_waive_it_only_where_the_site_lets_them(place: Place) -> None:
    models = ScriptedModels(call("a"), {"final": "done"})
    async with place.life(models, trust={"authors_may_waive": True}) as life:
        run = await life.start(agent(place, note(approval="never")))
        assert (await life.end(run)).status == "completed"
    assert of(place, run, "QuestionAsked") == []


@in_loop
async def test_an_edited_call_is_a_persons_and_is_not_asked_about_again(place: Place) -> None:
    models = ScriptedModels(call("a"), {"final": "done"})
    async with place.life(models) as life:
        run = await life.start(agent(place, note()))
        await life.answer(await life.question(run), "approve_with_changes", values={"value": {"name": "mine"}})
        assert (await life.end(run)).status == "completed"
    assert (place.data / "files" / "mine.txt").exists() and len(of(place, run, "QuestionAsked")) == 1


@in_loop
async def test_a_path_that_the_author_took_from_a_file_is_asked_about_whatever_was_said_of_the_call(
    place: Place,
) -> None:
    models = ScriptedModels(call("a"), {"final": "done"})
    tool = note("{{ steps.read.output }}.txt")
    async with place.life(models) as life:
        run = await life.start(agent(place, tool))
        await life.answer(await life.question(run), "approve")
        second = await life.event(run, "QuestionAsked", count=2)
        assert second.key == "2.1.1.q" and second.form["value"]["path"] == "P-12.txt"
        await life.answer(second.question, "approve")
        assert (await life.end(run)).status == "completed"


@in_loop
async def test_an_engine_that_dies_between_question_and_answer_asks_once(place: Place) -> None:
    write = Node(key="write", type="file.write", params={"path": "{{ steps.read.output }}", "content": "x"})
    drawn = workflow(read(place), write, edges=["read.text -> write.input"])
    async with place.life() as life:
        run = await life.start(drawn)
        question = await life.question(run)
        await life.crash()
    place.request("answer", {"question": question, "option": "approve"})
    async with place.life(trust={"on_tainted": "refuse"}) as life:  # what was asked was decided
        assert (await life.end(run)).status == "completed"
    assert len(of(place, run, "QuestionAsked")) == 1 and (place.data / "files" / "P-12").read_text() == "x"


@in_loop
async def test_an_approval_outlives_the_failures_of_the_call(place: Place) -> None:
    async def flaky(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        requests.append(1)
        status = "503 Busy" if len(requests) < 3 else "200 OK"
        writer.write(f"HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    requests: list[int] = []
    server = await asyncio.start_server(flaky, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    ask = Node(
        key="ask", type="http.request", params={"url": "{{ steps.read.output }}"},
        policy=Policy(max_attempts=4, backoff={"first_s": 0.0}),
    )  # fmt: skip
    async with server, place.life() as life:
        run = await life.start(workflow(read(place, url), ask, edges=["read.text -> ask.input"]))
        await life.answer(await life.question(run), "approve")
        assert (await life.end(run)).status == "completed"
    assert len(requests) == 3 and len(of(place, run, "QuestionAsked")) == 1


@in_loop
async def test_a_gate_makes_a_value_the_persons_and_a_part_that_it_did_not_show_stays_what_it_was(
    place: Place,
) -> None:
    ok = Node(key="ok", type="gate", params={"headline": "?", "value": "{{ input.input }}"})
    write = Node(key="write", type="file.write", params={"path": "{{ input.input.value }}", "content": "x"})
    other = Node(key="other", type="file.write", params={"path": "{{ steps.read.output }}-2", "content": "x"})
    edges = ["read.text -> ok.input", "ok.approved -> write.input", "write.output -> other.input"]
    async with place.life() as life:
        run = await life.start(workflow(read(place), ok, write, other, edges=edges))
        await life.answer(await life.question(run, type="gate"), "approve")
        asked = await life.event(run, "QuestionAsked", type="approval")
        assert asked.node == "other" and (place.data / "files" / "P-12").exists()
        await life.answer(asked.question, "refuse")
        assert (await life.end(run)).status == "failed"


@in_loop
async def test_a_deadline_that_approves_is_nobodys_approval(place: Place) -> None:
    ok = Node(key="ok", type="gate", params={"headline": "?", "deadline_s": 60, "on_deadline": "approve"})
    write = Node(key="write", type="file.write", params={"path": "{{ input.input.value }}", "content": "x"})
    edges = ["read.text -> ok.input", "ok.approved -> write.input"]
    async with place.life() as life:
        run = await life.start(workflow(read(place), ok, write, edges=edges))
        await life.question(run, type="gate")
        place.clock.ahead = 61
        await life.event(run, "QuestionAsked", type="approval")
        await life.request("cancel", {"run": run})
        await life.end(run)


@in_loop
async def test_one_part_of_an_object_may_come_from_a_file_and_the_other_not(place: Place) -> None:
    both = values("both", path="{{ run.inputs.path }}", text="{{ steps.read.output }}")
    write = Node(
        key="write", type="file.write",
        params={"path": "{{ steps.both.output.path }}", "content": "{{ steps.both.output.text }}"},
    )  # fmt: skip
    edges = ["read.text -> both.input", "both.output -> write.input"]
    drawn = workflow(read(place), both, write, edges=edges, inputs={"path": {"type": "string"}})
    async with place.life() as life:
        run = await life.start(drawn, path="fixed.txt")
        assert (await life.end(run)).status == "completed"
    (made,) = [event for event in of(place, run, "StepSucceeded") if event.node == "both"]
    assert made.sources == {"output": {"text": ["file:read"]}}


@in_loop
async def test_a_secret_that_a_value_names_is_not_filled_in_even_when_a_person_has_agreed(place: Place) -> None:
    headers = {"x-own": "secret://token", "x-note": "{{ steps.read.output }}"}
    ask = Node(key="ask", type="http.request", params={"url": "http://127.0.0.1:9/", "headers": headers})
    async with place.life() as life:
        life.executor.secret = lambda name, to: f"sesame {name}"
        run = await life.start(workflow(read(place, "secret://token"), ask, edges=["read.text -> ask.input"]))
        await life.answer(await life.question(run), "approve")
        state = await life.end(run)
    assert state.error.cls == "permission" and "'token' is named by a value of the run" in state.error.message
    assert "sesame" not in str([event.model_dump() for event in place.events(run)])


@in_loop
async def test_a_run_that_goes_on_after_another_keeps_where_its_values_came_from(place: Place) -> None:
    async def fails(ctx: Any, params: Any, inputs: Any) -> Any:
        if tried.append(1) or len(tried) == 1:
            raise StepError("invalid", "Not yet.", retryable=False)
        return inputs["input"]

    tried: list[int] = []
    write = Node(key="write", type="file.write", params={"path": "{{ steps.fails.output }}", "content": "x"})
    edges = ["read.text -> fails.input", "fails.output -> write.input"]
    async with place.life() as life:
        run = await life.start(workflow(read(place), place.step("fails", fails), write, edges=edges))
        assert (await life.end(run)).status == "failed"
        reply = await life.request("continue", {"run": run})
        run = reply.result["run"]
        asked = await life.event(run, "QuestionAsked")
        assert asked.form["evidence"]["chosen_by"][0]["sources"] == ["file"]
        await life.answer(asked.question, "approve")
        assert (await life.end(run)).status == "completed"
    assert [event.by for event in of(place, run, "StepSucceeded")] == ["reused", "attempt", "attempt"]
