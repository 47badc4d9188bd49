"""SIGKILL at random points while a model goes wrong: the ladder ends as it does without, each call is made once."""

from __future__ import annotations

import multiprocessing
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import lives
import oracle
import pytest
import sweep

from engine.models import Models
from engine.settings import Settings
from engine.workflow.model import Edge, Node, Policy, Workflow
from tests.executor.ladder_ways import ATTEMPTS, ENDLESS, HINTS, LIMIT, NAMES, TURNS, Script
from tests.models.openai_server import openai_server

pytest.importorskip("pydantic_ai")
pytestmark = pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="lives are forked; Windows has no fork")

FOR_EVER = 1_000_000
WAYS = ("bad json", "timeout", "429", "cut stream", ENDLESS)
NAME = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import openai  # noqa: F401
    import pydantic_ai.direct
    import pydantic_ai.models.openai
    import pydantic_ai.providers.openai_compatible  # noqa: F401

    return sweep.prepare(tmp_path_factory.mktemp("prepared"))


def _serve(way: str, k: int, pipe: Connection) -> None:
    with openai_server(Script(way, k)) as heard:
        pipe.send(heard.url)
        pipe.recv()


@contextmanager
def model(way: str, k: int) -> Iterator[str]:
    """The model's address; it is a process of its own, since a life is forked from this one."""
    mine, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_serve, args=(way, k, theirs), daemon=True)
    process.start()
    try:
        yield mine.recv()
    finally:
        mine.send("go")
        process.join(1)
        process.kill()
        process.join()


def drawing(url: str) -> Workflow:
    """An agent with a tool that may not be called twice; what it cannot do goes to another agent."""
    think = Node(
        key="think",
        type="agent",
        params={"model": "big", "max_tool_errors": HINTS, "max_turns": TURNS},
        policy=Policy(max_attempts=ATTEMPTS, on_error="route", backoff={"first_s": 0.0}, max_interruptions=50),
    )
    call = {"url": f"{url}/do/at_most_once/{{{{ input.name }}}}", "method": "POST", "tool": {"parameters": NAME}}
    other = Node(key="other", type="agent", params={"model": "helper"}, policy=Policy(max_interruptions=50))
    return Workflow(
        name="ladder",
        nodes=(think, Node(key="note", type="http.request", params=call), other),
        edges=(Edge.parse("note.tool -> think.tools"), Edge.parse("think.error -> other.input")),
    )


def made(model_url: str, way: str) -> lives.Made:
    """Settings and models of a life."""

    def make(data: Path) -> tuple[Settings, Any]:
        patience = 1.0 if way == "timeout" else 10
        roles = {
            "big": {"model": "scripted", "url": model_url, "timeout_s": patience},
            "helper": {"model": "helper", "url": model_url},
        }
        settings = Settings.model_validate({"poll_ms": 2, "roles": roles})
        return settings, Models(settings, data)

    return make


def story(folder: Path, empty: Path, way: str, ends: bool, chance: random.Random) -> tuple[int, list[str]]:
    """One run, killed up to four times at random points: how often it was, and what is wrong with its end."""
    data = folder / "data"
    shutil.copytree(empty, data)
    k = LIMIT[way] - 1 if ends else FOR_EVER
    killed = 0
    with oracle.oracle() as url, model(way, k) as model_url:
        drawn = {"ladder": drawing(url)}
        faults: list[str | None] = [f"*:{chance.randint(1, 40)}" for _ in range(chance.randint(1, 4))]
        for fault in [*faults, None]:
            code = lives.wait(lives.fork_life(data, drawn, "ladder", url, fault, made(model_url, way)))
            if code not in (0, -9):
                return killed, [f"a life ended with {code}"]
            killed += code == -9
        counts = lives.counts(url)
    state, kinds = lives.final(data)
    found = []
    if state.status != "completed" or kinds.count("RunCompleted") != 1:
        found.append(f"the run is {state.status}: {state.error}")
    outputs = state.steps[("think", ())].outputs or {}
    if set(outputs) != {"result" if ends else "error"}:
        found.append(f"the agent ended with {outputs}")
    if not ends and state.steps[("other", ())].outputs != {"result": "helper has it"}:
        found.append("the drawn target did not get it")
    times = min(k, TURNS) if way == ENDLESS else int(ends)
    calls = {name: record["calls"] for name, record in counts.items()}
    if calls != dict.fromkeys(NAMES[:times], 1):
        found.append(f"the tool was called {calls}, {times} calls wanted, once each")
    return killed, found


def stories(
    folder: Path, empty: Path, ways: list[tuple[str, bool]], chance: random.Random
) -> tuple[int, dict[str, Any]]:
    """Many runs: how many kills, and what is wrong with which."""
    killed = 0
    wrong = {}
    for number, (way, ends) in enumerate(ways):
        place = folder / str(number)
        place.mkdir()
        kills, found = story(place, empty, way, ends, chance)
        killed += kills
        if found:
            wrong[f"{number} {way} {ends}"] = found
        shutil.rmtree(place)
    return killed, wrong


@pytest.mark.parametrize("ends", [True, False], ids=["below the limit", "at the limit"])
def test_kills_change_neither_where_the_ladder_ends_nor_what_the_tool_did(
    empty: Path, tmp_path: Path, ends: bool
) -> None:
    killed, wrong = stories(tmp_path, empty, [(way, ends) for way in WAYS], random.Random(ends))
    assert wrong == {}
    assert killed >= len(WAYS), "most lives must be cut short, or nothing is shown"


@pytest.mark.sweep
@pytest.mark.timeout(5400)
def test_hundreds_of_kills_change_nothing_either(empty: Path, tmp_path: Path) -> None:
    chance = random.Random(20261123)
    killed, wrong = stories(tmp_path, empty, [(way, ends) for way in LIMIT for ends in (True, False)] * 10, chance)
    print(f"{killed} kills at random points of the ladder")
    assert wrong == {}
