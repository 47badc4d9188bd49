"""The workflow library: documents by content hash, and which of them a name has meant."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass

from engine.errors import Refused
from engine.store import sql
from engine.store.connections import Connections
from engine.store.errors import Corrupt, translated
from engine.workflow.canonical import content_hash, drawing_json, drawn, from_json, to_json
from engine.workflow.model import Workflow


@dataclass(frozen=True, slots=True)
class Version:
    """One meaning of a name: `at` in seconds since 1970, `label` what a person called it, `by` who saved it."""

    id: int
    hash: str
    at: float
    label: str = ""
    by: str = ""


class Library:
    """The workflow versions of one data file; a stored document never changes."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._read: dict[str, Workflow] = {}

    def put(self, workflow: Workflow, name: str | None = None) -> str:
        """Store a workflow as the newest version of a name (its own, if none is given); returns the content hash."""
        name = name or workflow.name
        digest = content_hash(workflow)
        if self.latest(name) == digest:
            return digest
        with self._connections.write() as connection:
            _insert(connection, workflow, digest, name, "", "")
        return digest

    def keep(self, workflow: Workflow) -> str:
        """Store a document for a run alone, such as a part of a drawing: it is not what its name means from now on."""
        digest = content_hash(workflow)
        with self._connections.write() as connection:
            connection.execute(sql.INSERT_WORKFLOW, (digest, to_json(workflow).decode()))
        return digest

    def save(self, workflow: Workflow, name: str | None = None, *, label: str = "", by: str = "") -> Version:
        """Store a document as a person wants to find it again: a new version when its logic, its drawing or the label
        is another one than the newest version has; otherwise that one."""
        name = name or workflow.name
        digest, drawing = content_hash(workflow), drawing_json(workflow)
        with self._connections.write() as connection:
            row = connection.execute(sql.NEWEST, (name,)).fetchone()
            if row is not None and row[1] == digest and label in ("", row[3]) and row[5] == drawing:
                return Version(*row[:5])
            return _insert(connection, workflow, digest, name, label, by)

    def open(self, version: int) -> Workflow:
        """The document of a version, with its layout and notes; Refused when there is none of that number."""
        with translated():
            row = self._connections.read().execute(sql.VERSION, (version,)).fetchone()
        if row is None:
            raise Refused(f"There is no version {version} in the library.")
        workflow = self.get(row[1])
        if row[5] is None:
            return workflow
        try:
            return drawn(workflow, row[5])
        except Refused as error:
            raise Corrupt(f"The drawing of version {version} cannot be read: {error}") from error

    def label(self, version: int, text: str) -> None:
        """Call a version something else; Refused when there is none of that number."""
        with self._connections.write() as connection:
            if connection.execute(sql.LABEL, (text, version)).rowcount == 0:
                raise Refused(f"There is no version {version} in the library.")

    def get(self, digest: str) -> Workflow:
        """A workflow by content hash; Refused when it is not here, Corrupt when it is not what was stored."""
        if digest in self._read:
            return self._read[digest]
        with translated():
            row = self._connections.read().execute(sql.DOCUMENT, (digest,)).fetchone()
        if row is None:
            raise Refused(f"There is no workflow version {digest[:12]} in the library.")
        try:
            workflow = from_json(row[0])
        except Refused as error:
            raise Corrupt(f"The workflow version {digest[:12]} cannot be read: {error}") from error
        if content_hash(workflow) != digest:
            raise Corrupt(f"The workflow version {digest[:12]} is not what was stored.")
        self._read[digest] = workflow
        return workflow

    def latest(self, name: str) -> str | None:
        """The content hash of a name's newest version, or None."""
        newest = self.newest(name)
        return None if newest is None else newest.hash

    def newest(self, name: str) -> Version | None:
        """A name's newest version, or None."""
        with translated():
            row = self._connections.read().execute(sql.NEWEST, (name,)).fetchone()
        return None if row is None else Version(*row[:5])

    def versions(self, name: str) -> list[Version]:
        """What a name has meant, newest first."""
        with translated():
            return [Version(*row) for row in self._connections.read().execute(sql.VERSIONS, (name,))]

    def names(self) -> list[str]:
        """All names, sorted."""
        with translated():
            return [row[0] for row in self._connections.read().execute(sql.NAMES)]


def _insert(connection: sqlite3.Connection, workflow: Workflow, digest: str, name: str, label: str, by: str) -> Version:
    now = time.time()
    connection.execute(sql.INSERT_WORKFLOW, (digest, to_json(workflow).decode()))
    row = (name, digest, now, label, by, drawing_json(workflow))
    number = int(connection.execute(sql.INSERT_VERSION, row).lastrowid or 0)
    return Version(number, digest, now, label, by)
