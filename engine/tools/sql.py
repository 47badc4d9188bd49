"""`sql.query`: one statement, its values bound. A write and the note that it happened are one transaction.

The note is a row of `_signalbox_effects` in the database that is written to, so a write happens exactly once: done
again with the same key, it gives the noted result; the look-up after a crash reads the note.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.errors import StepError
from engine.keys import OWN_ADDRESS
from engine.nodes.context import EffectClass
from engine.nodes.tool_args import SqlArgs
from engine.tools import postgres
from engine.tools.rows import bound, result_of
from engine.tools.secrets import Secrets, whole_reference, without_references
from engine.tools.tool import Found, Tool, ToolEnv, timeout_of
from engine.tools.workspace import os_fault, resolve

TIMEOUT_S = 60.0
LONGEST = 256 * 1024 * 1024
"""The longest text or blob, in bytes, that a statement may make or read: its memory is the engine's."""
_POSTGRES = ("postgresql://", "postgres://")
_NOTES = "CREATE TABLE IF NOT EXISTS _signalbox_effects (key TEXT PRIMARY KEY, result TEXT NOT NULL, at REAL NOT NULL)"
_FIND = "SELECT result FROM _signalbox_effects WHERE key = ?"
_DENIED = {
    sqlite3.SQLITE_ATTACH: "ATTACH would open another file",
    sqlite3.SQLITE_DETACH: "DETACH would close a file",
    sqlite3.SQLITE_TRANSACTION: "the transaction is the engine's",
    sqlite3.SQLITE_SAVEPOINT: "the transaction is the engine's",
}
_PRAGMAS = frozenset(
    ("hard_heap_limit", "soft_heap_limit", "temp_store_directory", "data_store_directory", "writable_schema")
)
"""Most of them hold for the whole process, so for the engine's own data file as well."""
_CLASSES: Mapping[int, tuple[Any, bool | None]] = {
    sqlite3.SQLITE_BUSY: ("server", None),
    sqlite3.SQLITE_LOCKED: ("server", None),
    sqlite3.SQLITE_FULL: ("no_space", None),
    sqlite3.SQLITE_READONLY: ("permission", False),
    sqlite3.SQLITE_PERM: ("permission", False),
    sqlite3.SQLITE_AUTH: ("permission", False),
    sqlite3.SQLITE_INTERRUPT: ("timeout", None),
    sqlite3.SQLITE_IOERR: ("server", None),
}


async def _call(args: SqlArgs, env: ToolEnv) -> Any:
    secrets = Secrets(env)
    database = await _address(secrets, args.database)
    timeout_s = timeout_of(TIMEOUT_S, args.timeout_s, env)
    try:
        if database.startswith(_POSTGRES):
            result = await postgres.call(database, args, env, timeout_s, own=whole_reference(args.database))
        else:
            path = _sqlite_path(database, env, write=args.mode == "write")
            result = await _in_thread(lambda job: _run(path, args, env, job, timeout_s), timeout_s)
    except StepError as error:
        error.args = (secrets.hide(str(error)),)
        error.message = secrets.hide(error.message)
        raise
    return secrets.hide(result)


async def _lookup(args: SqlArgs, env: ToolEnv) -> Found | None:
    database = await _address(Secrets(env), args.database)
    timeout_s = timeout_of(TIMEOUT_S, args.timeout_s, env)
    if database.startswith(_POSTGRES):
        return await postgres.lookup(database, env, timeout_s, own=whole_reference(args.database))
    path = _sqlite_path(database, env, write=True)
    found: Found | None = await _in_thread(lambda job: _noted(path, env, job, timeout_s), timeout_s)
    return found


async def _address(secrets: Secrets, given: str) -> str:
    """The database with its secrets, which go to the host that it names."""
    if whole_reference(given):
        filled = await secrets.fill(given, OWN_ADDRESS)
    else:
        filled = await secrets.fill(given, postgres.plain(without_references(given)), quoted="://" in given)
    if secrets.used and filled.startswith(_POSTGRES):
        postgres.check_one_host(filled)
    return filled


def _sqlite_path(database: str, env: ToolEnv, *, write: bool) -> Path:
    if "://" in database:
        scheme = database.partition("://")[0][:40]
        raise StepError("invalid", f"{scheme}:// is no database; give a SQLite file or postgresql://.", retryable=False)
    return resolve(database, env, write=write)


class _Job:
    """The connection that a thread works on, so that the event loop can stop it."""

    def __init__(self) -> None:
        self.connection: sqlite3.Connection | None = None
        self.stopped = False

    def stop(self) -> None:
        self.stopped = True
        if self.connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self.connection.interrupt()


