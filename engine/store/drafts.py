"""Drafts: documents as somebody is drawing them, kept with every edit so that nothing typed is lost."""

from __future__ import annotations

import time
from dataclasses import dataclass

from engine.errors import Refused
from engine.store import sql
from engine.store.connections import Connections
from engine.store.errors import Corrupt, translated
from engine.workflow.canonical import from_json, to_json
from engine.workflow.model import Workflow


@dataclass(frozen=True, slots=True)
class Draft:
    """One document: `text` is its canonical JSON with layout and notes, `base` the content hash of the version that it
    began with, `path` the file that it belongs to, `at` when it was last kept (seconds since 1970)."""

    id: str
    name: str
    text: str
    base: str | None = None
    path: str | None = None
    at: float = 0.0

    @classmethod
    def of(cls, id: str, workflow: Workflow, *, base: str | None = None, path: str | None = None) -> Draft:
        """The draft of a document as it is now."""
        return cls(id, workflow.name, to_json(workflow).decode(), base, path)

    @property
    def workflow(self) -> Workflow:
        """The document; Corrupt when it cannot be read."""
        try:
            return from_json(self.text)
        except Refused as error:
            raise Corrupt(f"The draft {self.name!r} cannot be read: {error}") from error


class Drafts:
    """The drafts of one data file."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def put(self, draft: Draft) -> Draft:
        """Keep a draft in place of what was kept under its id, durable when this returns; gives it with its time."""
        kept = Draft(draft.id, draft.name, draft.text, draft.base, draft.path, draft.at or time.time())
        row = (kept.id, kept.name, kept.text, kept.base, kept.path, kept.at)
        with self._connections.write() as connection:
            connection.execute(sql.PUT_DRAFT, row)
        return kept

    def get(self, id: str) -> Draft | None:
        """A draft, or None."""
        with translated():
            row = self._connections.read().execute(sql.DRAFT, (id,)).fetchone()
        return None if row is None else Draft(*row)

    def list(self) -> list[Draft]:
        """All drafts, the one that was kept last first."""
        with translated():
            return [Draft(*row) for row in self._connections.read().execute(sql.DRAFTS)]

    def remove(self, id: str) -> None:
        """Forget a draft; nothing happens when there is none."""
        with self._connections.write() as connection:
            connection.execute(sql.REMOVE_DRAFT, (id,))
