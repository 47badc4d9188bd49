"""What `self-test` tries beside runs and models: secrets, the gateway, devices, libraries that are loaded late.

Each trial gets an empty folder, stays on this PC, and gives (whether it came true, a sentence); None: not installed.
"""

from __future__ import annotations

import asyncio
import importlib.util
import struct
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Said = tuple[bool | None, str]

_PASSPHRASE, _VALUE, _PLACE = "four words that nobody guesses", "sixteen-bytes-of-it", "https://plant.example/api"
_FORBIDDEN = {"http://169.254.169.254/": "address", "http://[::ffff:127.0.0.1]/": "address",
              "http://plant.example/": "not_allowed"}  # fmt: skip
# Protocol -> package, then (tool, its arguments, what must be in its answer) in order; `at` stands for the address.
_DEVICES: Mapping[str, tuple[str, tuple[tuple[str, dict[str, Any], Mapping[str, Any]], ...]]] = {
    "mqtt": ("paho", (
        ("mqtt.publish", {"broker": "at", "topic": "plant/speed_set/set", "payload": 1300}, {}),
        ("mqtt.read", {"broker": "at", "topic": "plant/speed_set", "take": "retained"},
         {"value": {"value": 1300.0, "unit": "rpm"}}),
    )),
    "modbus": ("pymodbus", (
        ("modbus.write", {"device": "at", "point": {"name": "speed", "address": 0, "value": 1300}}, {"equal": True}),
        ("modbus.read", {"device": "at", "points": [{"name": "speed", "address": 0}]}, {"value": 1300}),
    )),
    "opcua": ("asyncua", (
        ("opcua.write", {"server": "at", "point": {"name": "p", "node": "ns=2;s=Plant.pressure_set", "value": 3.5}},
         {"equal": True}),
        ("opcua.read", {"server": "at", "points": [{"name": "p", "node": "ns=2;s=Plant.pressure_set"}]},
         {"value": 3.5, "status": "Good"}),
    )),
    "serial": ("serial", (
        ("serial.exchange", {"port": "at", "write": "SET speed_set=1300"}, {"answer": "OK"}),
        ("serial.exchange", {"port": "at", "write": "GET speed_set"}, {"answer": "speed_set=1300"}),
    )),
}  # fmt: skip
PROTOCOLS = tuple(_DEVICES)


async def secrets(folder: Path) -> Said:
    """Store one under a passphrase; only the passphrase opens it, and only for its own place."""
    from engine.errors import StepError
    from engine.keys import Vault, changes
    from engine.keys.environment import PASSPHRASE

    given = {PASSPHRASE: _PASSPHRASE}
    changes.put(Vault(folder, environment={}), "trial", _VALUE, (_PLACE,), now=time.time(), passphrase=_PASSPHRASE)
    if any(_VALUE.encode() in file.read_bytes() for file in folder.iterdir()):
        return False, "The secret can be read in its file."
    if Vault(folder, environment=given).secret("trial", f"{_PLACE}/orders") != _VALUE:
        return False, "The secret is another one than was stored."
    for environment, place in (({PASSPHRASE: _PASSPHRASE[1:]}, _PLACE), (given, "https://elsewhere.example")):
        try:
            Vault(folder, environment=environment).secret("trial", place)
        except StepError:
            continue
        return False, "The secret was given to somebody who must not have it."
    return True, "encrypted, read back, refused to another place and passphrase"


async def keyring(folder: Path) -> Said:
    """The libraries that speak to this system's keyring are there; a keyring need not be."""
    from engine.keys import system

    known = system.offered()
    try:
        here = f"here: {system.label(5.0)}"
    except system.Unusable:
        here = "here: none"
    return True, f"{here}; can ask {', '.join(known)}"


async def gateway(folder: Path) -> Said:
    """An address of this PC is asked; others are refused before anything is looked up or sent."""
    from engine.errors import StepError
    from engine.net import client
    from engine.net.guard import Guard

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    http = await asyncio.to_thread(client.make, Guard(), "self-test")
    try:
        port = server.sockets[0].getsockname()[1]
        got = (await http.get(f"http://127.0.0.1:{port}/")).text
        if got != "ok":
            return False, f"A server of this PC said {got[:40]!r}."
        for url, reason in _FORBIDDEN.items():
            try:
                await http.get(url)
            except StepError as refused:
                if isinstance(refused.detail, Mapping) and refused.detail.get("reason") == reason:
                    continue
                return False, refused.message
            return False, f"{url} was asked."
    finally:
        await http.aclose()
        server.close()
        await server.wait_closed()
    return True, f"this PC answers, {len(_FORBIDDEN)} forbidden addresses were not asked"


