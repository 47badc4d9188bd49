"""The Postgres half of `sql.query`: the same exactly-once note, in the same transaction."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from engine.errors import ErrorClass, StepError
from engine.net.guard import connect_check
from engine.nodes.tool_args import SqlArgs
from engine.tools.rows import result_of
from engine.tools.tool import Found, ToolEnv

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_KNOWN = "SELECT to_regclass('_signalbox_effects') IS NOT NULL"
_FIND = "SELECT result FROM _signalbox_effects WHERE key = %s"
_NOTE = "INSERT INTO _signalbox_effects (key, result) VALUES (%s, %s)"
_NOTES = (
    "CREATE TABLE IF NOT EXISTS _signalbox_effects"
    " (key text PRIMARY KEY, result text NOT NULL, at timestamptz NOT NULL DEFAULT now())"
)
_LEADS_ELSEWHERE = {"host", "hostaddr", "port", "service", "servicefile", "dbname"}
# SQLSTATE prefixes, longest first: what they mean for a step, and whether another attempt may help.
_STATES: tuple[tuple[str, ErrorClass, bool | None], ...] = (
    ("57014", "timeout", None),
    ("42501", "permission", False),
    ("25006", "permission", False),
    ("53100", "no_space", None),
    ("28", "permission", False),
    ("08", "connection", None),
    ("57P", "connection", None),
    ("40", "server", None),
    ("53", "server", None),
    ("55P03", "server", None),
    ("58", "server", None),
    ("3D", "not_found", False),
)


async def call(url: str, args: SqlArgs, env: ToolEnv, timeout_s: float, *, own: bool = False) -> Any:
    """Run the statement; cancelled or late, it is stopped at the server and rolled back."""
    where = await _where(url, env, own)
    return await _in_thread(where, timeout_s, lambda connection: _run(connection, args, env, timeout_s))


async def lookup(url: str, env: ToolEnv, timeout_s: float, *, own: bool = False) -> Found | None:
    """Whether the write with this key is noted. Waits for one that a dead connection may still be committing."""

    def find(connection: Any) -> Found | None:
        connection.execute(_LOCK, (env.idem_key,))
        if not connection.execute(_KNOWN).fetchone()[0]:
            return None
        noted = connection.execute(_FIND, (env.idem_key,)).fetchone()
        return None if noted is None else Found(json.loads(noted[0]))

    found: Found | None = await _in_thread(await _where(url, env, own), timeout_s, find)
    return found


async def _in_thread(where: _Where, timeout_s: float, work: Callable[[Any], Any]) -> Any:
    # Threads, because psycopg's own asyncio does not run on the event loop that Windows uses.
    held: list[Any] = []

    def job() -> Any:
        with _connected(where, timeout_s) as connection:
            held.append(connection)
            return work(connection)

    running = asyncio.ensure_future(asyncio.to_thread(job))
    try:
        # The server stops the statement itself; this is for a server that no longer answers.
        done, _ = await asyncio.wait([running], timeout=timeout_s + 5)
        if not done:
            await _stop(held)
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await _stop(held)
        with contextlib.suppress(StepError):
            await running
        raise


async def _stop(held: list[Any]) -> None:
    import psycopg

    for connection in held:
        with contextlib.suppress(psycopg.Error):
            await asyncio.to_thread(connection.cancel_safe, timeout=5)


@contextlib.contextmanager
def _connected(where: _Where, timeout_s: float) -> Iterator[Any]:
    psycopg, place = _psycopg(), where.place
    try:
        connection = psycopg.connect(where.info, connect_timeout=max(2, min(10, int(timeout_s))))
    except psycopg.ProgrammingError as error:
        raise StepError("invalid", f"{place}: {_first_line(error)}.", retryable=False) from None
    except psycopg.OperationalError as error:
        cls: ErrorClass = "permission" if "authentication failed" in str(error) else "connection"
        raise StepError(
            cls, f"{place}: {_first_line(error)}.", retryable=None if cls == "connection" else False
        ) from None
    committing = False
    try:
        connection.execute("SELECT set_config('statement_timeout', %s, true)", (str(max(1, int(timeout_s * 1000))),))
        yield connection
        committing = True
        connection.commit()
    except psycopg.Error as error:
        raise _fault(place, error, unknown=committing) from None
    finally:
        connection.close()


def _run(connection: Any, args: SqlArgs, env: ToolEnv, timeout_s: float) -> Any:
    if args.mode == "read":
        connection.execute("SET TRANSACTION READ ONLY")
        return _execute(connection, args, env)
    if not connection.execute(_KNOWN).fetchone()[0]:
        connection.execute(_LOCK, ("_signalbox_effects",))  # two at once would both create the table
        connection.execute(_NOTES)
    connection.execute(_LOCK, (env.idem_key,))
    noted = connection.execute(_FIND, (env.idem_key,)).fetchone()
    if noted is not None:
        return json.loads(noted[0])
    result = _execute(connection, args, env)
    connection.execute(_NOTE, (env.idem_key, json.dumps(result)))
    return result


def _execute(connection: Any, args: SqlArgs, env: ToolEnv) -> dict[str, Any]:
    from psycopg.pq import TransactionStatus
    from psycopg.types.json import Jsonb

    word = args.sql.lstrip(" \t\r\n(").split(None, 1)[0].rstrip(";").upper() if args.sql.strip() else ""
    if word in ("COMMIT", "ROLLBACK", "BEGIN", "START", "END", "ABORT", "SAVEPOINT", "RELEASE", "PREPARE"):
        raise StepError("permission", f"{word}: the transaction is the engine's.", retryable=False)
    values: Any = args.parameters
    if isinstance(values, dict):
        values = {name: Jsonb(value) if isinstance(value, dict) else value for name, value in values.items()}
    else:
        values = [Jsonb(value) if isinstance(value, dict) else value for value in values]
    # With binding, the server takes one statement only; without, several could come in one text.
    with connection.cursor() as cursor:
        cursor.execute(args.sql, values or None, prepare=True)
        if connection.info.transaction_status != TransactionStatus.INTRANS:
            raise StepError("permission", "The statement ended the engine's transaction.", retryable=False)
        names = [column.name for column in cursor.description or ()]
        rows = cursor.fetchmany(args.max_rows + 1) if names else []
        changed = 0 if (cursor.statusmessage or "").startswith("SELECT") else max(cursor.rowcount, 0)
        return result_of(names, rows, changed, args, env.blobs)


def _fault(place: str, error: Any, *, unknown: bool) -> StepError:
    state = error.sqlstate or ""
    if not state and (unknown or "connection" in str(error).lower() or "server closed" in str(error)):
        return StepError("connection", f"{place}: {_first_line(error)}.", outcome_unknown=unknown)
    found = next(((cls, retry) for prefix, cls, retry in _STATES if state.startswith(prefix)), ("invalid", False))
    return StepError(found[0], f"{place}: {_first_line(error)}.", retryable=found[1])


def plain(url: str) -> str:
    """The address without user, password and options: what a secret in it is bound to."""
    scheme, _, rest = url.partition("://")
    authority, slash, path = rest.partition("?")[0].partition("#")[0].partition("/")
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"


def check_one_host(url: str) -> None:
    """StepError when more than the address itself says where a secret goes."""
    options = dict(option.partition("=")[::2] for option in url.partition("?")[2].split("&"))
    host = plain(url).partition("://")[2].partition("/")[0]
    if not host and options.get("host", "").startswith(("/", "%2F")):
        del options["host"]  # a socket of this PC
    # libpq takes all before an @ for the user, also what looks like the end of the host
    unclear = "#" in url or "@" in url.partition("?")[2]
    if unclear or set(options) & _LEADS_ELSEWHERE or {",", "%"} & set(host) or "%" in "".join(options):
        why = "With a secret, a Postgres address names one host, and its options do not name another."
        raise StepError("permission", why, retryable=False)


def _first_line(error: Any) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__


@dataclass(frozen=True)
class _Where:
    """A database as libpq is told of it, with the address that was checked, and for messages without its password."""

    info: str
    place: str


async def _where(url: str, env: ToolEnv, own: bool) -> _Where:
    """Whom to connect to; `own`: a secret of this PC said it. StepError when it cannot be read, or may not be asked."""
    psycopg = await asyncio.to_thread(_psycopg)  # loading it takes a while
    try:
        said = dict(psycopg.conninfo.conninfo_to_dict(url))
    except psycopg.ProgrammingError:
        raise StepError("invalid", "The Postgres address cannot be read.", retryable=False) from None
    odd = [name for name in ("service", "servicefile", "hostaddr") if said.get(name)]
    host, port = str(said.get("host") or ""), str(said.get("port") or "5432")
    if odd or "," in host or not port.isdigit():
        why = f"it may hold no `{odd[0]}`" if odd else "it may name one host and one port"
        raise StepError("invalid", f"The Postgres address is not used: {why}.", retryable=False)
    # All of it is said: what is left open would be filled from the environment.
    said |= {"host": host, "port": port}
    place = f"{host or 'local'}/{said.get('dbname') or ''}"
    if host and not host.startswith("/"):
        if own:
            env = replace(env, guard=env.guard.trusting(host, int(port)))
        said["hostaddr"] = await connect_check(host, int(port), "sql.query", env)
    return _Where(psycopg.conninfo.make_conninfo(**said), place)


def _psycopg() -> Any:
    try:
        import psycopg
        import psycopg.conninfo
    except ImportError:
        why = "Postgres needs the package psycopg; install Signalbox with its extra `postgres`."
        raise StepError("not_found", why, retryable=False) from None
    return psycopg
