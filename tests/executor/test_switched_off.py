"""Nodes that are switched off, in a whole engine: nothing of theirs is done, the record says so, sentences say why."""

from __future__ import annotations

from engine_kit import Place, in_loop, values, workflow

from engine.observe.trace import trace
from engine.observe.why import why_run, why_step
from engine.workflow.model import Node, Workflow


def off(node: Node, mode: str) -> Node:
    return node.model_copy(update={"mode": mode})


def line(place: Place, first: str, second: str) -> Workflow:
    nodes = [
        values("start", x=1),
        off(place.write("one"), first),
        off(place.write("two"), second),
        place.write("three"),
    ]
    edges = ["start.output -> one.input", "one.output -> two.input", "two.output -> three.input"]
    return workflow(*nodes, edges=edges)


@in_loop
async def test_a_bypassed_write_does_not_happen_and_the_next_one_does(place: Place) -> None:
    async with place.life() as life:
        drawn = line(place, "bypassed", "on")
        run = await life.start(drawn)
        state = await life.end(run)
    assert state.status == "completed"
    assert place.world.names() == ["two", "three"]
    story = trace(place.events(run))
    assert (story.steps["one", ()].by, story.steps["one", ()].outputs) == ("bypassed", {"output": {"x": 1}})
    assert story.steps["one", ()].attempts == []
    said = [reason.text for reason in why_step(story, drawn, story.steps["one", ()])]
    assert said == ["It was bypassed: what came in was handed on unchanged."]


@in_loop
async def test_what_follows_a_disabled_write_is_skipped_and_says_because_of_whom(place: Place) -> None:
    async with place.life() as life:
        drawn = line(place, "disabled", "on")
        run = await life.start(drawn)
        state = await life.end(run)
    assert state.status == "completed"
    assert place.world.names() == []
    story = trace(place.events(run))
    steps = {node: (step.status, step.why, step.because) for (node, _), step in story.steps.items()}
    assert steps["one"] == ("skipped", "not_taken", "disabled")
    assert steps["two"] == steps["three"] == ("skipped", "not_taken", "")
    said = [reason.text for reason in why_run(story, drawn)]
    assert "It was skipped: the node is disabled." in said
    assert "It was skipped: one is disabled." in said
    assert "It was skipped: one is disabled, by way of two." in said


@in_loop
async def test_an_unfinished_node_that_is_disabled_keeps_no_run_from_starting(place: Place) -> None:
    broken = Node(key="broken", type="gone.type", params={"x": 1}, mode="disabled")
    absent = Node(key="absent", type="subworkflow", params={"workflow": "nowhere"}, mode="disabled")
    async with place.life() as life:
        run = await life.start(workflow(values("start", x=1), broken, absent, edges=["start.output -> broken.input"]))
        assert (await life.end(run)).status == "completed"
