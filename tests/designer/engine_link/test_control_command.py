"""Commands as child processes: what they answer, how they fail, and that nothing of them is left."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from designer.engine_link import control_command
from designer.engine_link.control_command import Call, ControlCommand

PATIENCE_MS = 20_000


@pytest.fixture
def control(data_dir: Path, qapp: Any) -> Iterator[ControlCommand]:
    made = ControlCommand(data_dir)
    yield made
    made.close()


class Answers:
    """What became of a call."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.refused: list[str] = []

    def run(self, control: ControlCommand, *arguments: str, **more: Any) -> Call:
        return control.run(
            *arguments, done=self.values.append, failed=lambda refused: self.refused.append(str(refused)), **more
        )

    def wait(self, qtbot: QtBot, count: int = 1) -> None:
        qtbot.waitUntil(lambda: len(self.values) + len(self.refused) >= count, timeout=PATIENCE_MS)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Has a short Python program stand where `signalboxctl` is."""

    def put(code: str) -> None:
        file = tmp_path / "stand_in.py"
        file.write_text("import json, sys, time\n" + code)
        monkeypatch.setattr(control_command, "ctl_program", lambda: (sys.executable, [str(file)]))

    return put


def test_a_command_answers_with_its_json_value_and_refuses_in_its_own_sentence(
    control: ControlCommand, qtbot: QtBot
) -> None:
    answers = Answers()
    answers.run(control, "tools", "list", "--json")
    answers.run(control, "tools", "show", "no-such-tool", "--json")
    answers.wait(qtbot, 2)
    assert "http.request" in [one["name"] for one in answers.values[0]]
    assert "no-such-tool" in answers.refused[0] and "Traceback" not in answers.refused[0]


def test_what_is_printed_counts_also_when_the_exit_code_says_that_something_is_wrong(
    control: ControlCommand, qtbot: QtBot, script: Any
) -> None:
    script("print(json.dumps([1])); sys.exit(2)")
    answers = Answers()
    answers.run(control, "models", "--json")
    answers.wait(qtbot)
    assert answers.values == [[1]]


def test_a_secret_goes_in_by_standard_input_and_stands_in_no_list_of_processes(
    control: ControlCommand, qtbot: QtBot, script: Any
) -> None:
    script("print(json.dumps({'in': sys.stdin.read(), 'args': sys.argv[1:]}))")
    answers = Answers()
    answers.run(control, "secrets", "set", "mes", stdin="s3cret-ä")
    answers.wait(qtbot)
    (said,) = answers.values
    assert said["in"] == "s3cret-ä" and "s3cret" not in json.dumps(said["args"])


def test_the_data_folder_is_named_before_the_words_of_a_program(
    control: ControlCommand, qtbot: QtBot, script: Any, data_dir: Path
) -> None:
    script("print(json.dumps(sys.argv[1:]))")
    answers = Answers()
    answers.run(control, "mcp", "add", "x", "--", "program", "--flag")
    answers.wait(qtbot)
    assert answers.values[0] == ["mcp", "add", "x", "--data-dir", str(data_dir), "--", "program", "--flag"]


def test_progress_is_told_while_it_goes_on_and_cancelling_ends_it(
    control: ControlCommand, qtbot: QtBot, script: Any
) -> None:
    script(
        "for n in range(3): print(json.dumps({'progress': n / 4, 'text': f'part {n}'}), file=sys.stderr, flush=True)\n"
        "time.sleep(60)"
    )
    answers, told = Answers(), []
    call = answers.run(control, "models", "download", "x")
    call.progressed.connect(lambda part, text: told.append((part, text)))
    qtbot.waitUntil(lambda: len(told) == 3, timeout=PATIENCE_MS)
    assert told[-1] == (0.5, "part 2")
    call.cancel()
    answers.wait(qtbot)
    assert answers.refused == ["This was cancelled."]


def test_a_command_that_takes_too_long_is_stopped_and_says_so(
    control: ControlCommand, qtbot: QtBot, script: Any
) -> None:
    script("time.sleep(60)")
    answers = Answers()
    answers.run(control, "x", timeout_s=0.05)
    answers.wait(qtbot)
    assert "too long" in answers.refused[0]


def test_a_program_that_is_not_there_is_said_in_a_sentence(
    control: ControlCommand, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control_command, "ctl_program", lambda: ("/no/such/program", []))
    answers = Answers()
    answers.run(control, "x")
    answers.wait(qtbot)
    assert answers.refused == ["The command line program cannot be started."]


def test_closing_ends_every_command_at_once_and_answers_nothing_more(
    control: ControlCommand, qtbot: QtBot, script: Any
) -> None:
    script("time.sleep(60)")
    answers = Answers()
    for _ in range(3):
        answers.run(control, "x")
    started = time.monotonic()
    control.close()
    assert time.monotonic() - started < 5
    answers.run(control, "x")
    assert not answers.values and not answers.refused


def test_starting_a_command_does_not_hold_up_the_window(control: ControlCommand, qtbot: QtBot, script: Any) -> None:
    script("time.sleep(0.5); print(1)")
    answers = Answers()
    started = time.monotonic()
    answers.run(control, "x")
    assert time.monotonic() - started < 0.2
    answers.wait(qtbot)
