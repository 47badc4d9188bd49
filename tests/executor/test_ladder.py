"""The tool-call ladder over a real server that fails in every way: one below the limit mends it, the limit ends it.

An agent whose model is scripted, on a loopback server that speaks HTTP, may call one tool. `k` of its model's turns go
wrong in one way. With k one below the limit the run goes on as if nothing had been; with k at the limit it goes where
the drawing says: to another agent, or to a person. Whatever happens, only valid calls reach the tool.
"""

from __future__ import annotations

from typing import Any

import pytest
from engine_kit import Place, gate, in_loop, workflow

from engine.models import Models
from engine.settings import Settings
from engine.workflow.model import Node, Policy
from tests.executor.ladder_ways import ATTEMPTS, ENDLESS, FAILED, HINTS, LIMIT, NAMES, REFUSED, TURNS, Script
from tests.models.openai_server import FAULTS, Heard, Turn, call, openai_server

pytest.importorskip("pydantic_ai")

KEY = "sk-canary-40712"
NAME = {
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
    "additionalProperties": False,
}


def drawing(target: str, **agent: Any) -> Any:
    """An agent with a tool; what it cannot do goes to another agent or to a person."""
    params = {"model": "big", "instructions": "x", "max_tool_errors": HINTS, "max_turns": TURNS, **agent}
    policy = Policy(max_attempts=ATTEMPTS, on_error="route", backoff={"first_s": 0.0})
    think = Node(key="think", type="agent", params=params, policy=policy)
    written = {"path": "{{ input.name }}.txt", "content": "{{ input.name }}", "tool": {"parameters": NAME}}
    note = Node(key="note", type="file.write", params=written)
    other = gate("other") if target == "person" else Node(key="other", type="agent", params={"model": "helper"})
    return workflow(think, note, other, edges=["note.tool -> think.tools", "think.error -> other.input"])


def roles(heard: Heard, stream: bool = True, **big: Any) -> dict[str, Any]:
    common = {"url": heard.url, "key": "secret://big", "stream": stream}
    return {
        "big": {**common, "model": "scripted", "timeout_s": 1.0 if big.pop("hasty", True) else 10, **big},
        "helper": {**common, "model": "helper"},
        "spare": {**common, "model": "spare"},
    }


def life(place: Place, heard: Heard, way: str, stream: bool = True, **big: Any) -> Any:
    """An engine with real models on the server; only the way that is about time has little of it."""
    given = roles(heard, stream, hasty=way == "timeout", **big)
    settings = Settings.model_validate({"roles": given})
    return place.life(Models(settings, place.data, secret=lambda name, to: {"big": KEY}[name]), roles=given)


def of(place: Place, run: str, kind: str) -> list[Any]:
    return [event for event in place.events(run) if event.kind == kind]


def only_valid_calls(place: Place, run: str) -> None:
    """Every call that reached the tool was valid, and so is every file."""
    for event in of(place, run, "EffectStarted"):
        assert event.tool == "file.write" and event.args["content"] in NAMES[:TURNS]
        assert event.args["path"] == f"{event.args['content']}.txt"
    for file in (place.data / "files").iterdir():
        assert file.read_text() in NAMES[:TURNS] and file.name == f"{file.read_text()}.txt"
    with place.client() as store:
        assert KEY not in str([event.model_dump() for event in store.journal.events(run)])


def rungs(place: Place, run: str, way: str, k: int) -> None:
    """Each wrong turn is an event."""
    refused, failed = of(place, run, "ToolCallRefused"), of(place, run, "AttemptFailed")
    if way in REFUSED:
        assert len(refused) == k and len(failed) == k // (HINTS + 1)
        assert {event.error.cls for event in failed} <= {"schema"}
        if way in ("missing argument", "wrong type"):
            assert all(event.tool == "note" and '"name"' in event.hint for event in refused), (
                "the hint quotes the schema"
            )
    elif way in FAILED:
        assert (refused, [event.error.cls for event in failed]) == ([], [FAILED[way]] * k)
        if way == "429":
            waits = [event.retry_due - event.at for event in failed if event.retry_due is not None]
            assert waits and min(waits) > 0.0199, "no sooner than the server wants"
    else:
        assert refused == [] and [event.error.cls for event in failed] == ["limit"] * (k >= TURNS)


