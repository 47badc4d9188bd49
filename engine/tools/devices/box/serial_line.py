"""The plant on a serial line that speaks text: `GET speed` -> `speed=1200.3`, `SET speed_set=1300` -> `OK`.

As a TCP port (`socket://host:port`, as a serial device server has it), and where the system has them as a real
serial port. Lines end with CR LF. Errors: `ERR unknown`, `ERR value`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os

from engine.platform import SerialPair
from engine.tools.devices.box.plant import Plant


class SerialBox:
    """A gauge that answers lines."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    async def listen(self, host: str, port: int) -> int:
        """Serve TCP; the port that it has become."""
        self._server = await asyncio.start_server(self._connected, host, port)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """End it."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while line := await reader.readline():
                said = await self.answer(line)
                if said is None:
                    return
                writer.write(said)
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError, ValueError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()
            with contextlib.suppress(Exception):
                await writer.wait_closed()

    async def answer(self, line: bytes) -> bytes | None:
        """What the gauge says to a line, b"" for nothing; None when the connection is cut."""
        verb, _, rest = line.decode("ascii", "replace").strip().partition(" ")
        name, _, text = rest.partition("=")
        write = verb.upper() == "SET"
        point = self.plant.points.get(name.strip().lower())
        if verb.upper() not in ("GET", "SET") or point is None or (write and not point.writable):
            return b"ERR unknown\r\n"
        try:
            value = float(text) if write else 0.0
        except ValueError:
            return b"ERR value\r\n"
        fault = self.plant.meets(write=write)
        if fault == "late":
            await asyncio.sleep(self.plant.late_s)
        if write and fault not in ("silent", "ignored", "cut"):
            self.plant.write(point.name, value, "serial")
        if fault in ("dropped", "cut"):
            return None
        if fault == "silent":
            return b""
        return b"OK\r\n" if write else f"{point.name}={self.plant.read(point.name):.6g}\r\n".encode()


class PortBox:
    """The gauge at a serial port of its own; `name` is what a client opens. Where a cut connection is, it is silent."""

    def __init__(self, plant: Plant, pair: SerialPair) -> None:
        self._gauge, self._pair = SerialBox(plant), pair
        self.name = pair.name
        self._line = b""
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to answer."""
        asyncio.get_running_loop().add_reader(self._pair.far, self._read)

    async def close(self) -> None:
        """End it."""
        asyncio.get_running_loop().remove_reader(self._pair.far)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._pair.close()

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            self._line += os.read(self._pair.far, 4096)
        while b"\n" in self._line:
            line, _, self._line = self._line.partition(b"\n")
            task = asyncio.ensure_future(self._say(line))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _say(self, line: bytes) -> None:
        said = await self._gauge.answer(line)
        if said:
            os.write(self._pair.far, said)


class Wire:
    """Two serial ports of this PC, joined: what goes in at one comes out at the other."""

    def __init__(self, left: SerialPair, right: SerialPair) -> None:
        self.left, self.right = left, right

    def start(self) -> None:
        """Begin to carry."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self.left.far, self._carry, self.left.far, self.right.far)
        loop.add_reader(self.right.far, self._carry, self.right.far, self.left.far)

    def close(self) -> None:
        """End it."""
        for pair in (self.left, self.right):
            asyncio.get_running_loop().remove_reader(pair.far)
            pair.close()

    @staticmethod
    def _carry(source: int, target: int) -> None:
        with contextlib.suppress(OSError):
            os.write(target, os.read(source, 4096))
