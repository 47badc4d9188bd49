"""The simulated plant as a process: it says where it is, takes orders, and ends with whoever started it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from engine.nodes.device_args import ModbusReadArgs
from engine.tools.registry import tools
from engine.tools.tool import ToolEnv


def _started(*options: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    child = subprocess.Popen(
        [sys.executable, "-m", "engine.cli", "simulate", *options, "--json"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip
    assert child.stdout is not None
    text = ""
    while True:
        text += child.stdout.readline()
        try:
            return child, json.loads(text)
        except ValueError:
            assert child.poll() is None, text


def _speed(device: str, folder: Path) -> Any:
    args = ModbusReadArgs.model_validate({"device": device, "points": [{"name": "set", "address": 0}]})
    env = ToolEnv("k", 5, folder, None, True, lambda name, to: "")  # type: ignore[arg-type]
    return asyncio.run(tools()["modbus.read"].call(args, env))[0]["value"]


def test_the_plant_answers_takes_orders_and_ends_with_its_input(tmp_path: Path) -> None:
    child, at = _started("--modbus", "0")
    with child:
        assert set(at) == {"modbus"} and _speed(at["modbus"], tmp_path) == 1200
        assert child.stdin is not None
        child.stdin.write("set speed_set 1350\n")
        child.stdin.flush()
        while _speed(at["modbus"], tmp_path) != 1350:
            pass
        child.stdin.close()
        assert child.wait(20) == 0


def test_a_port_that_is_taken_is_one_sentence() -> None:
    child, at = _started("--serial", "0")
    with child:
        port = at["serial"].rpartition(":")[2]
        command = [sys.executable, "-m", "engine.cli", "simulate", "--serial", port]
        second = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=60)
        assert second.returncode == 2 and f"port {port}" in second.stderr and "Traceback" not in second.stderr
        assert child.stdin is not None
        child.stdin.close()
        child.wait(20)
