"""`modbus.read` and `modbus.write`: values in a device's registers, over TCP or a serial line.

A write is sent once, never repeated by the library, and read back over the same connection.
"""

from __future__ import annotations

import asyncio
import math
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from engine.errors import StepError
from engine.nodes.device_args import ModbusDevice, ModbusPoint, ModbusReadArgs, ModbusSetting, ModbusWriteCall
from engine.tools.devices.common import CONNECT_S, judged, need, package_health, place_of, single, talk
from engine.tools.tool import Found, Tool, ToolEnv, timeout_of

TIMEOUT_S = 10.0
PORT = 502
_RTU = "rtu:"
_FORMATS = {"u16": ">H", "i16": ">h", "u32": ">I", "i32": ">i", "f32": ">f"}
_READS = {"holding": "registers", "input": "input_registers", "coil": "coils", "discrete": "discrete_inputs"}
_PARITY = {"none": "N", "even": "E", "odd": "O"}
_REFUSALS: Mapping[int, tuple[Any, str, bool]] = {  # code -> class, words, whether a write may have happened
    1: ("invalid", "the device does not know this function", False),
    2: ("invalid", "the device has no such address", False),
    3: ("invalid", "the device refuses the value", False),
    4: ("server", "the device failed while doing it", True),
    5: ("server", "the device needs longer and has not said that it is done", True),
    6: ("server", "the device is busy", False),
    10: ("connection", "the gateway has no way to the device", False),
    11: ("connection", "the gateway got no answer from the device", True),
}


class _Link:
    """One connection to a device; `sent` turns true when the request of a write goes out."""

    def __init__(self, args: ModbusDevice, client: Any, timeout_s: float) -> None:
        self.args, self.client, self.timeout_s = args, client, timeout_s
        self.sent = self.writing = False
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def read(self, point: ModbusPoint) -> list[int]:
        """The raw registers, or bits as 0 and 1."""
        bits = point.table in ("coil", "discrete")
        count = 1 if bits else width(point)
        name = _READS[point.table]
        ask = getattr(self.client, f"read_{'holding_' if name == 'registers' else ''}{name}")
        answer = await self._asked(
            lambda: ask(point.address, count=count, device_id=self.args.unit_id), f"{point.table} {point.address}"
        )
        raw = [int(bit) for bit in answer.bits[:1]] if bits else list(answer.registers)
        if len(raw) != count:
            raise self.fault("schema", f"{point.table} {point.address}: {len(raw)} values came instead of {count}")
        return raw

    async def write(self, point: ModbusSetting, raw: list[int]) -> None:
        """Send it once and wait for the device's word."""
        at, unit = point.address, self.args.unit_id
        if point.table == "coil":
            send = lambda: self.client.write_coil(at, bool(raw[0]), device_id=unit)  # noqa: E731
        elif len(raw) == 1:
            send = lambda: self.client.write_register(at, raw[0], device_id=unit)  # noqa: E731
        else:
            send = lambda: self.client.write_registers(at, raw, device_id=unit)  # noqa: E731
        self.writing = True
        await self._asked(send, f"{point.table} {at}")
        self.writing = self.sent = False

    def trace(self, sending: bool, data: bytes) -> bytes:
        """Called by the library with every packet."""
        self.sent = self.sent or (sending and self.writing)
        return data

    def connection(self, up: bool) -> None:
        """Called by the library, which would wait for an answer although the device has hung up."""
        if not up and not self.gone.done():
            self.gone.set_result(None)

    async def _asked(self, ask: Callable[[], Awaitable[Any]], what: str) -> Any:
        from pymodbus.exceptions import ConnectionException, ModbusException

        asking = asyncio.ensure_future(ask())
        try:
            await asyncio.wait((asking, self.gone), return_when=asyncio.FIRST_COMPLETED)
            if not asking.done():
                raise self.fault("connection", f"{what}: the connection broke off")
            answer = asking.result()
        except ConnectionException as error:
            raise self.fault("connection", f"{what}: {error}") from None
        except ModbusException:
            raise self.fault("timeout", f"{what}: no answer within {self.timeout_s:g} s") from None
        finally:
            asking.cancel()
            await asyncio.wait([asking])
        if answer.isError():
            code = answer.exception_code
            cls, words, unknown = _REFUSALS.get(code, ("invalid", f"the device refuses it with code {code}", True))
            retry = False if cls == "invalid" else None
            raise self.fault(
                cls, f"{what}: {words}", retryable=retry, outcome_unknown=unknown if self.writing else self.sent
            )
        return answer

    def fault(self, cls: Any, why: str, **more: Any) -> StepError:
        more.setdefault("outcome_unknown", self.sent)
        return StepError(cls, f"{why} ({self.args.device}, unit {self.args.unit_id}).", **more)


