"""Modbus against a real server: values, faults, and when a write counts as done."""

from __future__ import annotations

import asyncio
import math
import struct
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import StepError
from engine.nodes.device_args import ModbusSetting
from engine.platform import WINDOWS
from engine.tools.devices.common import talk
from engine.tools.devices.modbus import decoded, encoded
from engine.tools.registry import tools

PROTOCOLS = ("modbus", "serial")
SPEED = {"name": "speed", "address": 0, "value": 1300}


def point(name: str, address: int, **more: Any) -> dict[str, Any]:
    return {"name": name, "address": address, **more}


def test_values_of_all_four_tables_come_as_a_table(call: Callable[..., Any], box: Any) -> None:
    box.plant.values.update({"temperature_set": -12.5, "dose_set": 3.3, "alarm": 1.0})
    rows = call(
        "modbus.read",
        device=box.at["modbus"],
        points=[
            point("set", 1, type="i16", scale=0.1, unit="degC"),
            point("dose", 10, type="f32"),
            point("speed", 0, table="input"),
            point("running", 0, table="coil"),
            point("alarm", 0, table="discrete"),
            point("door", 1, table="discrete"),
        ],
    )
    found = {row["name"]: row["value"] for row in rows}
    assert abs(found.pop("speed") - 1200) < 4
    assert found == {"set": -12.5, "dose": 3.3, "running": True, "alarm": True, "door": False}
    assert rows[0]["unit"] == "degC"


@pytest.mark.parametrize("line", ["modbus", *([] if WINDOWS else ["modbus_rtu"])])
def test_a_write_is_read_back(call: Callable[..., Any], box: Any, line: str) -> None:
    device = {"device": box.at[line], "parity": "none"}
    one = call("modbus.write", **device, point=SPEED, before=[1200])
    assert one == {"name": "speed", "wanted": 1300, "before": 1200, "read_back": 1300, "equal": True, "unit": ""}
    call("modbus.write", **device, point=point("dose", 10, type="f32", value=4.25))
    call("modbus.write", **device, point=point("running", 0, table="coil", value=False))
    assert box.written() == [("speed_set", 1300.0), ("dose_set", 4.25), ("running", 0.0)]


