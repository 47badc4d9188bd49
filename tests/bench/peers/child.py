"""An engine in a process of its own, told by its parent when to run a slice."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
STUCK_S = 120.0
OTHERS = ("DBOS", "LANGCHAIN", "LANGGRAPH", "LANGSMITH")


@dataclass(frozen=True)
class Entry:
    """A row of the table: which program, with which variant, in whose environment."""

    name: str
    program: str
    variant: str
    ours: bool


def clean_environment() -> dict[str, str]:
    """Ours, less what would make a peer trace to a service or take other settings than its defaults."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OTHERS)}


class Child:
    """An entrant in a process and a folder of its own; idle until it is told to go."""

    def __init__(self, entry: Entry, python: Path, folder: Path) -> None:
        self.entry = entry
        folder.mkdir()
        self._log = folder / "log.txt"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [str(python), str(HERE / entry.program), str(folder), entry.variant],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                cwd=folder, env=clean_environment(),
            )  # fmt: skip
        self.facts: dict[str, str] = {}

    def hear(self) -> dict[str, Any]:
        """The next line it says; SystemExit with the end of its log when it says none."""
        assert self._process.stdout is not None
        watchdog = threading.Timer(STUCK_S, self._process.kill)
        watchdog.start()
        line = self._process.stdout.readline()
        watchdog.cancel()
        if not line:
            self._process.wait()
            log = self._log.read_text(errors="replace")[-3000:]
            raise SystemExit(f"{log}\nbench-peers: {self.entry.name} gave no answer; above is the end of its log.")
        return dict(json.loads(line))

    def slice(self, seconds: float) -> tuple[float, float]:
        """Steps a second over whole runs that take at least so long together, and CPU milliseconds a step."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{seconds}\n")
        self._process.stdin.flush()
        heard = self.hear()
        return heard["steps"] / heard["seconds"], heard["cpu_s"] * 1e3 / heard["steps"]

    def end(self) -> None:
        """Let it close its files; kill it when it does not."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
            self._process.wait(20)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
