"""The model library: `<data folder>/models`, an index of what is known of each file there, and the shipped models.

The index (`index.json`) is replaced all or nothing. It holds what cannot be read from a file again: where it came from,
its licence, a person's note, what was measured on this PC; and hashes, by size and time of change, since hashing a
large file takes long. Files that somebody has put into the folder by hand are part of the library, too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import Refused
from engine.models.gguf_file import read_gguf, shards, visible
from engine.models.need import gguf_need, need_of
from engine.models.onnx_file import read_onnx
from engine.platform import atomic_write, try_lock
from engine.settings import resources_dir

FOLDER, INDEX, LOCK = "models", "index.json", ".lock"
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
            elif one.suffix.lower() in _SUFFIXES and shards(one)[0] not in given:
                given.add(shards(one)[0])
                yield shards(one)[0]


def read_index(data: Path) -> Index:
    """The index; an empty one where there is none. Refused for one that cannot be understood."""
    path = data / FOLDER / INDEX
    try:
        said = json.loads(path.read_bytes())
        if said["format"] != _FORMAT:
            raise ValueError
        entries = {name: Entry(name=name, **one) for name, one in said["models"].items()}
        return Index(entries, dict(said["speeds"]), dict(said["hashes"]))
    except FileNotFoundError:
        return Index()
    except OSError as fault:
        raise Refused(f"The list of models cannot be read: {fault.strerror}.", where=str(path)) from None
    except (ValueError, TypeError, KeyError, AttributeError):
        remedy = "Move it away; the model files stay, and `signalboxctl models add` notes them again."
        raise Refused("The list of models is damaged or of another version.", where=str(path), remedy=remedy) from None


@contextmanager
def changing(data: Path) -> Iterator[Index]:
    """The index, to be changed in place and written when the block ends well. Refused while somebody else does so."""
    folder = data / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = try_lock(folder / LOCK, what="models")
    except OSError as fault:
        raise Refused(f"The folder of models cannot be written: {fault.strerror}.", where=str(folder)) from None
    if lock is None:
        raise Refused("Models are being added or removed just now.", remedy="Try again when that has ended.")
    with lock:
        index = read_index(data)
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
