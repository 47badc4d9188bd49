"""Writes a checkpoint as a GGUF file that llama.cpp loads as a `llama` model."""
import argparse
import json
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType, quants
from model import Shape
from tokenizer import CHAT_TEMPLATE, PRE_NAME


def vocabulary(path: Path) -> tuple[list, list, list]:
    """Tokens by id, their types, and the merges."""
    made = json.loads(path.read_text(encoding="utf-8"))
    special = {t["content"] for t in made["added_tokens"]}
    tokens = sorted(made["model"]["vocab"], key=made["model"]["vocab"].get)
    types = [gguf.TokenType.CONTROL if t in special else gguf.TokenType.NORMAL for t in tokens]
    return tokens, types, [m if isinstance(m, str) else " ".join(m) for m in made["model"]["merges"]]


def tensors(weights: dict, layers: int):
    """llama.cpp's names for the weights; without output.weight the embedding is the head."""
    yield "token_embd.weight", weights["embed.weight"]
    yield "output_norm.weight", weights["norm.weight"]
    for i in range(layers):
        here, there = f"blocks.{i}.", f"blk.{i}."
        q, k, v = weights[here + "qkv.weight"].chunk(3, 0)
        gate, up = weights[here + "gate_up.weight"].chunk(2, 0)
        named = {"attn_norm": weights[here + "norm1.weight"], "attn_q": q, "attn_k": k, "attn_v": v, "attn_output": weights[here + "out.weight"],
                 "ffn_norm": weights[here + "norm2.weight"], "ffn_gate": gate, "ffn_up": up, "ffn_down": weights[here + "down.weight"]}
        yield from ((f"{there}{name}.weight", w) for name, w in named.items())


def export(checkpoint: Path, tokenizer: Path, out: Path, kind: str, name: str, about: str) -> None:
    """Write the file; `kind` is f16 or q8_0."""
    saved = torch.load(checkpoint)
    s = Shape(**saved["shape"])
    tokens, types, merges = vocabulary(tokenizer)
    w = gguf.GGUFWriter(str(out), "llama")
    w.add_name(name)
    w.add_description(f"Demo model: {about}. Knows nothing else.")
    w.add_context_length(s.context)
    w.add_embedding_length(s.width)
    w.add_block_count(s.layers)
    w.add_feed_forward_length(s.hidden)
    w.add_head_count(s.heads)
    w.add_head_count_kv(s.heads)
    w.add_rope_dimension_count(s.width // s.heads)
    w.add_rope_freq_base(s.theta)
    w.add_layer_norm_rms_eps(s.eps)
    w.add_vocab_size(len(tokens))
    w.add_file_type(1 if kind == "f16" else 7)
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre(PRE_NAME)
    w.add_token_list(tokens)
    w.add_token_types(types)
    w.add_token_merges(merges)
    end = tokens.index("<|end|>")
    w.add_eos_token_id(end)
    w.add_eot_token_id(end)
    w.add_bos_token_id(end)
    w.add_pad_token_id(tokens.index("<|pad|>"))
    w.add_add_bos_token(False)
    w.add_add_eos_token(False)
    w.add_chat_template(CHAT_TEMPLATE)
    for name, tensor in tensors(saved["weights"], s.layers):
        a = tensor.detach().float().numpy()
        if a.ndim == 1:
            w.add_tensor(name, a.astype(np.float32))  # llama.cpp wants norms in F32
        elif kind == "f16":
            w.add_tensor(name, a.astype(np.float16))
        else:
            w.add_tensor(name, quants.quantize(a, GGMLQuantizationType.Q8_0), raw_dtype=GGMLQuantizationType.Q8_0)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("checkpoint", type=Path)
    ap.add_argument("out", type=Path)
    ap.add_argument("--tokenizer", type=Path, default=Path("tokenizer.json"))
    ap.add_argument("--kind", choices=("f16", "q8_0"), default="q8_0")
    ap.add_argument("--name", default="signalbox-small")
    ap.add_argument("--about", default="triage of synthetic machine alarms")
    args = ap.parse_args()
    export(args.checkpoint, args.tokenizer, args.out, args.kind, args.name, args.about)
    print(args.out, args.out.stat().st_size, "bytes")
