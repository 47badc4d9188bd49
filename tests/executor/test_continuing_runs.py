"""Continuing an ended run: what succeeded is reused, what was cut off goes on, nothing is written twice."""

from __future__ import annotations

from typing import Any

import pytest
from engine_kit import Life, Place, ScriptedModels, gate, in_loop, until, values, workflow

from engine.errors import StepError
from engine.observe.trace import trace
from engine.workflow.model import Node


def of(place: Place, run: str, kind: str) -> list[Any]:
    return [event for event in place.events(run) if event.kind == kind]


async def goes_on(life: Life, run: str, **payload: Any) -> str:
    reply = await life.request("continue", {"run": run, **payload})
    assert reply.accepted, reply.reason
    return str(reply.result["run"])


def line(place: Place, middle: Node, **first: Any) -> Any:
    nodes = [values("start", **{"x": 1, **first}), place.write("before"), middle, place.write("after")]
    edges = ["start.output -> before.input", "before.output -> middle.input", "middle.output -> after.input"]
    return workflow(*nodes, edges=edges)


def by(place: Place, run: str) -> dict[str, str]:
    return {event.node: event.by for event in of(place, run, "StepSucceeded")}


@in_loop
async def test_a_failed_run_goes_on_where_it_failed(place: Place) -> None:
    place.world.fails("middle", StepError("invalid", "No.", retryable=False))
    async with place.life() as life:
        run = await life.start(line(place, place.write("middle")))
        assert (await life.end(run)).status == "failed"
        second = await goes_on(life, run)
        state = await life.end(second)
    assert state.status == "completed"
    assert by(place, second) == {"start": "reused", "before": "reused", "middle": "attempt", "after": "attempt"}
    assert {event.origin for event in of(place, second, "StepSucceeded") if event.by == "reused"} == {run}
    assert place.world.names() == ["before", "middle", "after"]
    assert state.root_run == run


@in_loop
async def test_from_a_step_on_everything_runs_again_under_new_keys(place: Place) -> None:
    async with place.life() as life:
        run = await life.start(line(place, place.write("middle", "idempotent")))
        await life.end(run)
        second = await goes_on(life, run, start="middle")
        assert (await life.end(second)).status == "completed"
    assert by(place, second) == {"start": "reused", "before": "reused", "middle": "attempt", "after": "attempt"}
    assert place.world.names() == ["before", "middle", "after", "middle", "after"]
    assert len(set(place.world.keys("middle"))) == len(set(place.world.keys("after"))) == 2


@in_loop
async def test_a_port_that_is_set_counts_and_invalidates_its_step_alone(place: Place) -> None:
    async def echo(ctx: Any, params: Any, inputs: Any) -> Any:
        return inputs["input"]

    nodes = [values("one", x=1), values("two", x=2), place.step("left", echo), place.step("right", echo)]
    async with place.life() as life:
        run = await life.start(workflow(*nodes, edges=["one.output -> left.input", "two.output -> right.input"]))
        await life.end(run)
        second = await goes_on(life, run, set={"left.input": {"x": 9}})
        state = await life.end(second)
    assert state.steps["left", ()].outputs == {"output": {"x": 9}}
    assert by(place, second) == {"one": "reused", "two": "reused", "left": "attempt", "right": "reused"}


@in_loop
async def test_a_changed_workflow_invalidates_exactly_what_it_touches(place: Place) -> None:
    async def echo(ctx: Any, params: Any, inputs: Any) -> Any:
        return params.data

    def drawn(data: str, title: str) -> Any:
        left = place.step("left", echo, data)
        nodes = [left.model_copy(update={"title": title}), place.step("right", echo, "r"), values("join", x=1)]
        return workflow(*nodes, edges=["left.output -> join.a", "right.output -> join.b"])

    async with place.life() as life:
        run = await life.start(drawn("old", "before"))
        await life.end(run)
        titled = await goes_on(life, run, workflow=life.store.library.put(drawn("old", "after")))
        await life.end(titled)
        edited = await goes_on(life, run, workflow=life.store.library.put(drawn("new", "after")))
        await life.end(edited)
    assert set(by(place, titled).values()) == {"reused"}
    assert by(place, edited) == {"left": "attempt", "right": "reused", "join": "attempt"}


