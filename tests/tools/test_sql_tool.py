"""`sql.query` on real SQLite files."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from engine.errors import StepError
from engine.nodes.tool_args import SqlArgs
from engine.tools.registry import Found, tools


@pytest.fixture
def database(workspace: Path) -> Path:
    path = workspace / "work.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE work (id INTEGER PRIMARY KEY, machine TEXT, cost REAL, photo BLOB)")
        connection.execute("INSERT INTO work (machine, cost, photo) VALUES ('PUMP-12', 1.5, x'0001')")
    connection.close()
    return path


def ask(database: Path, sql: str, *values: Any) -> list[Any]:
    connection = sqlite3.connect(database)
    try:
        return connection.execute(sql, values).fetchall()
    finally:
        connection.close()


def fails(call: Any, **args: Any) -> StepError:
    with pytest.raises(StepError) as caught:
        call("sql.query", **args)
    return caught.value


INSERT = {
    "database": "work.db",
    "sql": "INSERT INTO work (machine) VALUES (?)",
    "parameters": ["FAN-01"],
    "mode": "write",
}


def test_rows_are_objects_by_column_name(call: Any, database: Path) -> None:
    result = call(
        "sql.query", database="work.db", sql="SELECT machine, cost FROM work WHERE machine = ?", parameters=["PUMP-12"]
    )
    assert result == {"rows": [{"machine": "PUMP-12", "cost": 1.5}], "affected": 0}


def test_values_are_bound_and_never_read_as_sql(call: Any, database: Path) -> None:
    evil = "x'; DROP TABLE work; --"
    args = {"database": "work.db", "sql": "SELECT :m AS said", "parameters": {"m": evil}}
    assert call("sql.query", **args)["rows"] == [{"said": evil}]
    assert ask(database, "SELECT count(*) FROM work") == [(1,)]


def test_lists_and_objects_are_bound_as_json(call: Any, database: Path) -> None:
    sql = "SELECT value FROM json_each(?) ORDER BY value"
    assert call("sql.query", database="work.db", sql=sql, parameters=[[2, 1]])["rows"] == [{"value": 1}, {"value": 2}]


def test_bytes_become_a_blob(call: Any, database: Path) -> None:
    rows = call("sql.query", database="work.db", sql="SELECT photo FROM work")["rows"]
    assert rows[0]["photo"]["size"] == 2


def test_reading_cannot_write(call: Any, database: Path) -> None:
    error = fails(call, **{**INSERT, "mode": "read"})
    assert error.cls == "permission"
    assert "mode: write" in error.message
    assert ask(database, "SELECT count(*) FROM work") == [(1,)]


def test_reading_makes_no_file(call: Any, workspace: Path) -> None:
    assert fails(call, database="none.db", sql="SELECT 1").cls == "not_found"
    assert list(workspace.iterdir()) == []


@pytest.mark.parametrize("mode", ["read", "write"])
@pytest.mark.parametrize("sql", ["ATTACH 'other.db' AS o", "COMMIT", "ROLLBACK", "SAVEPOINT a"])
def test_a_statement_cannot_leave_its_file_or_its_transaction(call: Any, database: Path, sql: str, mode: str) -> None:
    error = fails(call, database="work.db", sql=sql, mode=mode)
    assert (error.cls, error.retryable) == ("permission", False)
    assert not (database.parent / "other.db").exists()


@pytest.mark.parametrize(
    ("sql", "cls"),
    [
        ("SELEC 1", "invalid"),
        ("SELECT 1; SELECT 2", "invalid"),
        ("SELECT * FROM nowhere", "invalid"),
        ("SELECT ?", "invalid"),
    ],
)
def test_a_wrong_statement_is_invalid(call: Any, database: Path, sql: str, cls: str) -> None:
    assert fails(call, database="work.db", sql=sql).cls == cls


def test_columns_with_one_name_are_refused(call: Any, database: Path) -> None:
    assert "AS" in fails(call, database="work.db", sql="SELECT 1 AS a, 2 AS a").message


def test_too_many_rows_are_a_failure_and_not_a_cut(call: Any, database: Path) -> None:
    sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20) SELECT i FROM n"
    assert fails(call, database="work.db", sql=sql, max_rows=19).cls == "limit"
    assert len(call("sql.query", database="work.db", sql=sql, max_rows=20)["rows"]) == 20


def test_a_file_that_is_no_database_is_invalid(call: Any, workspace: Path) -> None:
    (workspace / "a.db").write_bytes(b"this is not a database at all" * 100)
    assert fails(call, database="a.db", sql="SELECT 1 FROM sqlite_master").cls == "invalid"


def test_another_kind_of_address_is_refused(call: Any) -> None:
    assert fails(call, database="mysql://root:pw@h/x", sql="SELECT 1").message.startswith("mysql://")


def test_a_write_counts_what_it_changed(call: Any, database: Path) -> None:
    assert call("sql.query", **INSERT) == {"rows": [], "affected": 1}
    result = call(
        "sql.query",
        around={"idem_key": "k2"},
        database="work.db",
        sql="UPDATE work SET cost = 2 RETURNING id",
        mode="write",
    )
    assert result == {"rows": [{"id": 1}, {"id": 2}], "affected": 2}


def test_a_write_done_again_with_its_key_happens_once(call: Any, database: Path) -> None:
    first = call("sql.query", **INSERT)
    assert call("sql.query", **INSERT) == first
    assert ask(database, "SELECT count(*) FROM work WHERE machine = 'FAN-01'") == [(1,)]
    call("sql.query", around={"idem_key": "sb-key-2"}, **INSERT)
    assert ask(database, "SELECT count(*) FROM work WHERE machine = 'FAN-01'") == [(2,)]


def test_the_look_up_finds_a_write_that_happened_and_only_that(call: Any, lookup: Any, database: Path) -> None:
    assert lookup("sql.query", **INSERT) is None
    result = call("sql.query", **INSERT)
    assert lookup("sql.query", **INSERT) == Found(result)
    assert lookup("sql.query", around={"idem_key": "other"}, **INSERT) is None


def test_the_look_up_of_a_file_that_was_never_made_says_no(lookup: Any, workspace: Path) -> None:
    assert lookup("sql.query", **{**INSERT, "database": "none.db"}) is None
    assert list(workspace.iterdir()) == []


def test_a_failed_write_leaves_neither_rows_nor_note(call: Any, lookup: Any, database: Path) -> None:
    args = {**INSERT, "sql": "INSERT INTO work (id, machine) VALUES (2, 'A'), (1, 'B')", "parameters": []}
    assert fails(call, **args).cls == "invalid"
    assert ask(database, "SELECT count(*) FROM work") == [(1,)]
    assert lookup("sql.query", **args) is None


def test_reads_are_pure_and_writes_checkable() -> None:
    effect = tools()["sql.query"].effect
    assert effect(SqlArgs(database="a", sql="x")) == "pure"
    assert effect(SqlArgs(database="a", sql="x", mode="write")) == "checkable"


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


def test_a_statement_over_its_time_is_stopped(call: Any, database: Path) -> None:
    error = fails(call, database="work.db", sql=ENDLESS, timeout_s=0.2)
    assert (error.cls, error.outcome_unknown) == ("timeout", False)


def test_a_cancelled_statement_is_stopped_and_rolled_back(make_env: Any, database: Path) -> None:
    tool = tools()["sql.query"]
    args = SqlArgs(database="work.db", sql=f"INSERT INTO work (cost) {ENDLESS}", mode="write")

    async def cancelled() -> None:
        running = asyncio.ensure_future(tool.call(args, make_env()))
        while not (database.parent / "work.db-journal").exists():
            await asyncio.sleep(0.005)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(cancelled())
    assert ask(database, "SELECT count(*) FROM work") == [(1,)]


def test_a_locked_database_is_worth_another_attempt(call: Any, database: Path) -> None:
    holder = sqlite3.connect(database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    error = fails(call, **INSERT, timeout_s=0.3)
    holder.close()
    assert error.cls in ("server", "timeout")
    assert error.retryable is None


WRITER = """
import asyncio, sys
from pathlib import Path
from engine.nodes.tool_args import SqlArgs
from engine.tools.registry import ToolEnv, tools
args = SqlArgs(database="work.db", sql="INSERT INTO work (machine) VALUES (?)", parameters=["K"], mode="write")
async def main():
    for i in range(100000):
        env = ToolEnv(f"key-{i}", 10, Path(sys.argv[1]), None, False, str)
        await tools()["sql.query"].call(args, env)
        print(i, flush=True)
