"""Model files: which file a role means, whether it can be one, and what it is for the run record."""

from __future__ import annotations

import hashlib
from pathlib import Path
from threading import Event
from typing import Any, BinaryIO

from engine.errors import Refused
from engine.models.gguf_file import read_gguf, shards
from engine.models.onnx_file import check_onnx

_CHUNK, _MOST = 4 * 1024 * 1024, 64
_known: dict[object, str] = {}
_DEMO = "demo model: knows only the domain of the shipped examples"


def check_model_file(path: Path, kind: str | None = None) -> None:
    """Raises Refused with one sentence for a file that cannot be a model. Cheap: headers only, no native code.

    `kind` is "gguf" or "onnx"; without it, the file's suffix says.
    """
    if path.is_dir():
        raise Refused("This is a folder, not a model file.", where=str(path), remedy="Name the .gguf or .onnx file.")
    kind = kind or path.suffix.lower()[1:]
    if kind not in ("gguf", "onnx"):
        raise Refused("A model file ends in .gguf or .onnx.", where=str(path), remedy="Rename it or choose another.")
    if kind == "onnx":
        check_onnx(path)
    else:
        read_gguf(path)


def sha256(path: Path, stop: Event | None = None) -> str:
    """The file's hash, computed once for each (size, time of change); of a model in several files that of all.

    `stop` ends it from another thread, with an OSError: the program waits for its threads when it ends.
    """
    parts = shards(path)
    stats = [part.stat() for part in parts]
    key = (parts, tuple((stat.st_size, stat.st_mtime_ns) for stat in stats))
    if (known := _known.get(key)) is not None:
        return known
    digest = hashlib.sha256()
    for part in parts:
        with _opened(part) as file:
            while data := file.read(_CHUNK):
                digest.update(data)
                if stop is not None and stop.is_set():
                    raise InterruptedError("nobody needs it any more")
    if len(_known) >= _MOST:
        _known.clear()
    return _known.setdefault(key, digest.hexdigest())


def _opened(path: Path) -> BinaryIO:
    return path.open("rb")


def label(path: Path, shipped: Path) -> str:
    """What people should know of a model before they trust it; "" for their own."""
    return _DEMO if path.is_relative_to(shipped) else ""


def facts(path: Path, kind: str) -> dict[str, Any]:
    """What the file says of itself, without running it."""
    if kind != "gguf":
        return {}
    header = read_gguf(path)
    known = {"name": "general.name", "context": f"{header.architecture}.context_length"}
    said = {key: header.meta[name] for key, name in known.items() if name in header.meta}
    return {"architecture": header.architecture, **said}
