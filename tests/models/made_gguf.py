"""GGUF files of any size with random weights, written by hand: no package, the same bytes every time."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SPECIAL = ["<|pad|>", "<|end|>", "<|sys|>", "<|usr|>", "<|ast|>", "<|tool|>"]
TEMPLATE = (
    "{%- for m in messages -%}<|{{ {'system': 'sys', 'user': 'usr', 'tool': 'tool'}.get(m.role, 'ast') }}|>"
    "{{ m.content }}<|end|>{%- endfor -%}{%- if add_generation_prompt -%}<|ast|>{%- endif -%}"
)
_U32, _F32, _BOOL, _STR, _ARRAY, _I32 = 4, 6, 7, 8, 9, 5
_ALIGNMENT = 32


@dataclass(frozen=True)
class Size:
    """The measures of a `llama`: `words` is how many tokens its vocabulary has beside bytes and control tokens."""

    width: int = 64
    layers: int = 2
    heads: int = 4
    kv_heads: int = 2
    inner: int = 128
    words: int = 0
    context: int = 4096


def write_model(path: Path, size: Size = Size(), *, seed: int = 1, meta: dict[str, str] | None = None) -> Path:
    """A language model of this size. Returns the path."""
    keys, tensors = _meta(size, meta or {}), list(_tensors(size))
    _write(path, keys, tensors, seed)
    return path


def write_parts(folder: Path, name: str, size: Size = Size(), *, parts: int = 3, seed: int = 1) -> list[Path]:
    """The same in several files, as `gguf-split` makes them."""
    keys, tensors = _meta(size, {}), list(_tensors(size))
    share = -(-len(tensors) // parts)
    made = []
    for number in range(parts):
        split = [
            ("split.no", 2, struct.pack("<H", number)),
            ("split.count", 2, struct.pack("<H", parts)),
            ("split.tensors.count", _I32, struct.pack("<i", len(tensors))),
        ]
        path = folder / f"{name}-{number + 1:05}-of-{parts:05}.gguf"
        mine = tensors[number * share : (number + 1) * share]
        _write(path, [*(keys if number == 0 else []), *split], mine, seed + number)
        made.append(path)
    return made


def _text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack("<Q", len(raw)) + raw


def _list(kind: int, items: list[bytes]) -> bytes:
    return struct.pack("<IQ", kind, len(items)) + b"".join(items)


def _bytes_as_signs() -> list[str]:
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in plain]
    return [chr(byte) for byte in plain] + [chr(256 + index) for index in range(len(rest))]


def _meta(size: Size, more: dict[str, str]) -> list[tuple[str, int, bytes]]:
    tokens = [*SPECIAL, *_bytes_as_signs(), *(f"w{number}" for number in range(size.words))]
    kinds = [3] * len(SPECIAL) + [1] * (len(tokens) - len(SPECIAL))
    numbers = {
        "context_length": size.context,
        "embedding_length": size.width,
        "block_count": size.layers,
        "feed_forward_length": size.inner,
        "attention.head_count": size.heads,
        "attention.head_count_kv": size.kv_heads,
        "rope.dimension_count": size.width // size.heads,
        "vocab_size": len(tokens),
    }
    said = {"general.architecture": "llama", "general.name": "made", "tokenizer.ggml.model": "gpt2"}
    said |= {"tokenizer.ggml.pre": "qwen2", "tokenizer.chat_template": TEMPLATE, **more}
    return [
        *((key, _STR, _text(value)) for key, value in said.items()),
        *((f"llama.{key}", _U32, struct.pack("<I", value)) for key, value in numbers.items()),
        ("llama.attention.layer_norm_rms_epsilon", _F32, struct.pack("<f", 1e-5)),
        ("tokenizer.ggml.tokens", _ARRAY, _list(_STR, [_text(token) for token in tokens])),
        ("tokenizer.ggml.token_type", _ARRAY, _list(_I32, [struct.pack("<i", kind) for kind in kinds])),
        ("tokenizer.ggml.merges", _ARRAY, _list(_STR, [_text("i n"), _text("t h")])),
        ("tokenizer.ggml.eos_token_id", _U32, struct.pack("<I", 1)),
        ("tokenizer.ggml.bos_token_id", _U32, struct.pack("<I", 1)),
        ("tokenizer.ggml.add_bos_token", _BOOL, b"\0"),
    ]


def _tensors(size: Size) -> Iterator[tuple[str, tuple[int, ...], int]]:
    """(name, dimensions, type: 0 is f32 of ones, 1 is f16 of chance)."""
    vocabulary = len(SPECIAL) + 256 + size.words
    kv = size.width // size.heads * size.kv_heads
    yield "token_embd.weight", (size.width, vocabulary), 1
    yield "output_norm.weight", (size.width,), 0
    for layer in range(size.layers):
        block = f"blk.{layer}."
        yield block + "attn_norm.weight", (size.width,), 0
        yield block + "ffn_norm.weight", (size.width,), 0
        for name, rows in (("attn_q", size.width), ("attn_k", kv), ("attn_v", kv), ("attn_output", size.width)):
            yield f"{block}{name}.weight", (size.width, rows), 1
        yield block + "ffn_gate.weight", (size.width, size.inner), 1
        yield block + "ffn_up.weight", (size.width, size.inner), 1
        yield block + "ffn_down.weight", (size.inner, size.width), 1


def _write(path: Path, keys: list[tuple[str, int, bytes]], tensors: list[Any], seed: int) -> None:
    chance = random.Random(seed)
    noise = b"".join(struct.pack("<e", chance.gauss(0, 0.05)) for _ in range(20_011))  # odd: no two rows are the same
    described, offset, places = b"", 0, []
    for name, shape, kind in tensors:
        count = 1
        for side in shape:
            count *= side
        bytes_ = count * (4 if kind == 0 else 2)
        described += _text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)
        places.append((kind, count, bytes_))
        offset += -(-bytes_ // _ALIGNMENT) * _ALIGNMENT
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys))
    head += b"".join(_text(key) + struct.pack("<I", kind) + value for key, kind, value in keys) + described
    with path.open("wb") as file:
        file.write(head + b"\0" * (-len(head) % _ALIGNMENT))
        for kind, count, bytes_ in places:
            data = struct.pack("<f", 1.0) * count if kind == 0 else (noise * (bytes_ // len(noise) + 1))[:bytes_]
            file.write(data + b"\0" * (-bytes_ % _ALIGNMENT))
