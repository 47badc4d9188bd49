"""SIGKILL between the last turn of one agent and the first of the next: the hand-off is neither lost nor made twice.

The end of the sender, the envelope and the start of the receiver are one batch. That this is needed is shown beside
it: the same two agents over a plain key-value file, under the same kills.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import lives
import oracle
import plain_store
import pytest
import sweep

from engine.executor import faults
from engine.nodes.context import ModelReply
from engine.run.scope import inputs_of
from engine.run.state import State
from engine.settings import Settings
from engine.store import DATA_FILE, open_store
from engine.workflow.model import Edge, Node, Policy, Workflow

pytestmark = pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="lives are forked; Windows has no fork")

NAME = {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]}
CONTRACT = {"type": "object", "properties": {"order": {"type": "string"}, "lines": {"type": "integer"}}}
FIELDS = {"order": "order-17", "lines": 3}
LEAVE = {"hand_off": "to_buyer", "reason": "it is to be bought", "goal": "order it", "fields": FIELDS}


def drawing(url: str) -> dict[str, Workflow]:
    """One agent looks something up and hands off; the other orders what it was handed, which may not happen twice."""
    policy = Policy(max_interruptions=50)
    look = {"url": f"{url}/do/idempotent/looked", "method": "POST", "idempotency_header": "Idempotency-Key"}
    order = {"url": f"{url}/do/at_most_once/{{{{ input.order }}}}", "method": "POST", "tool": {"parameters": NAME}}
    contract = {"to_buyer": {"for": "buys", "fields": CONTRACT}}
    clerk = Node(key="clerk", type="agent", params={"model": "clerk", "hand_offs": contract}, policy=policy)
    nodes = (
        clerk,
        Node(key="look", type="http.request", params=look),
        Node(key="buyer", type="agent", params={"model": "buyer", "accepts": CONTRACT}, policy=policy),
        Node(key="order", type="http.request", params=order),
    )
    edges = ("look.tool -> clerk.tools", "order.tool -> buyer.tools", "clerk.to_buyer -> buyer.input")
    return {"hand_off": Workflow(name="hand_off", nodes=nodes, edges=tuple(map(Edge.parse, edges)))}


class Agents:
    """The two models: they go by what they are told alone. `log` gets a line for each question."""

    def __init__(self, log: Path) -> None:
        self.log = log

    def lane(self, role: str) -> str:
        return f"model:{role}"

    async def ask(self, role: str, messages: Sequence[Mapping[str, str]], **options: Any) -> ModelReply:
        await asyncio.sleep(0)
        with self.log.open("a") as file:
            file.write(f"asked {role}\n")
        told = any(message["role"] == "tool" for message in messages)
        if role == "clerk":
            value: Any = LEAVE if told else {"tool": "look", "args": {}}
        else:
            handed = json.loads(messages[1]["content"])["fields"]
            value = {"final": "bought"} if told else {"tool": "order", "args": {"order": handed["order"]}}
        return ModelReply(json.dumps(value), value)

    async def close(self) -> None:
        return None


def _spy(log: Path) -> None:
    """Write down every point that is passed."""

    def point(name: str) -> None:
        with log.open("a") as file:
            file.write(f"{name}\n")

    for module in list(sys.modules.values()):
        if getattr(module, "point", None) is faults._nothing:
            module.point = point  # type: ignore[attr-defined]


def made(log: Path, spy: bool = False) -> lives.Made:
    """Settings and models of a life."""

    def make(data: Path) -> tuple[Settings, Any]:
        if spy:
            _spy(log)
        return Settings(poll_ms=2), Agents(log)

    return make


def passings(folder: Path, empty: Path) -> tuple[list[str], list[str]]:
    """The fault settings of every passing between the last turn of one agent and the first of the next, and of all."""
    data, log = folder / "data", folder / "log"
    shutil.copytree(empty, data)
    with oracle.oracle() as url:
        assert lives.wait(lives.fork_life(data, drawing(url), "hand_off", url, None, made(log, spy=True))) == 0
    lines = log.read_text().splitlines()
    begin = max(place for place, line in enumerate(lines) if line == "asked clerk")
    end = lines.index("asked buyer")
    count: Counter[str] = Counter()
    found = []
    for line in lines:
        count[line] += 1
        found.append("" if line.startswith("asked ") else f"{line}:{count[line]}")
    return [one for one in found[begin:end] if one], [one for one in found if one]


def wrong_after(folder: Path, empty: Path, fault: str) -> tuple[bool, list[str]]:
    """One run that is killed there and then goes on: whether it was killed, and what is wrong with what happened."""
    folder.mkdir()
    data, log = folder / "data", folder / "log"
    shutil.copytree(empty, data)
    found = []
    with oracle.oracle() as url:
        drawn = drawing(url)
        killed = lives.wait(lives.fork_life(data, drawn, "hand_off", url, fault, made(log))) == -9
        if killed and (code := lives.wait(lives.fork_life(data, drawn, "hand_off", url, None, made(log)))) != 0:
            return killed, [f"the second life ended with {code}"]
        counts = {name: record["calls"] for name, record in lives.counts(url).items()}
    state, kinds = lives.final(data)
    if counts != {"looked": 1, "order-17": 1}:
        found.append(f"the world saw {counts}")
    if state.status != "completed" or kinds.count("HandedOff") != 1:
        found.append(f"the run is {state.status} with {kinds.count('HandedOff')} hand-offs")
    found += _of_envelope(data, state)
    shutil.rmtree(folder)
    return killed, found


def _of_envelope(data: Path, state: State) -> list[str]:
    with open_store(data / DATA_FILE, role="client") as store:
        events: list[Any] = list(store.journal.events(lives.RUN))
    (left,) = [event for event in events if event.kind == "HandedOff"]
    together = [event.kind for event in events if event.batch == left.batch and event.epoch == left.epoch]
    starts = [event.attempt for event in events if event.kind == "AttemptStarted" and event.node == "buyer"]
    found = []
    given = inputs_of(state, "buyer", ())
    if left.envelope["fields"] != FIELDS or given != {"input": left.envelope}:
        found.append(f"the buyer got {given}")
    if together != ["HandedOff", "StepSucceeded", "AttemptStarted"]:
        found.append(f"the hand-off is not one batch: {together}")
    if starts != list(range(1, len(starts) + 1)):
        found.append(f"the buyer's attempts are {starts}")
    return found


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sweep.prepare(tmp_path_factory.mktemp("prepared"))


def swept(settings: Sequence[str], tmp_path: Path, empty: Path) -> tuple[int, dict[str, list[str]]]:
    killed, wrong = 0, {}
    for number, fault in enumerate(settings):
        died, found = wrong_after(tmp_path / f"case-{number}", empty, fault)
        killed += died
        if found:
            wrong[fault] = found
    return killed, wrong


@pytest.mark.timeout(300)
def test_a_kill_between_two_agents_loses_nothing_and_doubles_nothing(empty: Path, tmp_path: Path) -> None:
    between, _ = passings(tmp_path, empty)
    names = {fault.partition(":")[0] for fault in between}
    assert {"effect.after_call", "effect.after_result", "attempt.after", "batch.made", "commit.before"} <= names
    killed, wrong = swept(between, tmp_path, empty)
    assert wrong == {}
    assert killed >= len(between) - 2, "the order of two threads' points may differ, no more"


@pytest.mark.sweep
@pytest.mark.timeout(1800)
def test_a_kill_anywhere_in_a_hand_off_loses_nothing_and_doubles_nothing(empty: Path, tmp_path: Path) -> None:
    _, everywhere = passings(tmp_path, empty)
    killed, wrong = swept(everywhere, tmp_path, empty)
    print(f"{killed} kills at {len(everywhere)} passings")
    assert wrong == {}


@pytest.mark.parametrize("taking", plain_store.TAKING)
@pytest.mark.parametrize("sending", plain_store.SENDING)
def test_the_same_over_a_plain_key_value_file_loses_it_or_does_it_twice(
    sending: str, taking: str, tmp_path: Path
) -> None:
    """Why a hand-off here is one batch of one journal.

    Two puts are two moments, whatever store they go to, and a process can end between them. Told first and marked
    afterwards, the sender tells again when it comes back; marked first, it never tells. The receiver has the same
    choice between taking and working. Each order of each pair is written here, with puts that are atomic and on disk:
    every one of the four loses the order or makes it twice at some kill, and no care in the agents can mend that.
    """
    seen = set()
    for nth in range(1, 13):
        path = tmp_path / f"{nth}.json"
        with oracle.oracle() as url:
            killed = plain_store.life(path, url, sending, taking, nth) == -9
            assert plain_store.life(path, url, sending, taking, 0) == 0
            times = lives.counts(url).get("order-17", {"calls": 0})["calls"]
        seen.add(times)
        if not killed:
            assert times == 1, "without a kill all four are right"
            break
    assert killed is False, "every point has been tried"
    assert seen - {1}, "some kill must lose it or double it"
    if sending == "mark, tell" or taking == "take, work":
        assert 0 in seen, "lost: done and never told, or taken and never worked on"
    if taking == "work, take":
        assert 2 in seen, "doubled: worked on, and still there to be taken"
