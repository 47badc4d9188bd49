"""Content-addressed files for values that are too large for the journal, and for binaries."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.platform import atomic_write, fsync_dir
from engine.store.errors import Corrupt, translated

_SHA = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class BlobRef:
    """A blob by name: `sha` is SHA-256 in hex, `size` in bytes."""

    sha: str
    size: int
    media_type: str = ""

    def value(self) -> dict[str, Any]:
        """The reference as it stands in place of a value."""
        return {"$blob": self.sha, "size": self.size, "media_type": self.media_type}


class Blobs:
    """A folder of files named by their content; a file is never changed once it has its name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, data: bytes, media_type: str = "") -> BlobRef:
        """Store bytes; they and their name are on disk when this returns. DiskFull, DiskFault or ReadOnly otherwise."""
        sha = hashlib.sha256(data).hexdigest()
        path = self.path(sha)
        with translated():
            if not path.parent.is_dir():
                path.parent.mkdir(parents=True, exist_ok=True)
                fsync_dir(self.folder)
                fsync_dir(self.folder.parent)
            if path.is_file() and path.stat().st_size == len(data):
                fsync_dir(path.parent)  # its writer may have died between the rename and this
            else:
                atomic_write(path, data)
        return BlobRef(sha, len(data), media_type)

    def get(self, sha: str) -> bytes:
        """The bytes of a blob; Corrupt when they are missing or not what was stored."""
        try:
            data = self.path(sha).read_bytes()
        except FileNotFoundError as error:
            raise Corrupt(f"The blob {sha} is missing.") from error
        except OSError as error:
            raise Corrupt(f"The blob {sha} cannot be read. ({error})") from error
        if hashlib.sha256(data).hexdigest() != sha:
            raise Corrupt(f"The blob {sha} is damaged.")
        return data

    def path(self, sha: str) -> Path:
        """Where the blob lies, whether or not it is there; Corrupt for what is no blob name."""
        if _SHA.fullmatch(sha) is None:
            raise Corrupt(f"{sha[:80]!r} is not the name of a blob.")
        return self.folder / sha[:2] / sha[2:]
