"""OPC UA against a real server: types, status, passwords, encryption, and when a write counts as done."""

from __future__ import annotations

import asyncio
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import certificates
import pytest

from engine.errors import StepError
from engine.nodes.device_args import OpcuaSetting
from engine.tools.devices.box.opcua import APPLICATION, OpcuaBox
from engine.tools.devices.box.plant import Plant
from engine.tools.devices.common import quiet
from engine.tools.devices.opcua import alike, made, plain
from engine.tools.registry import tools

PROTOCOLS = ("opcua",)


def point(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "node": OpcuaBox.node(name), **more}


SPEED = point("speed_set", value=1300)


def test_values_come_with_type_status_and_time(call: Callable[..., Any], box: Any) -> None:
    box.plant.values["alarm"] = 1.0
    rows = call("opcua.read", server=box.at["opcua"], points=[point("pressure_set", unit="bar"), point("alarm")])
    when = [row.pop("measured") for row in rows]
    assert rows == [
        {"name": "pressure_set", "value": 4.0, "unit": "bar", "type": "Double", "status": "Good"},
        {"name": "alarm", "value": True, "unit": "", "type": "Boolean", "status": "Good"},
    ]
    assert all(one.startswith("20") and one.endswith("+00:00") for one in when)


def test_a_write_is_read_back(call: Callable[..., Any], box: Any) -> None:
    at = {"server": box.at["opcua"]}
    one = call("opcua.write", **at, point=SPEED, before=[1200.0])
    assert one == {
        "name": "speed_set",
        "wanted": 1300.0,
        "before": 1200.0,
        "read_back": 1300.0,
        "equal": True,
        "unit": "",
    }
    call("opcua.write", **at, point=point("running", value=False))
    assert box.written() == [("speed_set", 1300.0), ("running", 0.0)]


