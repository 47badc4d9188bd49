"""Lines typed at the terminal, read beside the event loop so that the run goes on meanwhile."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from typing import Protocol


class Keyboard(Protocol):
    """Where typed lines come from: None at the end of input."""

    async def line(self, prompt: str) -> str | None:
        """Show a prompt and wait for one line."""


class Terminal:
    """The keyboard of this process.

    A daemon thread reads the file descriptor itself: `sys.stdin` would hold a lock that the interpreter needs at exit.
    """

    def __init__(self) -> None:
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._thread: threading.Thread | None = None
        self._ended = False

    async def line(self, prompt: str) -> str | None:
        """Show a prompt and wait for one line."""
        print(prompt, end="", flush=True)
        if self._ended:
            return None
        if self._thread is None:
            self._thread = threading.Thread(target=self._read, name="keyboard", daemon=True)
            self._thread.start()
        line = await self._lines.get()
        if line is None:
            self._ended = True
            print()
        return line

    def forget(self) -> None:
        """Drop what was typed before a question was on the screen: it was not meant for it."""
        while not self._lines.empty():
            self._lines.get_nowait()
        drop_typed()

    def _read(self) -> None:
        rest = b""
        while True:
            try:
                piece = os.read(0, 4096)
            except OSError:
                piece = b""
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                self._tell(line.decode("utf-8", "replace").rstrip("\r"))
            if not piece:
                self._tell(None)
                return

    def _tell(self, line: str | None) -> None:
        try:
            self._loop.call_soon_threadsafe(self._lines.put_nowait, line)
        except RuntimeError:
            return  # the loop is closed: nobody listens any more


def drop_typed() -> None:
    """Empty the terminal's own input buffer."""
    if sys.platform == "win32":
        import msvcrt

        while msvcrt.kbhit():
            msvcrt.getwch()
    else:
        import contextlib
        import termios

        with contextlib.suppress(termios.error, OSError):
            termios.tcflush(0, termios.TCIFLUSH)


def interactive() -> bool:
    """Whether a person sits at this process: both ends are a terminal."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
