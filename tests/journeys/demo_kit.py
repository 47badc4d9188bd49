"""The demo as a process: with a pipe for a terminal, or with a pty and a person's fingers."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.cli.demo_server import lookups

REPO = Path(__file__).parents[2]
PATIENCE_S = 60.0
CONTROL = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07)")
PROMPT = "Ctrl-D leaves it waiting): "


def command(data: Path, *args: str) -> list[str]:
    return [sys.executable, "-m", "engine.cli", "demo", "--data-dir", str(data), *args]


def piped(data: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """The whole demo without a terminal."""
    return subprocess.run(
        command(data, *args),
        cwd=REPO, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_S * 2, check=False,
    )  # fmt: skip


class Terminal:
    """The demo on a pty, and what it has written."""

    def __init__(self, data: Path, *args: str) -> None:
        import fcntl
        import pty
        import struct
        import termios

        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        self.child = subprocess.Popen(
            command(data, *args), cwd=REPO, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color"},
        )  # fmt: skip
        os.close(slave)
        self._raw, self._read = "", 0

    def until(self, words: str) -> str:
        """Wait for words that come after those waited for before; what came with them."""
        ends = time.monotonic() + PATIENCE_S
        while words not in (text := CONTROL.sub("", self._raw))[self._read :]:
            assert time.monotonic() < ends and self._more(), f"{words!r} did not come:\n{text[self._read :]}"
        at = text.index(words, self._read) + len(words)
        seen, self._read = text[self._read : at], at
        return seen

    def type(self, *lines: str) -> None:
        """Type lines, each when it is asked for: every prompt ends in a colon and a space."""
        for number, line in enumerate(lines):
            if number:
                self.until(": ")
            os.write(self._master, f"{line}\n".encode())

    def end(self) -> int:
        """Read until the process has ended; its exit code."""
        while self._more():
            pass
        return self.child.wait(PATIENCE_S)

    def kill(self) -> None:
        """As a power cut would."""
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()

    def close(self) -> None:
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        os.close(self._master)

    def _more(self) -> bool:
        if not select.select([self._master], [], [], 1.0)[0]:
            return self.child.poll() is None
        try:
            piece = os.read(self._master, 65536)
        except OSError:  # how Linux says that the other side is closed
            return False
        self._raw += piece.decode("utf-8", "replace")
        return bool(piece)


@contextlib.contextmanager
def terminal(data: Path, *args: str) -> Iterator[Terminal]:
    opened = Terminal(data, *args)
    try:
        yield opened
    finally:
        opened.close()


def orders(data: Path) -> list[tuple[Any, ...]]:
    """Rows of the order book: (alarm, severity, action); none where there is no book."""
    if not (data / "files" / "orders.db").exists():
        return []
    with contextlib.closing(sqlite3.connect(data / "files" / "orders.db")) as connection:
        return connection.execute("SELECT alarm, severity, action FROM work_orders").fetchall()


def written(data: Path, alarm: str = "") -> list[dict[str, Any]]:
    """The work orders on disk, of one alarm if it is named."""
    return [json.loads(file.read_text()) for file in sorted((data / "files").glob(f"work-orders/{alarm}*"))]


def statuses_of(data: Path) -> list[int]:
    """What the lookup service answered so far."""
    return [line["status"] for line in lookups(data)]
