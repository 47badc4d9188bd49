"""The engine's end of one model process: start it, ask it, cancel, and end it for certain."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import sys
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from engine import platform
from engine.errors import StepError
from engine.keys.environment import without_secrets
from engine.models import protocol

CANCEL_S = 2.0
"""How long a cancelled request may take to end before the process is killed."""
STOP_S = 2.0
_SIGKILL, _SIGABRT = 9, 6
_WINDOWS_NO_MEMORY = (0xC0000017, 0xC000012D)
_ALLOCATION = ("bad_alloc", "failed to allocate", "out of memory")
Log = Callable[[str], None]


def worker_command() -> list[str]:
    """How to start the model process; a frozen build has one program for everything, told apart by the first word."""
    pid = str(os.getpid())
    if getattr(sys, "frozen", False):
        program = Path(sys.executable).with_stem("signalboxctl")
        return [str(program if program.is_file() else sys.executable), "model-worker", pid]
    return [sys.executable, "-P", "-m", "engine.models.worker", pid]  # -P: never import from the current folder


class Link:
    """A running model process. Every method is called in the event loop that started it."""

    def __init__(self, process: asyncio.subprocess.Process, name: str, log: Log) -> None:
        self._process, self._name, self._log = process, name, log
        self._ids = itertools.count(1)
        self._open: dict[int, tuple[asyncio.Future[dict[str, Any]], Callable[[str], None] | None]] = {}
        self._said: deque[str] = deque(maxlen=5)
        self._killed = False
        self._readers = [asyncio.create_task(self._read()), asyncio.create_task(self._read_log())]
        self._watches: set[asyncio.Task[None]] = set()
        self.description: dict[str, Any] = {}
        self.counted = False
        """Whether somebody has taken note already that it ended for want of memory."""
        self._oom_kills = platform.oom_kills()

    @classmethod
    async def start(cls, load: Mapping[str, Any], log: Log) -> Link:
        """Start a process and load the model that `load` describes. StepError when either fails."""
        name = Path(load["path"]).name
        try:
            process = await asyncio.create_subprocess_exec(
                *worker_command(),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=protocol.MAX_LINE,
                env={**_without_secrets(), **_package_path()},
                **platform.spawn_options(),
            )
        except OSError as fault:
            raise StepError("server", f"The model process cannot be started: {fault.strerror or fault}.") from None
        link = cls(process, name, log)
        try:
            link.description = await link.call({"op": "load", "v": protocol.VERSION, **load})
        except BaseException:
            await link.close()
            raise
        return link

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return not self._killed and self._process.returncode is None and not self._readers[0].done()

    @property
    def short_of_memory(self) -> bool:
        """Whether it ended for want of memory."""
        return self._short_of_memory(self._process.returncode)

    def when_ended(self, told: Callable[[], None]) -> None:
        """`told` hears of its end, whatever ends it."""
        self._readers[0].add_done_callback(lambda reader: told())

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    async def call(self, request: Mapping[str, Any], on_text: Callable[[str], None] | None = None) -> dict[str, Any]:
        """One request and its answer. Cancelling the caller cancels the request, and the process stays usable."""
        number = next(self._ids)
        try:
            line = protocol.encode({**request, "id": number})
        except (ValueError, TypeError, RecursionError):
            raise StepError(
                "schema", "The request holds a value that is not JSON (NaN, say).", retryable=False
            ) from None
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._open[number] = (answer, on_text)
        try:
            if not self.alive:
                raise self._ended()
            self._send(line)
            return await asyncio.shield(answer)
        except asyncio.CancelledError:
            self._cancel(number, answer)
            raise
        finally:
            if number in self._open and answer.done():
                del self._open[number]

    def _send(self, line: bytes) -> None:
        if self._process.stdin is not None:
            with contextlib.suppress(OSError, RuntimeError):  # a broken pipe is seen by the reader, with the reason
                self._process.stdin.write(line)

    def _cancel(self, number: int, answer: asyncio.Future[dict[str, Any]]) -> None:
        if answer.done() or not self.alive:
            return
        self._send(protocol.encode({"op": "cancel", "id": number}))
        self._open[number] = (answer, None)
        watch = asyncio.create_task(self._kill_unless(answer))
        self._watches.add(watch)
        watch.add_done_callback(self._watches.discard)

    async def _kill_unless(self, answer: asyncio.Future[dict[str, Any]]) -> None:
        done, _ = await asyncio.wait([answer], timeout=CANCEL_S)
        if done:
            answer.exception()  # nobody else wants to know
        else:
            self._log(f"{self._name}: the model process does not stop; it is killed")
            self.kill()

    def kill(self) -> None:
        """End the process at once; nobody asks it any more, even before its end is noticed."""
        self._killed = True
        if self._process.returncode is None:
            platform.kill_group(self._process.pid)

    async def close(self) -> None:
        """End the process and wait until it is gone."""
        for watch in list(self._watches):
            watch.cancel()
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_S)
        except TimeoutError:
            pass
        finally:  # also when whoever closes it is cut off
            self.kill()
            await self._process.wait()
            await asyncio.gather(*self._readers, *self._watches, return_exceptions=True)

    async def _read(self) -> None:
        assert self._process.stdout is not None
        try:
            async for line in self._process.stdout:
                self._take(json.loads(line))
        except (ValueError, KeyError, TypeError, OSError):  # not our protocol, or a line beyond the limit
            self._said.append("it wrote something that is not understood")
            self.kill()
        await self._process.wait()
        fault = self._ended()
        for answer, _ in self._open.values():
            if not answer.done():
                answer.set_exception(fault)
                answer.exception()  # marks it as seen: a cancelled caller does not come back for it
        self._open.clear()

    def _take(self, message: dict[str, Any]) -> None:
        if message["id"] not in self._open:
            return
        answer, on_text = self._open[message["id"]]
        if "delta" in message:
            if on_text is not None:
                self._tell(message["id"], on_text, message["delta"])
            return
        del self._open[message["id"]]
        if answer.done():
            return
        if "ok" in message:
            answer.set_result(message["ok"])
        else:
            answer.set_exception(protocol.raised(message.get("error")))
            answer.exception()  # marks it as seen

    def _tell(self, number: int, on_text: Callable[[str], None], text: str) -> None:
        """Hand on new text; a listener that fails is not called again, and the answer goes on."""
        try:
            on_text(text)
        except Exception as fault:
            self._log(f"{self._name}: whoever listens to the text failed: {fault!r}")
            self._open[number] = (self._open[number][0], None)

    async def _read_log(self) -> None:
        assert self._process.stderr is not None
        with contextlib.suppress(ValueError):
            async for line in self._process.stderr:
                text = line.decode("utf-8", "replace").strip()
                if text:
                    self._said.append(text)
                    self._log(f"{self._name}: {text[:2000]}")

    def _ended(self) -> StepError:
        code = self._process.returncode
        how = "" if code is None else f" (signal {-code})" if code < 0 else f" (exit code {code})"
        if self._short_of_memory(code):
            said = f"There is {protocol.NO_MEMORY}: the process of the model {self._name} was ended for want of it{how}"
            return StepError("server", f"{said}; fewer models are loaded at once from now on.")
        last = f"; its last words: {self._said[-1][:200]}" if self._said else ""
        return StepError("server", f"The process of the model {self._name} ended unexpectedly{how}{last}.")

    def _short_of_memory(self, code: int | None) -> bool:
        """Whether the process's end was one of memory: the system's doing, or its own last words."""
        if code is None or self._killed:
            return False
        if code == -_SIGKILL:
            return platform.oom_kills() > self._oom_kills
        return code & 0xFFFFFFFF in _WINDOWS_NO_MEMORY or (
            code == -_SIGABRT and any(word in said for said in self._said for word in _ALLOCATION)
        )


def _without_secrets() -> dict[str, str]:
    """A model file is code-like input: its process gets none of the secrets that the engine was started with."""
    return without_secrets(os.environ)


def _package_path() -> dict[str, str]:
    """So that the child finds this very package wherever the engine was started."""
    root = str(Path(__file__).resolve().parents[2])
    before = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": os.pathsep.join([root, before]) if before else root, "PYTHONUNBUFFERED": "1"}
