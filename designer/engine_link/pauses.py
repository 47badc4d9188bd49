"""Whether an engine that runs has stopped writing: it says so in its log, which is all that is left on a full disk."""

from __future__ import annotations

import json
from pathlib import Path

LOG_FILE = "engine.log"
TAIL = 64 * 1024


class Pauses:
    """Follows an engine's log from where it stands at `start`."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / LOG_FILE
        self._place = 0
        self._reason = ""

    def start(self) -> None:
        """Another engine: what was said before is not about it."""
        self._place, self._reason = self._size(), ""

    def reason(self) -> str:
        """Why it writes nothing at the moment; "" when it does."""
        size = self._size()
        if size < self._place:  # set aside, and begun anew
            self._place = 0
        if size > self._place:
            for line in self._new(size):
                self._hear(line)
        return self._reason

    def _size(self) -> int:
        try:
            return self._path.stat().st_size
        except OSError:
            return 0

    def _new(self, size: int) -> list[bytes]:
        """The whole lines that are new, of the last part at most."""
        try:
            with self._path.open("rb") as file:
                file.seek(max(self._place, size - TAIL))
                data = file.read(TAIL)
        except OSError:
            return []
        whole = data.rfind(b"\n") + 1
        self._place = max(self._place, size - TAIL) + whole
        return data[:whole].splitlines()

    def _hear(self, line: bytes) -> None:
        if b'"paused"' not in line and b'"goes on"' not in line:
            return
        try:
            said = json.loads(line)
        except ValueError:
            return
        if isinstance(said, dict) and said.get("event") == "paused":
            self._reason = str(said.get("reason", ""))
        elif isinstance(said, dict) and said.get("event") == "goes on":
            self._reason = ""
