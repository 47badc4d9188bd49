"""The model part of `signalboxctl bench` measures against llama.cpp called directly."""

from __future__ import annotations

import asyncio

import pytest

from engine.models.bench import measure

pytestmark = pytest.mark.needs_llama


def test_the_bench_gives_both_ratios_of_the_shipped_model() -> None:
    found = asyncio.run(measure())
    assert set(found) == {"tokens_vs_direct", "prefill_speedup"}
    assert all(isinstance(value, float) and value > 0 for value in found.values())
