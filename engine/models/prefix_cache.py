"""Prepared beginnings of prompts on disk: what a model has evaluated of a system message, for the next process.

A file holds one sequence's memory as llama.cpp gives it out, behind a checksum of our own: nothing that is damaged, cut
off or made for another model ever reaches native code. Layout: magic, SHA-256 of all that follows, length of the
description, the description as JSON, the memory. In effect it holds the prompt's text, so it is readable by its owner
alone, and only what the workflow says itself is ever kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import struct
import time
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

MAGIC = b"SBKV1\n"
_HEAD = struct.Struct("<32sI")
_MOST_DESCRIPTION = 4096
_OLD_S = 3600.0
_BINARY = getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class PrefixCache:
    """The prepared beginnings of one model in `folder`; `base` (hex) says everything but the tokens that they depend
    on, and `room` how many bytes all files in the folder may take. Every fault of a file or the disk means: not kept.
    """

    folder: Path
    base: str
    room: int

    def find(self, prompt: Sequence[int], more_than: int, most: int) -> tuple[int, bytes] | None:
        """(tokens, memory) of the longest beginning of the prompt with more than `more_than` and at most `most`."""
        lengths = sorted((n for n in self._lengths() if more_than < n <= most), reverse=True)
        for length in dict.fromkeys(lengths):
            tokens = _tokens_sha(prompt[:length])
            path = self._path(length, tokens)
            if path.is_file():
                memory = self._read(path, length, tokens)
                if memory is not None:
                    return length, memory
        return None

    def has(self, prompt: Sequence[int]) -> bool:
        """Whether exactly this beginning is kept."""
        return self._path(len(prompt), _tokens_sha(prompt)).is_file()

    def put(self, prompt: Sequence[int], memory: bytes) -> bool:
        """Keep it, making room; False when it does not fit or cannot be written."""
        tokens = _tokens_sha(prompt)
        description = json.dumps({"base": self.base, "length": len(prompt), "tokens": tokens}).encode()
        size = len(MAGIC) + _HEAD.size + len(description) + len(memory)
        if size > self.room:
            return False
        body = hashlib.sha256(struct.pack("<I", len(description)))
        body.update(description)
        body.update(memory)
        temporary = self.folder / f".{secrets.token_hex(8)}.tmp"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._make_room(size)
            with os.fdopen(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | _BINARY, 0o600), "wb") as file:
                file.write(MAGIC + _HEAD.pack(body.digest(), len(description)) + description)
                file.write(memory)
            os.replace(temporary, self._path(len(prompt), tokens))
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink()
            return False
        return True

    def drop(self, prompt: Sequence[int]) -> None:
        """Remove what is kept of exactly this beginning."""
        _remove(self._path(len(prompt), _tokens_sha(prompt)))

    def _path(self, length: int, tokens: str) -> Path:
        return self.folder / f"{self.base[:32]}-{length}-{tokens[:32]}.kv"

    def _lengths(self) -> Iterator[int]:
        with contextlib.suppress(OSError):
            for name in os.listdir(self.folder):
                parts = name.removesuffix(".kv").split("-")
                if name.endswith(".kv") and len(parts) == 3 and parts[0] == self.base[:32] and parts[1].isdecimal():
                    yield int(parts[1][:9])

    def _read(self, path: Path, length: int, tokens: str) -> bytes | None:
        """The memory in a file; None, and the file removed, when it is not what its name says."""
        try:
            if path.stat().st_size <= self.room:
                memory = _checked(path.read_bytes(), {"base": self.base, "length": length, "tokens": tokens})
                if memory is not None:
                    os.utime(path)  # it was of use: it goes last
                    return memory
        except OSError:
            return None
        _remove(path)
        return None

    def _make_room(self, size: int) -> None:
        files, now = [], time.time()
        for entry in os.scandir(self.folder):
            with contextlib.suppress(OSError):  # another process tidies up, too
                stat = entry.stat()
                if entry.name.endswith(".kv"):
                    files.append((stat.st_mtime_ns, stat.st_size, Path(entry.path)))
                elif entry.name.endswith(".tmp") and now - stat.st_mtime > _OLD_S:
                    _remove(Path(entry.path))  # of a process that was killed
        used = sum(one for _, one, _ in files)
        for _, one, path in sorted(files):
            if used + size <= self.room:
                return
            _remove(path)
            used -= one


def _checked(raw: bytes, wanted: dict[str, object]) -> bytes | None:
    """The memory in a file's bytes, or None for anything but exactly what was written for these tokens."""
    start = len(MAGIC) + _HEAD.size
    if len(raw) < start or not raw.startswith(MAGIC):
        return None
    digest, length = _HEAD.unpack_from(raw, len(MAGIC))
    view = memoryview(raw)
    if length > _MOST_DESCRIPTION or hashlib.sha256(view[len(MAGIC) + 32 :]).digest() != digest:
        return None
    try:
        said = json.loads(raw[start : start + length])
    except ValueError:
        return None
    return bytes(view[start + length :]) if said == wanted else None


def _tokens_sha(tokens: Sequence[int]) -> str:
    return hashlib.sha256(array("q", tokens).tobytes()).hexdigest()


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
