"""`command.run` with real programs."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.errors import StepError
from engine.nodes.tool_args import CommandArgs
from engine.tools.registry import tools

PY = sys.executable


def fails(call: Any, **args: Any) -> StepError:
    with pytest.raises(StepError) as caught:
        call("command.run", **args)
    return caught.value


def run(call: Any, code: str, **args: Any) -> Any:
    return call("command.run", argv=[PY, "-c", code], **args)


def test_a_program_gets_its_arguments_as_they_are(call: Any) -> None:
    said = ["; echo pwned", "$(id)", "a b", "*", "", "ü"]
    result = call(
        "command.run", argv=[PY, "-c", "import sys, json; print(json.dumps(sys.argv[1:]))", *said], parse="json"
    )
    assert result == {"exit_code": 0, "output": said, "stderr": ""}


def test_it_runs_in_the_workspace_or_in_a_folder_of_it(call: Any, workspace: Path) -> None:
    (workspace / "sub").mkdir()
    assert run(call, "import os; print(os.getcwd(), end='')")["output"] == str(workspace)
    assert run(call, "import os; print(os.getcwd(), end='')", cwd="sub")["output"] == str(workspace / "sub")
    assert fails(call, argv=[PY], cwd="none").cls == "not_found"
    assert fails(call, argv=[PY], cwd="..").cls == "permission"


def test_the_environment_is_small(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "leak")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    out = run(call, "import os, json; print(json.dumps(dict(os.environ)))", parse="json", env={"A": "1"})["output"]
    assert out["A"] == "1"
    assert out["PATH"] == os.environ["PATH"]
    assert not {"AWS_SECRET_ACCESS_KEY", "PYTHONPATH", "SIGNALBOX_DATA"} & set(out)


def test_a_secret_is_given_and_not_given_back(call: Any) -> None:
    code = "import os, sys; print(os.environ['T'], sys.stdin.read()); print(os.environ['T'], file=sys.stderr)"
    result = run(call, code, env={"T": "secret://token"}, stdin="pw=secret://token")
    assert result["output"] == "secret://token pw=secret://token\n"
    assert result["stderr"] == "secret://token\n"


def test_standard_input_need_not_be_read(call: Any) -> None:
    assert run(call, "print('done')", stdin="x" * 1_000_000)["output"] == "done\n"


def test_much_output_on_both_streams_does_not_block(call: Any) -> None:
    code = "import sys; sys.stderr.write('e' * 500_000); sys.stdout.write('o' * 500_000)"
    result = run(call, code)
    assert len(result["output"]) == 500_000
    assert len(result["stderr"]) == 64 * 1024


def test_an_exit_code_is_a_failure_unless_it_is_named(call: Any) -> None:
    error = fails(call, argv=[PY, "-c", "import sys; sys.exit('no such machine')"])
    assert (error.cls, error.retryable, error.outcome_unknown) == ("invalid", False, False)
    assert "exit code 1: no such machine" in error.message
    assert run(call, "raise SystemExit(3)", ok_exit=[0, 3])["exit_code"] == 3
    assert fails(call, argv=[PY, "-c", "raise SystemExit(75)"], transient_exit=[75]).cls == "server"


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_a_program_ended_by_a_signal_may_have_done_its_work(call: Any) -> None:
    error = fails(call, argv=[PY, "-c", "import os; os.kill(os.getpid(), 9)"])
    assert (error.cls, error.outcome_unknown) == ("server", True)
    assert not fails(call, argv=[PY, "-c", "import os; os.kill(os.getpid(), 9)"], effect="pure").outcome_unknown


def test_a_missing_program_is_not_found(call: Any) -> None:
    assert fails(call, argv=["no-such-program-7"]).cls == "not_found"
    assert fails(call, argv=["a\0b"]).cls == "invalid"


def test_output_over_the_limit_ends_the_program(call: Any) -> None:
    error = fails(call, argv=[PY, "-c", "while True: print('x' * 1000)"], max_bytes=100_000)
    assert (error.cls, error.outcome_unknown) == ("limit", True)


def test_output_that_is_no_text_and_no_json_is_said(call: Any) -> None:
    assert run(call, "import sys; sys.stdout.buffer.write(b'a\\xff\\0b')")["output"] == "a\ufffd\ufffdb"
    assert fails(call, argv=[PY, "-c", "print('{')"], parse="json").cls == "schema"


FAMILY = """
import subprocess, sys, pathlib, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path("pids").write_text(str(child.pid))
{then}
"""


def grandchild(workspace: Path) -> int | None:
    try:
        return int((workspace / "pids").read_text())
    except (OSError, ValueError):
        return None


def is_gone(pid: int | None) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def assert_gone(pid: int | None) -> None:
    assert pid is not None
    try:
        psutil.Process(pid).wait(10)
    except (psutil.NoSuchProcess, psutil.TimeoutExpired):
        pass
    assert is_gone(pid)


def test_a_late_program_is_killed_with_its_children(call: Any, workspace: Path) -> None:
    error = fails(call, argv=[PY, "-c", FAMILY.format(then="time.sleep(600)")], timeout_s=1.5)
    assert (error.cls, error.outcome_unknown) == ("timeout", True)
    assert_gone(grandchild(workspace))


def test_a_program_that_ends_leaves_no_children(call: Any, workspace: Path) -> None:
    assert run(call, FAMILY.format(then="print('bye')"))["output"] == "bye\n"
    assert_gone(grandchild(workspace))


def test_a_cancelled_program_is_killed_with_its_children(make_env: Any, workspace: Path) -> None:
    args = CommandArgs(argv=[PY, "-c", FAMILY.format(then="time.sleep(600)")])

    async def cancelled() -> None:
        running = asyncio.ensure_future(tools()["command.run"].call(args, make_env()))
        while grandchild(workspace) is None:
            await asyncio.sleep(0.01)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(cancelled())
    assert_gone(grandchild(workspace))


def test_the_author_says_what_a_repetition_does() -> None:
    effect = tools()["command.run"].effect
    assert effect(CommandArgs(argv=["a"])) == "at_most_once"
    assert effect(CommandArgs(argv=["a"], effect="pure")) == "pure"
