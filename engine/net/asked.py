"""What was asked for lately, and what was refused: host, port and asker, never a path, a query or a secret."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.platform import replace_quietly

FILE = "network.json"
KEPT = 200


class Asked:
    """The last hosts of one engine, newest last; in a file beside the data file, which may be lost."""

    def __init__(self, data_dir: Path, clock: Callable[[], float] = time.time) -> None:
        self._file, self._clock = data_dir / FILE, clock
        self._found: dict[tuple[str, int, str, str], dict[str, Any]] = {
            (one["host"], one["port"], one["what"], one["outcome"]): one for one in read(data_dir)
        }
        self._changed = False
        self._written = float("-inf")

    def note(self, host: str, port: int, what: str, outcome: str) -> None:
        """One more; the same again counts."""
        key = (host, port, what, outcome)
        before = self._found.pop(key, None)
        times = 1 + (before["times"] if before is not None else 0)
        self._found[key] = {
            "host": host, "port": port, "what": what, "at": self._clock(), "outcome": outcome, "times": times
        }  # fmt: skip
        while len(self._found) > KEPT:
            del self._found[next(iter(self._found))]
        self._changed = True

    def flush(self, *, last: bool = False) -> None:
        """Write what is new, once a second at most; the `last` time in any case."""
        if self._changed and (last or time.monotonic() - self._written > 1.0):
            self._changed, self._written = False, time.monotonic()
            replace_quietly(self._file, json.dumps(list(self._found.values())).encode())


def read(data_dir: Path) -> list[dict[str, Any]]:
    """What an engine of this data folder has asked for, oldest first; nothing when that is not known."""
    try:
        found = json.loads((data_dir / FILE).read_bytes())
    except (OSError, ValueError):
        return []
    keys = {"host", "port", "what", "at", "outcome", "times"}
    return [one for one in found if isinstance(one, dict) and set(one) == keys] if isinstance(found, list) else []
