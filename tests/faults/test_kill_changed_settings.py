"""SIGKILL at random points while models fail, each life with other settings: what was chosen stays chosen."""

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
from engine.run.events import Event
from engine.settings import Settings
from engine.store import DATA_FILE, open_store
from engine.workflow.model import Edge, Node, Policy, Workflow
from tests.models.openai_server import FAULTS, Turn, call, openai_server

pytest.importorskip("pydantic_ai")
pytestmark = pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="lives are forked; Windows has no fork")

WAYS = ("500", "bad json")
NAME = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
_DEAR = {"input": 0, "output": 10_000, "currency": "EUR"}
RULES: tuple[dict[str, Any], ...] = (
    {"fallback": ["near", "other"]},
    {"fallback": ["other", "near"], "skip_after": 1},
    {"fallback": ["near"], "prices": _DEAR, "max_cost_call": 0.000001},
    {"fallback": ["other"], "prefer": "fast", "max_latency_s": 9, "max_first_s": 8},
    {"fallback": ["other"], "fallback_on": ["server", "schema"]},
)
"""What the settings say of the first model, life by life."""


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import openai  # noqa: F401
    import pydantic_ai.direct
    import pydantic_ai.models.openai
    import pydantic_ai.providers.openai_compatible  # noqa: F401

    return sweep.prepare(tmp_path_factory.mktemp("prepared"))


def _serve(way: str, pipe: Connection) -> None:
    def script(asked: dict[str, Any]) -> Turn:
        if asked["model"] == "big":
            return FAULTS[way]
        told = sum(message["role"] == "tool" for message in asked["messages"])
        return Turn(text=f"{asked['model']} has it") if told else call("note", name="a")

    with openai_server(script) as heard:
        pipe.send(heard.url)
        pipe.recv()


@contextmanager
def model(way: str) -> Iterator[str]:
    """The models' address; a process of its own, since a life is forked from this one."""
    mine, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_serve, args=(way, theirs), daemon=True)
    process.start()
    try:
        yield mine.recv()
    finally:
        mine.send("go")
        process.join(1)
        process.kill()
        process.join()


def drawing(url: str) -> Workflow:
    """An agent with a tool that may not be called twice."""
    policy = Policy(max_attempts=2, backoff={"first_s": 0.0}, max_interruptions=50)
    think = Node(key="think", type="agent", params={"model": "big", "max_tool_errors": 1}, policy=policy)
    sent = {"url": f"{url}/do/at_most_once/{{{{ input.name }}}}", "method": "POST", "tool": {"parameters": NAME}}
    note = Node(key="note", type="http.request", params=sent)
    return Workflow(name="chosen", nodes=(think, note), edges=(Edge.parse("note.tool -> think.tools"),))


def made(model_url: str, rules: dict[str, Any]) -> lives.Made:
    def make(data: Path) -> tuple[Settings, Any]:
        each = {"url": model_url, "timeout_s": 10}
        others = {name: {"model": name, **each} for name in ("near", "other")}
        roles = {"big": {"model": "big", **each, **rules}, **others}
        settings = Settings.model_validate({"poll_ms": 2, "roles": roles})
        return settings, Models(settings, data)

    return make


def events(data: Path) -> list[Event]:
    with open_store(data / DATA_FILE, role="client") as store:
        return list(store.journal.events(lives.RUN))


def strayed(data: Path) -> list[str]:
    """Where a journal does not go on as it was chosen: another model asked than the one that a switch names."""
    found, taker = [], {}
    for event in events(data):
        if event.kind == "ModelSwitched":
            if taker.setdefault(event.key, event.to_model) != event.to_model:
                found.append(f"switch {event.key} was to {taker[event.key]}, then to {event.to_model}")
        elif event.kind in ("EffectSucceeded", "EffectFailed") and event.tool.startswith("model:"):
            wanted = taker.get(str(int(event.key) - 1))
            if wanted is not None and event.tool != f"model:{wanted}":
                found.append(f"question {event.key} went to {event.tool}, and {wanted} was chosen")
        if getattr(event, "error", None) is not None and event.error.cls == "drift":
            found.append(f"drift: {event.error.message}")
    return found


def story(folder: Path, empty: Path, way: str, chance: random.Random) -> tuple[int, list[str]]:
    """One run, each life under other settings: how often it was killed, and what is wrong with its end."""
    data = folder / "data"
    shutil.copytree(empty, data)
    killed = 0
    with oracle.oracle() as url, model(way) as model_url:
        drawn = {"chosen": drawing(url)}
        faults: list[str | None] = [f"*:{chance.randint(4, 36)}" for _ in range(chance.randint(2, 5))]
        for fault in [*faults, None]:
            rules = chance.choice(RULES)
            code = lives.wait(lives.fork_life(data, drawn, "chosen", url, fault, made(model_url, rules)))
            if code not in (0, -9):
                return killed, [f"a life ended with {code}"]
            killed += code == -9
        counts = lives.counts(url)
    state, kinds = lives.final(data)
    found = strayed(data)
    if state.status != "completed" or kinds.count("RunCompleted") != 1:
        found.append(f"the run is {state.status}: {state.error}")
    if (calls := {name: record["calls"] for name, record in counts.items()}) != {"a": 1}:
        found.append(f"the tool was called {calls}")
    last = [event.to_model for event in events(data) if event.kind == "ModelSwitched"][-1]
    if (said := (state.steps[("think", ())].outputs or {}).get("result")) != f"{last} has it":
        found.append(f"{said}, and {last} was chosen last")
    return killed, found


def stories(folder: Path, empty: Path, count: int, chance: random.Random) -> tuple[int, dict[str, list[str]]]:
    killed, wrong = 0, {}
    for number in range(count):
        place, way = folder / str(number), WAYS[number % 2]
        place.mkdir()
        kills, found = story(place, empty, way, chance)
        killed += kills
        if found:
            wrong[f"{number} {way}"] = found
        shutil.rmtree(place)
    return killed, wrong


def test_what_was_chosen_before_a_kill_holds_under_other_settings(empty: Path, tmp_path: Path) -> None:
    killed, wrong = stories(tmp_path, empty, 4, random.Random(23))
    assert wrong == {}
    assert killed >= 4, "most lives must be cut short, or nothing is shown"


@pytest.mark.sweep
@pytest.mark.timeout(5400)
def test_hundreds_of_kills_under_other_settings(empty: Path, tmp_path: Path) -> None:
    killed, wrong = stories(tmp_path, empty, 200, random.Random(20261123))
    print(f"{killed} kills at random points, each followed by other settings")
    assert wrong == {}
