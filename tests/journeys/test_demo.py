"""`make demo`, end to end: the real models, a real lookup service, a real terminal, a real kill."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from demo_kit import PATIENCE_S, PROMPT, REPO, command, orders, piped, statuses_of, terminal, written

from engine.cli.demo import _settings
from engine.cli.demo_server import lookups
from engine.cli.reading import reading
from engine.run.events import AttemptInterrupted, EffectSucceeded, Event, QuestionAnswered, StepFailed
from engine.settings import resources_dir, save

pytestmark = pytest.mark.needs_llama
on_a_pty = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pty")


def events(data: Path) -> list[Event]:
    with reading(data) as store:
        run = store.journal.runs()[0]
        return list(store.journal.events(run.id))


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "demo"
    yield folder
    lines = (folder / "engine.log").read_text().splitlines() if (folder / "engine.log").exists() else []
    bad = [line for line in lines if json.loads(line).get("level") == "error"]
    assert not bad, bad


def test_without_a_terminal_it_says_that_it_answers_itself_and_shows_what_it_did(data: Path) -> None:
    done = piped(data)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "so the demo answers for you: approve" in done.stdout
    assert done.stdout.index("recheck_repair") < done.stdout.index("answers for you")  # shown before it is approved
    assert "Attempt 2 failed" in done.stdout and "503" in done.stdout
    assert written(data)[0]["action"] == "recheck_repair" and str(data) in done.stdout
    assert orders(data) == [("W-07", "high", "recheck_repair")]
    assert statuses_of(data) == [503, 503, 200]
    assert [(event.actor, event.option) for event in events(data) if isinstance(event, QuestionAnswered)] == [
        ("demo", "approve")
    ]


def test_a_second_demo_in_the_same_folder_handles_its_own_alarm(data: Path) -> None:
    first = piped(data, "--alarm", "W-11", "--json")
    second = piped(data, "--alarm", "W-03", "--json")
    assert first.returncode == second.returncode == 0
    assert json.loads(first.stdout)["outputs"]["decision"] == "approve"
    assert json.loads(second.stdout)["outputs"] == {"decision": "nuisance", "file": None}
    assert orders(data) == [("W-11", "critical", "stop_machine")]
    missing = piped(data, "--alarm", "W-99", "--json")
    assert missing.returncode == 1
    assert json.loads(missing.stdout)["error"]["message"] == "The log has no alarm W-99."


@on_a_pty
def test_what_a_person_changes_is_what_is_written(data: Path) -> None:
    with terminal(data, "--as", "ann") as screen:
        shown = screen.until(PROMPT)
        assert "again in" in shown and "high risk" in shown and "recheck_repair" in shown
        screen.type("2", "", "inspect", "", "tomorrow at six", "look first", "yes")
        screen.until("Completed")
        assert screen.end() == 0
    order = written(data)[0]
    assert (order["severity"], order["action"], order["due"], order["note"]) == (
        "high", "inspect", "tomorrow at six", "look first",
    )  # fmt: skip
    assert orders(data) == [("W-07", "high", "inspect")]


@on_a_pty
def test_refused_means_that_nothing_is_written(data: Path) -> None:
    with terminal(data) as screen:
        screen.until(PROMPT)
        screen.type("3", "not this one")
        screen.until("decision  refuse")
        assert screen.end() == 0
    assert written(data) == [] and not (data / "files" / "orders.db").exists()


@on_a_pty
def test_an_agent_that_is_unsure_leaves_the_decision_to_a_person(data: Path) -> None:
    data.mkdir()
    settings = _settings(data)
    small = settings.roles["small"].model_copy(update={"unsure_below": 1.0})
    save(settings.model_copy(update={"roles": {**settings.roles, "small": small}}), data)
    with terminal(data) as screen:
        assert "The agent is unsure about CHIL-07 E231" in screen.until(PROMPT)
        screen.type("1", "low", "", "", "", "seen it before")
        assert "next service" in screen.until(PROMPT)
        screen.type("1")
        screen.until("Completed")
        assert screen.end() == 0
    failed = [event for event in events(data) if isinstance(event, StepFailed)]
    assert [(event.node, event.error.cls, event.handled) for event in failed] == [("triage", "unsure", "route")]
    assert (written(data)[0]["severity"], written(data)[0]["note"]) == ("low", "seen it before")


def results(data: Path) -> list[tuple[str, str, int]]:
    """Every effect that has a result, in the journal's order: (node, key, generation)."""
    return [(event.node, event.key, event.gen) for event in events(data) if isinstance(event, EffectSucceeded)]


def test_killed_within_the_agents_step_it_goes_on_and_asks_nothing_twice(data: Path) -> None:
    demo = subprocess.Popen(
        command(data), cwd=REPO, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        ends = time.monotonic() + PATIENCE_S
        while not lookups(data):  # the model has chosen its tool, the service has said no: the agent is half-way
            assert demo.poll() is None and time.monotonic() < ends
            time.sleep(0.01)
    finally:
        demo.kill()
        demo.wait()
    before = results(data)
    done = piped(data)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "goes on where it was" in done.stdout
    assert results(data)[: len(before)] == before and len(set(results(data))) == len(results(data))
    assert statuses_of(data)[-1] == 200 and statuses_of(data).count(200) == 1
    assert orders(data) == [("W-07", "high", "recheck_repair")] and len(written(data)) == 1


@on_a_pty
def test_killed_at_the_gate_it_comes_back_with_the_same_question(data: Path) -> None:
    with terminal(data) as screen:
        question = question_in(screen.until(PROMPT))
        screen.kill()
    before = results(data)
    with terminal(data) as screen:
        assert question_in(screen.until(PROMPT)) == question
        screen.type("1")
        screen.until("Completed")
        assert screen.end() == 0
    assert results(data)[: len(before)] == before
    assert [node for node, _, _ in results(data)[len(before) :]] == ["write", "order_book", "record"]
    assert statuses_of(data) == [503, 503, 200]
    assert orders(data) == [("W-07", "high", "recheck_repair")]
    assert not [event for event in events(data) if isinstance(event, AttemptInterrupted)]  # a gate makes no attempt


def question_in(shown: str) -> Any:
    return shown.split("approve · ")[1].split()[0]


def test_with_the_service_down_a_rule_of_thumb_stands_in(data: Path) -> None:
    examples = resources_dir() / "examples"
    given = {
        "alarms": examples / "machine_alarms.csv", "windows": examples / "sensor_windows.json",
        "service": "http://127.0.0.1:9", "alarm": "W-22",
    }  # fmt: skip
    ctl = [*command(data)[:3], "run", str(examples.parent / "templates" / "machine-alarm.workflow.yaml"), "--json"]
    inputs = [part for name, value in given.items() for part in ("--input", f"{name}={value}")]
    done = subprocess.run(
        [*ctl, "--data-dir", str(data), "--answer", "approve=approve", *inputs],
        cwd=REPO, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    steps = {step["step"]: step for step in json.loads(done.stdout)["steps"]}
    assert (steps["triage"]["attempts"], steps["triage"]["error"]["cls"]) == (4, "connection")
    assert steps["review"]["status"] == "skipped"
    assert orders(data) == [("W-22", "critical", "stop_machine")]  # its text speaks of smoke
