"""What a model takes of the memory, worked out from its header, beside what its process really takes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil
import pytest
from made_gguf import Size, write_model, write_parts

from engine.models import Models
from engine.models.gguf_file import read_gguf
from engine.models.need import amount, gguf_need, need_of
from engine.settings import Settings, resources_dir

MIB = 1024 * 1024
LOADED = Size(width=512, layers=6, heads=8, kv_heads=8, inner=1536, words=16_000)
GROUPED = Size(width=512, layers=8, heads=8, kv_heads=2, inner=2048, words=32_000)


@pytest.mark.needs_llama
@pytest.mark.parametrize(("size", "n_ctx"), [(None, 1024), (LOADED, 320), (GROUPED, 384)])
def test_the_estimate_is_never_less_than_the_process_takes_and_not_far_more(
    tmp_path: Path, size: Size | None, n_ctx: int
) -> None:
    path = resources_dir() / "models" / "small.gguf"
    if size is not None:
        path = write_model(tmp_path / "made.gguf", size)
        assert 40 * MIB < path.stat().st_size < 150 * MIB
    settings = Settings.model_validate({"roles": {"made": {"model": str(path), "n_ctx": n_ctx}}})

    async def body() -> int:
        models = Models(settings, tmp_path, log=lambda text: None)
        try:
            await models.load("made")
            [child] = psutil.Process().children()
            for number in range(4):  # as many conversations as have a place, each almost as long as may be
                words = "ab" * ((n_ctx - 140) // 2)
                await models.ask("made", [{"role": "user", "content": f"{number}{words}"}], max_tokens=2)
            return int(child.memory_info().rss)
        finally:
            await models.close()

    took, need = asyncio.run(body()), need_of(path, "gguf", n_ctx=n_ctx).total
    assert took <= need <= 1.4 * took + 16 * MIB, f"{took / MIB:.0f} MiB taken, {need / MIB:.0f} MiB reserved"


def test_a_context_costs_what_the_layers_and_the_shared_heads_make_of_it(tmp_path: Path) -> None:
    header = read_gguf(write_model(tmp_path / "m.gguf", Size(width=64, layers=2, heads=4, kv_heads=2, context=4096)))
    keys_and_values = 2 * (64 // 4 * 2) * 2  # both, of two heads of 16 numbers, in two bytes each
    assert gguf_need(header, n_ctx=1000).context == 4 * 1000 * 2 * keys_and_values
    assert gguf_need(header, n_ctx=100_000).context == 4 * 4096 * 2 * keys_and_values, "no longer than it was made for"


def test_a_model_in_parts_needs_what_all_parts_hold(tmp_path: Path) -> None:
    whole = need_of(write_model(tmp_path / "whole.gguf"), "gguf")
    [first, *_] = write_parts(tmp_path, "parts", parts=3)
    assert abs(need_of(first, "gguf").weights - whole.weights) < 200, "but for the last padding"


def test_adapters_and_onnx_weights_are_counted(tmp_path: Path, tiny_gguf: Path, tiny_onnx: Path) -> None:
    adapter = tmp_path / "a.gguf"
    adapter.write_bytes(b"x" * 5000)
    assert need_of(tiny_gguf, "gguf", adapters=[adapter]).total - need_of(tiny_gguf, "gguf").total == 5000
    assert need_of(tiny_onnx, "onnx").total > 60 * MIB


def test_amounts_are_said_as_people_say_them() -> None:
    assert [amount(n) for n in (10, 640_000_000, 999_600_000, 4_200_000_000)] == ["1 MB", "640 MB", "1.0 GB", "4.2 GB"]
