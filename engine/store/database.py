"""Opening the data file: connections and their settings, the checks before first use, creation and upgrade.

Who may do what: the engine's writer appends and is the only connection that ever checkpoints (two checkpointing
connections can corrupt a WAL before SQLite 3.51.3). Readers open the file `mode=ro`, which also keeps them from
checkpointing when they are the last to close; a client's writing connection never checkpoints and is closed while its
reader is still open, so it is never the last.
"""

from __future__ import annotations

import os
import sqlite3
import struct
from pathlib import Path
from typing import Literal

from engine.errors import Refused
from engine.platform import fsync_dir
from engine.store import migrations
from engine.store.errors import STORAGE, Corrupt, StoreError, store_error
from engine.store.held import is_held
from engine.store.mark import check_mark

APPLICATION_ID = 0x5367626F
BUSY_S = 10.0
CHECK_WHOLE_FILE_BELOW = 32 << 20
"""Bytes up to which the engine runs SQLite's whole integrity check at start; above that, `verify` does."""

_MAGIC = b"SQLite format 3\0"
_REMEDY = "Restore it from a backup, or move it away to start with an empty one."


def connect(
    path: Path, mode: Literal["ro", "rw", "rwc"], *, checkpoint_pages: int = 0, immutable: bool = False
) -> sqlite3.Connection:
    """A connection in autocommit mode with the house settings; sqlite3.Error when the file cannot be used.

    `checkpoint_pages` is the WAL size in pages at which this connection checkpoints after a commit; 0 is never.
    """
    uri = f"{path.absolute().as_uri()}?mode={mode}" + ("&immutable=1" if immutable else "")
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        for pragma in (
            "trusted_schema=OFF",
            "cell_size_check=ON",
            "mmap_size=0",
            "foreign_keys=ON",
            "synchronous=FULL",
            f"wal_autocheckpoint={checkpoint_pages}",
            f"query_only={'ON' if mode == 'ro' else 'OFF'}",
        ):
            connection.execute(f"PRAGMA {pragma}").close()
    except BaseException:
        connection.close()
        raise
    return connection


def reader(path: Path) -> sqlite3.Connection:
    """A connection that only reads; where nothing may be written beside the file, of a file that nobody writes."""
    connection = None
    try:
        connection = connect(path, "ro")
        connection.execute("SELECT version_num FROM alembic_version").fetchall()
        return connection
    except (sqlite3.Error, UnicodeDecodeError) as error:
        if connection is not None:
            connection.close()
        if (getattr(error, "sqlite_errorcode", 0) & 0xFF) not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            raise
        wal = path.with_name(path.name + "-wal")
        if wal.exists() and wal.stat().st_size > 0:
            raise  # ignoring the WAL would show an old state as if it were the present one
    return connect(path, "ro", immutable=True)


def check_header(path: Path) -> None:
    """Refuse what is not a whole Signalbox file, from its first 100 bytes and its size, without touching it.

    A file that this process has open already was looked at then, and must not be opened in another way now.
    """
    if is_held(path):
        return
    where = str(path)
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            header = file.read(100)
    except OSError as error:
        raise Refused(f"The data file cannot be read: {error.strerror}.", where=where) from error
    if size == 0:
        raise Refused("The data file is empty (0 bytes); Signalbox never leaves it so.", where=where, remedy=_REMEDY)
    if len(header) < 100 or not header.startswith(_MAGIC):
        raise Refused("This is not a Signalbox data file (it is no SQLite database).", where=where, remedy=_REMEDY)
    (pages,) = struct.unpack(">I", header[28:32])
    (application,) = struct.unpack(">I", header[68:72])
    if application != APPLICATION_ID:
        raise Refused("This is a database of another program.", where=where, remedy="Name another data folder.")
    page_size = struct.unpack(">H", header[16:18])[0]
    expected = pages * (65536 if page_size == 1 else page_size)
    wal = path.with_name(path.name + "-wal")
    if size < expected and not (wal.exists() and wal.stat().st_size):
        # with a WAL, an interrupted checkpoint may have left the file short, and SQLite completes it
        raise Refused(f"The data file is cut off: {size} of {expected} bytes are there.", where=where, remedy=_REMEDY)


def check_version(path: Path, connection: sqlite3.Connection, head: str) -> str:
    """The schema version of the file; Refused when it is newer than `head` or none of ours."""
    where = str(path)
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    version = str(row[0]) if row else ""
    if not version.isdigit():
        raise Refused("The data file names no schema version.", where=where, remedy=_REMEDY)
    if int(version) > int(head):
        raise Refused(
            f"The data file has schema version {int(version)}, this Signalbox knows versions up to {int(head)}.",
            where=where,
            remedy="Use the newer Signalbox that wrote it, or one of the backups in the folder `backups`.",
        )
    return version


def opened(path: Path, connection: sqlite3.Connection, head: str, *, whole: bool) -> str:
    """The schema version of a file that passed the checks; damage becomes a Refused sentence."""
    try:
        version = check_version(path, connection, head)
        if whole and path.stat().st_size <= CHECK_WHOLE_FILE_BELOW:
            faults = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(1)")]
            if faults != ["ok"]:
                raise damaged(path, faults[0])
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise damaged(path, str(error)) from error
    return version


def damaged(path: Path, detail: str) -> Refused:
    """The sentence for a file whose inside is broken."""
    detail = " ".join(detail.split())
    return Refused(f"The data file is damaged ({detail}); it was left as it is.", where=str(path), remedy=_REMEDY)


def prepare(path: Path, location: Path = migrations.LOCATION, head: str = migrations.HEAD) -> None:
    """Engine only, under the lease: create the file if there is none, check it, upgrade it if it is older."""
    try:
        if not path.exists():
            _create(path, location, head)
            return
        check_header(path)
        connection = reader(path)
        try:
            version = opened(path, connection, head, whole=True)
            check_mark(path, connection)  # before any connection that could write a wrong WAL into the file
        finally:
            connection.close()
        _check_writable(path)
        if int(version) < int(head):
            migrations.backup(path, version)
            connection = connect(path, "rw")
            try:
                migrations.upgrade(connection, location, head)
            finally:
                connection.close()
    except STORAGE as error:
        raise refused(path, store_error(error)) from error


def refused(path: Path, error: StoreError) -> Refused:
    """A store error met while opening, as the sentence a user sees."""
    if isinstance(error, Corrupt):
        return damaged(path, str(error.__cause__ or error))
    return Refused(str(error), where=str(path), remedy="Make room, or name a folder that may be written.")


def _check_writable(path: Path) -> None:
    connection = connect(path, "rw")
    try:
        connection.execute(
            "BEGIN IMMEDIATE"
        )  # says nothing: on a read-only file it quietly begins a reading transaction
        connection.execute("PRAGMA user_version=1").close()
        connection.execute("ROLLBACK")
    finally:
        connection.close()


def _create(path: Path, location: Path, head: str) -> None:
    """Made beside its place and moved there whole, so that a crash never leaves half a data file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    for leftover in (draft, draft.with_name(draft.name + "-journal"), draft.with_name(draft.name + "-wal")):
        leftover.unlink(missing_ok=True)
    connection = connect(draft, "rwc")
    try:
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}").close()
        migrations.upgrade(connection, location, head)
        connection.execute("PRAGMA journal_mode=WAL").close()
    finally:
        connection.close()
    os.replace(draft, path)
    fsync_dir(path.parent)
