"""`simulate`: the plant in the box, on real protocols on this PC, until somebody ends it."""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli import codes, options

if TYPE_CHECKING:
    from engine.tools.devices.box.box import Protocol
    from engine.tools.devices.box.plant import Plant

_PORT = {"min": 0, "max": 65_535, "show_default": False}


def simulate(
    mqtt: Annotated[int | None, typer.Option(help="Serve MQTT on this port; 0: 1883 or a free one.", **_PORT)] = None,
    modbus: Annotated[int | None, typer.Option(help="Serve Modbus/TCP on this port.", **_PORT)] = None,
    opcua: Annotated[int | None, typer.Option(help="Serve OPC UA on this port.", **_PORT)] = None,
    serial: Annotated[int | None, typer.Option(help="Serve a serial device on this port.", **_PORT)] = None,
    json: options.Json = False,
) -> int:
    """Simulate a small plant for the device nodes: a machine with set-points, an alarm and a cold store.

    Without a port all four protocols are served on the ports of the examples. Lines on standard input change it:
    `set NAME VALUE`, `fault NAME [TIMES]` (none, silent, late, ignored, dropped, cut), `quit`.
    """
    from engine.tools.devices.box.plant import Plant

    usual: dict[Protocol, int] = {"mqtt": 1883, "modbus": 5020, "opcua": 4840, "serial": 4001}
    asked: dict[Protocol, int | None] = {"mqtt": mqtt, "modbus": modbus, "opcua": opcua, "serial": serial}
    wanted = {name: port or _usual(usual[name]) for name, port in asked.items() if port is not None} or usual
    try:
        asyncio.run(_serve(Plant(), wanted, json))
    except KeyboardInterrupt:
        pass  # the usual way to end it
    return codes.COMPLETED


def _usual(port: int) -> int:
    """The usual port when it is free, so that a workflow finds the plant again; 0, any, otherwise."""
    with socket.socket() as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return 0
    return port


async def _serve(plant: Plant, wanted: dict[Protocol, int], json: bool) -> None:
    from engine.cli.output import print_json
    from engine.tools.devices.box.box import plant_in_a_box

    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    async with plant_in_a_box(plant, wanted) as found:
        if json:
            print_json(dict(found.reached))
        else:
            for name, address in found.reached.items():
                print(f"{name:<12} {address}")
            print("values       " + ", ".join(f"{name}={value:g}" for name, value in plant.values.items()))
            print("End it with Ctrl+C. `fault silent 1` lets the next answer be lost.")
        sys.stdout.flush()

        def hear() -> None:
            for line in sys.stdin:
                loop.call_soon_threadsafe(_told, plant, line.split(), ended)
            if json:  # a program that started this holds the other end
                loop.call_soon_threadsafe(ended.set)

        threading.Thread(target=hear, name="simulate-stdin", daemon=True).start()
        await ended.wait()


def _told(plant: Plant, words: list[str], ended: asyncio.Event) -> None:
    from engine.tools.devices.box.plant import FAULTS

    try:
        if words[:1] == ["quit"]:
            ended.set()
        elif words[:1] == ["set"]:
            plant.values[plant.points[words[1]].name] = float(words[2])
        elif words[:1] == ["fault"] and words[1] in FAULTS:
            plant.set_fault(FAULTS[FAULTS.index(words[1])], int(words[2]) if len(words) > 2 else None)
        elif words:
            raise ValueError
    except (ValueError, IndexError, KeyError):
        print(f"Not understood: {' '.join(words)}", file=sys.stderr, flush=True)
