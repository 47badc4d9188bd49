"""Room for the WAL, taken in advance: a commit that makes a file grow waits for the file system's own journal, too.

On ext4 a commit into a WAL that already has its size took half the time of one that made it grow. Zeros behind the last
frame mean nothing to SQLite: it reads frames up to the first whose checksum is wrong, and writes over what follows.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

_FRAME_BYTES = 4096 + 24
_CHUNK = bytes(1 << 20)
_LEFT_FREE = 256 << 20


def reserve_wal(connection: sqlite3.Connection, path: Path, pages: int) -> None:
    """Let the WAL of the data file have room for this many pages, unless the disk is short of room anyway.

    The write lock is held meanwhile, so that nobody appends to the file; readers are not disturbed.
    """
    wal = path.with_name(path.name + "-wal")
    wanted = pages * _FRAME_BYTES
    try:
        connection.execute("BEGIN IMMEDIATE")
        # a WAL without any frame has no header yet; SQLite writes no page for an update that changes nothing
        connection.execute("UPDATE owner SET epoch = epoch + 1")
        connection.execute("UPDATE owner SET epoch = epoch - 1")
        connection.execute("COMMIT")
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        return  # no room, or somebody else writes: whoever appends next will hear of it
    try:
        have = wal.stat().st_size
        if 0 < have < wanted and shutil.disk_usage(path.parent).free > wanted + _LEFT_FREE:
            with wal.open("r+b", buffering=0) as file:
                file.seek(have)
                while have < wanted:
                    have += file.write(_CHUNK[: wanted - have])
                os.fsync(file.fileno())
    except OSError:
        pass  # a file system that will not: it only costs time
    finally:
        connection.execute("ROLLBACK")
