"""The link, a real data folder and a real engine process."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QProcess

from designer.engine_link import EngineLink, LiveRun
from engine.settings import FILE
from engine.store import DATA_FILE
from engine.workflow.model import Workflow
from tests.designer.support.real_engine import (
    PATIENCE_MS,
    ask,
    engine_pid,
    kill_engine,
    linked,
    wait_for_state,
)
from tests.designer.support.stories import workflow

GATED = workflow(
    ("begin", "data.set", {"values": {"line": 4}}),
    ("approve", "gate", {"headline": "Stop line 4?", "risk": "high", "editable": True}),
    ("after", "data.set", {"values": {"said": "{{ steps.approve.output.option }}"}}),
    edges="begin.output -> approve.input\napprove.approved -> after.input",
    outputs={"said": "{{ steps.after.output.said }}"},
    title="Stop a line",
)


def waiting(seconds: float) -> Workflow:
    return workflow(
        ("first", "wait", {"seconds": seconds}),
        ("second", "data.set", {"values": {"done": True}}),
        edges="first.output -> second.input",
    )


def open_question(qtbot: Any, link: EngineLink) -> Any:
    qtbot.waitUntil(lambda: len(link.questions) == 1, timeout=PATIENCE_MS)
    return link.questions[0]


def ended(link: EngineLink, run: str) -> str | None:
    return next((row.end for row in link.runs if row.id == run), None)


def test_a_run_goes_through_with_a_persons_answer(qtbot: Any, data_dir: Path) -> None:
    kinds: list[str] = []
    with linked(qtbot, data_dir, start=False) as link:
        link.events.connect(lambda events: kinds.extend(event.kind for event in events))
        replies: list[Any] = []
        link.run(GATED, done=replies.append)  # there is no data file yet, and no engine
        link.start()
        qtbot.waitUntil(lambda: len(replies) == 1, timeout=PATIENCE_MS)
        assert replies[0].accepted
        run = replies[0].result["run"]

        asked = open_question(qtbot, link)
        assert (asked.headline, asked.title, asked.run, asked.root) == ("Stop line 4?", "Stop a line", run, run)
        assert asked.question.form["value"] == {"line": 4}

        assert ask(qtbot, link.answer, asked.id, "approve", comment="Go", name="ben").accepted
        qtbot.waitUntil(lambda: ended(link, run) == "RunCompleted" and not link.questions, timeout=PATIENCE_MS)
        assert kinds[0] == "RunStarted" and kinds[-1] == "RunCompleted"
        assert link.status.state == "running" and link.status.pid == engine_pid(data_dir)


def test_an_answer_that_cannot_be_taken_comes_back_with_a_reason(qtbot: Any, data_dir: Path) -> None:
    with linked(qtbot, data_dir) as link:
        reply = ask(qtbot, link.answer, "q123", "approve")
        assert not reply.accepted and "no open question" in reply.reason


def test_an_engine_that_is_killed_in_a_run_returns_and_the_run_goes_on(qtbot: Any, data_dir: Path) -> None:
    with linked(qtbot, data_dir) as link:
        run = ask(qtbot, link.run, waiting(4)).result["run"]
        states: list[str] = []
        link.status_changed.connect(lambda status: states.append(status.state))
        killed = kill_engine(data_dir)
        begun = time.monotonic()
        wait_for_state(qtbot, link, "restarting")
        assert time.monotonic() - begun < 5.0  # half a second where nothing else is going on
        assert "without warning" in link.status.sentence and link.status.next_try is not None
        qtbot.waitUntil(lambda: ended(link, run) == "RunCompleted", timeout=PATIENCE_MS)
        wait_for_state(qtbot, link, "running")
        assert link.status.pid not in (None, killed) and link.status.restarts == 1
        assert states[0] == "restarting" and states[-1] == "running"


def test_two_windows_share_one_engine_and_see_the_same(qtbot: Any, data_dir: Path) -> None:
    with linked(qtbot, data_dir) as link:
        run = ask(qtbot, link.run, GATED).result["run"]
        other = QProcess()
        other.start(sys.executable, ["-m", "tests.designer.support.second_window", str(data_dir)])
        qtbot.waitUntil(lambda: other.state() == QProcess.ProcessState.NotRunning, timeout=PATIENCE_MS)
        said = bytes(other.readAllStandardOutput().data()).decode()
        assert said, bytes(other.readAllStandardError().data()).decode()
        seen = json.loads(said)
        qtbot.waitUntil(lambda: not link.questions and bool(ended(link, run)), timeout=PATIENCE_MS)
        assert seen["end"] == ended(link, run)
        assert seen["pid"] == link.status.pid == engine_pid(data_dir)


def test_closing_leaves_the_engine_where_a_run_waits(qtbot: Any, data_dir: Path) -> None:
    with linked(qtbot, data_dir) as link:
        ask(qtbot, link.run, GATED)
        asked = open_question(qtbot, link)
        wait_for_state(qtbot, link, "running")
        pid = link.status.pid
        link.close()
        assert engine_pid(data_dir) == pid
        with linked(qtbot, data_dir) as later:  # a window that is opened again finds both
            assert open_question(qtbot, later).id == asked.id
            wait_for_state(qtbot, later, "running")
            assert later.status.pid == pid


def test_closing_ends_an_engine_that_nobody_needs(qtbot: Any, data_dir: Path) -> None:
    with linked(qtbot, data_dir) as link:
        wait_for_state(qtbot, link, "running")
        link.close()
        qtbot.waitUntil(lambda: engine_pid(data_dir) is None, timeout=PATIENCE_MS)


def test_an_engine_that_was_stopped_stays_away_until_it_is_asked_for_something(qtbot: Any, data_dir: Path) -> None:
    with linked(qtbot, data_dir) as link:
        ask(qtbot, link.run, GATED)
        wait_for_state(qtbot, link, "running")
        link.stop_engine()
        wait_for_state(qtbot, link, "absent")
        assert link.status.sentence and engine_pid(data_dir) is None
        qtbot.wait(600)
        assert link.status.state == "absent"  # although a run is open
        assert ask(qtbot, link.cancel, link.runs[0].id, "enough").accepted
        assert link.status.state == "running"


def test_what_cannot_be_read_is_said_and_left_alone(qtbot: Any, data_dir: Path) -> None:
    file = data_dir / DATA_FILE
    file.write_bytes(b"this is no database" * 400)
    with linked(qtbot, data_dir, start=False) as link:
        faults: list[Any] = []
        link.call(lambda store: 1, None, faults.append)
        link.start()
        wait_for_state(qtbot, link, "failed")
        assert str(file) in link.status.sentence and "\n" not in link.status.sentence
        qtbot.waitUntil(lambda: len(faults) == 1, timeout=PATIENCE_MS)
        assert str(file) in str(faults[0])
    assert file.read_bytes() == b"this is no database" * 400


def test_an_engine_that_cannot_start_says_why_and_starts_when_that_is_mended(qtbot: Any, data_dir: Path) -> None:
    (data_dir / FILE).write_text(json.dumps({"network": "sometimes"}))
    with linked(qtbot, data_dir) as link:
        wait_for_state(qtbot, link, "failed")
        assert "network" in link.status.sentence
        (data_dir / FILE).unlink()
        link.start_engine()
        wait_for_state(qtbot, link, "running")


def test_a_link_that_only_looks_starts_nothing(qtbot: Any, data_dir: Path) -> None:
    with linked(qtbot, data_dir, launch=False) as link:
        qtbot.wait(300)
        assert link.status.state == "absent" and not list(data_dir.iterdir())


def test_what_was_called_before_closing_is_done(qtbot: Any, data_dir: Path) -> None:
    with linked(qtbot, data_dir) as link:
        link.keep_draft("d1", GATED)
        link.close()
    with linked(qtbot, data_dir) as link:
        found: list[Any] = []
        link.call(lambda store: store.drafts.get("d1"), found.append)
        qtbot.waitUntil(lambda: len(found) == 1, timeout=PATIENCE_MS)
        assert found[0].workflow == GATED


@pytest.mark.logs("engine link: a call")
def test_errors_of_a_call_become_one_sentence(qtbot: Any, data_dir: Path) -> None:
    with linked(qtbot, data_dir) as link:
        faults: list[Any] = []
        link.call(lambda store: store.library.get("0" * 64), None, faults.append)
        link.call(lambda store: 1 // 0, None, faults.append)
        qtbot.waitUntil(lambda: len(faults) == 2, timeout=PATIENCE_MS)
        assert "no workflow version" in str(faults[0])
        assert "fault in the program" in str(faults[1]) and "Zero" not in str(faults[1])


def test_a_live_run_tells_what_the_engine_does_and_looks_back(qtbot: Any, data_dir: Path) -> None:
    with linked(qtbot, data_dir) as link:
        run = ask(qtbot, link.run, GATED).result["run"]
        live = LiveRun(link, run)
        qtbot.waitUntil(lambda: len(live.open_questions()) == 1, timeout=PATIENCE_MS)
        assert live.workflow == GATED
        ask(qtbot, link.answer, live.open_questions()[0].id, "approve")
        qtbot.waitUntil(lambda: live.ended, timeout=PATIENCE_MS)
        assert live.main.outputs == {"said": "approve"}
        past = LiveRun(link, run)
        qtbot.waitUntil(lambda: past.is_loaded, timeout=PATIENCE_MS)
        assert past.main == live.main
        assert past.at(4).open_questions and not past.at(past.length).open_questions
        live.close()
        past.close()


def test_a_folder_at_rest_is_opened_before_its_engine_is_there(qtbot: Any, data_dir: Path) -> None:
    with linked(qtbot, data_dir) as link:
        first = ask(qtbot, link.run, waiting(0)).result["run"]
        qtbot.waitUntil(lambda: ended(link, first) is not None, timeout=PATIENCE_MS)
    connection = sqlite3.connect(data_dir / DATA_FILE)
    connection.execute("SELECT * FROM run").fetchall()
    connection.close()  # the last one puts everything away
    assert not (data_dir / f"{DATA_FILE}-wal").exists()
    with linked(qtbot, data_dir) as link:
        with qtbot.waitSignal(link.store_opened, timeout=PATIENCE_MS):
            pass
        assert link.status.state in ("absent", "starting")
        second = ask(qtbot, link.run, waiting(0)).result["run"]
        qtbot.waitUntil(lambda: ended(link, second) == "RunCompleted", timeout=PATIENCE_MS)
        assert [row.id for row in link.runs] == [second, first]
