"""Model files: which file a role means, whether it can be one, and what it is for the run record."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.errors import Refused
from engine.models.gguf_file import read_gguf, shards
from engine.models.onnx_file import check_onnx

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


def sha256(path: Path) -> str:
    """The file's hash, computed once for each (size, time of change); of a model in several files that of all."""
    parts = shards(path)
    stats = [part.stat() for part in parts]
    return _sha256(parts, tuple((stat.st_size, stat.st_mtime_ns) for stat in stats))


@lru_cache(maxsize=64)
def _sha256(parts: tuple[Path, ...], stamps: tuple[tuple[int, int], ...]) -> str:
    if len(parts) == 1:
        with parts[0].open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    digest = hashlib.sha256()
    for part in parts:
        with part.open("rb") as file:
            while data := file.read(4 * 1024 * 1024):
                digest.update(data)
    return digest.hexdigest()


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