asyncio.run(main())
"""


@pytest.mark.parametrize("after", [1, 4, 9])
def test_a_killed_writer_has_a_note_for_every_row_and_a_row_for_every_note(
    call: Any, lookup: Any, database: Path, after: int
) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(database.parent)], stdout=subprocess.PIPE, cwd=Path.cwd()
    )
    assert child.stdout is not None
    for _ in range(after):
        child.stdout.readline()
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    rows = ask(database, "SELECT count(*) FROM work WHERE machine = 'K'")[0][0]
    notes = ask(database, "SELECT count(*) FROM _signalbox_effects")[0][0]
    assert rows == notes >= after
    args = {**INSERT, "parameters": ["K"]}
    assert lookup("sql.query", around={"idem_key": f"key-{rows - 1}"}, **args) is not None
    assert lookup("sql.query", around={"idem_key": f"key-{rows}"}, **args) is None


def test_two_writers_at_once_with_one_key_write_once(make_env: Any, database: Path) -> None:
    tool = tools()["sql.query"]
    args = SqlArgs.model_validate(INSERT)
    start = threading.Barrier(4)
    results: list[Any] = []

    def write() -> None:
        start.wait()
        results.append(asyncio.run(tool.call(args, make_env())))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [{"rows": [], "affected": 1}] * 4
    assert ask(database, "SELECT count(*) FROM work WHERE machine = 'FAN-01'") == [(1,)]
