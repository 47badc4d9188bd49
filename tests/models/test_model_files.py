"""Headers of model files: a whole one passes, everything else is one sentence."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from engine.errors import Refused
from engine.models import check_model_file
from engine.models.gguf_file import read_gguf


def _refusal(path: Path) -> str:
    with pytest.raises(Refused) as caught:
        check_model_file(path)
    assert caught.value.where == str(path)
    assert caught.value.what.endswith(".") and "\n" not in str(caught.value)
    return caught.value.what


def test_whole_files_pass(tiny_gguf: Path, tiny_onnx: Path) -> None:
    check_model_file(tiny_gguf)
    check_model_file(tiny_onnx)
    assert read_gguf(tiny_gguf).architecture == "llama"


@pytest.mark.parametrize("content", [b"", b"GGU", b"GGUF", b"PK\x03\x04", b"GGUF" + b"\xff" * 64, b"<html>" * 100])
def test_a_gguf_that_is_not_one_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(content)
    assert _refusal(path)


@pytest.mark.parametrize(
    "content", [b"", b"\x08", b"\x08\x09", b"hello world", b"\x3a\xff\xff\xff\xff\x0f", b"{}" * 50]
)
def test_an_onnx_that_is_not_one_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    assert _refusal(path)


def test_a_cut_off_download_says_how_much_is_missing(tmp_path: Path, tiny_gguf: Path, tiny_onnx: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(tiny_gguf.read_bytes()[:-1000])
    assert "1,000 bytes of its weights are missing" in _refusal(path)
    path.write_bytes(tiny_gguf.read_bytes()[:500])
    assert "ends inside its header" in _refusal(path)
    path = tmp_path / "m.onnx"
    path.write_bytes(tiny_onnx.read_bytes()[:-3])
    assert _refusal(path)


def test_every_cut_and_many_flipped_bytes_of_a_header_end_in_a_sentence_or_pass(
    tmp_path: Path, tiny_gguf: Path
) -> None:
    whole, path, chance = tiny_gguf.read_bytes(), tmp_path / "m.gguf", random.Random(4)
    for _ in range(300):
        broken = bytearray(whole[: chance.choice([len(whole), chance.randrange(8000)])])
        for _ in range(chance.randrange(4)):
            if broken:
                broken[chance.randrange(min(len(broken), 8000))] = chance.randrange(256)
        path.write_bytes(broken)
        try:
            check_model_file(path)
        except Refused as fault:
            assert str(path) in str(fault)


def test_counts_beyond_all_reason_cost_no_memory_or_time(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    key = struct.pack("<Q", 1) + b"k"
    for body in (
        struct.pack("<IQQ", 3, 2**60, 2**60),
        struct.pack("<IQQ", 3, 1, 1) + key + struct.pack("<IIQ", 9, 0, 2**62),
        struct.pack("<IQQ", 3, 1, 1) + key + struct.pack("<IIQ", 9, 8, 2**62),
        struct.pack("<IQQ", 3, 1, 1) + struct.pack("<Q", 2**63),
    ):
        path.write_bytes(b"GGUF" + body)
        assert _refusal(path)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [("general.architecture", "bert", "cannot write text"), ("general.type", "adapter", "not a model")],
)
def test_a_gguf_of_another_purpose_is_refused(tmp_path: Path, key: str, value: str, said: str) -> None:
    def text(content: str) -> bytes:
        return struct.pack("<Q", len(content)) + content.encode()

    keys = {"general.architecture": "llama", "tokenizer.ggml.model": "gpt2", key: value}
    pairs = b"".join(text(name) + struct.pack("<I", 8) + text(content) for name, content in keys.items())
    tensor = text("w") + struct.pack("<IQIQ", 1, 4, 0, 0)
    path = tmp_path / "m.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 1, len(keys)) + pairs + tensor + b"\0" * 64)
    assert said in _refusal(path)


def test_a_folder_and_another_kind_of_file_are_refused(tmp_path: Path) -> None:
    assert "folder" in _refusal(tmp_path)
    assert "ends in .gguf or .onnx" in _refusal(tmp_path / "m.bin")
    assert "cannot be read" in _refusal(tmp_path / "gone.gguf")
