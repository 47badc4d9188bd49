"""Serial lines: a real port where the system has them, and a device server's socket everywhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import serial

from engine.errors import StepError
from engine.platform import WINDOWS
from engine.tools.registry import tools

PROTOCOLS = ("serial",)
LINES = ["serial", *([] if WINDOWS else ["serial_port"])]  # Windows lets no program make a port


@pytest.mark.parametrize("line", LINES)
def test_a_question_gets_its_answer(call: Callable[..., Any], box: Any, line: str) -> None:
    port = box.at[line]
    assert call("serial.exchange", port=port, write="GET alarm") == {"answer": "alarm=0", "bytes": 9}
    assert call("serial.exchange", port=port, write="SET speed_set=1300")["answer"] == "OK"
    assert call("serial.exchange", port=port, write="GET nothing")["answer"] == "ERR unknown"
    sent = {"form": "hex", "write": b"GET alarm\r\n".hex(" "), "until": "0D 0A"}
    assert call("serial.exchange", port=port, **sent)["answer"] == b"alarm=0\r\n".hex(" ").upper()
    assert call("serial.exchange", port=port, write="GET alarm", length=5) == {"answer": "alarm", "bytes": 5}
    assert call("serial.exchange", port=port, write="SET speed_set=1200", length=0)["bytes"] == 0
    assert box.written()[0] == ("speed_set", 1300.0)


@pytest.mark.parametrize(
    ("fault", "line", "cls"),
    [("silent", "serial", "timeout"), ("silent", LINES[-1], "timeout"), ("dropped", "serial", "connection"),
     ("cut", "serial", "connection"), ("late", "serial", "timeout")],
)  # fmt: skip
def test_an_unanswered_order_may_have_been_carried_out(
    fails: Callable[..., StepError], box: Any, fault: Any, line: str, cls: str
) -> None:
    box.plant.set_fault(fault, 1)
    error = fails("serial.exchange", port=box.at[line], write="SET speed_set=1300", timeout_s=0.2)
    assert (error.cls, error.outcome_unknown) == (cls, True), error.message


def test_reading_alone_changes_nothing_and_says_when_nothing_came(fails: Callable[..., StepError], box: Any) -> None:
    error = fails("serial.exchange", port=box.at["serial"], timeout_s=0.1)
    assert (error.cls, error.outcome_unknown) == ("timeout", False)
    args = tools()["serial.exchange"].args
    effect = tools()["serial.exchange"].effect
    assert effect(args.model_validate({"port": "COM3"})) == "pure"
    assert effect(args.model_validate({"port": "COM3", "write": "x"})) == "at_most_once"
    assert effect(args.model_validate({"port": "COM3", "write": "x", "effect": "checkable"})) == "at_most_once"


@pytest.mark.parametrize(
    ("port", "cls"), [("/dev/none", "not_found"), ("socket://127.0.0.1:1", "connection"), ("spy://x", "invalid")]
)
def test_a_port_that_is_not_there_is_said(fails: Callable[..., StepError], port: str, cls: str) -> None:
    error = fails("serial.exchange", port=port, write="x")
    assert error.cls == cls and not error.outcome_unknown


def test_with_the_network_off_a_device_server_is_not_asked(fails: Callable[..., StepError]) -> None:
    error = fails("serial.exchange", around={"network": False}, port="socket://ports.plant:4001", write="x")
    assert error.message.startswith("The network is off")


@pytest.mark.skipif(WINDOWS, reason="Windows opens every port for one program alone")
def test_a_port_that_another_program_uses_is_left_alone(fails: Callable[..., StepError], box: Any) -> None:
    with serial.Serial(box.at["serial_port"], exclusive=True):
        error = fails("serial.exchange", port=box.at["serial_port"], write="SET speed_set=1300")
    assert error.cls == "permission" and "in use" in error.message and not error.outcome_unknown
    assert box.written() == []


def test_a_cancelled_exchange_closes_its_port(make_env: Any, box: Any) -> None:
    tool = tools()["serial.exchange"]
    args = tool.args.model_validate({"port": box.at["serial"], "timeout_s": 60})

    async def cut_off() -> None:
        task = asyncio.ensure_future(tool.call(args, make_env()))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 5)

    asyncio.run(cut_off())