FAULTS = {  # fault -> class, whether the write may have happened, whether it did, what the look-up says afterwards
    "silent": ("timeout", True, False, "as before"),
    "late": ("timeout", True, True, "as before"),
    "dropped": ("connection", True, True, "happened"),
    "cut": ("connection", True, False, "as before"),
    "ignored": ("invalid", False, False, "as before"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_write_without_a_good_answer_says_whether_it_may_have_happened(
    fails: Callable[..., StepError], lookup: Callable[..., Any], box: Any, fault: Any
) -> None:
    cls, unknown, done, told = FAULTS[fault]
    asked = {"device": box.at["modbus"], "point": SPEED, "before": [1200], "timeout_s": 0.3}
    box.plant.set_fault(fault, 1)
    error = fails("modbus.write", **asked)
    assert (error.cls, error.outcome_unknown) == (cls, unknown), error.message
    if told == "happened":
        assert lookup("modbus.write", **asked).result["read_back"] == 1300
    else:
        with pytest.raises(StepError, match=told) as caught:
            lookup("modbus.write", **asked)
        assert caught.value.outcome_unknown, "a person has to tell"
    ends = time.monotonic() + 5
    while done and not box.written() and time.monotonic() < ends:
        time.sleep(0.01)  # the late one arrives after it was looked for
    assert box.written() == ([("speed_set", 1300.0)] if done else [])


@pytest.mark.parametrize(
    ("before", "now", "words"),
    [
        (None, 1300, "not read before"),
        ([1300], 1300, "just that"),
        ([1200], 1250, "neither"),
        ([1200], 1200, "as before"),
    ],
)
def test_only_a_new_value_that_was_not_there_before_counts_as_written(
    lookup: Callable[..., Any], box: Any, before: Any, now: int, words: str
) -> None:
    box.plant.values["speed_set"] = now
    with pytest.raises(StepError, match=words):
        lookup("modbus.write", device=box.at["modbus"], point=SPEED, before=before)


def test_a_read_that_gets_no_answer_is_only_a_timeout(fails: Callable[..., StepError], box: Any) -> None:
    box.plant.set_fault("silent", 1)
    error = fails("modbus.read", device=box.at["modbus"], points=[point("a", 0)], timeout_s=0.2)
    assert (error.cls, error.outcome_unknown) == ("timeout", False)


@pytest.mark.parametrize(
    ("args", "cls", "words"),
    [
        ({"points": [{"name": "a", "address": 77}]}, "invalid", "no such address"),
        ({"device": "modbus://127.0.0.1:1", "points": [{"name": "a", "address": 0}]}, "connection", "no connection"),
        ({"device": "http://127.0.0.1", "points": [{"name": "a", "address": 0}]}, "invalid", "modbus://"),
        ({"device": "rtu:/dev/none", "points": [{"name": "a", "address": 0}]}, "connection", "no connection"),
        ({"unit_id": 9, "points": [{"name": "a", "address": 0}]}, "server", "device failed"),
    ],
)
def test_what_is_wrong_is_said_with_its_class(
    fails: Callable[..., StepError], box: Any, args: dict[str, Any], cls: str, words: str
) -> None:
    error = fails("modbus.read", **{"device": box.at["modbus"], "timeout_s": 3, **args})
    assert error.cls == cls and words in error.message, error.message


@pytest.mark.parametrize(("value", "more"), [(70_000, {}), (-1, {}), (2, {"table": "coil"}), (1e300, {"type": "f32"})])
def test_a_value_that_does_not_fit_is_never_sent(
    fails: Callable[..., StepError], box: Any, value: float, more: dict[str, Any]
) -> None:
    error = fails("modbus.write", device=box.at["modbus"], point=point("a", 0, value=value, **more))
    assert error.cls == "invalid" and not error.outcome_unknown and box.written() == []


def test_with_the_network_off_only_this_pc_is_asked(fails: Callable[..., StepError], call: Any, box: Any) -> None:
    off = {"around": {"network": False}, "points": [point("a", 0)]}
    error = fails("modbus.read", device="modbus://plc.plant:502", **off)
    assert error.message.startswith("The network is off") and error.retryable is False
    assert call("modbus.read", device=box.at["modbus"], **off)[0]["value"] == 1200


def test_a_cancelled_write_leaves_nothing_behind(make_env: Any, box: Any) -> None:
    tool = tools()["modbus.write"]
    args = tool.args.model_validate({"device": box.at["modbus"], "point": SPEED, "timeout_s": 60})

    async def cut_off() -> None:
        box.plant.set_fault("silent", 1)
        task = asyncio.ensure_future(tool.call(args, make_env()))
        while box.plant.faults_left:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(cut_off())


def test_one_device_has_one_talk_at_a_time(make_env: Any) -> None:
    open_now, most = [0], [0]

    async def device(reader: Any, writer: Any) -> None:
        open_now[0] += 1
        most[0] = max(most[0], open_now[0])
        await reader.read()
        open_now[0] -= 1
        writer.close()

    async def three() -> None:
        server = await asyncio.start_server(device, "127.0.0.1", 0)
        tool = tools()["modbus.read"]
        given = {"device": f"modbus://127.0.0.1:{server.sockets[0].getsockname()[1]}", "points": [point("a", 0)]}
        args = tool.args.model_validate({**given, "timeout_s": 0.1})
        ended = await asyncio.gather(*(tool.call(args, make_env()) for _ in range(3)), return_exceptions=True)
        assert [error.cls for error in ended] == ["timeout"] * 3  # type: ignore[union-attr]
        async with talk("device:other"), talk("device:another"):
            pass  # different devices do not wait for each other
        server.close()
        await server.wait_closed()

    asyncio.run(three())
    assert most[0] == 1


RANGES = {"u16": (0, 2**16 - 1), "i16": (-(2**15), 2**15 - 1), "u32": (0, 2**32 - 1), "i32": (-(2**31), 2**31 - 1)}


@given(st.data())
def test_what_is_encoded_is_decoded_again(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from([*RANGES, "f32"]))
    order = data.draw(st.sampled_from(["big", "little"]))
    if kind == "f32":
        value: float = data.draw(st.floats(width=32, allow_nan=False, allow_infinity=False))
    else:
        value = data.draw(st.integers(*RANGES[kind]))
    setting = ModbusSetting(name="x", address=0, type=kind, word_order=order, value=value)
    raw = encoded(setting)
    assert all(0 <= word < 65_536 for word in raw)
    assert decoded(setting, raw) == value or math.isclose(float(decoded(setting, raw) or 0), value, rel_tol=1e-7)
    assert encoded(setting.model_copy(update={"value": decoded(setting, raw)})) == raw, "nothing is lost on the way"


@pytest.mark.parametrize(("value", "shown"), [(1234567.5, 1234567.5), (16777216.0, 16777216.0), (4.2, 4.2)])
def test_a_float_is_shown_with_the_digits_that_it_holds_and_no_others(value: float, shown: float) -> None:
    one = ModbusSetting(name="x", address=0, type="f32", value=value)
    assert decoded(one, encoded(one)) == shown


def test_a_serial_line_has_one_talk_whichever_tool_speaks_on_it() -> None:
    found = tools()
    modbus = found["modbus.read"].args.model_validate({"device": "rtu:/dev/ttyUSB0", "points": [point("a", 0)]})
    line = found["serial.exchange"].args.model_validate({"port": "/dev/ttyUSB0"})
    assert found["modbus.read"].lane(modbus) == found["serial.exchange"].lane(line)


def test_word_order_swaps_the_registers() -> None:
    words = struct.unpack(">2H", struct.pack(">f", 3.5))
    one = ModbusSetting(name="x", address=0, type="f32", word_order="little", value=3.5)
    assert encoded(one) == [words[1], words[0]]
