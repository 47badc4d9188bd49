"""The yardstick: one bare SQLite commit a step (WAL, `synchronous=FULL`) of the same bytes, with no engine at all."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from chain import STEPS, TEXT, Entrant, durability, serve


def make(folder: Path, variant: str) -> Entrant:
    connection = sqlite3.connect(folder / "raw.sqlite", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE raw(id INTEGER PRIMARY KEY, body TEXT NOT NULL)")

    def run() -> None:
        for n in range(1, STEPS + 1):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO raw(body) VALUES (?)", (json.dumps({"n": n, "text": TEXT}),))
            connection.execute("COMMIT")

    def ended_at() -> int:
        (body,) = connection.execute("SELECT body FROM raw ORDER BY id DESC LIMIT 1").fetchone()
        return int(json.loads(body)["n"])

    facts = {**durability(connection), "commits": "one for each step"}
    return Entrant(facts, run, ended_at, connection.close)


if __name__ == "__main__":
    serve(make)
