"""Looks at the outermost fields of an ONNX file: enough to say in one sentence that it is not one, or not a whole one.

ONNX is one protobuf message (`ModelProto`). Only its top-level tags and lengths are walked; the graph itself is read by
the runtime in the worker process.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from engine.errors import Refused

_IR_VERSION, _GRAPH, _OPSETS = 1, 7, 8
_KNOWN = frozenset({*range(1, 9), 14, 20, 25, 26})
_REMEDY = "Export it again, or point the role at another file."


class _Broken(Exception):
    """The bytes do not fit the format."""


def check_onnx(path: Path) -> None:
    """Raises Refused, with the file in `where`, for a file that cannot be an ONNX model."""
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            seen = _fields(file, size)
    except _Broken:
        raise Refused("This is not a whole ONNX file.", where=str(path), remedy=_REMEDY) from None
    except OSError as fault:
        reason = fault.strerror or str(fault)
        raise Refused(f"The model file cannot be read: {reason}.", where=str(path), remedy=_REMEDY) from None
    if not {_IR_VERSION, _GRAPH, _OPSETS} <= seen:
        raise Refused("This is not an ONNX model: it holds no graph.", where=str(path), remedy=_REMEDY)


def _fields(file: BinaryIO, size: int) -> set[int]:
    seen: set[int] = set()
    while file.tell() < size:
        tag = _varint(file)
        field, wire = tag >> 3, tag & 7
        if field not in _KNOWN:
            raise _Broken
        if wire == 0:
            _varint(file)
        elif wire == 2:
            length = _varint(file)
            if length > size - file.tell():
                raise _Broken
            file.seek(length, 1)
        else:
            raise _Broken
        seen.add(field)
    return seen


def _varint(file: BinaryIO) -> int:
    value = 0
    for shift in range(0, 64, 7):
        byte = file.read(1)
        if not byte:
            raise _Broken
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
    raise _Broken
