"""What all device tools share: one talk with a device at a time, who may be reached, work beside the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import logging
import math
import struct
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from engine.errors import StepError
from engine.net.address import host_and_port
from engine.net.guard import connect_check
from engine.nodes.device_args import INSTALL, PACKAGES
from engine.tools.tool import ToolEnv

CONNECT_S = 5.0
_TURN_S = 0.05
_QUIET = ("pymodbus", "asyncua", "paho")

_talks: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Lock]] = WeakKeyDictionary()


def need(tool: str) -> None:
    """StepError `not_found` when the package of a tool is not installed; to be asked before it is imported."""
    package, words = PACKAGES[tool]
    if importlib.util.find_spec(package) is None:
        raise StepError("not_found", f"The package for {words} is not installed. {INSTALL}", retryable=False)
    quiet()


def quiet() -> None:
    """Let the libraries log nothing: what they have to say comes to people as a StepError, once."""
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def installed(tool: str) -> str:
    """The sentence of a health check that reaches no device: which device is meant is only said in a workflow."""
    from importlib.metadata import PackageNotFoundError, version

    package, words = PACKAGES[tool]
    need(tool)
    name = {"paho": "paho-mqtt", "serial": "pyserial"}.get(package, package)
    try:
        return f"{name} {version(name)} for {words} is ready; devices are named in workflows."
    except PackageNotFoundError:
        return f"The package for {words} is ready; devices are named in workflows."


def package_health(tool: str) -> Callable[[ToolEnv], Awaitable[str]]:
    """The health of a device tool: its package is there. No device is asked, because addresses stand in workflows."""

    async def health(env: ToolEnv) -> str:
        return installed(tool)

    return health


@asynccontextmanager
async def talk(lane: str) -> AsyncIterator[None]:
    """One exchange with a device at a time, whoever asks: a look-up waits for a write, too."""
    known = _talks.setdefault(asyncio.get_running_loop(), {})
    async with known.setdefault(lane, asyncio.Lock()):
        yield


@dataclass(frozen=True, slots=True)
class Place:
    """A host as it was written, its port, and the one IP address that was checked and is to be connected to."""

    scheme: str
    host: str
    port: int
    ip: str

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


async def place_of(address: str, ports: Mapping[str, int], tool: str, env: ToolEnv) -> Place:
    """Where `scheme://host:port/…` leads, for one of these schemes with its usual port; the first one may be left out.

    StepError `invalid` for another address; `permission` or `connection` when this call may not reach it.
    """
    first = next(iter(ports))
    scheme, mark, rest = address.strip().partition("://")
    if not mark:
        scheme, rest = first, scheme
    if scheme not in ports:
        shown = " or ".join(f"{one}://host:port" for one in ports)
        raise StepError("invalid", f"{address[:200]!r} is not {shown}.", retryable=False)
    host, port = host_and_port(rest.split("/", 1)[0], ports[scheme], address)
    return Place(scheme, host, port, await connect_check(host, port, tool, env))


class Job:
    """Work in a thread that the event loop can stop: `left()` is how many seconds it has, 0.0 when it must end."""

    def __init__(self, timeout_s: float) -> None:
        self.stopped = False
        self.sent = False
        """Whether a first byte of something that changes the device has gone out."""
        self._ends = time.monotonic() + timeout_s

    def left(self, most: float = _TURN_S) -> float:
        """Seconds for the next wait: short, so that stopping is quick."""
        return 0.0 if self.stopped else max(0.0, min(most, self._ends - time.monotonic()))


async def in_thread(work: Callable[[Job], Any], timeout_s: float) -> Any:
    """Run it beside the loop; when this returns or is cancelled, the thread has closed what it had opened."""
    job = Job(timeout_s)
    running = _beside(lambda: work(job))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        job.stopped = True
        with contextlib.suppress(StepError):
            await running
        raise


def _beside(work: Callable[[], Any]) -> asyncio.Future[Any]:
    """A thread of its own: devices wait for long, and the threads that everybody shares are few."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()

    def settle(result: Any, error: BaseException | None) -> None:
        if not future.done():
            future.set_result(result) if error is None else future.set_exception(error)

    def run() -> None:
        result, failed = None, None
        try:
            result = work()
        except BaseException as error:
            failed = error
        with contextlib.suppress(RuntimeError):  # the loop has gone: nobody waits any more
            loop.call_soon_threadsafe(settle, result, failed)

    threading.Thread(target=run, name="device", daemon=True).start()
    return future


def single(value: float) -> float:
    """What a 32-bit float holds of it, in as few digits as tell it from the next; OverflowError for one too large."""
    held = struct.pack("<f", value)
    narrow: float = struct.unpack("<f", held)[0]
    if not math.isfinite(narrow):
        return narrow
    shown = (float(f"{narrow:.{digits}g}") for digits in range(6, 10))
    return next((one for one in shown if _fits(one, held)), narrow)


def _fits(value: float, held: bytes) -> bool:
    try:
        return struct.pack("<f", value) == held
    except OverflowError:  # the largest ones, rounded up
        return False


def no_look_up(why: str) -> StepError:
    """The device cannot tell whether a write happened, now or later: a person has to."""
    return StepError("invalid", why, retryable=False, outcome_unknown=True)


def judged(target: Any, before: Any, now: Any, what: str) -> None:
    """Say by a register's value whether an unanswered write happened; returns when it did, raises when nobody can tell.

    The value asked for is there, and was not there before: the write arrived. The old value is still there: the write
    may not have arrived, be on its way in a slow device, have been ignored, or set back (a command that clears itself).
    Another value: somebody else has written since. Asked for what was there anyway: both look alike. So only the first
    is a fact; a register keeps no record of who wrote it, and writing again could press a button twice.
    """
    if before is None:
        raise no_look_up(f"{what} was not read before it was written, so it cannot be told whether it was.")
    if now == target and before != target:
        return
    if before == target:
        raise no_look_up(f"{what} was {before!r} before and was to become just that: it cannot be told whether it was.")
    if now == before:
        raise no_look_up(f"{what} is {now!r} as before: not written, ignored, or set back by the device.")
    raise no_look_up(f"{what} is {now!r}, neither the old {before!r} nor the new {target!r}.")
