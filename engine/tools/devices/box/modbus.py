"""The plant as a Modbus device, unit 1: over TCP, or on a serial line."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

from engine.tools.devices.box.plant import FAULTS, POINTS, Plant, Point

FAULT_REGISTER, TIMES_REGISTER = 900, 901
"""Holding registers that switch a fault on: its number in `FAULTS`, and for how many exchanges (0: until told)."""

_TABLES = {1: "coil", 2: "discrete", 3: "holding", 4: "input", 5: "coil", 6: "holding", 15: "coil", 16: "holding"}
_WRITES = (5, 6, 15, 16)


class ModbusBox:
    """A running server. `close` ends it with all its connections."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self._server: Any = None
        self._mute = self._hang_up = False
        self._connections: set[Any] = set()

    async def listen(self, host: str, port: int) -> int:
        """Serve TCP; the port that it has become."""
        from pymodbus.server import ModbusTcpServer

        box = self

        class Server(ModbusTcpServer):
            def callback_new_connection(self) -> Any:
                handler: Any = super().callback_new_connection()  # type: ignore[no-untyped-call]
                box._connections.add(handler)
                return handler

        self._server = Server(self._device(), address=(host, port), trace_packet=self._trace)
        await self._server.serve_forever(background=True)
        return int(self._server.transport.sockets[0].getsockname()[1])

    async def on_line(self, port: str) -> None:
        """Serve a serial line, without a parity bit: ports that a program makes have none."""
        from pymodbus import FramerType
        from pymodbus.server import ModbusSerialServer

        self._server = ModbusSerialServer(
            self._device(), framer=FramerType.RTU, port=port, baudrate=19200, trace_packet=self._trace
        )
        await self._server.serve_forever(background=True)

    async def close(self) -> None:
        """End it."""
        if self._server is not None:
            self._cut()
            await self._server.shutdown()

    def _device(self) -> Any:
        from pymodbus.simulator import DataType, SimData, SimDevice

        bits = [SimData(0, count=16, values=False, datatype=DataType.BITS)]
        held = [SimData(0, count=16, datatype=DataType.REGISTERS), SimData(900, count=2, datatype=DataType.REGISTERS)]
        seen = [SimData(0, count=32, datatype=DataType.REGISTERS)]
        return SimDevice(1, simdata=(bits, bits, held, seen), action=self._asked)

    def _trace(self, sending: bool, data: bytes) -> bytes:
        """Every packet of the server passes here: the place to lose one."""
        if sending and (self._mute or self._hang_up):
            if self._hang_up:
                asyncio.get_running_loop().call_soon(self._cut)
            self._mute = self._hang_up = False
            return b""
        return data

    def _cut(self) -> None:
        connections, self._connections = self._connections, set()
        for connection in connections:
            if connection.transport is not None:
                connection.transport.close()

    async def _asked(
        self, function: int, start: int, address: int, count: int, registers: list[int], given: list[Any] | None
    ) -> Any:
        """Called by the server before each read and write; `registers` are its memory from address `start` on."""
        table = _TABLES[function]
        if function in _WRITES and given is None:
            return None  # the server reads what it has just written, to confirm it
        if table == "holding" and address >= FAULT_REGISTER:
            if given is not None:
                self._switch(address, [int(one) for one in given], registers, start)
            return None
        fault = self.plant.meets(write=given is not None)
        self._mute, self._hang_up = fault == "silent", fault in ("dropped", "cut")
        if fault == "late":
            await asyncio.sleep(self.plant.late_s)
        done = given is not None and fault not in ("silent", "ignored", "cut")
        if given is not None and done:
            self._write(table, address, [int(one) for one in given])
        self._show(table, registers, start)
        if given is not None and not done:
            for index in range(len(given)):  # what the server is about to put in is what is there already
                old = registers[address - start + index] if table == "holding" else self._bit(address + index)
                given[index] = old
        return None

    def _switch(self, address: int, given: list[int], registers: list[int], start: int) -> None:
        told = {TIMES_REGISTER: registers[TIMES_REGISTER - start], **{address + i: one for i, one in enumerate(given)}}
        if FAULT_REGISTER in told:
            times = told[TIMES_REGISTER]
            self.plant.set_fault(FAULTS[told[FAULT_REGISTER] % len(FAULTS)], times or None)

    def _bit(self, address: int) -> bool:
        point = next((one for one in POINTS if one.coil == address), None)
        return point is not None and bool(self.plant.values[point.name])

    def _write(self, table: str, address: int, given: list[int]) -> None:
        for point in POINTS:
            at = point.coil if table == "coil" else point.holding
            if at is None or not address <= at < address + len(given):
                continue
            raw = given[at - address : at - address + (1 if point.scale or point.bit else 2)]
            self.plant.write(point.name, _value(point, raw), "modbus")

    def _show(self, table: str, registers: list[int], start: int) -> None:
        for point in POINTS:
            at = getattr(point, table)
            if at is None:
                continue
            if point.bit:
                word, bit = divmod(at - start * (0 if table in ("coil", "discrete") else 1), 16)
                on = bool(self.plant.read(point.name))
                registers[word] = registers[word] | (1 << bit) if on else registers[word] & ~(1 << bit)
            else:
                raw = _raw(point, self.plant.read(point.name))
                registers[at - start : at - start + len(raw)] = raw


def _value(point: Point, raw: list[int]) -> float:
    if point.bit:
        return float(bool(raw[0]))
    if point.scale is None:
        words = [*raw, 0][:2]
        return float(f"{struct.unpack('>f', struct.pack('>2H', *words))[0]:.7g}")
    signed = raw[0] - 65_536 if raw[0] > 32_767 else raw[0]
    return float(f"{signed * point.scale:.9g}")


def _raw(point: Point, value: float) -> list[int]:
    if point.scale is None:
        return list(struct.unpack(">2H", struct.pack(">f", value)))
    return [round(value / point.scale) & 0xFFFF]
