"""The lease: which engine may append. An OS lock says who is alive, the epoch row fences off whoever was before."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from engine.errors import Refused
from engine.platform import Lock, lock_owner, try_lock
from engine.store import database, sql
from engine.store.errors import store_error, translated

LOCK_FILE = "engine.lock"
DATA_FILE = "signalbox.sqlite"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lease: process id, host name, and since when (seconds since 1970)."""

    pid: int
    host: str
    since: float


class HeldElsewhere(Refused):
    """Another engine owns the data folder; `holder` says which, None when it did not say."""

    def __init__(self, data_dir: Path, holder: Holder | None) -> None:
        who = f"process {holder.pid}, since {_clock(holder.since)}" if holder else "another process"
        super().__init__(
            f"Another engine works on this data folder ({who}).",
            where=str(data_dir),
            remedy="Use it through that engine, or stop it first.",
        )
        self.holder = holder


class Lease:
    """The right to append, held until `release` or the end of the process. `epoch` goes into every event."""

    def __init__(self, lock: Lock, epoch: int) -> None:
        self._lock = lock
        self.epoch = epoch

    @classmethod
    def acquire(cls, data_dir: Path, host: str) -> Lease:
        """Take the lease: lock, create, check or upgrade the data file, raise the epoch. HeldElsewhere or Refused."""
        path = data_dir / DATA_FILE
        try:
            data_dir.mkdir(parents=True, exist_ok=True)
            lock = try_lock(data_dir / LOCK_FILE, host=host, since=time.time())
        except OSError as error:
            raise database.refused(data_dir, store_error(error)) from error
        if lock is None:
            raise HeldElsewhere(data_dir, info(data_dir))
        try:
            database.prepare(path)
            return cls(lock, _raise_epoch(path, host))
        except BaseException:
            lock.release()
            raise

    def release(self) -> None:
        """Give the lease back; twice is harmless."""
        self._lock.release()

    @staticmethod
    def info(data_dir: Path) -> Holder | None:
        """Who holds the lease of a data folder, or None."""
        return info(data_dir)


def info(data_dir: Path) -> Holder | None:
    """Who holds the lease of a data folder, or None."""
    said = lock_owner(data_dir / LOCK_FILE)
    if said is None:
        return None
    return Holder(int(said["pid"]), str(said.get("host", "")), float(said.get("since", 0.0)))


def _raise_epoch(path: Path, host: str) -> int:
    with translated():
        watch = database.reader(path)  # open while the writer closes, so that this does not checkpoint
        connection = database.connect(path, "rw")
        try:
            return int(connection.execute(sql.NEW_EPOCH, (1, 1, host)).fetchall()[0][0])
        finally:
            connection.close()
            watch.close()


def _clock(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))
