"""The chain that every engine runs, and how an engine is driven from outside: one slice for each "go" on its input."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

STEPS = 100
TEXT = "x" * 380
"""With the counter beside it, a state of about 400 bytes."""


@dataclass(frozen=True)
class Entrant:
    """One engine, ready to run: `run` does the chain once, `ended_at` is the last run's counter."""

    facts: dict[str, str]
    run: Callable[[], None]
    ended_at: Callable[[], int]
    close: Callable[[], None]


def durability(connection: sqlite3.Connection) -> dict[str, str]:
    """What a live connection says about itself, so that nothing is taken from documentation."""
    journal = connection.execute("PRAGMA journal_mode").fetchone()[0]
    level = connection.execute("PRAGMA synchronous").fetchone()[0]
    return {"journal_mode": str(journal), "synchronous": ("OFF", "NORMAL", "FULL", "EXTRA")[level]}


def serve(make: Callable[[Path, str], Entrant]) -> None:
    """Drive an entrant: argv is a folder and a variant; each line of input is how many seconds a slice lasts at least.

    A slice is whole runs, one after another. Each line of output is JSON: first the facts, then steps and times.
    """
    # Libraries may print; what they print must not get between our lines.
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)
        entrant = make(Path(sys.argv[1]), sys.argv[2])
        print(json.dumps(entrant.facts), file=answers, flush=True)
        for line in sys.stdin:
            at_least, runs, began, cpu = float(line), 0, time.perf_counter(), time.process_time()
            while True:
                entrant.run()
                runs += 1
                seconds = time.perf_counter() - began
                if seconds >= at_least:
                    break
            cpu = time.process_time() - cpu
            if entrant.ended_at() != STEPS:
                raise SystemExit(f"the chain ended at {entrant.ended_at()}, not at {STEPS}")
            print(json.dumps({"steps": runs * STEPS, "seconds": seconds, "cpu_s": cpu}), file=answers, flush=True)
        entrant.close()