async def device(folder: Path, protocol: str) -> Said:
    """Write and read a value of the simulated plant with the device tools."""
    from engine.cli.tools import Scratch
    from engine.tools.devices.box.box import plant_in_a_box
    from engine.tools.devices.box.plant import Plant
    from engine.tools.registry import tools
    from engine.tools.tool import ToolEnv

    package, talks = _DEVICES[protocol]
    if importlib.util.find_spec(package) is None:
        return None, f"{package} is not installed"
    env = ToolEnv(
        idem_key="self-test", timeout_s=10.0, workspace=folder, blobs=Scratch(), network=False, secret=lambda *_: ""
    )
    plant = Plant()
    async with plant_in_a_box(plant, {protocol: 0}, ticking=False) as at:  # type: ignore[dict-item]
        for name, args, wanted in talks:
            tool = tools()[name]
            placed = {key: at[protocol] if value == "at" else value for key, value in args.items()}
            got = await tool.call(tool.args.model_validate(placed), env)
            row = got[0] if isinstance(got, list) else got
            if any(row.get(key) != value for key, value in wanted.items()):
                return False, f"{name} gave {row}."
    return True, f"{', '.join(dict.fromkeys(name for name, *_ in talks))} against the simulated plant"


async def servers(folder: Path) -> Said:
    """The library that speaks to servers of tools."""
    from engine.tools import mcp_link

    if importlib.util.find_spec("mcp") is None:
        return None, "mcp is not installed"
    await asyncio.to_thread(mcp_link.load)
    return True, "the library of the Model Context Protocol is there"


async def remote(folder: Path) -> Said:
    """The libraries of models that are asked over the network; none is asked."""
    from typing import get_args

    from engine.models.remote_providers import connect
    from engine.net.guard import Guard
    from engine.settings import RoleSetting
    from engine.settings.roles import Provider

    if importlib.util.find_spec("pydantic_ai") is None:
        return None, "pydantic-ai is not installed"
    for provider in get_args(Provider):
        setting = RoleSetting(model="trial", kind="remote", provider=provider)
        connected = await asyncio.to_thread(connect, setting, "", Guard, "self-test")
        await connected.client.aclose()
    return True, f"can ask {', '.join(get_args(Provider))}"


async def templates(folder: Path) -> Said:
    """Every shipped template loads and is drawn right; what its models need is tried by themselves."""
    from engine.checks import problems
    from engine.cli.documents import read_workflow
    from engine.cli.offline import kind_of
    from engine.nodes.catalog import CATALOG
    from engine.observe.site import site_of
    from engine.settings import Settings, resources_dir

    site = site_of(folder, Settings(), None)
    files = sorted((resources_dir() / "templates").glob("*.workflow.yaml"))
    for file in files:
        found = [one for one in problems(read_workflow(file), CATALOG, site) if kind_of(one.code) != "model"]
        if found:
            return False, f"{file.name}: {found[0].sentence}"
    return bool(files), f"{len(files)} templates are in order"


def write_adapter(path: Path, base: Path) -> None:
    """An adapter (LoRA, GGUF) of a model that adds nothing: zeros for the first tensor that makes queries."""
    from engine.models.gguf_file import read_gguf

    def text(said: str) -> bytes:
        return struct.pack("<Q", len(said)) + said.encode()

    header = read_gguf(base)
    name, (wide, high) = next((name, shape) for name, shape in header.shapes.items() if name.endswith("attn_q.weight"))
    meta = {"general.type": "adapter", "general.architecture": header.architecture, "adapter.type": "lora"}
    out = b"GGUF" + struct.pack("<IQQ", 3, 2, len(meta) + 1)
    for key, said in meta.items():
        out += text(key) + struct.pack("<I", 8) + text(said)
    out += text("adapter.lora.alpha") + struct.pack("<If", 6, 1.0)
    start = 0
    for part, shape in (("lora_a", (wide, 1)), ("lora_b", (1, high))):
        out += text(f"{name}.{part}") + struct.pack("<IQQIQ", 2, *shape, 0, start)
        start += -(-4 * shape[0] * shape[1] // 32) * 32
    path.write_bytes(out + bytes(-len(out) % 32) + bytes(start))