@pytest.mark.parametrize("way", LIMIT)
@in_loop
async def test_one_below_the_limit_the_agent_answers(place: Place, way: str) -> None:
    k = LIMIT[way] - 1
    with openai_server(Script(way, k)) as heard:
        async with life(place, heard, way) as engine:
            run = await engine.start(drawing("person"))
            state = await engine.end(run)
    assert state.status == "completed"
    assert state.steps[("think", ())].outputs == {"result": "done"}
    assert state.steps[("other", ())].status == "skipped"
    rungs(place, run, way, k)
    only_valid_calls(place, run)
    assert (place.data / "files" / "a.txt").read_text() == "a"


@pytest.mark.parametrize("target", ["agent", "person"])
@pytest.mark.parametrize("way", LIMIT)
@in_loop
async def test_at_the_limit_the_run_goes_where_the_drawing_says(place: Place, way: str, target: str) -> None:
    k = LIMIT[way]
    with openai_server(Script(way, k)) as heard:
        async with life(place, heard, way) as engine:
            run = await engine.start(drawing(target))
            if target == "person":
                question = await engine.question(run)
                assert (await engine.answer(question, "approve")).accepted
            state = await engine.end(run)
    assert state.status == "completed"
    assert set(state.steps[("think", ())].outputs or {}) == {"error"}
    other = state.steps[("other", ())]
    assert other.status == "done" or other.outputs
    if target == "agent":
        assert other.outputs == {"result": "helper has it"}
    rungs(place, run, way, k)
    only_valid_calls(place, run)
    if way != ENDLESS:
        assert list((place.data / "files").iterdir()) == []


@pytest.mark.parametrize("way", [*REFUSED, *FAILED])
@in_loop
async def test_a_model_that_falls_back_is_replaced_and_the_run_says_why(place: Place, way: str) -> None:
    with openai_server(Script(way, 1_000)) as heard:
        async with life(place, heard, way, fallback=["spare"]) as engine:
            run = await engine.start(drawing("person"))
            state = await engine.end(run)
    assert state.status == "completed" and state.steps[("think", ())].outputs == {"result": "spare has it"}
    (switched,) = of(place, run, "ModelSwitched")
    assert (switched.from_model, switched.to_model) == ("big", "spare") and switched.why
    assert len(of(place, run, "ToolCallRefused")) == (HINTS + 1 if way in REFUSED else 0)
    assert of(place, run, "AttemptFailed") == []
    only_valid_calls(place, run)


@pytest.mark.parametrize("way", ["bad json", "refusal", "429", "cut stream"])
@in_loop
async def test_answers_that_are_not_streamed_climb_the_same_ladder(place: Place, way: str) -> None:
    for k in (LIMIT[way] - 1, LIMIT[way]):
        with openai_server(Script(way, k)) as heard:
            async with life(place, heard, way, stream=False) as engine:
                run = await engine.start(drawing("agent"))
                state = await engine.end(run)
        assert state.status == "completed"
        assert ("result" in (state.steps[("think", ())].outputs or {})) == (k < LIMIT[way])
        rungs(place, run, way, k)
        only_valid_calls(place, run)


@in_loop
async def test_a_chain_is_tried_in_its_order_and_a_retry_begins_with_its_first(place: Place) -> None:
    asked: list[str] = []

    def script(body: dict[str, Any]) -> Turn:
        asked.append(body["model"])
        return Turn(text="at last") if len(asked) == 6 else FAULTS["500"]

    with openai_server(script) as heard:
        async with life(place, heard, "500", fallback=["helper", "spare"]) as engine:
            run = await engine.start(drawing("person"))
            state = await engine.end(run)
    assert state.steps[("think", ())].outputs == {"result": "at last"}
    assert asked == ["scripted", "helper", "spare"] * 2
    assert len(of(place, run, "ModelSwitched")) == 4 and len(of(place, run, "AttemptFailed")) == 1