@asynccontextmanager
async def _link(tool: str, args: ModbusDevice, env: ToolEnv) -> AsyncIterator[_Link]:
    """A connection for one call, closed with it; the whole of it ends in time."""
    need(tool)
    from pymodbus import FramerType, client

    timeout_s = timeout_of(TIMEOUT_S, args.timeout_s, env)
    link = _Link(args, None, timeout_s)
    once: dict[str, Any] = {"retries": 0, "reconnect_delay": 0, "timeout": min(CONNECT_S, timeout_s)}
    once |= {"trace_packet": link.trace, "trace_connect": link.connection}
    if args.device.startswith(_RTU):
        need("serial.exchange")
        shape = {"baudrate": args.baud, "parity": _PARITY[args.parity], "stopbits": args.stop_bits}
        where: dict[str, Any] = {"port": args.device.removeprefix(_RTU), "framer": FramerType.RTU, **shape}
        make: Any = client.AsyncModbusSerialClient
    else:
        place = await place_of(args.device, {"modbus": PORT}, tool, env)
        where = {"host": place.ip, "port": place.port}
        make = client.AsyncModbusTcpClient
    async with talk(_lane(args)):
        link.client = make(**where, **once)
        try:
            async with asyncio.timeout(timeout_s):
                if not await link.client.connect():
                    raise link.fault("connection", "there is no connection to the device")
                link.client.comm_params.timeout_connect = timeout_s  # the library waits so long for an answer, too
                yield link
        except TimeoutError:
            raise link.fault("timeout", f"no answer within {timeout_s:g} s") from None
        finally:
            link.client.close()


async def _read(args: ModbusReadArgs, env: ToolEnv) -> list[dict[str, Any]]:
    async with _link("modbus.read", args, env) as link:
        rows = []
        for point in args.points:
            raw = await link.read(point)
            rows.append({"name": point.name, "value": decoded(point, raw), "unit": point.unit, "raw": raw})
        return rows


async def _write(args: ModbusWriteCall, env: ToolEnv) -> dict[str, Any]:
    wanted = encoded(args.point)
    async with _link("modbus.write", args, env) as link:
        await link.write(args.point, wanted)
        link.sent = True  # from here on it has happened, and a failure must not look like the opposite
        return _result(args, wanted, None if args.read_back == "none" else await link.read(args.point))


async def _lookup(args: ModbusWriteCall, env: ToolEnv) -> Found | None:
    """Did an unanswered write arrive? Only a register that now holds the new value and did not before says so."""
    wanted = encoded(args.point)
    async with _link("modbus.write", args, env) as link:
        now = await link.read(args.point)
    target, before, found = (None if raw is None else decoded(args.point, raw) for raw in (wanted, args.before, now))
    judged(target, before, found, f"{args.point.name} at {args.device}")
    return Found(_result(args, wanted, now))


def _result(args: ModbusWriteCall, wanted: list[int], now: list[int] | None) -> dict[str, Any]:
    point = args.point
    result = {
        "name": point.name,
        "wanted": decoded(point, wanted),
        "before": None if args.before is None else decoded(point, args.before),
        "read_back": None if now is None else decoded(point, now),
        "equal": None if now is None else now == wanted,
        "unit": point.unit,
    }
    if now != wanted and args.read_back == "must_match":
        why = f"{point.name} was written, and {args.device} holds {result['read_back']} instead of {result['wanted']}."
        raise StepError("invalid", why, retryable=False, detail=result)
    return result


def width(point: ModbusPoint) -> int:
    """How many registers, or bits, make the value."""
    return 1 if point.table in ("coil", "discrete") else struct.calcsize(_FORMATS[point.type]) // 2


def decoded(point: ModbusPoint, raw: Sequence[int]) -> float | int | bool | None:
    """The value that raw registers or bits stand for; a float that is no number becomes null."""
    if point.table in ("coil", "discrete"):
        return bool(raw[0])
    words = list(raw) if point.word_order == "big" else list(reversed(raw))
    number = struct.unpack(_FORMATS[point.type], struct.pack(f">{len(words)}H", *words))[0]
    if not math.isfinite(number):
        return None
    if point.type == "f32":
        number = single(number)
    return number if point.scale == 1 else float(f"{number * point.scale:.12g}")


def encoded(point: ModbusSetting) -> list[int]:
    """The raw registers or bits for the value; StepError `invalid` when it does not fit."""
    if point.table == "coil":
        if point.value not in (0, 1):
            raise StepError("invalid", f"{point.name}: a coil is true or false, not {point.value}.", retryable=False)
        return [int(point.value)]
    number: float = point.value / point.scale
    try:
        packed = struct.pack(_FORMATS[point.type], number if point.type == "f32" else round(number))
    except (struct.error, OverflowError, ValueError):
        why = f"{point.name}: {point.value} does not fit into {point.type} with the scale {point.scale:g}."
        raise StepError("invalid", why, retryable=False) from None
    words = list(struct.unpack(f">{len(packed) // 2}H", packed))
    return words if point.word_order == "big" else words[::-1]


def _lane(args: ModbusDevice) -> str:
    return f"device:{args.device.strip().lower().removeprefix('modbus://').removeprefix(_RTU)}"


_REACH = "Devices whose host or serial port the step names; hosts as far as this PC's settings allow them."

MODBUS_READ = Tool(
    name="modbus.read",
    summary="Reads values of a Modbus device.",
    args=ModbusReadArgs,
    effect=lambda args: "pure",
    call=_read,
    lane=_lane,
    timeout_s=TIMEOUT_S,
    risk="low",
    chooses=("device", "unit_id", "points"),
    reach=_REACH,
    health=package_health("modbus.read"),
)

MODBUS_WRITE = Tool(
    name="modbus.write",
    summary="Writes a value of a Modbus device and reads it back.",
    args=ModbusWriteCall,
    effect=lambda args: args.effect,
    call=_write,
    lane=_lane,
    timeout_s=TIMEOUT_S,
    risk="irreversible",
    lookup=_lookup,
    chooses=("device", "unit_id", "point"),
    reach=_REACH,
    health=package_health("modbus.read"),
)
