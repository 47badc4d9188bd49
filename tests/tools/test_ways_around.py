"""Ways around the gateway, the file roots and the bindings of secrets, tried on the real tools."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.errors import StepError
from engine.tools.registry import aclose_all, tools
from engine.tools.roots import Roots, literal_paths


def fails(call: Any, name: str, **args: Any) -> StepError:
    with pytest.raises(StepError) as caught:
        call(name, **args)
    return caught.value


# ---- HTTP
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_a_server_gave_one_call_to_remember_is_not_said_in_another(make_env: Any, site: Any, method: str) -> None:
    """One workflow logs in with a secret; another, which may not have it, must not ride on the session."""
    site.on("/login", body={}, headers={"Set-Cookie": "session=of-the-one-with-the-secret; Path=/"})
    site.on("/orders", body={})

    async def both() -> None:
        tool = tools()["http.request"]
        for path, headers in (("/login", {"authorization": "secret://token"}), ("/orders", {})):
            args = tool.args.model_validate({"url": site.url + path, "method": method, "headers": headers})
            await tool.call(args, make_env())
        await aclose_all()

    asyncio.run(both())
    assert "authorization" in site.seen[0].headers and "cookie" not in site.seen[1].headers


@pytest.mark.parametrize(
    "name", ["Host", "host", "Content-Length", "Transfer-Encoding", "Connection", "Proxy-Authorization", "Upgrade"]
)
def test_no_header_says_another_host_or_where_the_request_ends(call: Any, site: Any, name: str) -> None:
    site.on("/", body={})
    error = fails(call, "http.request", url=site.url, headers={name: "other.example", "x-key": "secret://token"})
    assert error.cls == "invalid" and name in error.message and site.seen == []


@pytest.mark.parametrize("header", [{"x": "a\r\nx-more: b"}, {"x\r\ny": "a"}, {"x": "a\nb"}, {"x": "a\0b"}])
def test_no_header_ends_early(call: Any, site: Any, header: dict[str, str]) -> None:
    site.on("/", body={})
    assert fails(call, "http.request", url=site.url, headers=header).cls == "invalid" and site.seen == []


# ---- files
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a file system of Linux")
@pytest.mark.parametrize("path", ["/proc/self/environ", "/proc/thread-self/environ", "/proc/{}/environ", "/dev/null"])
def test_the_engine_s_own_memory_and_environment_are_no_files(call: Any, path: str) -> None:
    path = path.format(os.getpid())
    for roots in (Roots(drawn=(path,)), Roots(given=frozenset({path})), Roots(read=(Path("/proc"), Path("/dev")))):
        assert fails(call, "file.read", path=path, around={"roots": roots}).cls == "permission"


def test_a_workspace_around_the_data_folder_does_not_open_it(call: Any, workspace: Path) -> None:
    data = workspace / "data"
    (data / "files").mkdir(parents=True)
    for name in ("secrets.json", "files/mine.txt"):
        (data / name).write_text("x")
    around = {"roots": Roots(barred=(data,))}
    for path in ("data/secrets.json", str(data / "secrets.json"), "data/files/../secrets.json"):
        assert fails(call, "file.read", path=path, around=around).cls == "permission"
        assert fails(call, "file.write", path=path, content="y", around=around).cls == "permission"
    assert fails(call, "sql.query", database="data/new.db", sql="SELECT 1", around=around).cls == "permission"
    assert not (data / "new.db").exists()


def test_a_path_that_climbs_to_the_root_before_an_expression_opens_nothing() -> None:
    for text in ("/etc/../{{ input.path }}", "/srv/a/../../{{ input.path }}", "//{{ input.path }}", "/./{{ input.p }}"):
        assert literal_paths({"path": text}) == (), text


# ---- statements
@pytest.mark.parametrize(
    "statement",
    [
        "PRAGMA hard_heap_limit = 1000",
        "PRAGMA soft_heap_limit = 1000",
        "PRAGMA temp_store_directory = '/tmp'",
        "PRAGMA writable_schema = 1",
        "SELECT * FROM pragma_hard_heap_limit(1000)",
    ],
)
@pytest.mark.parametrize("mode", ["read", "write"])
def test_a_statement_does_not_change_how_the_engine_s_own_data_file_works(
    call: Any, workspace: Path, statement: str, mode: str
) -> None:
    sqlite3.connect(workspace / "a.db").close()
    before = sqlite3.connect(":memory:").execute("PRAGMA hard_heap_limit").fetchone()
    try:
        error = fails(call, "sql.query", database="a.db", sql=statement, mode=mode)
        assert error.cls == ("permission" if statement.startswith("PRAGMA") else "invalid")
        assert sqlite3.connect(":memory:").execute("PRAGMA hard_heap_limit").fetchone() == before
    finally:
        sqlite3.connect(":memory:").execute("PRAGMA hard_heap_limit = 0")


def test_a_share_of_another_pc_is_no_path_that_an_author_opens_by_writing_it() -> None:
    for text in ("//server/share/x.csv", "//server/share/{{ run.inputs.file }}", "\\\\server\\share\\x.csv"):
        assert literal_paths({"path": text}) == (), text


def test_a_statement_makes_no_value_that_takes_the_memory(call: Any, workspace: Path) -> None:
    sqlite3.connect(workspace / "a.db").close()
    error = fails(call, "sql.query", database="a.db", sql="SELECT hex(zeroblob(900000000))")
    assert error.cls == "invalid" and "too big" in error.message
    assert call("sql.query", database="a.db", sql="SELECT length(zeroblob(1000000)) AS n")["rows"] == [{"n": 1000000}]


def test_what_a_database_says_of_itself_may_be_read(call: Any, workspace: Path) -> None:
    with sqlite3.connect(workspace / "a.db") as connection:
        connection.execute("CREATE TABLE t (x)")
    connection.close()
    assert call("sql.query", database="a.db", sql="PRAGMA table_info(t)")["rows"][0]["name"] == "x"
    assert call("sql.query", database="a.db", sql="SELECT name FROM pragma_table_info('t')")["rows"] == [{"name": "x"}]
