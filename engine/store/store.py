"""One open data folder: the SQLite file, its blobs, and the progress file beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from engine.errors import Refused
from engine.store import database, migrations
from engine.store.blobs import Blobs
from engine.store.connections import Connections
from engine.store.drafts import Drafts
from engine.store.errors import STORAGE, store_error
from engine.store.journal import Journal
from engine.store.library import Library
from engine.store.progress import Progress
from engine.store.requests import Requests


class Store:
    """Everything stored. Reading is safe from any thread; `journal.append` belongs to one thread of the engine."""

    def __init__(self, path: Path, connections: Connections, role: Literal["engine", "client"]) -> None:
        self.path = path
        self.role = role
        self.connections = connections
        self.blobs = Blobs(path.parent / "blobs")
        self.library = Library(connections)
        self.drafts = Drafts(connections)
        self.requests = Requests(connections)
        self.journal = Journal(connections, self.blobs, writes=role == "engine")
        self.progress = Progress(path.parent / "progress.sqlite", writes=role == "engine")

    def data_version(self) -> int:
        """A number that differs after anything was committed by another connection; about 5 µs."""
        return self.connections.data_version()

    def close(self) -> None:
        """Close all files; an engine moves the WAL into the data file first."""
        self.journal.close()
        self.progress.close()
        self.connections.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def open_store(path: Path, *, role: Literal["engine", "client"]) -> Store:
    """Open the data file `<folder>/signalbox.sqlite`. An engine creates or upgrades it; a client only looks and asks.

    Refused for a missing (client), foreign, cut-off, damaged or newer file, and for a folder that may not be written
    (engine; a client can still read there).
    """
    if role == "engine":
        database.prepare(path)
    elif not path.exists():
        raise Refused("There is no data file here yet.", where=str(path), remedy="Run a workflow first.")
    else:
        database.check_header(path)
    try:
        watch = database.reader(path)
    except STORAGE as error:
        raise database.refused(path, store_error(error)) from error
    try:
        version = database.opened(path, watch, migrations.HEAD, whole=False)
        if int(version) < int(migrations.HEAD):
            raise Refused(
                f"The data file has the older schema version {int(version)} (this is {int(migrations.HEAD)}).",
                where=str(path),
                remedy="Start the engine once; it keeps a backup and upgrades the file.",
            )
    except BaseException:
        watch.close()
        raise
    return Store(path, Connections(path, watch), role)
