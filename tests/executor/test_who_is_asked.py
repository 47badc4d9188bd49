"""A role's rules in real runs: servers on loopback that come and go, a real model file, an engine that is killed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from engine_kit import Place, ScriptedModels, in_loop, workflow

from engine.models import Models
from engine.nodes.context import ModelReply
from engine.settings import Settings
from engine.workflow.model import Node, Policy
from tests.executor.test_ladder import NAME, drawing, of
from tests.models.conftest import DATA
from tests.models.openai_server import FAULTS, Turn, call, openai_server

pytest.importorskip("pydantic_ai")

EUR = {"input": 0, "output": 10_000, "currency": "EUR"}  # seven tokens cost 0.07 EUR
STEPS: dict[str, dict[str, Any]] = {
    "model.ask": {"role": "far", "prompt": "?", "max_tokens": 7},
    "model.choose": {"role": "far", "labels": ["near", "far", "spare"], "text": "?"},
    "agent": {"model": "far", "instructions": "x", "max_tokens": 7},
}


def asks(*keys: str, type: str = "model.ask", **params: Any) -> Any:
    """Nodes one after the other, each of which asks the role `far`."""
    nodes = [Node(key=key, type=type, params={**STEPS[type], **params}) for key in keys]
    edges = [f"{one}.result -> {other}.input" for one, other in pairwise(keys)]
    return workflow(*nodes, edges=edges)


def life(place: Place, roles: dict[str, Any], **more: Any) -> Any:
    settings = Settings.model_validate({"roles": roles, **more})
    return place.life(Models(settings, place.data), roles=roles, **more)


def far(url: str, **rules: Any) -> dict[str, Any]:
    return {"model": "far", "url": url, "timeout_s": 5, **rules}


def switches(place: Place, run: str) -> list[tuple[str, str, str]]:
    return [(event.from_model, event.to_model, event.why) for event in of(place, run, "ModelSwitched")]


def names(asked: dict[str, Any]) -> Turn:
    """Each model answers its own name, in whatever form it is asked for."""
    return Turn(text=asked["model"])


def chosen(asked: dict[str, Any]) -> Turn:
    return Turn(text='{"choice":"' + asked["model"] + '"}')


def final(asked: dict[str, Any]) -> Turn:
    return Turn(text='{"final":"' + asked["model"] + '"}')


FORMS: dict[str, Callable[[dict[str, Any]], Turn]] = {"model.ask": names, "model.choose": chosen, "agent": final}


@pytest.mark.parametrize("type", STEPS)
@in_loop
async def test_every_kind_of_question_obeys_and_says_why_before_it_asks(place: Place, type: str) -> None:
    with openai_server(FORMS[type]) as heard:
        near = {"model": "near", "url": heard.url}
        roles = {"far": far(heard.url, fallback=["near"], prices=EUR, max_cost_call=0.000001), "near": near}
        async with life(place, roles) as engine:
            run = await engine.start(asks("one", type=type))
            state = await engine.end(run)
    assert state.steps[("one", ())].outputs == {"result": "near"}
    ((before, after, why),) = switches(place, run)
    assert (before, after) == ("far", "near") and "over the 0.000001 EUR of an answer" in why
    assert [body["model"] for body in heard.bodies] == ["near"]


@in_loop
async def test_the_money_of_a_run_is_counted_over_its_steps(place: Place) -> None:
    with openai_server(names) as heard:
        near = {"model": "near", "url": heard.url}
        roles = {"far": far(heard.url, fallback=["near"], prices=EUR, max_cost=0.18), "near": near}
        async with life(place, roles) as engine:
            for _ in range(2):  # another run has its own money
                run = await engine.start(asks("one", "two", "three"))
                state = await engine.end(run)
                assert [state.steps[(key, ())].outputs for key in ("one", "two", "three")] == [
                    {"result": "far"}, {"result": "far"}, {"result": "near"},
                ]  # fmt: skip
                assert switches(place, run) == [
                    ("far", "near", "would cost 0.03 EUR more than the 0.18 EUR of this run")
                ]


@in_loop
async def test_an_answer_that_takes_too_long_is_not_waited_for_and_not_first_next_time(place: Place) -> None:
    def script(asked: dict[str, Any]) -> Turn:
        return FAULTS["timeout"] if asked["model"] == "far" else names(asked)

    with openai_server(script) as heard:
        near = {"model": "near", "url": heard.url}
        roles = {"far": far(heard.url, fallback=["near"], max_latency_s=0.3), "near": near}
        async with life(place, roles) as engine:
            runs = [await engine.start(asks("one")) for _ in range(1)]
            await engine.end(runs[0])
            runs.append(await engine.start(asks("one")))
            await engine.end(runs[1])
    first, second = (switches(place, run)[0][2] for run in runs)
    assert "took longer than 0.3 s" in first and second.endswith("s over the 0.3 s limit")
    assert [body["model"] for body in heard.bodies] == ["far", "near", "near"]


@in_loop
async def test_a_model_that_says_nothing_yet_is_left_and_one_that_has_begun_is_not(place: Place) -> None:
    slow = [FAULTS["timeout"], Turn(text="far at last", pause_s=0.6)]

    def script(asked: dict[str, Any]) -> Turn:
        return slow.pop(0) if asked["model"] == "far" else names(asked)

    with openai_server(script) as heard:
        near = {"model": "near", "url": heard.url}
        roles = {"far": far(heard.url, fallback=["near"], max_latency_s=20, max_first_s=0.4), "near": near}
        async with life(place, roles) as engine:
            said = []
            for _ in range(2):
                run = await engine.start(asks("one"))
                said.append((await engine.end(run)).steps[("one", ())].outputs["result"])
                if len(said) == 1:
                    assert "had said nothing after 0.4 s" in switches(place, run)[0][2]
    assert said == ["near", "far at last"]


@in_loop
async def test_a_server_that_sends_whole_answers_has_no_first_words_to_wait_for(place: Place) -> None:
    with openai_server(names) as heard:
        roles = {
            "far": far(heard.url, fallback=["near"], max_first_s=0.000001, stream=False),
            "near": {"model": "near", "url": heard.url},
        }
        async with life(place, roles) as engine:
            run = await engine.start(asks("one"))
            assert (await engine.end(run)).steps[("one", ())].outputs == {"result": "far"}


@in_loop
async def test_waiting_for_room_in_memory_counts_against_no_limit_and_no_record(place: Place) -> None:
    class Full(ScriptedModels):
        async def ask(self, role: str, messages: Any, **options: Any) -> Any:
            with options["waiting"]():
                await asyncio.sleep(0.5)
            return await super().ask(role, messages, **options)

    drawn = asks("one")
    node = drawn.nodes[0].model_copy(update={"policy": Policy(timeout_s=0.3)})
    async with place.life(Full(ModelReply("far")), roles={"far": {"model": "small.gguf"}}) as engine:
        run = await engine.start(drawn.model_copy(update={"nodes": (node,)}))
        assert (await engine.end(run)).status == "completed"
        assert (engine.executor.health.took("far") or 0) < 0.3
    (done,) = of(place, run, "EffectSucceeded")
    assert done.took < 0.3


@pytest.mark.needs_llama
@in_loop
async def test_a_lost_link_hands_over_to_this_pc_and_a_link_that_is_back_is_used_again(place: Place) -> None:
    with openai_server(chosen) as heard:
        port, url = int(heard.url.split(":")[2].split("/")[0]), heard.url
    rules = {"fallback": ["here"], "skip_after": 2, "skip_for_s": 60}
    roles = {"far": far(url, **rules), "here": {"model": str(DATA / "tiny.gguf")}}
    async with life(place, roles) as engine:

        async def why() -> list[str]:
            run = await engine.start(asks("one", type="model.choose", text="the alarm of the pump"))
            state = await engine.end(run)
            assert state.status == "completed" and "result" in (state.steps[("one", ())].outputs or {})
            return [why for _, _, why in switches(place, run)]

        cut_off = [await why() for _ in range(3)]
        assert all("could not be reached" in one[0] for one in cut_off[:2])
        assert cut_off[2][0].startswith("it failed 2 times in a row and is left alone for ")
        with openai_server(chosen, port=port) as back:
            assert len(await why()) == 1 and not back.bodies, "it is not tried before its time"
            place.clock.ahead += 61
            assert await why() == [] == await why() and len(back.bodies) == 2


@in_loop
async def test_a_text_that_stays_here_is_never_sent_away_whoever_fails(place: Place) -> None:
    with openai_server(lambda asked: FAULTS["500"] if asked["model"] == "far" else names(asked)) as heard:
        roles = {
            "far": far(heard.url, fallback=["cloud", "near"], data="site"),
            "cloud": {"model": "cloud", "url": heard.url, "placement": "cloud"},
            "near": {"model": "near", "url": heard.url},
        }
        async with life(place, roles) as engine:
            run = await engine.start(asks("one"))
            state = await engine.end(run)
    assert state.steps[("one", ())].outputs == {"result": "near"}
    assert [body["model"] for body in heard.bodies] == ["far", "near"]


@in_loop
async def test_a_killed_engine_is_followed_by_one_that_asks_whom_it_had_chosen(place: Place) -> None:
    """The choice is made before the first question; by the second life the settings would choose otherwise."""
    drawn = drawing("person")
    params = {"tool": {"parameters": NAME, "approval": "each"}}
    nodes = tuple(
        node.model_copy(update={"params": {**node.params, **params}}) if node.key == "note" else node
        for node in drawn.nodes
    )

    def script(asked: dict[str, Any]) -> Turn:
        told = any(message["role"] == "tool" for message in asked["messages"])
        return Turn(text=f"{asked['model']} has it") if told else call("note", name="a")

    with openai_server(script) as heard:
        others = {name: {"model": name, "url": heard.url} for name in ("near", "other")}
        dear = far(heard.url, fallback=["near", "other"], prices=EUR, max_cost_call=0.000001)
        async with life(place, {"big": dear, **others}) as engine:
            run = await engine.start(drawn.model_copy(update={"nodes": nodes}))
            question = await engine.question(run)
            await engine.event(run, "AttemptSuspended")
            await engine.crash()
        async with life(place, {"big": far(heard.url, fallback=["other"]), **others}) as engine:
            assert (await engine.answer(question, "approve")).accepted
            state = await engine.end(run)
    assert state.steps[("think", ())].outputs == {"result": "near has it"}
    assert [body["model"] for body in heard.bodies] == ["near", "near"]
    assert [made[:2] for made in switches(place, run)] == [("big", "near")]
