"""The chain on DBOS with SQLite; variants: `default` and `wal` (the file was put into WAL before)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import TypedDict

from chain import STEPS, TEXT, Entrant, durability, serve
from dbos import DBOS, DBOSConfig
from dbos._dbos import _get_dbos_instance


class Reading(TypedDict):
    n: int
    text: str


@DBOS.step()
def count(state: Reading) -> Reading:
    return {"n": state["n"] + 1, "text": state["text"]}


@DBOS.workflow()
def chain() -> int:
    state: Reading = {"n": 0, "text": TEXT}
    for _ in range(STEPS):
        state = count(state)
    return state["n"]


def make(folder: Path, variant: str) -> Entrant:
    file = folder / "dbos.sqlite"
    if variant == "wal":
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")  # kept in the file; DBOS itself never sets it
    DBOS(config=DBOSConfig(name="bench-peers", system_database_url=f"sqlite:///{file}"))
    DBOS.launch()
    last: dict[str, int] = {}

    def run() -> None:
        last.update(n=chain())

    with closing(_get_dbos_instance()._sys_db.engine.raw_connection()) as live:
        says = durability(live.driver_connection)
    facts = {"version": version("dbos"), **says, "commits": "one for each step, before the next one begins"}
    return Entrant(facts, run, lambda: last["n"], DBOS.destroy)


if __name__ == "__main__":
    serve(make)