@in_loop
async def test_an_unfinished_agent_goes_on_from_its_records(place: Place) -> None:
    schema = {"type": "object", "properties": {}}
    note = Node(key="note", type="file.write", params={"path": "n.txt", "content": "x", "tool": {"parameters": schema}})
    agent = Node(key="think", type="agent", params={"model": "small", "instructions": "x"})
    models = ScriptedModels({"tool": "note", "args": {}}, StepError("server", "The worker died."), {"final": "done"})
    async with place.life(models) as life:
        run = await life.start(workflow(agent, note, edges=["note.tool -> think.tools"]))
        assert (await life.end(run)).status == "failed"
        second = await goes_on(life, run)
        assert (await life.end(second)).status == "completed"
    assert len(models.asked) == 3, "the first turn is not asked again"
    assert [event.origin for event in of(place, second, "EffectSucceeded")] == [run, run, None]
    assert of(place, second, "EffectStarted") == []


@in_loop
async def test_what_is_in_doubt_is_asked_first(place: Place) -> None:
    async def two(ctx: Any, params: Any, inputs: Any) -> Any:
        one = await ctx.call_tool("test.write", {"name": "one"})
        return [one, await ctx.call_tool("test.write", {"name": "two"})]

    place.world.fails("two", StepError("connection", "Gone.", outcome_unknown=True))
    async with place.life() as life:
        run = await life.start(workflow(place.step("a", two)))
        await life.question(run, type="doubt")
        await life.request("cancel", {"run": run})
        state = await life.end(run)
        assert [ref.key for ref in state.in_doubt] == ["2"]
        second = await goes_on(life, run)
        question = await life.question(second, type="doubt")
        assert place.world.names() == ["one", "two"], "nothing is done before the doubt is settled"
        await life.answer(question, "happened", values={"value": "seen"})
        state = await life.end(second)
    assert state.status == "completed"
    assert place.world.names() == ["one", "two"]
    assert state.steps["a", ()].outputs == {"output": [{"did": "one", "value": None}, "seen"]}


@in_loop
async def test_an_idempotent_effect_that_may_have_happened_is_done_under_its_old_key(place: Place) -> None:
    place.world.hold("a")
    async with place.life() as life:
        run = await life.start(workflow(place.write("a", "idempotent")))
        await until(lambda: "a" in place.world.entered)
        await life.request("cancel", {"run": run})
        await life.end(run)
        del place.world.gates["a"]
        second = await goes_on(life, run)
        assert (await life.end(second)).status == "completed"
    assert len(place.world.keys("a")) == 2 and len(set(place.world.keys("a"))) == 1


@in_loop
async def test_a_step_that_has_written_and_was_edited_is_refused_unless_it_starts_over(place: Place) -> None:
    async def writes(ctx: Any, params: Any, inputs: Any) -> Any:
        await ctx.call_tool("test.write", {"name": "one", "value": params.data})
        return await ctx.call_tool("test.write", {"name": "two"})

    place.world.fails("two", StepError("invalid", "No.", retryable=False))
    async with place.life() as life:
        run = await life.start(workflow(place.step("a", writes, "old")))
        await life.end(run)
        edited = life.store.library.put(workflow(place.step("a", writes, "new")))
        refused = await life.end(await goes_on(life, run, workflow=edited))
        assert refused.status == "failed" and refused.error is not None
        assert "had already written (test.write)" in refused.error.message and "--start-over" in refused.error.message
        assert place.world.told == ["old"]
        over = await life.end(await goes_on(life, run, workflow=edited, start_over=True))
    assert over.status == "completed"
    assert place.world.told == ["old", "new", None]
    assert len(set(place.world.keys("one"))) == 2


