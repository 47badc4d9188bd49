"""Reads the header of a GGUF file: enough to say in one sentence why it cannot be a language model here.

Pure Python, no native code, nothing of the weights is read: a damaged or hostile file is refused before a worker
process sees it. Format: magic, version, counts, key/value pairs, tensor descriptions, padding, tensor data.
"""

from __future__ import annotations

import mmap
import re
import struct
from dataclasses import dataclass, field, replace
from math import prod
from pathlib import Path
from typing import Any

from engine.errors import Refused

_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9
_MAX_KEYS, _MAX_TENSORS, _MAX_DIMS = 65_536, 65_536, 4
_MAX_TEXT, _MAX_ITEMS, _KEPT_ITEMS = 16 * 1024 * 1024, 16_777_216, 4_096
_PART, _MAX_PARTS = re.compile(r"-(\d{5})-of-(\d{5})(\.gguf)$", re.IGNORECASE), 999

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
    """What a GGUF says of itself: `meta` holds its scalar and text keys, `lists` its short lists of numbers, `counts`
    the length of every list; `shapes` the length of each tensor's dimensions, the quickest one first; `data` the bytes
    of the weights; `kind` is "model" or "adapter" (LoRA)."""

    version: int
    architecture: str
    meta: dict[str, Any]
    tensors: int
    shapes: dict[str, tuple[int, ...]]
    lists: dict[str, tuple[float, ...]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    data: int = 0
    kind: str = "model"

    def number(self, name: str, otherwise: int = 0) -> int:
        """A whole number of the architecture, as `number("block_count")`; of one for each layer the largest."""
        key = f"{self.architecture}.{name}"
        said = max(self.lists[key], default=0) if key in self.lists else self.meta.get(key)
        return int(said) if isinstance(said, int | float) and 0 < said < 2**48 else otherwise


class _Short(Exception):
    """The file ends inside the header."""


class _Reader:
    """A position in the mapped file; every read is checked against its end."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data, self.at, self.end = data, 0, len(data)
        # of the list that was read last: its length, and its numbers when they are few
        self.count = 0
        self.items: tuple[float, ...] = ()

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
        if length > _MAX_TEXT:
            raise Refused(f"This GGUF holds a text of {length:,} bytes.", remedy=_REMEDY)
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
        self.count, self.items = count, ()
        if count > self.end - self.at:
            raise _Short
        if count > _MAX_ITEMS:
            raise Refused(f"This GGUF holds a list of {count:,} values.", remedy=_REMEDY)
        if kind == _STRING:
            for _ in range(count):
                self.skip(self.number("<Q"))
        elif kind in _SCALARS:
            form = _SCALARS[kind]
            start = self.skip(struct.calcsize(form) * count)
            if count <= _KEPT_ITEMS:
                self.items = struct.unpack_from(f"<{count}{form[1]}", self.data, start)
        else:
            raise Refused(f"This GGUF holds an array of unknown type {kind}.", remedy=_REMEDY)


def shards(path: Path) -> tuple[Path, ...]:
    """All files of the model that a file belongs to, in order, there or not: itself alone, or its numbered parts."""
    found = _PART.search(path.name)
    if found is None or not 1 <= int(found[2]) <= _MAX_PARTS:
        return (path,)
    stem = path.name[: found.start()]
    return tuple(path.with_name(f"{stem}-{n:05}-of-{found[2]}{found[3]}") for n in range(1, int(found[2]) + 1))


def files_alone(path: Path) -> None:
    """Refused for a pipe or a device under a model's name: opening one may wait for ever."""
    if path.exists() and not path.is_file():
        raise Refused("This is no file.", where=str(path), remedy="Name the .gguf or .onnx file.")


def read_gguf(path: Path, kind: str | None = "model") -> GgufHeader:
    """The header of a GGUF file. Raises Refused, with the file in `where`, for anything that is not a whole one.

    `kind` is "model" for a language model, "adapter" for what changes one, None for either. Of a model in several files
    (`-00001-of-0000N.gguf`) the first is named; the others must be beside it, and whole.
    """
    parts = shards(path)
    files_alone(path)
    try:
        if path != parts[0]:
            raise Refused(f"This is not the first of its model's {len(parts)} files.", remedy=f"Name {parts[0].name}.")
        header = _opened(path, kind, len(parts))
        for part in parts[1:]:
            if not part.is_file():
                said = f"The model is in {len(parts)} files, and {part.name} is not beside the first."
                raise Refused(said, remedy="Put all its files into one folder.")
            more = _opened(part, "part", len(parts))
            header = replace(header, data=header.data + more.data, shapes={**header.shapes, **more.shapes})
        return header
    except Refused as fault:
        raise Refused(fault.what, where=str(path), remedy=fault.remedy) from None
    except _Short:
        raise Refused(
            "This GGUF file ends inside its header: it is cut off.", where=str(path), remedy=_REMEDY
        ) from None
    except OSError as fault:
        reason = fault.strerror or str(fault)
        raise Refused(f"The model file cannot be read: {reason}.", where=str(path), remedy=_REMEDY) from None


def _opened(path: Path, kind: str | None, parts: int) -> GgufHeader:
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise Refused("This is not a GGUF file: it does not begin with `GGUF`.", remedy=_REMEDY)
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _header(_Reader(data), kind, parts)


def _header(reader: _Reader, wanted: str | None, parts: int) -> GgufHeader:
    reader.skip(4)
    version: int = reader.number("<I")
    if version not in (2, 3):
        raise _other_version(version)
    tensors, keys = reader.number("<Q"), reader.number("<Q")
    if keys > _MAX_KEYS or tensors > _MAX_TENSORS:
        raise Refused("This GGUF claims an impossible number of keys or tensors.", remedy=_REMEDY)
    meta: dict[str, Any] = {}
    lists: dict[str, tuple[float, ...]] = {}
    counts: dict[str, int] = {}
    for _ in range(keys):
        key = reader.text()
        value = reader.value(reader.number("<I"))
        if value is not None:
            meta[key] = value
        else:
            counts[key], lists[key] = reader.count, reader.items
    if parts == 1 and meta.get("split.count", 1) not in (0, 1):
        said = f"This GGUF is one of {meta['split.count']} files of a model, and its name does not say which one."
        raise Refused(said, remedy="Give it its own name back, which ends as in -00001-of-00003.gguf.")
    shapes, data = _shapes(reader, tensors, meta.get("general.alignment", 32), may_be_empty=parts > 1)
    kind = str(meta.get("general.type", "model"))
    name = "" if wanted == "part" else _architecture(meta, kind, wanted)
    return GgufHeader(version, name, meta, tensors, shapes, {k: v for k, v in lists.items() if v}, counts, data, kind)


def _other_version(version: int) -> Refused:
    if version & 0xFFFF == 0 and version:
        said = "This GGUF is written for processors of the other byte order (big-endian)."
        return Refused(said, remedy="Download the usual version of the model.")
    newer = ", it is newer than this program" if 3 < version < 1000 else ""
    return Refused(f"This GGUF is of version {version}{newer}; versions 2 and 3 can be read.", remedy=_REMEDY)


def _shapes(
    reader: _Reader, count: int, alignment: Any, *, may_be_empty: bool
) -> tuple[dict[str, tuple[int, ...]], int]:
    """The tensors' shapes, and the bytes of the weights, which must all be there."""
    if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
        raise Refused("This GGUF states an impossible alignment.", remedy=_REMEDY)
    if count == 0 and not may_be_empty:
        raise Refused("This GGUF holds no weights, only a vocabulary or settings.", remedy=_REMEDY)
    last, last_name = 0, ""
    shapes: dict[str, tuple[int, ...]] = {}
    for _ in range(count):
        name, dims = reader.text(), reader.number("<I")
        if not 1 <= dims <= _MAX_DIMS:
            raise Refused(f"The tensor `{visible(name)}` of this GGUF has {dims} dimensions.", remedy=_REMEDY)
        shape = shapes[name] = tuple(reader.number("<Q") for _ in range(dims))
        kind, offset = reader.number("<I"), reader.number("<Q")
        block, size = TENSOR_BLOCKS.get(kind, (1, 0))
        if shape[0] % block or offset % alignment:
            raise Refused(f"The tensor `{visible(name)}` of this GGUF has an impossible shape or place.",
                          remedy=_REMEDY)  # fmt: skip
        end = offset + prod(shape) // block * size
        if end > last:
            last, last_name = end, name
    begin = -(-reader.at // alignment) * alignment
    if last and begin + last > reader.end:
        missing = begin + last - reader.end
        raise Refused(
            f"This GGUF file is cut off: {missing:,} bytes of its weights are missing (`{visible(last_name)}`).",
            remedy=_REMEDY,
        )
    return shapes, last


def _architecture(meta: dict[str, Any], kind: str, wanted: str | None) -> str:
    name = meta.get("general.architecture")
    if kind not in ({"model", "adapter"} if wanted is None else {wanted}):
        needed = "an adapter" if wanted == "adapter" else "a model"
        raise Refused(f"This GGUF is of type `{visible(kind)}`, not {needed}.", remedy=_REMEDY)
    if not isinstance(name, str) or not name:
        raise Refused("This GGUF does not say which architecture it has.", remedy=_REMEDY)
    if kind == "adapter":
        return name
    if any(part in name for part in _NOT_CHAT):
        raise Refused(f"This GGUF is a `{visible(name)}` model, which cannot write text.", remedy="Use a chat model.")
    if "tokenizer.ggml.model" not in meta or meta.get("tokenizer.ggml.model") == "none":
        raise Refused("This GGUF has no tokenizer, so it cannot read text.", remedy=_REMEDY)
    return name


def visible(text: str, room: int = 80) -> str:
    """The beginning of a text from a file, on one line and without signs that a terminal would obey."""
    return "".join(char if char.isprintable() else " " for char in text[:room])
