"""Writes an adapter (LoRA, GGUF) for a language model's GGUF file: random, or trained weights from a .npz.

`python packaging/models/make_lora.py resources/models/small.gguf out.gguf --rank 8 --strength 0.5`
"""

import argparse
from pathlib import Path

import gguf
import numpy as np

TARGETS = ("attn_q", "ffn_down")


def make(base: Path, out: Path, *, rank: int, strength: float, seed: int, targets=TARGETS, weights: Path | None = None) -> None:
    """Write the adapter: for each tensor of these kinds A [rank, in] and B [out, rank].

    Without `weights` both are random, B A about `strength` times as large as the model's own weights; a .npz holds
    `<tensor>.lora_a` and `<tensor>.lora_b`, as training gives them.
    """
    reader = gguf.GGUFReader(base)
    field = reader.fields["general.architecture"]
    architecture = bytes(field.parts[field.data[0]]).decode()
    trained = np.load(weights) if weights else None
    chance = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(str(out), architecture)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(rank))  # the runtime multiplies by alpha / rank
    for tensor in reader.tensors:
        kind = tensor.name.split(".")[-2]
        if kind not in targets:
            continue
        wide, tall = (int(n) for n in tensor.shape)
        if trained is not None:
            a, b = trained[f"{tensor.name}.lora_a"], trained[f"{tensor.name}.lora_b"]
        else:
            a = chance.normal(0, 1, (rank, wide)) / np.sqrt(rank)
            b = chance.normal(0, strength / np.sqrt(wide), (tall, rank))
        writer.add_tensor(f"{tensor.name}.lora_a", a.astype(np.float32))
        writer.add_tensor(f"{tensor.name}.lora_b", b.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("base", type=Path)
    p.add_argument("out", type=Path)
    p.add_argument("--rank", type=int, default=8)
    p.add_argument("--strength", type=float, default=0.5)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--weights", type=Path, default=None)
    a = p.parse_args()
    make(a.base, a.out, rank=a.rank, strength=a.strength, seed=a.seed, weights=a.weights)
