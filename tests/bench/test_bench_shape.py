"""`signalboxctl bench` answers every key with a number of the right kind. No test asserts a time."""

from __future__ import annotations

import asyncio
import json

import pytest

from engine.cli import bench

KEYS = {
    "chain_vs_raw",
    "chain_awaited_vs_raw",
    "concurrent_vs_raw",
    "resume_seconds",
    "bytes_per_step",
    "expression_us",
    "tokens_vs_direct",
    "prefill_speedup",
    "detail",
}


def test_every_figure_is_there_and_is_a_positive_number(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"STEPS": 10, "SLICES": 2, "AT_ONCE": 2, "HISTORY": (20, 60)}.items():
        monkeypatch.setattr(bench, name, value)
    said: list[str] = []
    found = asyncio.run(bench.measure(said.append, models=False))

    assert set(found) == KEYS
    for key in ("chain_vs_raw", "chain_awaited_vs_raw", "concurrent_vs_raw", "expression_us"):
        assert isinstance(found[key], float) and found[key] > 0, key
    assert isinstance(found["bytes_per_step"], int) and found["bytes_per_step"] > bench.PAYLOAD_BYTES
    assert found["tokens_vs_direct"] is None and found["prefill_speedup"] is None
    assert set(found["resume_seconds"]) == {"20", "60"}
    for resume in found["resume_seconds"].values():
        assert set(resume) == {"seconds", "raw_s", "ratio"}
        assert all(isinstance(value, float) and value >= 0 for value in resume.values())
    assert {"chain", "awaited", "concurrent", "growth", "steps"} == set(found["detail"])
    assert said and all(said)
    assert json.loads(json.dumps(found)) == found
