"""What an engine says of itself to those who only look: at work, paused and why, or stopping.

A note of fixed length that is rewritten in place: it needs no room, so it can still say that there is none.
"""

from __future__ import annotations

import json
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from engine.store.lease import info

Doing = Literal["working", "paused", "stopping"]
FILE = "engine.note"
_LENGTH = 2048
_REASON = 300


@dataclass(frozen=True, slots=True)
class Condition:
    """The living engine of a data folder: `reason` says why it is paused, or what else is wrong, `at` since when."""

    pid: int
    host: str
    since: float
    doing: Doing = "working"
    reason: str = ""
    at: float = 0.0


class Note:
    """Written by the engine that holds the lease; what cannot be written is left out."""

    def __init__(self, data_dir: Path, pid: int) -> None:
        self._path, self._pid = data_dir / FILE, pid
        self._file: IO[bytes] | None = None

    def say(self, doing: Doing, reason: str = "") -> None:
        """What the engine does from now on."""
        said = {"pid": self._pid, "doing": doing, "reason": reason[:_REASON], "at": time.time()}
        text = json.dumps(said, ensure_ascii=False).encode("utf-8", "replace")
        try:
            if self._file is None:
                self._path.touch()
                self._file = self._path.open("r+b", buffering=0)
            self._file.seek(0)
            self._file.write((b"%08x " % zlib.crc32(text) + text).ljust(_LENGTH))
        except OSError:
            self.close()

    def close(self) -> None:
        """Close the file; what it says of a process that is gone is not read."""
        file, self._file = self._file, None
        if file is not None:
            file.close()


def condition(data_dir: Path) -> Condition | None:
    """How the engine of a data folder is; None when none lives."""
    holder = info(data_dir)
    if holder is None:
        return None
    said = _said(data_dir / FILE)
    if said.get("pid") != holder.pid:
        return Condition(holder.pid, holder.host, holder.since, at=holder.since)
    return Condition(holder.pid, holder.host, holder.since, said["doing"], said["reason"], said["at"])


def _said(path: Path) -> dict[str, Any]:
    try:
        sum_, _, text = path.read_bytes().rstrip().partition(b" ")
        if int(sum_, 16) != zlib.crc32(text):
            return {}
        return dict(json.loads(text))
    except (OSError, ValueError):
        return {}
