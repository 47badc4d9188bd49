"""Puts model files into the library and takes them out: a half copy never looks like a model.

A copy is written under a name that no model has, hashed on the way, put on disk, compared with what is said of it, and
only then given its name; of a model in several files the first one last, since without it the others are none.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from engine.errors import Refused
from engine.models.library import (
    FOLDER,
    NAME,
    UNKNOWN,
    Entry,
    Facts,
    Index,
    changing,
    facts_of,
    find,
    known_sha256,
    model_files,
    places,
    shipped,
)
from engine.platform import fsync_dir
from engine.settings import Settings, file_path, model_path

_PART, _CHUNK = ".adding-", 4 * 1024 * 1024
_ROOM = 64 * 1024 * 1024
"""Bytes that a copy leaves free on the disk, for the runs' own journal."""
_HASH = re.compile(r"^\s*([0-9a-fA-F]{64})(?:\s+\*?(.+?))?\s*$")
Progress = Callable[[float | None, str], None]
"""Hears how far it is (0 to 1, None: not known) and what is being done."""


@dataclass(frozen=True, slots=True)
class Added:
    """A model that is in the library now; `new` is False for one that was there already, under this name."""

    entry: Entry
    path: Path
    facts: Facts
    new: bool


def _silent(share: float | None, text: str) -> None:
    """For those who do not want to hear."""


def candidates(source: Path) -> list[Path]:
    """What `add` would add: the file itself, or every model file in the folder. Refused when there is none."""
    if not source.exists():
        raise Refused("There is no such file or folder.", where=str(source))
    if not source.is_dir():
        return [source]
    found = sorted(model_files(source))
    if not found:
        raise Refused("There is no model file (.gguf, .onnx) in this folder.", where=str(source))
    return found


def add(
    source: Path,
    data: Path,
    *,
    link: bool = False,
    license: str = "",
    note: str = "",
    origin: str = "",
    progress: Progress = _silent,
) -> Added:
    """Put one model into the library, with all files that belong to it. Refused, with nothing left behind, otherwise.

    `link` uses it where it is. `origin` says where it came from; without it, the path.
    """
    source = source.absolute()
    facts = facts_of(source)
    with changing(data) as index:
        _sweep(data / FOLDER)
        inside = source.parent == data / FOLDER
        hashed = index if link or inside else Index()  # a copy's source is not remembered
        already = _same(source, facts, data, index, hashed, progress)
        if already is not None:
            return already
        name = source.name
        if not NAME.fullmatch(name):
            raise Refused("The file's name cannot be kept on every PC.", where=str(source), remedy="Rename it first.")
        if name in {path.name for path in places(data, index) if path != source}:
            raise Refused(
                f"Another model of the name {name} is in the library.",
                where=str(source),
                remedy="Rename the file, or remove the other one first.",
            )
        if link or inside:
            sha = known_sha256(index, facts.files, _Counter(facts.bytes, f"Hashing {name}", progress))
            _compare(source, facts.files, [sha] if len(facts.files) == 1 else [])
            path = source
        else:
            sha, path = _copied(source, facts, data / FOLDER, progress)
            index.hashes[str(path)] = [*_stamp(_moved(facts.files, source.parent, path.parent)), sha]
        entry = Entry(
            name=name,
            sha256=sha,
            bytes=facts.bytes,
            kind=facts.kind,
            added=time.time(),
            source=origin or str(source),
            license=license or facts.license,
            note=note,
            path=str(source) if link and not inside else "",
        )
        index.entries[name] = entry
    return Added(entry, path, facts, new=True)


def note(name: str, data: Path, *, license: str = "", text: str = "") -> None:
    """Change what the index says of a model: its licence, a person's note."""
    with changing(data) as index:
        path = find(name, data, index)
        entry = places(data, index)[path] or _by_hand(path, index)
        index.entries[entry.name] = Entry(
            entry.name, entry.sha256, entry.bytes, entry.kind, entry.added, entry.source,
            license or entry.license or UNKNOWN, text or entry.note, entry.path,
        )  # fmt: skip


def _by_hand(path: Path, index: Index) -> Entry:
    if path in set(shipped()):
        raise Refused("This model came with the program; its licence and note are in its model card.")
    facts = facts_of(path)
    return Entry(path.name, known_sha256(index, facts.files), facts.bytes, facts.kind, time.time(), "by hand",
                 facts.license)  # fmt: skip


def users(path: Path, settings: Settings, data: Path) -> list[str]:
    """The roles that use a file, as their model or as an adapter."""
    return sorted(
        name
        for name, role in settings.roles.items()
        if role.kind != "remote" and path in (model_path(role, data), *(file_path(one.file, data) for one in role.lora))
    )


def remove(name: str, data: Path, settings: Settings, *, force: bool = False) -> tuple[Path, bool]:
    """Take a model out of the library: (where it was, whether files were deleted).

    Refused for one that a role uses (but with `force`) and for one that came with the program. Files that are used
    where they are (`link`) stay there.
    """
    with changing(data) as index:
        path = find(name, data, index)
        if path in set(shipped()):
            raise Refused(f"{path.name} came with the program and stays.", remedy="Give its role another model.")
        roles = users(path, settings, data)
        if roles and not force:
            names = ", ".join(f"`{role}`" for role in roles)
            raise Refused(f"{path.name} is used by the role {names}.", remedy="Change that first, or say --force.")
        entry = places(data, index)[path]
        linked = entry is not None and bool(entry.path)
        if not linked:
            try:
                files = facts_of(path).files
            except Refused:  # damaged, or gone already
                files = (path,)
            for file in files:  # the first one first: without it the others are no model
                try:
                    file.unlink(missing_ok=True)
                except OSError as fault:
                    said = f"The file cannot be deleted: {fault.strerror or fault}."
                    raise Refused(said, where=str(file), remedy="Is it in use? Give its role another model.") from None
            fsync_dir(path.parent)
        index.hashes.pop(str(path), None)
        if entry is not None:
            del index.entries[entry.name]
    return path, not linked


