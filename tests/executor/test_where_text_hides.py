"""Text from elsewhere that tries to pass for a person's words on its way through a run."""

from __future__ import annotations

from typing import Any

import pytest
from engine_kit import Place, ScriptedModels, gate, in_loop, values, workflow

from engine.workflow.model import Node, Policy, Workflow

TEXT = {"type": "string"}


def read(place: Place, text: str = "theirs") -> Node:
    (place.data / "files").mkdir(parents=True, exist_ok=True)
    (place.data / "files" / "in.txt").write_text(text)
    return Node(key="read", type="file.read", params={"path": "in.txt"})


def write(path: str, key: str = "write") -> Node:
    return Node(key=key, type="file.write", params={"path": path, "content": "x"})


async def asked(place: Place, flow: Workflow, *library: Workflow, models: Any = None, **inputs: Any) -> list[str]:
    """Who has asked before writing, in all runs; each is refused."""
    async with place.life(models) as life:
        run = await life.start(flow, *library, **inputs)
        found: list[str] = []

        def ended() -> bool:
            row = life.store.journal.run(run)
            return row is not None and row.end is not None

        while not await life.fact(lambda: ended() or open_question(life)):
            pass
        while not ended():
            question = open_question(life)
            if question is not None:
                found.append(question[0])
                await life.answer(question[1], "refuse")
            await life.fact(lambda: ended() or open_question(life))
        return found


def open_question(life: Any) -> Any:
    for state in list(life.executor.runs.values()):
        for question, (node, _, record) in state.questions.items():
            if record.outcome is None and record.asked.type == "approval":
                return node, question
    return None


@in_loop
async def test_the_item_of_a_run_is_still_a_file_s_in_its_own_sub_workflow(place: Place) -> None:
    inner = workflow(write("{{ run.inputs.name }}"), name="inner", inputs={"name": TEXT})
    sub = Node(key="sub", type="subworkflow", params={"workflow": "inner", "inputs": {"name": "{{ item }}"}})
    one = workflow(sub, name="one")
    each = Node(key="each", type="each", params={"workflow": "one", "items": ["{{ steps.read.output }}"]})
    flow = workflow(read(place), each, edges=["read.text -> each.input"])
    assert await asked(place, flow, one, inner) == ["write"]


@in_loop
async def test_the_failure_of_a_child_is_as_much_a_file_s_as_what_it_quotes(place: Place) -> None:
    stop = Node(key="stop", type="stop", params={"outcome": "failed", "message": "{{ steps.read.output }}"})
    child = workflow(read(place), stop, edges=["read.text -> stop.input"], name="child")
    sub = Node(key="sub", type="subworkflow", params={"workflow": "child"}, policy=Policy(on_error="route"))
    act = write("{{ steps.sub.error.message }}.txt")
    assert await asked(place, workflow(sub, act, edges=["sub.error -> write.input"]), child) == ["write"]


@in_loop
async def test_the_failure_of_a_branch_is_as_much_a_file_s_as_what_its_condition_quotes(place: Place) -> None:
    case = {"name": "yes", "when": "'a'.matches(steps.read.output)"}
    split = Node(key="split", type="branch", params={"cases": [case]}, policy=Policy(on_error="route"))
    act = write("{{ steps.split.error.message }}.txt")
    edges = ["read.text -> clean.input", "clean.output -> split.input", "split.error -> write.input"]
    flow = workflow(read(place, "theirs("), values("clean", a=1), split, act, edges=edges)
    assert await asked(place, flow) == ["write"]


@in_loop
async def test_a_refused_value_that_was_shown_in_the_place_of_nothing_is_still_a_file_s(place: Place) -> None:
    ok = gate("ok", value="{{ run.inputs.none }}")
    act = write("{{ input.input.value }}")
    edges = ["read.text -> ok.input", "ok.refused -> write.input"]
    inputs = {"none": {"type": "string", "required": False}}
    async with place.life() as life:
        run = await life.start(workflow(read(place), ok, act, edges=edges, inputs=inputs))
        await life.answer(await life.question(run, type="gate"), "refuse")
        await life.event(run, "QuestionAsked", type="approval")
        await life.request("cancel", {"run": run})
        await life.end(run)


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("required", {"required": "{{ steps.read.output }}"}),
        ("others_only", {"others_only": "{{ steps.read.output }}"}),
        ("on_deadline", {"on_deadline": "{{ steps.read.output }}", "deadline_s": 60}),
        ("deadline_s", {"on_deadline": "approve", "deadline_s": "{{ steps.read.output }}"}),
        ("options", {"options": "{{ steps.read.output }}"}),
        ("escalate_to", {"escalate_to": "{{ steps.read.output }}", "on_deadline": "escalate", "deadline_s": 60}),
    ],
)
@in_loop
async def test_text_from_a_file_does_not_say_who_must_agree(place: Place, name: str, params: dict[str, Any]) -> None:
    flow = workflow(read(place, "1"), gate("ok", **params), edges=["read.text -> ok.input"])
    async with place.life() as life:
        state = await life.end(await life.start(flow))
    assert (state.status, state.error.cls) == ("failed", "permission")
    assert f"`{name}`" in state.error.message and "read" in state.error.message


@pytest.mark.parametrize("kind", ["model.ask", "agent"])
@in_loop
async def test_text_from_a_file_does_not_choose_which_model_is_told_everything(place: Place, kind: str) -> None:
    params = (
        {"role": "{{ steps.read.output }}", "prompt": "x"}
        if kind == "model.ask"
        else {"model": "{{ steps.read.output }}"}
    )
    ask = Node(key="ask", type=kind, params=params)
    models = ScriptedModels({"final": "done"})
    async with place.life(models) as life:
        state = await life.end(await life.start(workflow(read(place, "small"), ask, edges=["read.text -> ask.input"])))
    assert models.asked == []
    assert (state.status, state.error.cls) == ("failed", "permission")
