"""Adapters of language models (LoRA, GGUF): whether one fits a model, said before native code sees either."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.errors import Refused
from engine.models import files
from engine.models.gguf_file import read_gguf
from engine.settings import Lora, file_path

_REMEDY = "Choose an adapter that was made for this very model."
_MOST_RANK = 4096
Shape = tuple[int, ...]


def check_lora(path: Path, base: Path) -> None:
    """Raises Refused with one sentence for a file that is no adapter of the model file `base`. Reads both headers."""
    if not path.is_file():
        raise Refused("The adapter is not there.", where=str(path), remedy="Put the file there, or name another.")
    header, model = read_gguf(path, "adapter"), read_gguf(base)
    try:
        _check_meta(header.meta, header.architecture, model.architecture)
        _check_pairs(header.shapes, model.shapes)
    except Refused as fault:
        raise Refused(fault.what, where=str(path), remedy=fault.remedy or _REMEDY) from None


def _check_meta(meta: dict[str, Any], architecture: str, wanted: str) -> None:
    if meta.get("adapter.type") != "lora":
        raise Refused(f"This adapter is of type `{str(meta.get('adapter.type'))[:40]}`, not `lora`.")
    if architecture != wanted:
        raise Refused(f"This adapter is for `{architecture[:40]}` models, and the model is a `{wanted[:40]}`.")
    alpha = meta.get("adapter.lora.alpha")
    if not isinstance(alpha, float) or not 0 < alpha < 1e6:
        raise Refused("This adapter does not say how strong it is (`adapter.lora.alpha`).")


def _check_pairs(shapes: dict[str, Shape], model: dict[str, Shape]) -> None:
    """Each `name.lora_a` [in, rank] has its `name.lora_b` [rank, out], and `name` of the model is [in, out]."""
    names = {name.removesuffix(".lora_a").removesuffix(".lora_b") for name in shapes}
    for name in sorted(name for name in names if not name.endswith("norm.weight")):  # which the runtime leaves alone
        a, b, whole = shapes.get(f"{name}.lora_a"), shapes.get(f"{name}.lora_b"), model.get(name)
        if a is None or b is None:
            raise Refused(f"This adapter has only a part of what changes the tensor `{name[:80]}`.")
        if whole is None:
            raise Refused(f"This adapter changes the tensor `{name[:80]}`, which the model does not have.")
        if name.startswith("token_embd."):  # stored the other way round, as llama.cpp reads it
            fits = len(a) == len(b) == len(whole) == 2 and (b[1], a[1]) == whole and a[0] == b[0]
        else:
            same = 2 <= len(a) == len(b) == len(whole) and a[2:] == b[2:] == whole[2:]
            fits = same and (a[0], b[1]) == whole[:2] and a[1] == b[0]
        if not fits or not 1 <= b[0] <= _MOST_RANK:
            raise Refused(
                f"This adapter does not fit the model: `{name[:80]}` is {_size(whole)} there, and the adapter's parts "
                f"are {_size(a)} and {_size(b)}."
            )


def _size(shape: Shape) -> str:
    return " x ".join(map(str, shape))


@lru_cache(maxsize=64)
def _checked(path: Path, sha: str, base: Path, base_stamp: tuple[int, int]) -> None:
    check_lora(path, base)


def ready(given: Sequence[Lora], base: Path, data: Path) -> list[dict[str, Any]]:
    """`adapters_of`, each checked against the model file: once for each content of both."""
    found = adapters_of(given, data)
    if found:
        stat = base.stat()
        for one in found:
            _checked(Path(one["path"]), one["sha256"], base, (stat.st_size, stat.st_mtime_ns))
    return found


def adapters_of(given: Sequence[Lora], data: Path) -> list[dict[str, Any]]:
    """[{path, file, scale, sha256, bytes}] of a role's adapters. Refused, with its name, for one that is not there."""
    found = []
    for one in given:
        path = file_path(one.file, data)
        if not path.is_file():
            said = f"The adapter {one.file} is not there: {path}."
            raise Refused(said, where=str(path), remedy=f"Put it into {data / 'models'}.")
        facts = {"path": str(path), "file": path.name, "scale": one.scale, "sha256": files.sha256(path)}
        found.append({**facts, "bytes": path.stat().st_size})
    return found
