"""`sql.query` on a real Postgres server, started in a folder of the test."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.errors import StepError
from engine.tools.registry import Found

psycopg = pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    named = shutil.which("initdb")
    return found[0].parent if found else Path(named).parent if named else None


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    programs = _programs()
    if programs is None:
        pytest.skip("no Postgres server is installed here")
    folder = tmp_path_factory.mktemp("pg", numbered=True)
    as_user: dict[str, Any] = {}
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # Postgres refuses to run as root
        import pwd

        try:
            account = pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("Postgres does not run as root, and there is no account `postgres`")
        for one in [folder, *folder.parents]:
            if one.stat().st_uid == 0 and one != Path("/"):
                os.chmod(one, one.stat().st_mode | 0o011)
            if one.name.startswith("pytest-of-"):
                break
        os.chown(folder, account.pw_uid, account.pw_gid)
        as_user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    data = folder / "data"
    (folder / "password").write_text("pw-of-test")
    os.chmod(folder / "password", 0o644)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder, **as_user}
    make = [
        programs / "initdb",
        "-D",
        data,
        "-U",
        "tester",
        "-A",
        "scram-sha-256",
        f"--pwfile={folder / 'password'}",
        "-N",
    ]
    subprocess.run(make, check=True, **quiet)
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
    control = [programs / "pg_ctl", "-D", data, "-w", "-o", options]
    subprocess.run([*control, "start"], check=True, **quiet)
    try:
        yield f"postgresql://tester:pw-of-test@/postgres?host={folder}"
    finally:
        subprocess.run([programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], check=True, **quiet)


@pytest.fixture
def database(server: str) -> str:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS work, _signalbox_effects")
        connection.execute("CREATE TABLE work (id serial PRIMARY KEY, machine text, cost numeric, facts jsonb)")
        connection.execute("""INSERT INTO work (machine, cost, facts) VALUES ('PUMP-12', 1.10, '{"a": [1]}')""")
    return server


def count(database: str, table: str = "work") -> int:
    with psycopg.connect(database) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        assert row is not None
        return int(row[0])


def insert(database: str) -> dict[str, Any]:
    sql = "INSERT INTO work (machine, facts) VALUES (%s, %s)"
    return {"database": database, "sql": sql, "parameters": ["FAN-01", {"a": 1}], "mode": "write"}


def fails(call: Any, **args: Any) -> StepError:
    with pytest.raises(StepError) as caught:
        call("sql.query", **args)
    assert "pw-of-test" not in caught.value.message
    return caught.value


def test_rows_are_json(call: Any, database: str) -> None:
    sql = "SELECT machine, cost, facts, date '2026-01-02' AS day FROM work WHERE machine = ANY(%(names)s)"
    rows = call("sql.query", database=database, sql=sql, parameters={"names": ["PUMP-12", "x'; --"]})["rows"]
    assert rows == [{"machine": "PUMP-12", "cost": "1.10", "facts": {"a": [1]}, "day": "2026-01-02"}]


def test_the_address_may_be_a_secret(call: Any, database: str) -> None:
    env = {"secret": lambda name, to: database}
    assert call("sql.query", around=env, database="secret://pg", sql="SELECT 1 AS n")["rows"] == [{"n": 1}]


def test_a_write_done_again_with_its_key_happens_once(call: Any, lookup: Any, database: str) -> None:
    args = insert(database)
    assert lookup("sql.query", **args) is None
    result = call("sql.query", **args)
    assert result == {"rows": [], "affected": 1}
    assert call("sql.query", **args) == result
    assert count(database) == 2
    assert lookup("sql.query", **args) == Found(result)
    assert lookup("sql.query", around={"idem_key": "other"}, **args) is None


def test_writers_at_once_with_one_key_write_once(call: Any, database: str) -> None:
    results: list[Any] = []
    threads = [threading.Thread(target=lambda: results.append(call("sql.query", **insert(database)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [{"rows": [], "affected": 1}] * 4
    assert (count(database), count(database, "_signalbox_effects")) == (2, 1)


def test_a_failed_write_leaves_nothing(call: Any, lookup: Any, database: str) -> None:
    args = {"database": database, "sql": "INSERT INTO work (id) VALUES (2), (1)", "mode": "write"}
    assert fails(call, **args).cls == "invalid"
    assert count(database) == 1
    assert lookup("sql.query", **args) is None


def test_reading_cannot_write(call: Any, database: str) -> None:
    assert fails(call, **{**insert(database), "mode": "read"}).cls == "permission"


@pytest.mark.parametrize("sql", ["COMMIT", " rollback;", "SELECT 1; DELETE FROM work", "/* x */ COMMIT"])
def test_a_statement_cannot_end_the_transaction_or_bring_a_second_one(call: Any, database: str, sql: str) -> None:
    assert fails(call, database=database, sql=sql, mode="write").cls in ("permission", "invalid")
    assert count(database) == 1


def test_a_statement_over_its_time_is_stopped(call: Any, database: str) -> None:
    error = fails(call, database=database, sql="SELECT pg_sleep(60)", timeout_s=0.3)
    assert (error.cls, error.outcome_unknown) == ("timeout", False)


def test_a_wrong_password_and_a_missing_server_have_their_classes(call: Any, database: str) -> None:
    assert fails(call, database=database.replace("pw-of-test", "wrong"), sql="SELECT 1").cls == "permission"
    error = fails(call, database="postgresql://u:p@127.0.0.1:1/x", sql="SELECT 1")
    assert (error.cls, error.outcome_unknown) == ("connection", False)


def test_the_network_being_off_leaves_servers_on_this_pc(call: Any, database: str) -> None:
    assert call("sql.query", around={"network": False}, database=database, sql="SELECT 1 AS n")["rows"] == [{"n": 1}]
    error = fails(call, around={"network": False}, database="postgresql://u:p@192.0.2.1/x", sql="SELECT 1")
    assert (error.cls, error.retryable) == ("connection", False)


def test_without_the_extra_the_remedy_is_named(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert "extra `postgres`" in fails(call, database="postgresql:///x", sql="SELECT 1").message
