"""Makes the tiny random-weight models that the tests of engine.models run: tests/models/data/tiny*.

Run from the repository root: `python packaging/models/tiny/make_tiny.py` (needs gguf, onnx and numpy).
"""

from pathlib import Path

import numpy as np
from gguf import GGUFWriter
from onnx import TensorProto, checker, helper, numpy_helper, save

OUT = Path("tests/models/data")
SPECIAL = ["<|pad|>", "<|end|>", "<|sys|>", "<|usr|>", "<|ast|>", "<|tool|>"]
MERGES = ["i n", "t h", "th e", "Ġ the", "a l", "al a", "ala r", "alar m", "o r", '" :', '" ,', "e r", "Ġ a", "0 0"]
TEMPLATE = (
    "{%- for m in messages -%}"
    "{%- if m.role == 'system' -%}<|sys|>{{ m.content }}<|end|>"
    "{%- elif m.role == 'user' -%}<|usr|>{{ m.content }}<|end|>"
    "{%- elif m.role == 'tool' -%}<|tool|>{{ m.content }}<|end|>"
    "{%- else -%}<|ast|>{{ m.content }}<|end|>{%- endif -%}"
    "{%- endfor -%}{%- if add_generation_prompt -%}<|ast|>{%- endif -%}"
)
WIDTH, LAYERS, HEADS, INNER, CONTEXT = 48, 2, 2, 64, 4096


def byte_alphabet() -> list[str]:
    """The 256 visible stand-ins that byte-level BPE uses for bytes."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in plain]
    return [chr(byte) for byte in plain] + [chr(256 + index) for index in range(len(rest))]


def write_gguf(path: Path) -> None:
    tokens = [*SPECIAL, *byte_alphabet(), *(merge.replace(" ", "") for merge in MERGES)]
    chance = np.random.default_rng(20)
    w = GGUFWriter(path, "llama")
    w.add_name("tiny-random")
    w.add_description("Random weights for tests; knows nothing.")
    w.add_context_length(CONTEXT)
    w.add_embedding_length(WIDTH)
    w.add_block_count(LAYERS)
    w.add_feed_forward_length(INNER)
    w.add_head_count(HEADS)
    w.add_head_count_kv(HEADS)
    w.add_rope_dimension_count(WIDTH // HEADS)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_vocab_size(len(tokens))
    w.add_file_type(1)
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("qwen2")
    w.add_token_list(tokens)
    w.add_token_types([3] * len(SPECIAL) + [1] * (len(tokens) - len(SPECIAL)))
    w.add_token_merges(MERGES)
    w.add_eos_token_id(1)
    w.add_eot_token_id(1)
    w.add_pad_token_id(0)
    w.add_bos_token_id(1)
    w.add_add_bos_token(False)
    w.add_chat_template(TEMPLATE)

    def matrix(name: str, rows: int, columns: int, spread: float) -> None:
        w.add_tensor(name, chance.normal(0, spread, (rows, columns)).astype(np.float16))

    def norm(name: str) -> None:
        w.add_tensor(name, np.ones(WIDTH, np.float32))

    matrix("token_embd.weight", len(tokens), WIDTH, 0.3)
    norm("output_norm.weight")
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        norm(block + "attn_norm.weight")
        norm(block + "ffn_norm.weight")
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            matrix(f"{block}{name}.weight", WIDTH, WIDTH, 0.2)
        matrix(block + "ffn_gate.weight", INNER, WIDTH, 0.2)
        matrix(block + "ffn_up.weight", INNER, WIDTH, 0.2)
        matrix(block + "ffn_down.weight", WIDTH, INNER, 0.2)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def write_onnx(path: Path) -> None:
    """score = sum(window * weights) + bias over float32 [batch, 4]; label = score > 0."""
    weights = numpy_helper.from_array(np.array([[1.0], [2.0], [-1.0], [0.5]], np.float32), "weights")
    zero = numpy_helper.from_array(np.array(0.0, np.float32), "zero")
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["window", "weights"], ["score"]),
            helper.make_node("Greater", ["score", "zero"], ["label"]),
        ],
        "tiny",
        [helper.make_tensor_value_info("window", TensorProto.FLOAT, ["batch", 4])],
        [
            helper.make_tensor_value_info("score", TensorProto.FLOAT, ["batch", 1]),
            helper.make_tensor_value_info("label", TensorProto.BOOL, ["batch", 1]),
        ],
        [weights, zero],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    checker.check_model(model)
    save(model, path)


def write_onnx_of_images(path: Path) -> None:
    """Gives its two images back as it got them: `grey` is 0 to 1 and 2 × 4 pixels, `colour` 0 to 255 and of any size."""
    sides = {"grey": (TensorProto.FLOAT, ["batch", 1, 2, 4]), "colour": (TensorProto.UINT8, ["batch", "h", "w", 3])}
    graph = helper.make_graph(
        [helper.make_node("Identity", [name], [f"{name}_seen"]) for name in sides],
        "images",
        [helper.make_tensor_value_info(name, *side) for name, side in sides.items()],
        [helper.make_tensor_value_info(f"{name}_seen", *side) for name, side in sides.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="signalbox")
    model.ir_version = 9
    checker.check_model(model, full_check=True)
    save(model, path)


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    write_gguf(OUT / "tiny.gguf")
    write_onnx(OUT / "tiny.onnx")
    write_onnx_of_images(OUT / "tiny_image.onnx")
    print({file.name: file.stat().st_size for file in OUT.iterdir()})
