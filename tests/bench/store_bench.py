"""Events a second through `Journal.append` against raw SQLite commits of the same durability, in alternating slices.

Run it from the repository: `python tests/bench/store_bench.py`. Prints ratios; asserts nothing.
"""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from engine.run.events import AttemptStarted, Event, RunStarted, StepSucceeded
from engine.store import Batch, Store, open_store

OUTPUT = {"result": {"text": "x" * 380, "n": 1}}


def raw(connection: sqlite3.Connection, commits: int) -> float:
    """Commits a second of one 400-byte row each."""
    begin = time.perf_counter()
    for _ in range(commits):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO e(body) VALUES (?)", ("x" * 400,))
        connection.execute("COMMIT")
    return commits / (time.perf_counter() - begin)


class Feed:
    """Makes steps of several runs, two events each."""

    def __init__(self, store: Store, runs: int) -> None:
        self.store = store
        self.seqs = {f"run{number:04}": 1 for number in range(runs)}
        store.journal.append([Batch(tuple(RunStarted(run=run, seq=1, at=1.0, workflow="w") for run in self.seqs))])

    def groups(self, steps: int, in_group: int) -> list[list[Batch]]:
        groups: list[list[Batch]] = [[]]
        names = list(self.seqs)
        for number in range(steps):
            run = names[number % len(names)]
            seq = self.seqs[run]
            self.seqs[run] = seq + 2
            events: tuple[Event, ...] = (
                AttemptStarted(run=run, seq=seq + 1, at=1763800000.123, host="edge", node=f"step_{seq}", attempt=1,
                               inputs_hash="0123456789abcdef"),
                StepSucceeded(run=run, seq=seq + 2, at=1763800000.125, host="edge", node=f"step_{seq}", outputs=OUTPUT),
            )  # fmt: skip
            if len(groups[-1]) == in_group:
                groups.append([])
            groups[-1].append(Batch(events))
        return groups

    def append(self, steps: int, in_group: int) -> float:
        """Steps a second; making the events is not counted."""
        groups = self.groups(steps, in_group)
        begin = time.perf_counter()
        for group in groups:
            self.store.journal.append(group)
        return steps / (time.perf_counter() - begin)


def timed(read: Callable[[], object]) -> float:
    begin = time.perf_counter()
    read()
    return time.perf_counter() - begin


def main() -> None:
    with tempfile.TemporaryDirectory(dir=".") as folder:
        baseline = sqlite3.connect(Path(folder) / "raw.sqlite", isolation_level=None)
        baseline.execute("PRAGMA journal_mode=WAL")
        baseline.execute("PRAGMA synchronous=FULL")
        baseline.execute("CREATE TABLE e(id INTEGER PRIMARY KEY, body TEXT)")
        path = Path(folder) / "signalbox.sqlite"
        with open_store(path, role="engine") as store:
            feed = Feed(store, 16)
            for in_group in (1, 16, 64):
                ratios, speeds = [], []
                for _ in range(7):
                    steps = 200 * in_group if in_group < 64 else 6400
                    before, speed, after = raw(baseline, 200), feed.append(steps, in_group), raw(baseline, 200)
                    speeds.append(speed)
                    ratios.append(speed / ((before + after) / 2))
                print(
                    f"{in_group:3} steps a commit: {statistics.median(speeds):8.0f} steps/s,"
                    f" {2 * statistics.median(speeds):8.0f} events/s, {statistics.median(ratios):5.2f} x raw commits"
                )
        with open_store(path, role="engine") as store:
            total = store.journal.last_rowid()
            run = "run0000"
            count = sum(1 for _ in store.journal.bodies(run))
            connection = sqlite3.connect(path)
            raw_read = timed(
                lambda: connection.execute(
                    "SELECT seq, kind, hash, body FROM event WHERE run = 1 ORDER BY seq"
                ).fetchall()
            )
            connection.close()
            whole = timed(lambda: [*store.journal.events(run)])
            bodies = timed(lambda: [*store.journal.bodies(run)])
            print(
                f"reading {count} events: raw {raw_read * 1e6 / count:.2f} us, bodies {bodies * 1e6 / count:.2f} us,"
                f" events {whole * 1e6 / count:.2f} us each"
            )
            steps_total = (total - 16) / 2
            print(f"bytes a step: {path.stat().st_size / steps_total:.0f} for a payload of about 400")
            print(f"open_runs: {timed(store.journal.open_runs) * 1e3:.2f} ms")
            print(f"data_version: {timed(lambda: [store.data_version() for _ in range(1000)]) * 1e3:.2f} us")
        baseline.close()


if __name__ == "__main__":
    main()
