"""Writes small adapters (LoRA, GGUF) byte by byte, right ones and wrong ones."""

from __future__ import annotations

import random
import struct
from math import prod
from pathlib import Path
from typing import Any

from engine.models.gguf_file import read_gguf

_KINDS = {str: 8, float: 6}
Shape = tuple[int, ...]


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def write_gguf(path: Path, meta: dict[str, Any], tensors: dict[str, tuple[Shape, list[float]]]) -> None:
    """A GGUF file of F32 tensors; lengths of dimensions as GGUF counts them, the quickest first."""
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(meta))
    for key, value in meta.items():
        said = _text(value) if isinstance(value, str) else struct.pack("<f", value)
        head += _text(key) + struct.pack("<I", _KINDS[type(value)]) + said
    data = b""
    for name, (shape, numbers) in tensors.items():
        head += _text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, len(data))
        data += struct.pack(f"<{len(numbers)}f", *numbers)
        data += bytes(-len(data) % 32)
    path.write_bytes(head + bytes(-len(head) % 32) + data)


def make_lora(path: Path, base: Path, *, strength: float = 3.0, rank: int = 2, seed: int = 1, **wrong: Any) -> Path:
    """A random adapter of every query projection of `base`; `wrong` overrides parts of it:
    meta {key: value or None}, shapes {tensor: shape or None}."""
    header, chance = read_gguf(base), random.Random(seed)
    meta: dict[str, Any] = {
        "general.type": "adapter",
        "general.architecture": header.architecture,
        "adapter.type": "lora",
        "adapter.lora.alpha": float(rank),
        **wrong.get("meta", {}),
    }
    shapes: dict[str, Shape | None] = {}
    for name, shape in header.shapes.items():
        if name.endswith(("attn_q.weight", "ffn_down.weight")):
            shapes |= {f"{name}.lora_a": (shape[0], rank), f"{name}.lora_b": (rank, shape[1])}
    shapes |= wrong.get("shapes", {})
    tensors = {}
    for name, sizes in shapes.items():
        if sizes is not None:
            numbers = [chance.gauss(0, strength / (sizes[0] ** 0.5)) for _ in range(prod(sizes))]
            tensors[name] = (sizes, numbers)
    write_gguf(path, {key: value for key, value in meta.items() if value is not None}, tensors)
    return path
