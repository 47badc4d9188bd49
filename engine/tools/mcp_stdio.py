"""A server of tools that is a program: started in a group of its own, spoken to by lines, ended with all it started."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE, Process, SubprocessStreamProtocol
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from engine import masks
from engine.platform import kill_group, spawn_options, terminate_group
from engine.tools.mcp_link import Why, too_large

POLITE_S = 1.0
"""How long a server whose input was closed may take to leave, before it is told to, and then before it is killed."""
_TAIL = 2000
_NOISE = 10_000
_STEP_S = 0.01


class Program:
    """What a running server prints beside the protocol, and why it stopped talking."""

    def __init__(self, ended: Callable[[], None]) -> None:
        self.ended = ended
        self.why: Why | None = None
        self._tail = bytearray()

    def heard(self, data: bytes) -> None:
        """Something on its standard error; only the end of it is kept."""
        self._tail += data
        del self._tail[:-_TAIL]

    @property
    def last_words(self) -> str:
        """The end of what it printed on standard error, on one line."""
        text = self._tail.decode("utf-8", "replace").replace("\0", "")
        return masks.clean_cut(" ".join(masks.clean(text).split()))[-300:]

    def over(self, why: Why) -> None:
        """It will say nothing more."""
        self.why = self.why or why
        self.ended()


@asynccontextmanager
async def streams(
    argv: Sequence[str], cwd: Path, env: Mapping[str, str], max_bytes: int, program: Program, *, sealed: bool = False
) -> AsyncIterator[Any]:
    """The two message streams that the protocol's library talks through; `sealed`: it gets no network.

    OSError when it cannot be started.
    """
    import anyio

    process, transport = await _start(argv, cwd, env, max_bytes, sealed)
    told, inbound = anyio.create_memory_object_stream[Any](0)
    outbound, asked = anyio.create_memory_object_stream[Any](0)
    tasks: list[asyncio.Future[None]] = [
        asyncio.ensure_future(_read(process, told, max_bytes, program)),
        asyncio.ensure_future(_write(process, asked)),
        asyncio.ensure_future(_listen(process, program)),
    ]
    try:
        yield inbound, outbound
    finally:
        ending = asyncio.ensure_future(_end(process, transport, tasks))
        while not ending.done():  # whoever is cancelled meanwhile: a program must not be left behind
            with suppress(asyncio.CancelledError):
                await asyncio.wait([ending])
        for stream in (told, inbound, outbound, asked):
            stream.close()
        ending.result()


async def _start(
    argv: Sequence[str], cwd: Path, env: Mapping[str, str], max_bytes: int, sealed: bool
) -> tuple[Process, asyncio.SubprocessTransport]:
    loop = asyncio.get_running_loop()
    pipes: dict[str, Any] = {"stdin": PIPE, "stdout": PIPE, "stderr": PIPE}
    options: dict[str, Any] = {"cwd": cwd, "env": dict(env), **pipes}
    options |= spawn_options(die_with_parent=True, sealed=sealed)
    transport, protocol = await loop.subprocess_exec(
        lambda: SubprocessStreamProtocol(limit=max_bytes, loop=loop), *argv, **options
    )
    return Process(transport, protocol, loop), transport


async def _read(process: Process, told: Any, max_bytes: int, program: Program) -> None:
    """Lines that are messages go on; what else it prints is left out."""
    from mcp.shared.message import SessionMessage
    from mcp_types import jsonrpc_message_adapter

    assert process.stdout is not None
    noise = 0
    try:
        async with told:
            while line := await process.stdout.readline():
                try:
                    message = jsonrpc_message_adapter.validate_json(line, by_name=False)
                except ValueError:
                    noise += 1
                    if noise > _NOISE:
                        program.over(("server", "it printed too much that is no message"))
                        return
                    continue
                await told.send(SessionMessage(message))
    except ValueError:
        program.over(too_large(max_bytes))
    except Exception as error:  # the library has let go of its end
        program.over(("connection", type(error).__name__))
    finally:
        program.over(("connection", "it ended"))


async def _write(process: Process, asked: Any) -> None:
    assert process.stdin is not None
    with suppress(OSError):
        async for message in asked:
            text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
            process.stdin.write(text.encode() + b"\n")
            await process.stdin.drain()


async def _listen(process: Process, program: Program) -> None:
    assert process.stderr is not None
    while data := await process.stderr.read(4096):
        program.heard(data)


async def _end(process: Process, transport: asyncio.SubprocessTransport, tasks: list[asyncio.Future[None]]) -> None:
    """Close its input, then tell it, then kill it; what it had started goes with it in any case."""
    assert process.stdin is not None
    try:
        process.stdin.close()
        if not await _gone(transport):
            terminate_group(process.pid)
            await _gone(transport)
    finally:  # also when the whole loop is ending and cancels this: a program must not be left behind
        kill_group(process.pid)
        try:
            await _gone(transport)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        finally:
            transport.close()
    await asyncio.sleep(0)  # the pipes are closed in the loop's next turn


async def _gone(transport: asyncio.SubprocessTransport) -> bool:
    """Whether the program itself has ended; not asyncio's `wait`, which also waits for who holds its pipes."""
    ends = asyncio.get_running_loop().time() + POLITE_S
    while transport.get_returncode() is None:
        if asyncio.get_running_loop().time() > ends:
            return False
        await asyncio.sleep(_STEP_S)
    return True