class _Counter:
    """Turns bytes into a share, said at most a hundred times."""

    def __init__(self, total: int, text: str, progress: Progress) -> None:
        self._total, self._text, self._progress = max(total, 1), text, progress
        self._done, self._said = 0, -1

    def __call__(self, more: int) -> None:
        self._done += more
        percent = self._done * 100 // self._total
        if percent > self._said:
            self._said = percent
            self._progress(min(1.0, self._done / self._total), self._text)


def _same(source: Path, facts: Facts, data: Path, index: Index, hashed: Index, progress: Progress) -> Added | None:
    """The model of the library that these very bytes are; hashes only where a size says that it may be."""
    alike = []
    for path, entry in places(data, index).items():
        with contextlib.suppress(OSError, Refused):
            known = facts_of(path)
            if known.bytes == facts.bytes and (path != source or entry is not None):
                alike.append((path, entry, known))
    if not alike:
        return None
    sha = known_sha256(hashed, facts.files, _Counter(facts.bytes, f"Hashing {source.name}", progress))
    for path, entry, known in alike:
        if known_sha256(index, known.files) == sha:
            there = entry or Entry(path.name, sha, known.bytes, known.kind, path.stat().st_mtime, license=known.license)
            return Added(there, path, known, new=False)
    return None


def _stamp(files: Sequence[Path]) -> list[int]:
    return [number for file in files for number in (file.stat().st_size, file.stat().st_mtime_ns)]


def _moved(files: Sequence[Path], here: Path, there: Path) -> tuple[Path, ...]:
    return tuple(there / file.relative_to(here) for file in files)


def _copied(source: Path, facts: Facts, folder: Path, progress: Progress) -> tuple[str, Path]:
    """Copy all files of a model: (hash, where its first file is now)."""
    targets = _moved(facts.files, source.parent, folder)
    taken = next((target for target in targets if target.exists()), None)
    if taken is not None:
        raise Refused(f"There is another file {taken.name} in the library.", where=str(source), remedy="Rename it.")
    free = shutil.disk_usage(folder).free
    if free < facts.bytes + _ROOM:
        said = f"The copy takes {facts.bytes:,} bytes, and {max(0, free - _ROOM):,} can be used on the disk."
        raise Refused(said, where=str(folder), remedy="Make room there, or use the file where it is (--link).")
    counter = _Counter(facts.bytes, f"Copying {source.name}", progress)
    digest = hashlib.sha256()
    parts = [folder / f"{_PART}{secrets.token_hex(8)}.part" for _ in targets]
    made: list[Path] = []
    try:
        hashes = [_copy(file, part, digest, counter) for file, part in zip(facts.files, parts, strict=True)]
        _compare(source, facts.files, hashes)
        for part, target in reversed(list(zip(parts, targets, strict=True))):
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(part, target)
            made.append(target)
            fsync_dir(target.parent)
        facts_of(targets[0])
    except OSError as fault:
        _discard([*made, *parts])
        raise Refused(f"The copy failed: {fault.strerror or fault}.", where=str(source)) from None
    except BaseException:
        _discard([*made, *parts])
        raise
    return digest.hexdigest(), targets[0]


def _copy(source: Path, part: Path, whole: hashlib._Hash, counter: _Counter) -> str:
    own = hashlib.sha256()
    with source.open("rb") as reading, part.open("xb") as writing:
        size = os.fstat(reading.fileno()).st_size
        copied = _pump(reading, writing, (whole, own), counter)
        writing.flush()
        os.fsync(writing.fileno())
    if copied != size:
        raise Refused("The file changed while it was copied.", where=str(source), remedy="Try again.")
    return own.hexdigest()


def _pump(reading: BinaryIO, writing: BinaryIO, digests: Sequence[hashlib._Hash], counter: _Counter) -> int:
    copied = 0
    while data := reading.read(_CHUNK):
        writing.write(data)
        for digest in digests:
            digest.update(data)
        copied += len(data)
        counter(len(data))
    return copied


def _compare(source: Path, files: Sequence[Path], hashes: Sequence[str]) -> None:
    """Refused when a `.sha256` file beside a file says another hash than it has."""
    for file, sha in zip(files, hashes, strict=False):
        said = _said(file)
        if said and said != sha:
            raise Refused(
                f"{file.name} is damaged or another file: its SHA-256 is not the one in the file beside it.",
                where=str(source),
                remedy="Copy or download it again.",
            )


def _said(file: Path) -> str:
    """What `NAME.sha256` or `SHA256SUMS` beside a file says of it; empty when nothing does."""
    for listing in (file.with_name(file.name + ".sha256"), file.with_suffix(".sha256"), file.with_name("SHA256SUMS")):
        with contextlib.suppress(OSError, UnicodeDecodeError):
            for line in listing.read_text("utf-8")[:1_000_000].splitlines():
                found = _HASH.match(line)
                if found and (found[2] is None or Path(found[2]).name == file.name):
                    return found[1].lower()
    return ""


def _discard(files: Sequence[Path]) -> None:
    for file in files:
        with contextlib.suppress(OSError):
            file.unlink()


def _sweep(folder: Path) -> None:
    """Remove what a copy that was cut off has left; nobody else copies, for the lock is ours."""
    _discard(list(folder.glob(f"{_PART}*.part")))
