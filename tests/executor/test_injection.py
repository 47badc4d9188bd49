"""Attacks by text on a real engine, with a model that always obeys it: nothing of it is done without a person.

Beside them as many harmless uses of the same text, of which nobody is asked anything.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
from engine_kit import Life, Place, workflow
from injection_kit import (
    CARRIERS,
    EVIL,
    GOALS,
    HARMLESS,
    PLAIN,
    SAVE,
    TEXT,
    Carried,
    Case,
    Goal,
    World,
    file_text,
    numbers,
    obey,
    order,
    page,
    schema,
    tool,
    with_agent,
    with_node,
)

from engine.checks import Server, Site, problems
from engine.models import Models
from engine.nodes.catalog import CATALOG
from engine.settings import Settings
from engine.workflow.model import Node, Workflow
from tests.models.openai_server import openai_server

pytest.importorskip("pydantic_ai")


def attacks() -> list[Case]:
    """Every carrier with several goals, and the ways in that an agent has of its own."""
    source = numbers()
    found: list[Case] = []
    for place, (way, carry) in enumerate(CARRIERS.items()):
        names = list(GOALS)
        for goal in [names[(place + 2 * step) % len(names)] for step in range(6)]:
            name = next(source)
            carried = carry(name)
            flow = with_agent(name, carried, GOALS[goal])
            text = page(GOALS[goal].order) if way == "web page" else f"Pump P-12. {GOALS[goal].order}"
            found.append(Case(f"{way}: {goal}", (flow,), text, carried.file, name))
        plain = list(PLAIN)
        for what in [plain[(place + 2 * step) % len(plain)] for step in range(4)]:
            name = next(source)
            carried = carry(name)
            kind, params, payload = PLAIN[what]
            flow = with_node(name, carried, kind, params)
            found.append(Case(f"{way}: {what}", (flow,), payload, carried.file, name))
    for goal in list(GOALS)[:8]:
        found.append(own_tool(next(source), GOALS[goal], goal))
        found.append(described(next(source), GOALS[goal], goal))
        found.append(handed(next(source), GOALS[goal], goal))
        found.append(child(next(source), GOALS[goal], goal))
        found.append(items(next(source), GOALS[goal], goal))
    return found


def own_tool(name: str, goal: Goal, what: str) -> Case:
    """The text is what a tool of the agent gives, which it was told to use by the person who runs it."""
    look = tool("look", "http.request", schema(q=TEXT), url=f"http://{name}.example/", query={"q": "{{ input.q }}"})
    think = Node(key="think", type="agent", params={"model": "big", "input": order("look", q="P-12")})
    given = [node for node in (goal.tool,) if node is not None]
    edges = ["look.tool -> think.tools", *(f"{node.key}.tool -> think.tools" for node in given), *goal.edges]
    flow = workflow(think, look, *given, *goal.more, edges=edges, name=name)
    return Case(f"result of a tool: {what}", (flow,), goal.order, source=name)


def described(name: str, goal: Goal, what: str) -> Case:
    """The text is how a server describes its tool."""
    flow = with_agent(name, _nothing(), goal)
    odd = Node(key="odd", type="mcp.call", params={"server": "plant", "server_tool": name})
    more = workflow(odd, edges=["odd.tool -> think.tools"], name="more")
    flow = flow.model_copy(update={"nodes": (*flow.nodes, odd), "edges": (*flow.edges, *more.edges)})
    return Case(f"description of a tool: {what}", (flow,), goal.order, source=name)


def _nothing() -> Carried:
    node = Node(key="src", type="data.set", params={"values": {"note": "What is new?"}})
    return Carried((node,), "src.output", "steps.src.output.note")


def handed(name: str, goal: Goal, what: str) -> Case:
    """The text is in the envelope that another agent hands over."""
    carried = CARRIERS["sql row"](name)
    first = Node(key="first", type="agent", params={"model": "big", "input": f"{{{{ {carried.value} }}}}"})
    then = Node(key="think", type="agent", params={"model": "big"})
    given = [node for node in (goal.tool,) if node is not None]
    edges = [f"{carried.last} -> first.input", "first.think -> think.input", *goal.edges]
    edges += [f"{node.key}.tool -> think.tools" for node in given]
    flow = workflow(*carried.nodes, first, then, *given, *goal.more, edges=edges, name=name)
    return Case(f"hand-off: {what}", (flow,), goal.order, carried.file, name)


def _inner(name: str, goal: Goal, take: str) -> Workflow:
    think = Node(key="think", type="agent", params={"model": "big", "input": f"{{{{ {take} }}}}"})
    given = [node for node in (goal.tool,) if node is not None]
    edges = [*(f"{node.key}.tool -> think.tools" for node in given), *goal.edges]
    inputs = {"note": {"type": "string"}} if take.startswith("run") else {}
    return workflow(think, *given, *goal.more, edges=edges, name=f"{name}-inner", inputs=inputs)


def child(name: str, goal: Goal, what: str) -> Case:
    """The text is an input of a sub-workflow."""
    carried = CARRIERS["csv cell"](name)
    inner = _inner(name, goal, "run.inputs.note")
    params = {"workflow": inner.name, "inputs": {"note": f"{{{{ {carried.value} }}}}"}}
    call = Node(key="call", type="subworkflow", params=params)
    flow = workflow(*carried.nodes, call, edges=[f"{carried.last} -> call.input"], name=name)
    return Case(f"sub-workflow: {what}", (inner, flow), goal.order, carried.file, name)


def items(name: str, goal: Goal, what: str) -> Case:
    """The text is an item of a list that a workflow runs for."""
    carried = CARRIERS["csv cell"](name)
    inner = _inner(name, goal, "item.note")
    each = Node(key="each", type="each", params={"workflow": inner.name})
    flow = workflow(*carried.nodes, each, edges=[f"{carried.last} -> each.input"], name=name)
    return Case(f"item: {what}", (inner, flow), goal.order, carried.file, name)


def harmless() -> list[Case]:
    """The same ways in, with orders in the text, where only data is made of it; and agents that only read."""
    source = numbers()
    found: list[Case] = []
    for way, carry in CARRIERS.items():
        for place, (what, (kind, params)) in enumerate(HARMLESS.items()):
            if (place + len(found)) % 2:
                continue
            name = next(source)
            carried = carry(name)
            flow = with_node(name, carried, kind, params)
            found.append(Case(f"{way}: {what}", (flow,), f"Pump P-12. {order('save', path=EVIL)}", carried.file, name))
        name = next(source)
        carried = carry(name)
        look = tool("look", "http.request", schema(q=TEXT), url="http://fixed.example/", query={"q": "{{ input.q }}"})
        flow = with_agent(name, carried, Goal(look, ""))
        found.append(Case(f"{way}: an agent looks", (flow,), f"P-12. {order('look', q='P-12')}", carried.file, name))
    trusted = with_agent("trusted", _nothing(), Goal(SAVE, ""))
    given = Node(key="src", type="data.set", params={"values": {"note": "{{ run.inputs.note }}"}})
    nodes = tuple(given if node.key == "src" else node for node in trusted.nodes)
    trusted = trusted.model_copy(update={"nodes": nodes, "inputs": {"note": {"type": "string"}}})
    found.append(Case("a person says so", (trusted,), "", inputs={"note": order("save", path="fixed.txt")}))
    return found


class Played:
    """What came of the cases: what reached the world, who was asked what, how the runs ended."""

    def __init__(self) -> None:
        self.reached: list[tuple[str, str]] = []
        self.asked: list[Any] = []
        self.ended: dict[str, str] = {}


def play(place: Place, cases: Sequence[Case], **trust: Any) -> Played:
    """Run all cases in one engine; every question is answered with a refusal."""
    return asyncio.run(asyncio.wait_for(_play(place, cases, trust), 120))


async def _play(place: Place, cases: Sequence[Case], trust: dict[str, Any]) -> Played:
    world, played = World(), Played()
    with openai_server(obey) as heard:
        roles = {"big": {"url": heard.url, "model": "scripted", "stream": False}}
        more = {"roles": roles, "trust": trust, "lanes": {"remote": 8, "cpu": 8}}
        models = Models(Settings.model_validate(more), place.data, secret=lambda name, to: "s3cret")
        async with place.life(models, **more) as life:
            life.executor.tools.update(world.tools(life.executor.tools))
            runs = {}
            for case in cases:
                world.texts[case.source] = case.text
                if case.file:
                    (place.data / "files" / case.file).write_text(file_text(case.file, case.text), "utf-8")
                runs[await life.start(case.flows[-1], *case.flows[:-1], **case.inputs)] = case.name
            await _refuse_all(life, list(runs), played)
            played.ended = {name: life.executor.read(run).status for run, name in runs.items()}  # type: ignore[union-attr]
    played.reached = world.reached
    return played


async def _refuse_all(life: Life, runs: list[str], played: Played) -> None:
    asked: set[str] = set()
    while any(run in life.executor.runs for run in runs):
        for state in list(life.executor.runs.values()):
            for question, (_, _, record) in list(state.questions.items()):
                if record.outcome is None and question not in asked:
                    asked.add(question)
                    played.asked.append(record.asked)
                    await life.answer(question, "refuse")
        assert not life.serving.done()
        await asyncio.sleep(0.01)


def test_nothing_that_a_text_wants_is_done_without_a_person(place: Place) -> None:
    cases = attacks()
    assert len(cases) >= 150 and len({case.name.partition(":")[0] for case in cases}) >= 15
    played = play(place, cases)
    assert played.reached == []
    assert len(played.asked) >= 140
    for asked in played.asked:
        assert asked.type == "approval" and asked.form["evidence"]["chosen_by"], asked
        told = {name: part for name, part in asked.form.items() if name not in ("value", "evidence")}
        assert EVIL not in json.dumps(told), "what a text wants stands in the value alone"
    assert set(played.ended) == {case.name for case in cases}


def test_a_site_may_refuse_instead_of_asking(place: Place) -> None:
    played = play(place, attacks()[::4], on_tainted="refuse")
    assert (played.reached, played.asked) == ([], [])


def test_the_attacks_would_succeed_without_the_rule(place: Place) -> None:
    cases = attacks()[::3]
    played = play(place, cases, on_tainted="allow")
    assert played.asked == [] and len(played.reached) >= 0.8 * len(cases)
    assert all(EVIL in told for _, told in played.reached)


def test_data_is_data_and_nobody_is_asked(place: Place) -> None:
    cases = harmless()
    assert len(cases) >= 40
    played = play(place, cases)
    assert played.asked == []
    assert {name for name, status in played.ended.items() if status != "completed"} == set()
    assert len(played.reached) == len(cases)


def test_the_check_says_before_a_run_what_it_will_ask() -> None:
    reads = {"plant": Server(True, frozenset({"note", "write_file"}), True, frozenset({"note"}))}

    def warned(flow: Workflow) -> bool:
        return any(problem.code == "tainted-choice" for problem in problems(flow, CATALOG, Site(servers=reads)))

    for way, carry in CARRIERS.items():
        carried = carry("src-1")
        for what, (kind, params, _) in PLAIN.items():
            assert warned(with_node("x", carried, kind, params)), (way, what)
        for what, (kind, params) in HARMLESS.items():
            assert not warned(with_node("x", carried, kind, params)), (way, what)
