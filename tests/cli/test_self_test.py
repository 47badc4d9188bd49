"""The installation tries itself."""

from __future__ import annotations

from pathlib import Path

from cli_kit import Ctl


def test_self_test_runs_a_workflow_checks_the_chain_and_says_what_it_skipped(ctl: Ctl, data_dir: Path) -> None:
    done = ctl("self-test", "--json")
    assert done.code == 0, done
    parts = {part["part"]: part for part in done.json["parts"]}
    assert parts["workflow"]["ok"] is True and "chain verified" in parts["workflow"]["said"]
    assert all(part["ok"] is not False and part["said"] for part in parts.values())
    assert list(data_dir.iterdir()) == [], "it works in a folder of its own"


def test_models_names_file_kind_and_hash_of_every_role(ctl: Ctl) -> None:
    found = {one["role"]: one for one in ctl("models", "--json").json}
    assert {"small", "scorer"} <= set(found)
    assert found["scorer"]["kind"] == "onnx" and len(found["scorer"]["sha256"]) == 64
