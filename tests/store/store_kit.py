"""Events that are short to write, and second processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import engine
from engine.run.events import AttemptStarted, Event, RunCompleted, RunStarted, StepSucceeded
from engine.store import Batch

ROOT = Path(engine.__file__).parents[1]


class Events:
    """Makes the next events of runs, with the seq that follows."""

    def __init__(self, epoch: int = 0) -> None:
        self.epoch = epoch
        self.seqs: dict[str, int] = {}

    def _next(self, run: str) -> dict[str, Any]:
        self.seqs[run] = self.seqs.get(run, 0) + 1
        return {"run": run, "seq": self.seqs[run], "at": 1000.0 + self.seqs[run], "epoch": self.epoch}

    def start(self, run: str = "r1", **fields: Any) -> Event:
        return RunStarted(**self._next(run), workflow="w" * 64, name="line", **fields)

    def attempt(self, run: str = "r1", node: str = "a") -> Event:
        return AttemptStarted(**self._next(run), node=node, attempt=1)

    def success(self, run: str = "r1", node: str = "a", **outputs: Any) -> Event:
        return StepSucceeded(**self._next(run), node=node, outputs=outputs)

    def end(self, run: str = "r1") -> Event:
        return RunCompleted(**self._next(run))

    def whole_run(self, run: str = "r1", steps: int = 3) -> Batch:
        events = [self.start(run)]
        for number in range(steps):
            events += [self.attempt(run, f"n{number}"), self.success(run, f"n{number}", result="x" * 100)]
        return Batch((*events, self.end(run)))


def child(code: str, *args: object, **options: Any) -> subprocess.Popen[str]:
    """A second Python process that runs `code` with `args` in sys.argv[1:]."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, args)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests' / 'store'}",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        **options,
    )


def finished(code: str, *args: object) -> str:
    """What a second Python process printed; it must end well."""
    process = child(code, *args)
    out, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return out