@in_loop
async def test_a_gate_that_was_passed_is_not_asked_again(place: Place) -> None:
    place.world.fails("after", StepError("invalid", "No.", retryable=False))
    async with place.life() as life:
        run = await life.start(workflow(gate("ask"), place.write("after"), edges=["ask.approved -> after.input"]))
        await life.answer(await life.question(run), "approve", comment="Fine.")
        await life.end(run)
        second = await goes_on(life, run)
        state = await life.end(second)
    assert state.status == "completed" and of(place, second, "QuestionAsked") == []
    assert state.steps["ask", ()].outputs["approved"]["comment"] == "Fine."


@in_loop
async def test_children_that_completed_are_not_run_again(place: Place) -> None:
    child = workflow(place.write("one"), place.write("two"), edges=["one.output -> two.input"], name="child")
    each = Node(key="all", type="each", params={"workflow": "child", "items": [1, 2, 3], "concurrency": 1})
    place.world.fails("two", StepError("invalid", "No.", retryable=False))
    async with place.life() as life:
        run = await life.start(workflow(each), child)
        assert (await life.end(run)).status == "failed"
        assert place.world.names() == ["one"]
        second = await goes_on(life, run)
        assert (await life.end(second)).status == "completed"
    assert place.world.names() == ["one", "two", "one", "two", "one", "two"]
    assert len(set(place.world.keys("one"))) == 3


@pytest.mark.parametrize("kind", ["each", "subworkflow"])
@in_loop
async def test_children_that_run_again_write_under_new_keys(place: Place, kind: str) -> None:
    child = workflow(place.write("one", "idempotent"), name="child")
    items = {"items": [1, 2]} if kind == "each" else {}
    inner = Node(key="inner", type=kind, params={"workflow": "child", **items})
    times = 2 if kind == "each" else 1
    async with place.life() as life:
        run = await life.start(workflow(inner), child)
        await life.end(run)
        second = await goes_on(life, run, start="inner")
        assert (await life.end(second)).status == "completed"
    assert len(set(place.world.keys("one"))) == 2 * times


@in_loop
async def test_a_continued_run_that_a_crash_cuts_off_still_reuses(place: Place) -> None:
    place.world.fails("middle", StepError("invalid", "No.", retryable=False))
    async with place.life() as life:
        run = await life.start(line(place, place.write("middle", "checkable")))
        await life.end(run)
        place.world.hold("middle")
        second = await goes_on(life, run)
        await until(lambda: place.world.names() == ["before", "middle"])
        await life.crash()
    async with place.life() as life:
        assert (await life.end(second)).status == "completed"
    assert place.world.names() == ["before", "middle", "after"]


@in_loop
async def test_what_cannot_be_continued_is_refused_with_the_reason(place: Place) -> None:
    child = workflow(gate("ask"), name="child")
    inner = Node(key="inner", type="subworkflow", params={"workflow": "child"})
    async with place.life() as life:
        run = await life.start(workflow(inner), child)
        question = await life.fact(lambda: next((q for s in life.executor.runs.values() for q in s.questions), None))
        below = next(name for name in life.executor.runs if name != run)
        refusals = [await life.request("continue", {"run": name}) for name in (run, "nowhere")]
        await life.answer(question, "approve")
        await life.end(run)
        refusals += [
            await life.request("continue", {"run": below}),
            await life.request("continue", {"run": run, "start": "nothing"}),
            await life.request("continue", {"run": run, "set": {"nothing": 1}}),
            await life.request("continue", {"run": run, "inputs": {"unknown": 1}}),
        ]
    parts = ["has not ended", "no run 'nowhere'", f"Continue its parent {run}", "'nothing'", "STEP.PORT", "'unknown'"]
    assert [reply.accepted for reply in refusals] == [False] * 6
    assert [part in reply.reason for part, reply in zip(parts, refusals, strict=True)] == [True] * 6


async def doubled(ctx: Any, params: Any, inputs: Any) -> Any:
    return [inputs["input"], params.data]


def chain(place: Place, data: str = "d", **more: Any) -> Any:
    nodes = [values("start", x=1), place.step("one", doubled), place.step("two", doubled, data), place.write("three")]
    edges = ["start.output -> one.input", "one.output -> two.input", "two.output -> three.input"]
    return workflow(*nodes, edges=edges, **more)