async def _in_thread(work: Callable[[_Job], Any], timeout_s: float) -> Any:
    """Run it beside the loop; stopped in time or by cancelling, it has rolled back or committed when this returns."""
    job = _Job()
    running = asyncio.ensure_future(asyncio.to_thread(work, job))
    try:
        done, _ = await asyncio.wait([running], timeout=timeout_s)
        if not done:
            job.stop()
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        job.stop()
        with contextlib.suppress(StepError):
            await running
        raise


@contextlib.contextmanager
def _open(path: Path, args: SqlArgs, job: _Job, timeout_s: float, *, write: bool) -> Iterator[sqlite3.Connection]:
    try:
        if not path.exists() and not write:
            raise StepError("not_found", f"There is no database {args.database}.", retryable=False)
        uri = f"{path.absolute().as_uri()}?mode={'rwc' if write else 'ro'}"
        connection = sqlite3.connect(
            uri, uri=True, timeout=min(5.0, timeout_s), isolation_level=None, check_same_thread=False
        )
    except OSError as error:
        raise os_fault(args.database, error) from None
    except sqlite3.Error as error:
        raise _fault(args, error, job, timeout_s) from None
    job.connection = connection
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
    # an interruption between two statements would be forgotten by the next one
    connection.set_progress_handler(lambda: int(job.stopped), 20_000)
    try:
        if job.stopped:
            raise StepError("timeout", f"{args.database}: stopped before the statement began.")
        yield connection
    except sqlite3.Error as error:
        raise _fault(args, error, job, timeout_s) from None
    finally:
        job.connection = None
        connection.close()


def _run(path: Path, args: SqlArgs, env: ToolEnv, job: _Job, timeout_s: float) -> Any:
    write = args.mode == "write"
    with _open(path, args, job, timeout_s, write=write) as connection:
        if not write:
            return _execute(connection, args, env)
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(_NOTES)
            noted = connection.execute(_FIND, (env.idem_key,)).fetchone()
            if noted is not None:
                connection.execute("ROLLBACK")
                return json.loads(noted[0])
            result = _execute(connection, args, env)
            note = (env.idem_key, json.dumps(result), time.time())
            connection.execute("INSERT INTO _signalbox_effects (key, result, at) VALUES (?, ?, ?)", note)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return result


def _execute(connection: sqlite3.Connection, args: SqlArgs, env: ToolEnv) -> dict[str, Any]:
    denied: list[str] = []

    def allow(action: int, name: str | None, *_: Any) -> int:
        if action in _DENIED:
            denied.append(_DENIED[action])
            return sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_PRAGMA and (name or "").lower() in _PRAGMAS:
            denied.append(f"PRAGMA {name} is the engine's")
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK

    connection.set_authorizer(allow)
    try:
        before = connection.total_changes
        cursor = connection.execute(args.sql, bound(args.parameters))
        names = [column[0] for column in cursor.description or ()]
        rows = cursor.fetchmany(args.max_rows + 1) if names else []
        return result_of(names, rows, connection.total_changes - before, args, env.blobs)
    except sqlite3.DatabaseError as error:
        if denied:
            raise StepError("permission", f"{args.database}: {denied[0]}.", retryable=False) from None
        raise error
    finally:
        connection.set_authorizer(None)


def _noted(path: Path, env: ToolEnv, job: _Job, timeout_s: float) -> Found | None:
    args = SqlArgs(database=str(path), sql="look up")
    if not path.exists():
        return None
    # Opened for writing: the first reader after a crash may have to roll a torn transaction back.
    with _open(path, args, job, timeout_s, write=True) as connection:
        known = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_signalbox_effects'")
        noted = connection.execute(_FIND, (env.idem_key,)).fetchone() if known.fetchone() else None
    return None if noted is None else Found(json.loads(noted[0]))


def _fault(args: SqlArgs, error: sqlite3.Error, job: _Job, timeout_s: float) -> StepError:
    if job.stopped:
        return StepError("timeout", f"{args.database}: stopped after {timeout_s:g} s; nothing was changed.")
    code = getattr(error, "sqlite_errorcode", None)
    cls, retryable = _CLASSES.get(code & 0xFF if isinstance(code, int) else -1, ("invalid", False))
    hint = " Say `mode: write` to change it." if code is not None and code & 0xFF == sqlite3.SQLITE_READONLY else ""
    return StepError(cls, f"{args.database}: {error}.{hint}", retryable=retryable)


def _effect(args: SqlArgs) -> EffectClass:
    return "pure" if args.mode == "read" else "checkable"


SQL_QUERY = Tool(
    name="sql.query",
    summary="Runs one SQL statement.",
    args=SqlArgs,
    effect=_effect,
    call=_call,
    lane=lambda args: "sql",
    timeout_s=TIMEOUT_S,
    risk="medium",
    lookup=_lookup,
    chooses=("database", "sql", "mode"),
    reach="SQLite files like other files; Postgres servers like other hosts.",
)
