"""A program that may have run: asked whether it did, by a look-up that knows the run's key."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from engine.errors import StepError
from engine.nodes.tool_args import CommandArgs
from engine.platform import WINDOWS
from engine.tools.command import COMMAND_RUN
from engine.tools.tool import Found

ORDER = (
    "import os, sys; open('done-' + sys.argv[1], 'w').write('order 7'); print('order 7', os.environ['SIGNALBOX_KEY'])"
)
ASK = "import sys\ntry: print(open('done-' + sys.argv[1]).read())\nexcept OSError: print('no such order'); sys.exit(4)"
DOES: dict[str, Any] = {
    "argv": [sys.executable, "-c", ORDER, "{key}"],
    "lookup": [sys.executable, "-c", ASK, "{key}"],
    "lookup_absent_exit": [4],
}


def test_a_look_up_makes_a_program_checkable_and_nothing_else_does() -> None:
    def effect(**args: Any) -> str:
        return COMMAND_RUN.effect(CommandArgs(argv=["x"], **args))

    assert effect() == effect(effect="checkable") == "at_most_once"
    assert effect(lookup=["y"]) == effect(lookup=["y"], effect="checkable") == "checkable"
    assert effect(lookup=["y"], effect="pure") == "pure"
    with pytest.raises(ValueError, match="exit code 0"):
        CommandArgs(argv=["x"], lookup=["y"], lookup_absent_exit=[0])


def test_a_program_that_ran_is_found_with_what_the_look_up_prints(call: Any, lookup: Any, workspace: Path) -> None:
    assert lookup("command.run", **DOES) is None
    assert call("command.run", **DOES)["output"] == "order 7 sb-key-1\n"
    assert (workspace / "done-sb-key-1").exists()
    assert lookup("command.run", **DOES) == Found({"exit_code": 0, "output": "order 7\n", "stderr": ""})
    assert lookup("command.run", around={"idem_key": "sb-key-2"}, **DOES) is None


def test_without_a_look_up_braces_in_arguments_are_ordinary_text(call: Any) -> None:
    code = "import sys; print(sys.argv[1])"
    assert call("command.run", argv=[sys.executable, "-c", code, "{key}"])["output"] == "{key}\n"


def test_what_is_printed_of_no_order_need_not_be_json(lookup: Any) -> None:
    assert lookup("command.run", **DOES, parse="json") is None


@pytest.mark.parametrize(
    ("code", "more", "unknown"),
    [
        ("import sys; sys.exit(3)", {}, True),
        ("import sys; sys.exit(3)", {"transient_exit": [3]}, False),
        pytest.param(
            "import os; os.kill(os.getpid(), 9)", {}, False, marks=pytest.mark.skipif(WINDOWS, reason="POSIX")
        ),
    ],
)
def test_a_look_up_that_cannot_tell_leaves_it_open(lookup: Any, code: str, more: dict[str, Any], unknown: bool) -> None:
    with pytest.raises(StepError) as failed:
        lookup("command.run", argv=["x"], lookup=[sys.executable, "-c", code], **more)
    assert failed.value.outcome_unknown is unknown, "a person is asked, or it is asked again"
