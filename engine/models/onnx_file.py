"""Looks into an ONNX file without a runtime: is it one, is it whole, and which other files does it read?

ONNX is one protobuf message (`ModelProto`). Its tags and lengths are walked as far as tensors can be; what a graph
computes is read by the runtime in the worker process. Weights may lie in files beside the model ("external data"):
they are named inside, so a hostile file could name any file of this PC. Only files in the model's own folder count.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from engine.errors import Refused
from engine.models.gguf_file import files_alone

_IR_VERSION, _GRAPH, _OPSETS = 1, 7, 8
_KNOWN = frozenset({*range(1, 9), 14, 20, 25, 26})
_REMEDY = "Export it again, or point the role at another file."
_DEEPEST = 24
_EXTERNAL = 13
# Which fields of a message lead to tensors: {message: {field: message there}}.
_LEADS = {
    "model": {7: "graph", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {_EXTERNAL: "entry"},
}


@dataclass(frozen=True, slots=True)
class OnnxFacts:
    """What an ONNX file says of itself: who made it, and the files beside it that hold its weights."""

    producer: str
    external: tuple[Path, ...]
    bytes: int
    """Of the model and of the files beside it."""


class _Broken(Exception):
    """The bytes do not fit the format."""


def check_onnx(path: Path) -> None:
    """Raises Refused, with the file in `where`, for a file that cannot be an ONNX model."""
    read_onnx(path)


def read_onnx(path: Path) -> OnnxFacts:
    """What the file says of itself. Raises Refused, with the file in `where`, for what is no whole ONNX model."""
    files_alone(path)
    try:
        with path.open("rb") as file:
            if not file.read(1):
                raise _Broken
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _facts(path, data)
    except Refused as fault:
        raise Refused(fault.what, where=str(path), remedy=fault.remedy or _REMEDY) from None
    except _Broken:
        raise Refused("This is not a whole ONNX file.", where=str(path), remedy=_REMEDY) from None
    except OSError as fault:
        reason = fault.strerror or str(fault)
        raise Refused(f"The model file cannot be read: {reason}.", where=str(path), remedy=_REMEDY) from None


def _facts(path: Path, data: mmap.mmap) -> OnnxFacts:
    seen: set[int] = set()
    producer = ""
    for number, wire, start, end in _fields(data, 0, len(data)):
        if number not in _KNOWN or wire not in (0, 2):
            raise _Broken
        seen.add(number)
        if number == 2 and wire == 2:
            producer = data[start : min(end, start + 80)].decode("utf-8", "replace")
    if not {_IR_VERSION, _GRAPH, _OPSETS} <= seen:
        raise Refused("This is not an ONNX model: it holds no graph.")
    needed: dict[Path, int] = {}
    for place in _external(data, "model", 0, len(data), 0):
        beside, most = _beside(path, place)
        needed[beside] = max(most, needed.get(beside, 0))
    sizes = {beside: _size(beside, most) for beside, most in needed.items()}
    return OnnxFacts(producer, tuple(sorted(sizes)), len(data) + sum(sizes.values()))


def _external(data: mmap.mmap, message: str, start: int, end: int, depth: int) -> Iterator[dict[str, str]]:
    """What each tensor with external data says of its place: {location, offset, length}."""
    if depth > _DEEPEST:
        raise Refused("The graphs of this ONNX model are nested too deeply.")
    leads, place = _LEADS[message], dict[str, str]()
    for number, wire, first, last in _fields(data, start, end):
        if wire != 2 or number not in leads:
            continue
        if leads[number] == "entry":
            place.update(_entry(data, first, last))
        else:
            yield from _external(data, leads[number], first, last, depth + 1)
    if place:
        yield place


def _entry(data: mmap.mmap, start: int, end: int) -> dict[str, str]:
    said = {n: data[a:b].decode("utf-8", "replace") for n, wire, a, b in _fields(data, start, end) if wire == 2}
    return {said.get(1, ""): said.get(2, "")}


def _beside(path: Path, place: dict[str, str]) -> tuple[Path, int]:
    """The file that a tensor names, and how long it must be at least. Refused for one outside of the model's folder."""
    name = place.get("location", "")
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    parts = {*posix.parts, *windows.parts}
    outside = posix.is_absolute() or windows.drive or windows.root or ".." in parts or not parts or "\0" in name
    beside = path.parent / name if not outside else path
    if outside or not beside.resolve().is_relative_to(path.parent.resolve()):
        raise Refused("This ONNX model wants to read a file outside of its own folder.", remedy="Do not use it.")
    sizes = [place.get(key) or "0" for key in ("offset", "length")]
    if not all(size.isascii() and size.isdigit() and len(size) < 16 for size in sizes):
        raise _Broken
    return beside, sum(map(int, sizes))


def _size(path: Path, most: int) -> int:
    remedy = "Put all its files into one folder."
    if not path.is_file():
        raise Refused(f"This ONNX model reads its weights from {path.name!r}, which is not beside it.", remedy=remedy)
    size = path.stat().st_size
    if size < most:
        raise Refused(f"The weights in {path.name!r} are cut off: {most - size:,} bytes are missing.", remedy=remedy)
    return size


def _fields(data: mmap.mmap, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """(field number, wire type, first byte, byte after the last) of each field of the message in these bytes."""
    at = start
    while at < end:
        tag, at = _varint(data, at, end)
        number, wire = tag >> 3, tag & 7
        first = at
        if wire == 0:
            _, at = _varint(data, at, end)
        elif wire in (1, 5):
            at += 8 if wire == 1 else 4
        elif wire == 2:
            length, first = _varint(data, at, end)
            at = first + length
        else:
            raise _Broken
        if at > end or number == 0:
            raise _Broken
        yield number, wire, first, at


def _varint(data: mmap.mmap, at: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= end:
            raise _Broken
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise _Broken
