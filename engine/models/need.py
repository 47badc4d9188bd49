"""How much memory a model will take, worked out from its header: nothing is loaded to know it.

For a GGUF the sum is what llama.cpp allocates for one process of ours (`llama.py`): the weights, which it maps; keys
and values in 16 bits for every layer, token and conversation (`llama_kv_cache`, `n_embd_k_gqa`); the largest
intermediate results of one batch without flash attention, which are the scores of every head over the whole context
(`build_attn`, `kq` and its softmax); and what the interpreter takes. It is meant as the most that the process will hold
once its context is full, and is compared with real processes in tests/models/test_memory_need.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from engine.models.gguf_file import GgufHeader, read_gguf
from engine.models.onnx_file import read_onnx
from engine.models.slots import slot_count
from engine.settings import MemorySetting

MIB = 1024 * 1024
BATCH = 512
"""Tokens that are evaluated at once (`llama.BATCH`)."""
_PROCESS = {"gguf": 56 * MIB, "onnx": 80 * MIB}
"""An interpreter with llama.cpp or onnxruntime, before a model."""
_TOKEN = 192
"""What the interpreter keeps for each token of the vocabulary."""
_SCORES = 1.5
"""The scores of a batch, and the part of their softmax that is there at the same time (measured: 1.4 to 1.5)."""
_ONNX_WEIGHTS = 2.5
"""A session holds the weights as read, as packed for this processor, and what it computes with them."""


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes, by what they are for."""

    process: int
    weights: int
    context: int = 0
    compute: int = 0
    adapters: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return self.process + self.weights + self.context + self.compute + self.adapters


def need_of(path: Path, kind: str, *, n_ctx: int = 1024, adapters: Sequence[Path] = ()) -> Need:
    """What a process with this model will take at most. Refused for a file that is no model."""
    if kind == "onnx":
        return Need(_PROCESS["onnx"], int(read_onnx(path).bytes * _ONNX_WEIGHTS))
    added = sum(one.stat().st_size for one in adapters if one.is_file())
    return gguf_need(read_gguf(path), n_ctx=n_ctx, adapters=added)


@lru_cache(maxsize=256)
def need_at(path: Path, stamp: tuple[int, int], kind: str, n_ctx: int, adapters: tuple[Path, ...]) -> int:
    """Bytes for a file of this size and time of change, read once; Refused, every time, for one that is no model."""
    return need_of(path, kind, n_ctx=n_ctx, adapters=adapters).total


def budget_of(memory: MemorySetting) -> int:
    """Bytes that all models may take together on this PC."""
    import psutil

    total = int(psutil.virtual_memory().total)
    return memory.budget_bytes or max(total - memory.reserve_bytes, total // 2)


def too_large(name: str, need: int, budget: int) -> str:
    """One sentence for a model that can never be loaded here."""
    return (
        f"The model {name} needs {amount(need)} of memory, and models may take {amount(budget)} on this PC: "
        "set a smaller context (`n_ctx`), choose a smaller model, or raise `memory.budget_bytes` in the settings."
    )


def gguf_need(header: GgufHeader, *, n_ctx: int, adapters: int = 0) -> Need:
    """The same from a header that is there already."""
    n_ctx = min(n_ctx, header.number("context_length", n_ctx))
    layers, width, heads = (header.number(name) for name in ("block_count", "embedding_length", "attention.head_count"))
    kv_heads = header.number("attention.head_count_kv", heads)
    each = width // heads if heads else 0
    keys = header.number("attention.key_length", each) * kv_heads
    values = header.number("attention.value_length", each) * kv_heads
    conversation = n_ctx * layers * (keys + values) * 2
    words = header.counts.get("tokenizer.ggml.tokens") or header.number("vocab_size")
    batch = min(n_ctx, BATCH)
    row = _SCORES * heads * n_ctx + 2 * header.number("feed_forward_length") + 4 * width
    return Need(
        process=_PROCESS["gguf"] + words * _TOKEN,
        weights=header.data,
        context=conversation * slot_count(conversation),
        compute=int(4 * (batch * row + words)),
        adapters=adapters,
    )


def amount(count: int) -> str:
    """Bytes as people say them: 640 MB, 4.2 GB."""
    return f"{count / 1e9:.1f} GB" if count >= 999.5e6 else f"{max(1, round(count / 1e6))} MB"
