"""The model library: `<data folder>/models`, an index of what is known of each file there, and the shipped models.

The index (`index.json`) is replaced all or nothing. It holds what cannot be read from a file again: where it came from,
its licence, a person's note, what was measured on this PC; and hashes, by size and time of change, since hashing a
large file takes long. Files that somebody has put into the folder by hand are part of the library, too.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import Refused
from engine.models.gguf_file import files_alone, read_gguf, shards, visible
from engine.models.need import gguf_need, need_of
from engine.models.onnx_file import read_onnx
from engine.platform import atomic_write, try_lock
from engine.settings import resources_dir

FOLDER, INDEX, LOCK, DAMAGED = "models", "index.json", ".lock", "index.damaged.json"
NAME = re.compile(r"[^\x00-\x1f/\\:*?\"<>|]{1,200}")
PATIENCE_S = 5.0
"""How long a change waits for another one."""
_POLL_S = 0.05
_SUFFIXES = (".gguf", ".onnx")
_CHUNK = 4 * 1024 * 1024
_FORMAT = 1
UNKNOWN = "unknown"
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a model file says of itself, without being run. `files` are all that belong to it, itself first; `need` is
    the memory for a context of 1,024 tokens; `template` the text that turns messages into a prompt (Jinja: code)."""

    kind: str
    files: tuple[Path, ...]
    bytes: int
    architecture: str = ""
    context: int | None = None
    license: str = UNKNOWN
    title: str = ""
    template: str = ""
    need: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index knows of one model; `path` is only set for one that is used where it is (`--link`)."""

    name: str
    sha256: str
    bytes: int
    kind: str
    added: float
    source: str = ""
    license: str = UNKNOWN
    note: str = ""
    path: str = ""

    def place(self, data: Path) -> Path:
        """Where its first file is, or should be."""
        return Path(self.path) if self.path else data / FOLDER / self.name


@dataclass(slots=True)
class Index:
    """The index as it is on disk: models by name, speeds by SHA-256, hashes by path."""

    entries: dict[str, Entry] = field(default_factory=dict)
    speeds: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    hashes: dict[str, list[Any]] = field(default_factory=dict)


def facts_of(path: Path) -> Facts:
    """Look at a model file's header. Refused, with the file in `where`, for what is no whole model or adapter."""
    files_alone(path)
    if path.suffix.lower() == ".onnx":
        found = read_onnx(path)
        files = (path, *found.external)
        return Facts("onnx", files, found.bytes, title=found.producer, need=need_of(path, "onnx").total)
    if path.suffix.lower() != ".gguf":
        raise Refused("A model file ends in .gguf or .onnx.", where=str(path), remedy="Rename it or choose another.")
    header = read_gguf(path, None)
    meta = header.meta
    files = shards(path)
    licence = " ".join(str(meta[key]) for key in ("general.license", "general.license.name") if meta.get(key))
    return Facts(
        kind="gguf" if header.kind == "model" else "lora",
        files=files,
        bytes=sum(file.stat().st_size for file in files),
        architecture=visible(header.architecture),
        context=header.number("context_length") or None,
        license=visible(licence) or UNKNOWN,
        title=visible(str(meta.get("general.name", ""))),
        template=str(meta.get("tokenizer.chat_template", "")),
        need=gguf_need(header, n_ctx=1024).total if header.kind == "model" else header.data,
    )


def model_files(folder: Path, *, depth: int = 4, most: int = 20_000) -> Iterator[Path]:
    """The model files of a folder and of those in it, by name; of one in several files the first that is there."""
    stack, seen, given = [(folder, 0)], 0, set[Path]()
    while stack:
        place, level = stack.pop()
        try:
            found = sorted(place.iterdir())
        except OSError:  # a folder that may not be read
            continue
        for one in found:
            seen += 1
            if seen > most:
                return
            if one.name.startswith("."):
                continue
            if one.is_dir():
                if level < depth and not one.is_symlink():
                    stack.append((one, level + 1))
            elif (
                one.suffix.lower() in _SUFFIXES and (one.is_file() or one.is_symlink()) and shards(one)[0] not in given
            ):
                given.add(shards(one)[0])
                yield shards(one)[0]


class Busy(Refused):
    """Somebody else changes the library just now."""


def read_index(data: Path) -> Index:
    """The index; an empty one where there is none, or one that is damaged: what it held can be done without. Refused
    for one of another version, and for one that cannot be read."""
    return _read(data) or Index()


def _read(data: Path) -> Index | None:
    """The index, or None for one that is damaged."""
    path = data / FOLDER / INDEX
    try:
        said = json.loads(path.read_bytes())
        if isinstance(said["format"], int) and said["format"] > _FORMAT:
            text = "The list of models was written by a newer version of this program."
            raise Refused(text, where=str(path), remedy="Use that version.")
        entries = {name: Entry(name=name, **one) for name, one in said["models"].items()}
        index = Index(entries, dict(said["speeds"]), dict(said["hashes"]))
        if said["format"] != _FORMAT or not _sound(index):
            return None
    except FileNotFoundError:
        return Index()
    except OSError as fault:
        raise Refused(f"The list of models cannot be read: {fault.strerror}.", where=str(path)) from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return index


