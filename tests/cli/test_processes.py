"""Several processes on one data folder: one engine, any number of clients, and what happens when one of them dies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from cli_kit import REPO, Ctl, Start

from engine.store import DATA_FILE, Lease, open_store
from engine.store.condition import Note

PATIENCE_S = 30.0

SLOW = """
format: 1
name: slow
nodes:
  start:
    type: data.set
    params: {values: {x: 1}}
  long:
    type: command.run
    params: {argv: [PYTHON, -c, "import os, time; open('begun-' + str(os.getpid()), 'w').close(); time.sleep(SECONDS)"], effect: idempotent}
edges:
  - start.output -> long.input
outputs: {done: "{{ steps.long.output != null }}"}
"""  # noqa: E501


def eventually(what: Callable[[], Any]) -> Any:
    """Wait for a fact."""
    ends = time.monotonic() + PATIENCE_S
    while not (found := what()):
        assert time.monotonic() < ends, "it did not come true in time"
        time.sleep(0.02)
    return found


@pytest.fixture
def slow(workflow: Callable[[str], Path]) -> Callable[[float], Path]:
    """A workflow with a command that takes so many seconds."""

    def make(seconds: float) -> Path:
        return workflow(SLOW.replace("PYTHON", json.dumps(sys.executable)).replace("SECONDS", str(seconds)))

    return make


def begun(data_dir: Path) -> list[Path]:
    """Marks that the slow command has left."""
    return list((data_dir / "files").glob("begun-*"))


def test_ctrl_c_stops_cleanly_and_watch_goes_on(
    ctl: Ctl, process: Start, slow: Callable[[float], Path], data_dir: Path
) -> None:
    child = process("run", slow(600))
    eventually(lambda: begun(data_dir))
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=PATIENCE_S)
    assert child.returncode == 130
    assert "Stopped cleanly; nothing is lost." in err and "signalboxctl watch" in err and "Traceback" not in err
    shown = ctl("show", "--json").json
    assert shown["status"] == "running"
    assert ctl("why", "last", "long").out.count("does not count") == 1
    (data_dir / "settings.json").write_text("{}")
    cancelled = ctl("cancel", "last")
    assert cancelled.code == 0
    assert ctl("watch").code == 4


def test_a_killed_run_is_recovered_and_says_so(ctl: Ctl, process: Start, gate: Path) -> None:
    child = process("run", gate)
    assert child.stdout is not None
    eventually(lambda: "waits for a person" in (child.stdout.readline() if child.stdout else ""))
    child.kill()
    child.wait()
    done = ctl("watch", "--answer", "approve=approve")
    assert done.code == 0 and "recovered 1 run" in done.out


def test_a_second_engine_on_the_same_folder_is_refused_and_clients_use_the_first(
    ctl: Ctl, process: Start, gate: Path, line: Path, data_dir: Path
) -> None:
    engine = process("engine", "--json")
    assert engine.stdout is not None
    said = json.loads(engine.stdout.readline())
    assert said["pid"] == engine.pid
    assert ctl("engine", "--status", "--json").json["engine"]["pid"] == engine.pid
    second = ctl("engine")
    assert second.code == 2 and f"process {engine.pid}" in second.err and second.err.count("\n") == 1
    assert ctl("run", line, "--json").json["outputs"] == {"y": 2}
    assert ctl("run", gate).code == 3
    question = ctl("questions", "--json").json[0]["question"]
    taken = ctl("answer", question, "approve", "--json")
    assert taken.code == 0 and taken.json["accepted"] is True
    late = ctl("answer", question, "refuse")
    assert late.code == 2
    stopped = ctl("engine", "--stop", "--json")
    assert stopped.json["stopped"] == engine.pid
    assert engine.wait(PATIENCE_S) == 0
    assert Lease.info(data_dir) is None


def test_a_client_takes_over_when_the_engine_dies(
    process: Start, slow: Callable[[float], Path], data_dir: Path
) -> None:
    engine = process("engine", "--json")
    assert engine.stdout is not None
    engine.stdout.readline()
    run = process("run", slow(3.0), "--json")
    eventually(lambda: begun(data_dir))
    commands = psutil.Process(engine.pid).children(recursive=True)
    engine.kill()
    engine.wait()
    out, err = run.communicate(timeout=PATIENCE_S)
    for command in commands:
        command.wait(PATIENCE_S)
    assert run.returncode == 0, err
    assert json.loads(out)["outputs"] == {"done": True}
    assert len(begun(data_dir)) == 2, "the command is idempotent: it was run again"


def test_detach_starts_an_engine_that_leaves_when_all_is_done(ctl: Ctl, gate: Path, data_dir: Path) -> None:
    started = ctl("run", gate, "--detach", "--json")
    assert started.code == 0
    holder = Lease.info(data_dir)
    assert holder is not None
    question = eventually(lambda: ctl("questions", "--json").json)[0]["question"]
    assert ctl("answer", question, "approve", "--json").json["accepted"] is True
    eventually(lambda: ctl("show", started.json["run"], "--json").json["status"] == "completed")
    eventually(lambda: Lease.info(data_dir) is None)
    eventually(lambda: not psutil.pid_exists(holder.pid) or psutil.Process(holder.pid).status() == psutil.STATUS_ZOMBIE)


def test_an_answer_filed_at_the_moment_the_engine_dies_is_not_lost(
    ctl: Ctl, process: Start, gate: Path, data_dir: Path
) -> None:
    """Killed as it reads the request: nothing of it was decided, so the next engine decides."""
    assert ctl("run", gate).code == 3
    question = ctl("questions", "--json").json[0]["question"]
    engine = process("engine", "--json", env={"SIGNALBOX_FAULT": "request.before"})
    assert engine.stdout is not None
    engine.stdout.readline()
    stored = ctl("answer", question, "approve", "--json")
    assert stored.code == 0 and stored.json["accepted"] is None
    assert engine.wait(PATIENCE_S) == -signal.SIGKILL
    with open_store(data_dir / DATA_FILE, role="client") as store:
        assert len(store.requests.pending()) == 1
    assert ctl("watch", "--json").json["outputs"]["decision"]["option"] == "approve"


def test_a_reader_that_goes_away_ends_the_output_quietly(ctl: Ctl, line: Path) -> None:
    ctl("run", line)
    done = subprocess.run(
        f"{sys.executable} -m engine.cli journal last | head -c 10",
        shell=True, cwd=REPO, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stderr == ""


def test_a_full_disk_pauses_the_run_which_goes_on_when_there_is_room(
    process: Start, tmp_path: Path, workflow: Callable[[str], Path]
) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    if not sys.platform.startswith("linux") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small file system needs root on Linux")
    try:
        nodes = "".join(
            f'  n{n}:\n    type: data.set\n    params: {{values: {{x: "{{{{ run.inputs.text }}}}"}}}}\n'
            for n in range(40)
        )
        edges = "".join(f"  - n{n}.output -> n{n + 1}.input\n" for n in range(39))
        inputs = "inputs: {text: {type: string}}"
        file = workflow(f"format: 1\nname: fat\n{inputs}\nnodes:\n{nodes}edges:\n{edges}")
        (folder / "ballast").write_bytes(bytes(1_400_000))
        child = process("run", file, "--data-dir", folder / "data", "-i", f"text={'x' * 50_000}")
        assert child.stdout is not None
        for said in child.stdout:
            if said.startswith("paused"):
                break
        assert said == "paused: the disk is full; it goes on when there is room\n"
        subprocess.run(["mount", "-o", "remount,size=64m", str(folder)], check=True)
        out, err = child.communicate(timeout=PATIENCE_S)
        assert child.returncode == 0, err
        assert "goes on" in out and "Completed" in out
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


IDLE = "import sys; print('here', flush=True); sys.stdin.readline()"
WINDOW = """
import sys
from pathlib import Path
from engine.store import Presence
presence = Presence.begin(Path(sys.argv[1]))
print('here', flush=True)
sys.stdin.readline()
"""


def idle(code: str, *args: object) -> subprocess.Popen[str]:
    """A process that is there until it is told to go."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", code, *map(str, args)]
    child = subprocess.Popen(command, cwd=REPO, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
    assert child.stdout is not None and child.stdout.readline() == "here\n"
    return child


def test_an_engine_stays_while_a_window_is_there_and_leaves_when_all_are_gone(
    ctl: Ctl, process: Start, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = idle(IDLE)
    engine = process("engine", "--while-pid", str(first.pid), "--while-pid", "4194399", "--json")
    try:
        eventually(lambda: Lease.info(data_dir) is not None)
        second = idle(WINDOW, data_dir)
        first.communicate("\n", timeout=PATIENCE_S)
        assert engine.poll() is None, "the second window is there"
        second.kill()
        second.communicate()
        engine.communicate(timeout=PATIENCE_S)
        assert engine.returncode == 0
    finally:
        for child in (first, second):
            child.kill()
            child.communicate()


def test_the_status_of_an_engine_says_what_it_does(ctl: Ctl, process: Start, data_dir: Path) -> None:
    engine = process("engine", "--json")
    eventually(lambda: Lease.info(data_dir) is not None)
    eventually(lambda: (data_dir / "engine.note").exists())
    said = ctl("engine", "--status", "--json").json["engine"]
    assert (said["pid"], said["doing"], said["reason"]) == (engine.pid, "working", "")
    note = Note(data_dir, engine.pid)
    note.say("paused", "The disk is full.")
    note.close()
    assert "It is paused since" in ctl("engine", "--status").out
    assert ctl("engine", "--status", "--json").json["engine"]["reason"] == "The disk is full."
    assert ctl("engine", "--stop").code == 0
    engine.communicate(timeout=PATIENCE_S)
    assert ctl("engine", "--status").out.startswith("No engine works on")


@pytest.mark.skipif(os.name == "nt", reason="shells of Windows start no job with an ignored signal")
def test_an_engine_that_a_script_started_in_the_background_ends_when_told_to(process: Start, data_dir: Path) -> None:
    engine = process("engine", "--json", preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    assert engine.stdout is not None and engine.stdout.readline()
    engine.terminate()
    assert engine.wait(20) == 0