@in_loop
async def test_a_step_and_what_follows_run_again_with_an_edited_input(place: Place) -> None:
    async with place.life() as life:
        run = await life.start(chain(place))
        await life.end(run)
        second = await goes_on(life, run, start="two", set={"two.input": {"edited": True}})
        state = await life.end(second)
    assert by(place, second) == {"start": "reused", "one": "reused", "two": "attempt", "three": "attempt"}
    assert state.steps["two", ()].outputs == {"output": [{"edited": True}, "d"]}
    (started,) = of(place, second, "RunStarted")
    assert (started.continues.start, started.continues.set) == ("two", {"two.input": {"edited": True}})


@in_loop
async def test_a_run_that_went_on_from_an_edited_input_keeps_it_when_it_is_continued_again(place: Place) -> None:
    async with place.life() as life:
        run = await life.start(chain(place))
        await life.end(run)
        place.world.fails("three", StepError("invalid", "No.", retryable=False))
        second = await goes_on(life, run, start="two", set={"two.input": "edited"})
        assert (await life.end(second)).status == "failed"
        third = await goes_on(life, second)
        state = await life.end(third)
        assert state.status == "completed"
        assert by(place, third) == {"start": "reused", "one": "reused", "two": "reused", "three": "attempt"}
        assert state.steps["two", ()].outputs == {"output": ["edited", "d"]}
        assert trace(place.events(third)).set == {"two.input": "edited"}
        fourth = await life.end(await goes_on(life, third, set={"two.input": "again"}))
        assert fourth.steps["two", ()].outputs == {"output": ["again", "d"]}
        drawn = await life.end(await goes_on(life, third, start="one"))
        assert drawn.steps["two", ()].outputs == {"output": [[{"x": 1}, None], "d"]}, "it runs again as it is drawn"
        dropped = workflow(values("start", x=1), place.step("one", doubled), edges=["start.output -> one.input"])
        fifth = await goes_on(life, third, workflow=life.store.library.put(dropped))
        assert (await life.end(fifth)).status == "completed", "what was set for a node that is gone is forgotten"
    assert by(place, fifth) == {"start": "reused", "one": "reused"}


@in_loop
async def test_from_a_step_on_in_another_version_with_changed_run_inputs(place: Place) -> None:
    text = {"type": "string"}
    before = chain(place, "{{ run.inputs.word }}", inputs={"word": text, "gone": text})
    after = chain(place, "{{ run.inputs.word }}!", inputs={"word": text, "new": {**text, "default": "n"}})
    async with place.life() as life:
        run = await life.start(before, word="a", gone="g")
        await life.end(run)
        digest = life.store.library.put(after)
        second = await goes_on(life, run, workflow=digest, start="three", inputs={"word": "b"})
        state = await life.end(second)
        assert state.started is not None and state.started.inputs == {"word": "b", "new": "n"}
        refused = await life.request("continue", {"run": run, "workflow": digest, "inputs": {"gone": "x"}})
        assert not refused.accepted and "no input 'gone'" in refused.reason
    assert by(place, second) == {"start": "reused", "one": "reused", "two": "attempt", "three": "attempt"}
    assert state.steps["two", ()].outputs == {"output": [[{"x": 1}, None], "b!"]}


@in_loop
async def test_a_value_for_a_port_that_is_not_there_is_refused_with_those_that_are(place: Place) -> None:
    tool = Node(key="tool", type="file.read", params={"path": "x"})
    agent = Node(key="think", type="agent", params={"model": "small"})
    async with place.life(ScriptedModels({"final": "done"})) as life:
        run = await life.start(workflow(agent, tool, edges=["tool.tool -> think.tools"]))
        await life.end(run)
        asked = [{"think.inptu": 1}, {"think.tools": 1}, {"tool.input": 1}, {"think": 1}]
        replies = [await life.request("continue", {"run": run, "set": one}) for one in asked]
    assert [reply.accepted for reply in replies] == [False] * 4
    assert replies[0].reason == "The step 'think' has no input port 'inptu'. It has input."
    assert "no input port 'tools'" in replies[1].reason
    assert "names no port of a step" in replies[2].reason and "names no port" in replies[3].reason