def _sound(index: Index) -> bool:
    """Whether it holds what this program writes; a name that leads out of the folder would be deleted there."""
    speeds: list[Any] = list(index.speeds.values())
    hashes: list[Any] = list(index.hashes.values())
    return (
        all(_sound_entry(asdict(one)) for one in index.entries.values())
        and all(isinstance(some, list) and all(isinstance(one, dict) for one in some) for some in speeds)
        and all(isinstance(one, list) and one and isinstance(one[-1], str) for one in hashes)
    )


def _sound_entry(one: dict[str, Any]) -> bool:
    texts = all(isinstance(one[key], str) for key in ("sha256", "kind", "source", "license", "note", "path"))
    numbers = isinstance(one["bytes"], int) and isinstance(one["added"], int | float)
    named = NAME.fullmatch(one["name"]) is not None and one["name"] not in (".", "..")
    return texts and numbers and named and (not one["path"] or Path(one["path"]).is_absolute())


def begin_anew(data: Path) -> bool:
    """Put a damaged index aside; whether there was one."""
    try:
        if _read(data) is not None:
            return False
        with changing(data):
            return True
    except Refused:
        return False


@contextmanager
def changing(data: Path, patience_s: float | None = None) -> Iterator[Index]:
    """The index, to be changed in place and written when the block ends well. A damaged one is kept beside the new
    one. Busy while somebody else does so for longer than `patience_s` (None: a few seconds); Refused where nobody may.
    """
    folder = data / FOLDER
    until = time.monotonic() + (PATIENCE_S if patience_s is None else patience_s)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        while (lock := try_lock(folder / LOCK, what="models")) is None and time.monotonic() < until:
            time.sleep(_POLL_S)
    except OSError as fault:
        raise Refused(f"The folder of models cannot be written: {fault.strerror}.", where=str(folder)) from None
    if lock is None:
        raise Busy("Models are being added or removed just now.", remedy="Try again when that has ended.")
    with lock:
        index = _read(data)
        if index is None:
            with suppress(OSError):
                os.replace(folder / INDEX, folder / DAMAGED)
            index = Index()
        before = json.dumps(_told(index))
        yield index
        if json.dumps(_told(index)) != before:
            _write(data, index)


def _told(index: Index) -> dict[str, Any]:
    models = {name: {key: value for key, value in asdict(one).items() if key != "name"}
              for name, one in sorted(index.entries.items())}  # fmt: skip
    return {"format": _FORMAT, "models": models, "speeds": index.speeds, "hashes": index.hashes}


def _write(data: Path, index: Index) -> None:
    path = data / FOLDER / INDEX
    try:
        atomic_write(path, (json.dumps(_told(index), indent=1, ensure_ascii=False) + "\n").encode())
    except OSError as fault:
        raise Refused(f"The list of models cannot be written: {fault.strerror}.", where=str(path)) from None


def sha256(files: tuple[Path, ...], progress: Progress = lambda count: None) -> str:
    """The hash of a model: of its file, or of its files one after the other. `progress` hears how many more bytes."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            while part := file.read(_CHUNK):
                digest.update(part)
                progress(len(part))
    return digest.hexdigest()


def known_sha256(index: Index, files: tuple[Path, ...], progress: Progress = lambda count: None) -> str:
    """The same, remembered in the index for as long as sizes and times of change are the same."""
    stamp: list[Any] = []
    for path in files:
        stat = path.stat()
        stamp += [stat.st_size, stat.st_mtime_ns]
    found = index.hashes.get(str(files[0]))
    if found is not None and found[:-1] == stamp:
        return str(found[-1])
    digest = sha256(files, progress)
    index.hashes[str(files[0])] = [*stamp, digest]
    return digest


def shipped() -> Iterator[Path]:
    """The models that came with the program."""
    return model_files(resources_dir() / FOLDER, depth=0)


def places(data: Path, index: Index) -> dict[Path, Entry | None]:
    """Every model of the library by where it is: those that were added, those put there by hand, those shipped."""
    found: dict[Path, Entry | None] = {entry.place(data): entry for entry in index.entries.values()}
    for path in (*model_files(data / FOLDER, depth=0), *shipped()):
        found.setdefault(path, None)
    return found


def find(name: str, data: Path, index: Index) -> Path:
    """A model of the library by its name, or by path. Refused with what there is."""
    known = places(data, index)
    for path, entry in known.items():
        if name in (path.name, str(path)) or (entry is not None and entry.name == name):
            return path
    names = ", ".join(sorted(path.name for path in known)) or "none"
    raise Refused(f"There is no model {name!r} in the library (there are: {names}).",
                  remedy="`signalboxctl models add` adds one.")  # fmt: skip


def speed_of(index: Index, sha: str, cpu: str) -> dict[str, Any] | None:
    """What was measured of a model on this processor last."""
    return next((one for one in reversed(index.speeds.get(sha, [])) if one.get("cpu") == cpu), None)


def keep_speed(index: Index, sha: str, measured: Mapping[str, Any], *, most: int = 8) -> None:
    """Note what was measured; the oldest figures go."""
    index.speeds[sha] = [*index.speeds.get(sha, []), dict(measured)][-most:]
