"""A person at a terminal: a real one (a pty), typed into as the screen asks."""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_kit import REPO, Ctl

if sys.platform == "win32":
    pytest.skip("Windows has no pty; the dialog itself is tested below it", allow_module_level=True)

import fcntl
import pty
import struct
import termios

PATIENCE_S = 30.0
CONTROL = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07)")


class Screen:
    """A process on a pty of 80 columns, and what it has written."""

    def __init__(self, *args: object, columns: int = 80) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self.child = subprocess.Popen(
            [sys.executable, "-m", "engine.cli", *map(str, args)],
            cwd=REPO, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color"},
        )  # fmt: skip
        os.close(slave)
        self.raw = ""
        self._read = 0

    @property
    def text(self) -> str:
        """Everything so far, without control codes."""
        return CONTROL.sub("", self.raw)

    def until(self, words: str) -> str:
        """Wait until the words are there, after what was waited for before; what came with them."""
        ends = time.monotonic() + PATIENCE_S
        while words not in self.text[self._read :]:
            assert time.monotonic() < ends, f"{words!r} did not come:\n{self.text[self._read :]}"
            if not self._more():
                break
        at = self.text.index(words, self._read) + len(words)
        seen, self._read = self.text[self._read : at], at
        return seen

    def type(self, text: str) -> None:
        """Type, without Enter."""
        os.write(self.master, text.encode())

    def end(self) -> int:
        """Read until the process has ended; its exit code."""
        while self._more():
            pass
        return self.child.wait(PATIENCE_S)

    def _more(self) -> bool:
        if not select.select([self.master], [], [], 1.0)[0]:
            return self.child.poll() is None
        try:
            piece = os.read(self.master, 65536)
        except OSError:  # how Linux says that the other side is closed
            return False
        self.raw += piece.decode("utf-8", "replace")
        return bool(piece)

    def close(self) -> None:
        """End the process, if it has not ended."""
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()
        os.close(self.master)


@pytest.fixture
def terminal(data_dir: Path) -> Iterator[Callable[..., Screen]]:
    opened: list[Screen] = []

    def start(*args: object) -> Screen:
        opened.append(Screen(*args))
        return opened[-1]

    yield start
    for screen in opened:
        screen.close()


def test_a_gate_is_approved_with_an_edited_value(terminal: Callable[..., Screen], gate: Path, data_dir: Path) -> None:
    screen = terminal("run", gate, "--as", "ann")
    shown = screen.until("Ctrl-D leaves it waiting): ")
    assert "Stop line 4 for bearing 6204?" in shown and "high risk" in shown
    assert "hours" in shown and "hours *" in shown and "2  Approve with changes" in shown
    screen.type("\n")
    screen.until("Enter alone answers nothing")
    screen.until("): ")
    screen.type("2\n")
    screen.until("hours [3]: ")
    screen.type("eight\n")
    screen.until("hours [3]: ")
    screen.type("8\n")
    screen.until("Type yes to confirm: ")
    screen.type("yes\n")
    screen.until("Completed")
    assert screen.end() == 0
    assert json.loads((data_dir / "files" / "order.json").read_text()) == {"part": "bearing 6204", "hours": 8}
    assert all(len(line) <= 80 for line in screen.text.splitlines() if line.startswith(("✓", "▸", "?", "╭", "│", "╰")))


def test_what_was_typed_before_the_question_answers_nothing(terminal: Callable[..., Screen], gate: Path) -> None:
    screen = terminal("run", gate)
    screen.type("1\n1\n1\n")
    screen.until("Ctrl-D leaves it waiting): ")
    screen.type("\n")
    screen.until("Enter alone answers nothing")


def test_the_end_of_input_leaves_the_run_waiting(ctl: Ctl, terminal: Callable[..., Screen], gate: Path) -> None:
    screen = terminal("run", gate)
    screen.until("Ctrl-D leaves it waiting): ")
    screen.type("\x04")
    screen.until("waits for a person")
    assert screen.end() == 3
    assert len(ctl("questions", "--json").json) == 1


def test_ctrl_c_at_a_question_leaves_the_run_waiting(ctl: Ctl, terminal: Callable[..., Screen], gate: Path) -> None:
    screen = terminal("run", gate)
    screen.until("Ctrl-D leaves it waiting): ")
    screen.child.send_signal(2)
    screen.until("nothing is lost")
    assert screen.end() == 130
    assert len(ctl("questions", "--json").json) == 1


def test_a_question_that_somebody_else_answers_is_closed_on_the_screen(
    ctl: Ctl, terminal: Callable[..., Screen], gate: Path
) -> None:
    screen = terminal("run", gate)
    screen.until("Ctrl-D leaves it waiting): ")
    question = ctl("questions", "--json").json[0]["question"]
    assert ctl("answer", question, "refuse", "--as", "ben").code == 0
    screen.until("This question is closed: refuse (ben).")
    screen.until("Completed")
    assert screen.end() == 0


def test_answer_without_an_option_shows_the_question_and_asks(
    ctl: Ctl, terminal: Callable[..., Screen], gate: Path
) -> None:
    assert ctl("run", gate).code == 3
    question = ctl("questions", "--json").json[0]["question"]
    screen = terminal("answer", question, "--as", "ann")
    assert "Stop line 4" in screen.until("Ctrl-D leaves it waiting): ")
    screen.type("4\n")
    screen.until("Comment (may be empty): ")
    screen.type("not today\n")
    screen.until("Stored.")
    assert screen.end() == 0
    done = ctl("watch", "--json").json["outputs"]["decision"]
    assert (done["option"], done["comment"]) == ("refuse", "not today")
    again = ctl("answer", question)
    assert again.code == 2 and "closed" in again.err
