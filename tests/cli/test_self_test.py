"""The installation tries itself."""

from __future__ import annotations

import asyncio
import importlib.metadata
import sys
from pathlib import Path
from typing import Any

import pytest
from cli_kit import Ctl

from engine.cli import self_test, trials
from engine.keys import system
from engine.models.lora_file import check_lora
from engine.net import guard, rules
from engine.settings import resources_dir
from engine.tools.devices.box.plant import Plant

PARTS = {
    "workflow", "templates", "template on modbus", "secrets", "keyring", "gateway", "device mqtt", "device modbus",
    "device opcua", "device serial", "tool servers", "remote models", "model small", "model scorer",
    "adapter and cache",
}  # fmt: skip


def test_self_test_runs_a_workflow_checks_the_chain_and_says_what_it_skipped(ctl: Ctl, data_dir: Path) -> None:
    done = ctl("self-test", "--json")
    assert done.code == 0, done
    parts = {part["part"]: part for part in done.json["parts"]}
    assert set(parts) >= PARTS
    assert parts["workflow"]["ok"] is True and "chain verified" in parts["workflow"]["said"]
    assert all(part["ok"] is not False and part["said"] for part in parts.values())
    for name in PARTS - {"model small", "model scorer", "adapter and cache"}:
        assert parts[name]["ok"] is True, f"what this part needs is installed with the tests: {parts[name]}"
    assert list(data_dir.iterdir()) == [], "it works in a folder of its own"


def test_a_secret_that_anybody_may_have_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.keys.vault.covers", lambda bound, place: True)
    assert asyncio.run(trials.secrets(tmp_path)) == (False, "The secret was given to somebody who must not have it.")


def test_a_gateway_that_lets_everything_pass_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def nowhere(self: Any, host: str, port: int, right: Any, what: str) -> tuple[str, ...]:
        asked.append(host)
        return ("127.0.0.1",) if host == "127.0.0.1" else ()

    monkeypatch.setattr(guard.Guard, "addresses", nowhere)
    assert asyncio.run(trials.gateway(tmp_path))[0] is True and asked == ["127.0.0.1"]
    monkeypatch.setattr(guard, "never", lambda ip: "" if str(ip) == "169.254.169.254" else rules.never(ip))
    ok, said = asyncio.run(trials.gateway(tmp_path))
    assert ok is False and "169.254.169.254" in said


@pytest.mark.parametrize("protocol", trials.PROTOCOLS)
def test_a_device_that_is_told_and_does_nothing_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, protocol: str
) -> None:
    monkeypatch.setattr(Plant, "write", lambda *_: None)
    try:
        ok, said = asyncio.run(trials.device(tmp_path, protocol))
    except Exception as error:
        ok, said = False, str(error)
    assert ok is False and said


def test_a_copy_without_this_systems_keyring_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert system._OWN.get(sys.platform, ("SecretService",))[0] in system.offered()
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda **_: ())  # a frozen program without the metadata
    with pytest.raises(ImportError, match="does not know"):
        system.offered()


def test_the_adapter_of_zeros_fits_the_shipped_model(tmp_path: Path) -> None:
    base = resources_dir() / "models" / "small.gguf"
    trials.write_adapter(tmp_path / "nothing.gguf", base)
    check_lora(tmp_path / "nothing.gguf", base)


def test_models_names_file_kind_and_hash_of_every_role(ctl: Ctl) -> None:
    found = {one["role"]: one for one in ctl("models", "--json").json}
    assert {"small", "scorer"} <= set(found)
    assert found["scorer"]["kind"] == "onnx" and len(found["scorer"]["sha256"]) == 64


def test_a_part_that_raises_is_a_failed_part_and_no_fault_of_the_program() -> None:
    async def broken() -> tuple[bool, str]:
        raise RuntimeError("nobody there")

    part = asyncio.run(self_test._part("gateway", broken()))
    assert (part["ok"], part["said"]) == (False, "RuntimeError: nobody there")
