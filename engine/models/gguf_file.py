"""Reads the header of a GGUF file: enough to say in one sentence why it cannot be a language model here.

Pure Python, no native code, nothing of the weights is read: a damaged or hostile file is refused before a worker
process sees it. Format: magic, version, counts, key/value pairs, tensor descriptions, padding, tensor data.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from engine.errors import Refused

_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9
_MAX_KEYS, _MAX_TENSORS, _MAX_DIMS = 65_536, 65_536, 4

# Elements and bytes of one block, by ggml's type number; an unknown number is left to the runtime.
TENSOR_BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 10: (256, 84),
    11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292), 16: (256, 66), 17: (256, 74),
    18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2),
    26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66), 39: (32, 17),
}  # fmt: skip
_NOT_CHAT = ("bert", "clip", "mmproj", "t5encoder", "wavtokenizer", "embedding")
_REMEDY = "Download or export it again, or point the role at another file."


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """What a GGUF says of itself: `meta` holds its scalar and text keys (arrays are skipped)."""

    version: int
    architecture: str
    meta: dict[str, Any]
    tensors: int


class _Short(Exception):
    """The file ends inside the header."""


class _Reader:
    """A position in the mapped file; every read is checked against its end."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data, self.at, self.end = data, 0, len(data)

    def skip(self, count: int) -> int:
        start = self.at
        if count > self.end - start:
            raise _Short
        self.at += count
        return start

    def number(self, form: str) -> Any:
        return struct.unpack_from(form, self.data, self.skip(struct.calcsize(form)))[0]

    def text(self) -> str:
        length: int = self.number("<Q")
        start = self.skip(length)
        return self.data[start : start + length].decode("utf-8", "replace")

    def value(self, kind: int) -> Any:
        if kind == _STRING:
            return self.text()
        if kind == _ARRAY:
            return self.array()
        if kind not in _SCALARS:
            raise Refused(f"This GGUF holds a value of unknown type {kind}.", remedy=_REMEDY)
        return self.number(_SCALARS[kind])

    def array(self) -> None:
        kind, count = self.number("<I"), self.number("<Q")
        if kind == _STRING:
            for _ in range(count):  # a count past the end stops at the first string that is not there
                self.skip(self.number("<Q"))
        elif kind in _SCALARS:
            self.skip(struct.calcsize(_SCALARS[kind]) * count)
        else:
            raise Refused(f"This GGUF holds an array of unknown type {kind}.", remedy=_REMEDY)


def read_gguf(path: Path) -> GgufHeader:
    """The header of a GGUF file. Raises Refused, with the file in `where`, for anything that is not a whole one."""
    try:
        with path.open("rb") as file:
            if file.read(4) != b"GGUF":
                raise Refused("This is not a GGUF file: it does not begin with `GGUF`.", remedy=_REMEDY)
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _header(_Reader(data))
    except Refused as fault:
        raise Refused(fault.what, where=str(path), remedy=fault.remedy) from None
    except _Short:
        raise Refused(
            "This GGUF file ends inside its header: it is cut off.", where=str(path), remedy=_REMEDY
        ) from None
    except OSError as fault:
        reason = fault.strerror or str(fault)
        raise Refused(f"The model file cannot be read: {reason}.", where=str(path), remedy=_REMEDY) from None


def _header(reader: _Reader) -> GgufHeader:
    reader.skip(4)
    version: int = reader.number("<I")
    if version not in (2, 3):
        raise Refused(f"This GGUF is of version {version}; versions 2 and 3 can be read.", remedy=_REMEDY)
    tensors, keys = reader.number("<Q"), reader.number("<Q")
    if keys > _MAX_KEYS or tensors > _MAX_TENSORS:
        raise Refused("This GGUF claims an impossible number of keys or tensors.", remedy=_REMEDY)
    meta: dict[str, Any] = {}
    for _ in range(keys):
        key = reader.text()
        value = reader.value(reader.number("<I"))
        if value is not None:
            meta[key] = value
    _check_tensors(reader, tensors, meta.get("general.alignment", 32))
    return GgufHeader(version, _architecture(meta), meta, tensors)


def _check_tensors(reader: _Reader, count: int, alignment: Any) -> None:
    if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
        raise Refused("This GGUF states an impossible alignment.", remedy=_REMEDY)
    if count == 0:
        raise Refused("This GGUF holds no weights, only a vocabulary or settings.", remedy=_REMEDY)
    last, last_name = 0, ""
    for _ in range(count):
        name, dims = reader.text(), reader.number("<I")
        if not 1 <= dims <= _MAX_DIMS:
            raise Refused(f"The tensor `{name[:80]}` of this GGUF has {dims} dimensions.", remedy=_REMEDY)
        shape = [reader.number("<Q") for _ in range(dims)]
        kind, offset = reader.number("<I"), reader.number("<Q")
        block, size = TENSOR_BLOCKS.get(kind, (1, 0))
        if shape[0] % block or offset % alignment:
            raise Refused(f"The tensor `{name[:80]}` of this GGUF has an impossible shape or place.", remedy=_REMEDY)
        end = offset + prod(shape) // block * size
        if end > last:
            last, last_name = end, name
    begin = -(-reader.at // alignment) * alignment
    if begin + last > reader.end:
        missing = begin + last - reader.end
        raise Refused(
            f"This GGUF file is cut off: {missing:,} bytes of its weights are missing (`{last_name[:80]}`).",
            remedy=_REMEDY,
        )


def _architecture(meta: dict[str, Any]) -> str:
    kind, name = meta.get("general.type", "model"), meta.get("general.architecture")
    if kind != "model":
        raise Refused(f"This GGUF is of type `{kind}`, not a model.", remedy=_REMEDY)
    if not isinstance(name, str) or not name:
        raise Refused("This GGUF does not say which architecture it has.", remedy=_REMEDY)
    if any(part in name for part in _NOT_CHAT):
        raise Refused(f"This GGUF is a `{name[:40]}` model, which cannot write text.", remedy="Use a chat model.")
    if "tokenizer.ggml.model" not in meta or meta.get("tokenizer.ggml.model") == "none":
        raise Refused("This GGUF has no tokenizer, so it cannot read text.", remedy=_REMEDY)
    return name