FAULTS = {  # fault -> class, whether the write may have happened, whether it did, what the look-up says afterwards
    "silent": ("timeout", True, False, "as before"),
    "dropped": ("connection", True, True, "happened"),
    "cut": ("connection", True, False, "as before"),
    "ignored": ("invalid", False, False, "as before"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_write_without_a_good_answer_says_whether_it_may_have_happened(
    fails: Callable[..., StepError], lookup: Callable[..., Any], box: Any, fault: Any
) -> None:
    cls, unknown, done, told = FAULTS[fault]
    asked = {"server": box.at["opcua"], "point": SPEED, "before": [1200.0], "timeout_s": 1.5}
    box.plant.set_fault(fault, 1, writes_only=True)
    error = fails("opcua.write", **asked)
    assert (error.cls, error.outcome_unknown) == (cls, unknown), error.message
    if told == "happened":
        assert lookup("opcua.write", **asked).result["read_back"] == 1300.0
    else:
        with pytest.raises(StepError, match=told) as caught:
            lookup("opcua.write", **asked)
        assert caught.value.outcome_unknown
    assert box.written() == ([("speed_set", 1300.0)] if done else [])


@pytest.mark.parametrize(
    ("args", "cls", "words"),
    [
        ({"point": point("nothing", value=1)}, "not_found", "BadNodeIdUnknown"),
        ({"point": point("speed", value=1)}, "permission", "Bad"),
        ({"point": point("speed_set", value="fast")}, "invalid", "does not fit"),
        ({"point": {"name": "x", "node": "ns=zwei", "value": 1}}, "invalid", "ns=zwei"),
        ({"server": "opc.tcp://127.0.0.1:1", "point": SPEED}, "connection", "127.0.0.1"),
    ],
)
def test_what_is_refused_has_not_happened(
    fails: Callable[..., StepError], box: Any, args: dict[str, Any], cls: str, words: str
) -> None:
    error = fails("opcua.write", **{"server": box.at["opcua"], **args})
    assert (error.cls, error.outcome_unknown) == (cls, False) and words in error.message, error.message
    assert box.written() == []


def test_with_the_network_off_only_this_pc_is_asked(fails: Callable[..., StepError]) -> None:
    off = {"around": {"network": False}, "points": [point("speed")]}
    error = fails("opcua.read", server="opc.tcp://scada.plant:4840", **off)
    assert error.message.startswith("The network is off")


def test_a_cancelled_read_leaves_no_task(make_env: Any, box: Any) -> None:
    tool = tools()["opcua.read"]
    args = tool.args.model_validate({"server": box.at["opcua"], "points": [point("speed")], "timeout_s": 60})

    async def cut_off() -> None:
        box.plant.set_fault("silent", 1)
        task = asyncio.ensure_future(tool.call(args, make_env()))
        while box.plant.faults_left:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 10)
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(cut_off())


def test_user_password_and_encryption(call: Any, fails: Callable[..., StepError], workspace: Path) -> None:
    certificates.write(workspace, "server", APPLICATION)
    certificates.write(workspace, "client", "urn:test:client")
    ready, found = threading.Event(), []

    async def serve() -> None:
        quiet()
        one, ended = OpcuaBox(Plant(), users={"ann": "s3cret-word"}, keys=workspace), asyncio.Event()
        found.append((await one.listen("127.0.0.1", 0), asyncio.get_running_loop(), ended))
        ready.set()
        await ended.wait()
        await one.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(60)
    port, loop, ended = found[0]
    given: list[tuple[str, str]] = []

    def secret(name: str, to: str) -> str:
        given.append((name, to))
        return "s3cret-word"

    at = {
        "server": f"opc.tcp://127.0.0.1:{port}/plant/", "security": "Basic256Sha256", "certificate": "client.der",
        "private_key": "client.pem", "user": "ann", "password": "secret://opc", "around": {"secret": secret},
        "points": [point("pressure_set")],
    }  # fmt: skip
    try:
        assert call("opcua.read", **at)[0]["value"] == 4.0
        assert given == [("opc", f"opcua://127.0.0.1:{port}")]
        pinned = call("opcua.read", **{**at, "server_certificate": "server.der"})
        assert pinned[0]["value"] == 4.0
        error = fails("opcua.read", **{**at, "user": "bea"})
        assert error.cls == "permission" and "s3cret" not in error.message
        error = fails("opcua.read", **{**at, "server_certificate": "client.der", "timeout_s": 1})
        assert error.cls in ("connection", "permission", "invalid", "timeout")
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(20)


@pytest.mark.parametrize(
    ("value", "kind", "found"),
    [(1, "Boolean", True), (3, "Int16", 3), (3.0, "UInt32", 3), (2, "Double", 2.0), ("x", "String", "x")],
)
def test_a_value_is_made_into_the_variables_own_type(value: Any, kind: str, found: Any) -> None:
    assert made(value, kind, "x") == found and type(made(value, kind, "x")) is type(found)


@pytest.mark.parametrize(
    ("value", "kind"), [(2, "Boolean"), (40_000, "Int16"), (-1, "Byte"), (1.5, "Int32"), ("1", "Double")]
)
def test_a_value_that_does_not_fit_is_refused(value: Any, kind: str) -> None:
    with pytest.raises(StepError, match="does not fit"):
        made(value, kind, "x")


def test_a_number_is_not_rounded_on_its_way() -> None:
    assert plain(1 / 3) == 1 / 3 and plain(123456789.1234) == 123456789.1234
    assert alike(struct.unpack("f", struct.pack("f", 1234567.5))[0], "Float") == 1234567.5
    assert alike(struct.unpack("f", struct.pack("f", 4.2))[0], "Float") == 4.2
    most = 2**63 - 1
    setting = OpcuaSetting(name="x", node="ns=2;s=x", value=most)
    assert made(setting.value, "Int64", "x") == most


def test_values_become_json() -> None:
    assert plain([float("nan"), b"\x01", "a\0b", (1, True)]) == [None, "01", "a\ufffdb", [1, True]]
