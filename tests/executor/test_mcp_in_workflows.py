"""MCP servers used by workflows on a real engine: as a step, by an agent, in doubt, changed, gone with the engine."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp")
sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))

from engine_kit import Place, ScriptedModels, in_loop, workflow
from mcp_kit import Plant, alive

from engine.settings import load
from engine.workflow.model import Edge, Node, Policy


@pytest.fixture
def plant(place: Place, tmp_path: Path) -> Plant:
    folder = tmp_path / "plant"
    folder.mkdir()
    place.data.mkdir(exist_ok=True)
    return Plant(folder, place.data)


def call(named: str, key: str = "call", policy: dict[str, Any] | None = None, **params: Any) -> Node:
    given = {"server": "plant", "server_tool": named, **params}
    return Node(key=key, type="mcp.call", params=given, policy=Policy.model_validate(policy or {}))


def of(place: Place, run: str, kind: str) -> list[Any]:
    return [event for event in place.events(run) if event.kind == kind]


@in_loop
async def test_a_step_calls_a_servers_tool_once_and_its_result_goes_on(place: Place, plant: Plant) -> None:
    await plant.approve(effects={"lookup": "pure"})
    look = call("lookup", "look", arguments={"machine": "{{ run.inputs.machine }}"})
    write = call("note", "write", arguments={"text": "{{ steps.look.output.machine }}"})
    drawn = workflow(look, write, edges=["look.output -> write.input"], inputs={"machine": {"type": "string"}})
    drawn = drawn.model_copy(update={"outputs": {"said": "{{ steps.write.output.result }}"}})
    async with place.life(mcp_servers=load(place.data).mcp_servers) as life:
        run = await life.start(drawn, machine="P-12")
        await life.answer(await life.question(run), "approve")  # what `note` does with a tool's words nobody knows
        state = await life.end(run)
        pid = plant.pid()
        assert alive(pid)
    assert not alive(pid), "a server ends with the engine"
    assert state.status == "completed"
    assert of(place, run, "RunCompleted")[0].outputs == {"said": "noted: P-12"}
    assert plant.calls == ["lookup P-12", "note P-12"]
    started = of(place, run, "EffectStarted")
    assert [(event.node, event.tool, event.effect) for event in started] == [("write", "mcp.call", "at_most_once")]
    assert [event.effect for event in of(place, run, "EffectSucceeded")] == ["pure", "at_most_once"]


@in_loop
async def test_an_agent_is_told_the_approved_words_and_its_calls_are_held_against_the_schema(
    place: Place, plant: Plant
) -> None:
    await plant.approve()
    think = Node(key="think", type="agent", params={"model": "small", "instructions": "x"})
    drawn = workflow(think, call("lookup", "record"), edges=["record.tool -> think.tools"])
    models = ScriptedModels(
        {"tool": "record", "args": {"machine": 7}},
        {"tool": "record", "args": {"machine": "P-12"}},
        {"final": "done"},
    )
    async with place.life(models) as life:
        run = await life.start(drawn)
        await life.answer(await life.question(run), "approve")  # a server's own words made the agent call it
        assert (await life.end(run)).status == "completed"
    (asked,) = of(place, run, "QuestionAsked")
    assert asked.form["evidence"]["chosen_by"][0] == {"argument": "", "sources": ["tool"], "from_steps": ["record"]}
    system = models.asked[0][0]["content"]
    assert "The record of a machine." in system and "machine" in system
    assert len(of(place, run, "ToolCallRefused")) == 1
    assert plant.calls == ["lookup P-12"]
    started = of(place, run, "EffectStarted")
    assert [(event.tool, event.via, event.args["arguments"]) for event in started] == [
        ("mcp.call", "record", {"machine": "P-12"})
    ]
    assert "4120" in models.asked[-1][-1]["content"]


@in_loop
async def test_what_an_agents_author_says_of_a_tool_comes_before_what_its_server_says(
    place: Place, plant: Plant
) -> None:
    await plant.approve()
    think = Node(key="think", type="agent", params={"model": "small", "instructions": "x"})
    schema = {"type": "object", "properties": {"machine": {"type": "string"}}, "required": ["machine"]}
    use = {"description": "hours of one machine", "parameters": schema, "approval": "each"}
    record = call("lookup", "record", arguments={"machine": "{{ input.machine }}", "depth": 3}, tool=use)
    models = ScriptedModels({"tool": "record", "args": {"machine": "P-12"}}, {"final": "done"})
    async with place.life(models) as life:
        run = await life.start(workflow(think, record, edges=["record.tool -> think.tools"]))
        asked = await life.event(run, "QuestionAsked")
        assert plant.calls == [] and asked.form["body"] == "hours of one machine"
        await life.answer(asked.question, "approve")
        await life.end(run)
    assert "The record of a machine." not in models.asked[0][0]["content"]
    assert of(place, run, "EffectStarted")[0].args["arguments"] == {"machine": "P-12", "depth": 3}


@in_loop
async def test_a_server_that_dies_in_a_write_leaves_it_in_doubt_and_the_engine_alive(
    place: Place, plant: Plant
) -> None:
    await plant.approve()
    node = call("die", arguments={"text": "a"}, policy={"max_attempts": 5, "backoff": {"first_s": 0.0}})
    async with place.life() as life:
        run = await life.start(workflow(node))
        asked = await life.event(run, "QuestionAsked")
        assert asked.type == "doubt"
        assert plant.calls == ["die a"], "nobody has repeated it"
        await life.answer(asked.question, "do_it")
        assert (await life.end(run)).status == "completed"
    assert plant.calls == ["die a", "die a"]
    assert "out of memory" in str([event.evidence for event in of(place, run, "EffectInDoubt")])


@in_loop
async def test_a_server_that_dies_in_a_call_that_may_be_repeated_is_started_again(place: Place, plant: Plant) -> None:
    await plant.approve(effects={"die": "idempotent"})
    node = call("die", arguments={"text": "a"}, policy={"max_attempts": 2, "backoff": {"first_s": 0.0}})
    async with place.life() as life:
        run = await life.start(workflow(node))
        assert (await life.end(run)).status == "completed"
    failed = of(place, run, "AttemptFailed")
    assert [event.error.cls for event in failed] == ["connection"]
    assert plant.calls == ["die a", "die a"]


@in_loop
async def test_a_changed_tool_takes_the_error_port_and_the_diff_is_in_the_journal(place: Place, plant: Plant) -> None:
    await plant.approve()
    plant.mode("poisoned")
    node = call("note", arguments={"text": "a"}, policy={"on_error": "route", "max_attempts": 3})
    rule = Node(key="rule", type="data.set", params={"values": {"why": "{{ input.input.message }}"}})
    async with place.life() as life:
        run = await life.start(workflow(node, rule, edges=["call.error -> rule.input"]))
        assert (await life.end(run)).status == "completed"
    failed = of(place, run, "EffectFailed")[0].error
    assert failed.cls == "permission" and failed.detail["fields"][0]["field"] == "description"
    assert "evil.example" in failed.detail["fields"][0]["after"]
    assert len(of(place, run, "AttemptFailed")) == 1, "trying again does not mend it"
    assert plant.calls == []


@in_loop
async def test_a_picture_is_a_file_value_and_not_in_the_journal(place: Place, plant: Plant) -> None:
    await plant.approve(effects={"picture": "pure"})
    async with place.life() as life:
        run = await life.start(workflow(call("picture")))
        assert (await life.end(run)).status == "completed"
        part = of(place, run, "EffectSucceeded")[0].result["content"][0]
        with place.client() as store:
            assert store.blobs.get(part["file"]["$blob"]).startswith(b"\x89PNG")


@in_loop
async def test_a_cancelled_run_lets_a_write_come_to_its_end(place: Place, plant: Plant) -> None:
    await plant.approve()
    async with place.life() as life:
        run = await life.start(workflow(call("slow", arguments={"seconds": 0.5})))
        while "slow begins" not in plant.calls:
            await asyncio.sleep(0.01)
        await life.request("cancel", {"run": run})
        assert (await life.end(run)).status == "cancelled"
    assert plant.calls == ["slow begins", "slow ends"]
    assert of(place, run, "EffectSucceeded")[0].result["text"] == "done"


@in_loop
async def test_a_read_is_cut_off_at_the_steps_limit_on_the_server_too(place: Place, plant: Plant) -> None:
    await plant.approve(effects={"slow": "pure", "note": "pure"})
    warm = call("note", "warm", arguments={"text": "starting takes its time"})
    slow = call("slow", arguments={"seconds": 30}, policy={"timeout_s": 3, "max_attempts": 1, "on_error": "route"})
    after = call("note", "after", arguments={"text": "{{ input.input.class }}"})
    async with place.life() as life:
        run = await life.start(
            workflow(warm, slow, after, edges=["warm.output -> call.input", "call.error -> after.input"])
        )
        assert (await life.end(run)).status == "completed"
    assert [line for line in plant.calls if line.startswith("slow")] == ["slow begins", "slow is cut off"]
    assert "note timeout" in plant.calls


@pytest.mark.parametrize("where", ["node", "workflow", "agent"])
@in_loop
async def test_a_node_on_the_edge_asks_no_server_elsewhere(place: Place, plant: Plant, where: str) -> None:
    server = await plant.approve()
    far = server.model_copy(update={"command": (), "url": "https://plant.example/mcp"})
    plant.set(far.model_copy(update={"approved": far.fingerprint()}))
    node = call("lookup", "record", arguments={"machine": "P-12"})
    if where == "node":
        drawn = workflow(node.model_copy(update={"placement": "edge"}))
    elif where == "workflow":
        drawn = workflow(node, placement="edge")
    else:
        think = Node(key="think", type="agent", placement="edge", params={"model": "small", "instructions": "x"})
        drawn = workflow(think, node).model_copy(update={"edges": (Edge.parse("record.tool -> think.tools"),)})
    models = ScriptedModels({"tool": "record", "args": {"machine": "P-12"}}, {"final": "refused"})
    async with place.life(models) as life:
        run = await life.start(drawn)
        if where == "agent":
            await life.answer(await life.question(run), "approve")
        state = await life.end(run)
    assert [event.error.cls for event in of(place, run, "EffectFailed")] == ["permission"]
    assert state.status == ("completed" if where == "agent" else "failed")
