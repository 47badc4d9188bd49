"""The workflow library: documents by content hash, and which of them a name has meant."""

from __future__ import annotations

import time
from dataclasses import dataclass

from engine.errors import Refused
from engine.store import sql
from engine.store.connections import Connections
from engine.store.errors import Corrupt, translated
from engine.workflow.canonical import content_hash, from_json, to_json
from engine.workflow.model import Workflow


@dataclass(frozen=True, slots=True)
class Version:
    """One meaning of a name: `at` in seconds since 1970."""

    hash: str
    at: float


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
            connection.execute(sql.INSERT_WORKFLOW, (digest, to_json(workflow).decode()))
            connection.execute(sql.INSERT_VERSION, (name, digest, time.time()))
        return digest

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
        with translated():
            row = self._connections.read().execute(sql.LATEST, (name,)).fetchone()
        return None if row is None else str(row[0])

    def versions(self, name: str) -> list[Version]:
        """What a name has meant, newest first."""
        with translated():
            return [Version(*row) for row in self._connections.read().execute(sql.VERSIONS, (name,))]

    def names(self) -> list[str]:
        """All names, sorted."""
        with translated():
            return [row[0] for row in self._connections.read().execute(sql.NAMES)]