@in_loop
async def test_only_the_failures_that_the_settings_name_change_the_model(place: Place) -> None:
    with openai_server(Script("500", 2)) as heard:
        async with life(place, heard, "500", fallback=["spare"], fallback_on=["unsure"]) as engine:
            run = await engine.start(drawing("person"))
            state = await engine.end(run)
    assert state.steps[("think", ())].outputs == {"result": "done"}
    assert of(place, run, "ModelSwitched") == [] and len(of(place, run, "AttemptFailed")) == 2


@in_loop
async def test_questions_and_choices_fall_back_too(place: Place) -> None:
    ask = Node(key="ask", type="model.ask", params={"role": "big", "prompt": "?"})
    labels = {"role": "big", "labels": ["spare has it", "other"], "text": "?"}
    pick = Node(key="pick", type="model.choose", params=labels, policy=Policy(max_attempts=2, on_error="route"))
    with openai_server(Script("500", 1_000)) as heard:
        async with life(place, heard, "500", fallback=["spare"]) as engine:
            run = await engine.start(workflow(ask, pick))
            state = await engine.end(run)
    assert state.steps[("ask", ())].outputs == {"result": "spare has it"}
    assert len(of(place, run, "ModelSwitched")) >= 2
    failed = of(place, run, "AttemptFailed")
    assert {event.error.cls for event in failed} == {"schema"}, "what the spare says is no label"


@in_loop
async def test_a_step_on_the_edge_does_not_fall_back_into_the_cloud(place: Place) -> None:
    with openai_server(Script("500", 1_000)) as heard:
        given = roles(heard, fallback=["spare", "helper"])
        given["spare"]["placement"] = "cloud"
        settings = Settings.model_validate({"roles": given})
        models = Models(settings, place.data, secret=lambda name, to: {"big": KEY}[name])
        async with place.life(models, roles=given) as engine:
            drawn = drawing("person").model_copy(update={"placement": "edge"})
            run = await engine.start(drawn)
            state = await engine.end(run)
    assert state.steps[("think", ())].outputs == {"result": "helper has it"}
    assert [event.to_model for event in of(place, run, "ModelSwitched")] == ["helper"]
    assert all(body["model"] != "spare" for body in heard.bodies)


@in_loop
async def test_a_cloud_model_is_not_asked_for_a_step_on_the_edge(place: Place) -> None:
    with openai_server(Script("500", 0)) as heard:
        async with life(place, heard, "500", placement="cloud") as engine:
            drawn = drawing("agent").model_copy(update={"placement": "edge"})
            run = await engine.start(drawn)
            state = await engine.end(run)
    error = (state.steps[("think", ())].outputs or {})["error"]
    assert error["class"] == "permission" and "stays on the edge" in error["message"]
    assert all(body["model"] == "helper" for body in heard.bodies)


@in_loop
async def test_a_replay_follows_the_switch_that_was_made_whatever_the_settings_say_by_then(place: Place) -> None:
    drawn = drawing("person")
    nodes = tuple(
        node.model_copy(update={"params": {**node.params, "tool": {"parameters": NAME, "approval": "each"}}})
        if node.key == "note"
        else node
        for node in drawn.nodes
    )

    def script(asked: dict[str, Any]) -> Turn:
        if asked["model"] == "scripted":
            return FAULTS["500"]
        told = any(message["role"] == "tool" for message in asked["messages"])
        return Turn(text=f"{asked['model']} has it") if told else call("note", name="a")

    with openai_server(script) as heard:
        async with life(place, heard, "500", fallback=["spare"]) as engine:
            run = await engine.start(drawn.model_copy(update={"nodes": nodes}))
            question = await engine.question(run)
            await engine.event(run, "AttemptSuspended")
        async with life(place, heard, "500", fallback=["helper"]) as engine:
            assert (await engine.answer(question, "approve")).accepted
            state = await engine.end(run)
    assert state.steps[("think", ())].outputs == {"result": "spare has it"}
    assert [body["model"] for body in heard.bodies] == ["scripted", "spare", "spare"]
    only_valid_calls(place, run)
