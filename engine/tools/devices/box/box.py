"""All of the plant's servers, started and ended together."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

from engine.errors import Refused
from engine.platform import serial_pair
from engine.tools.devices.box.broker import Broker
from engine.tools.devices.box.modbus import ModbusBox
from engine.tools.devices.box.mqtt_packets import Message
from engine.tools.devices.box.opcua import OpcuaBox
from engine.tools.devices.box.plant import Fault, Plant
from engine.tools.devices.box.serial_line import PortBox, SerialBox, Wire
from engine.tools.devices.common import quiet

HOST = "127.0.0.1"
TICK_S = 0.2
TOPIC = "plant/"
Protocol = Literal["mqtt", "modbus", "opcua", "serial"]
PROTOCOLS: tuple[Protocol, ...] = ("mqtt", "modbus", "opcua", "serial")


@dataclass
class Addresses:
    """Where the plant can be reached: what a step writes as its broker, device, server or port."""

    reached: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.reached[name]


@asynccontextmanager
async def plant_in_a_box(
    plant: Plant, ports: Mapping[Protocol, int], *, ticking: bool = True
) -> AsyncIterator[Addresses]:
    """Serve the plant on this PC with these protocols (port 0: a free one) until the block ends."""
    quiet()
    found = Addresses()
    async with AsyncExitStack() as stack:
        for protocol, port in ports.items():
            try:
                await _START[protocol](plant, port, found, stack)
            except (OSError, RuntimeError) as error:
                said = getattr(error, "strerror", None) or str(error)
                raise Refused(f"The simulated {protocol} cannot listen on port {port}: {said}.") from None
        if ticking:
            clock = asyncio.ensure_future(_tick(plant))
            stack.callback(clock.cancel)
        yield found


async def _tick(plant: Plant) -> None:
    while True:
        await asyncio.sleep(TICK_S)
        plant.tick(TICK_S)
        for name in plant.points:
            plant.changed(name)


async def _modbus(plant: Plant, port: int, found: Addresses, stack: AsyncExitStack) -> None:
    box = ModbusBox(plant)
    stack.push_async_callback(box.close)
    found.reached["modbus"] = f"modbus://{HOST}:{await box.listen(HOST, port)}"


async def _opcua(plant: Plant, port: int, found: Addresses, stack: AsyncExitStack) -> None:
    box = OpcuaBox(plant)
    stack.push_async_callback(box.close)
    found.reached["opcua"] = f"opc.tcp://{HOST}:{await box.listen(HOST, port)}/plant/"


async def _serial(plant: Plant, port: int, found: Addresses, stack: AsyncExitStack) -> None:
    gauge = SerialBox(plant)
    stack.push_async_callback(gauge.close)
    found.reached["serial"] = f"socket://{HOST}:{await gauge.listen(HOST, port)}"
    pair, left, right = serial_pair(), serial_pair(), serial_pair()
    if pair is None or left is None or right is None:
        return
    at_port = PortBox(plant, pair)
    at_port.start()
    stack.push_async_callback(at_port.close)
    found.reached["serial_port"] = at_port.name
    wire = Wire(left, right)
    wire.start()
    stack.callback(wire.close)
    box = ModbusBox(plant)
    stack.push_async_callback(box.close)
    await box.on_line(right.name)
    found.reached["modbus_rtu"] = f"rtu:{left.name}"


async def _mqtt(plant: Plant, port: int, found: Addresses, stack: AsyncExitStack) -> None:
    """The plant behind a broker: each value is a retained topic, and `plant/<name>/set` writes."""

    def heard(message: Message) -> None:
        name = message.topic.removeprefix(TOPIC).removesuffix("/set")
        point = plant.points.get(name)
        if point is None or not point.writable or message.topic != f"{TOPIC}{name}/set":
            return
        try:
            value = json.loads(message.payload)
            plant.write(name, float(value["value"] if isinstance(value, dict) else value), "mqtt")
        except (ValueError, TypeError, KeyError):
            return

    def meets(topic: str) -> Fault:
        return plant.meets(write=topic.endswith("/set")) if not topic or topic.startswith(TOPIC) else "none"

    broker = Broker(on_message=heard, meets=meets, late_s=plant.late_s)
    stack.push_async_callback(broker.close)
    found.reached["mqtt"] = f"mqtt://{HOST}:{await broker.listen(HOST, port)}"

    def show(name: str) -> None:
        value = {"value": float(f"{plant.read(name):.6g}"), "unit": plant.points[name].unit}
        broker.publish(Message(TOPIC + name, json.dumps(value).encode(), 1, True))

    plant.changed = show
    for name in plant.points:
        show(name)


_START = {"modbus": _modbus, "opcua": _opcua, "serial": _serial, "mqtt": _mqtt}
