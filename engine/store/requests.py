"""Requests: clients insert them, the engine answers each once, in the transaction that holds the consequences."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from engine.store import sql
from engine.store.connections import Connections
from engine.store.errors import Corrupt, translated


@dataclass(frozen=True, slots=True)
class Request:
    """What a person or program asks; `at` is when it was inserted (seconds since 1970), `run` the run it is about."""

    id: int
    at: float
    kind: str
    run: str | None
    payload: dict[str, Any]
    actor: str


@dataclass(frozen=True, slots=True)
class Reply:
    """The engine's answer to a request: `reason` is a sentence when it is refused, `result` JSON."""

    request: int
    accepted: bool
    reason: str = ""
    result: Any = None


class Requests:
    """The requests of one data file."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def insert(self, kind: str, payload: dict[str, Any], actor: str, run: str | None = None, *, at: float) -> int:
        """Store a request, durable when this returns, whether or not an engine runs; returns its id."""
        row = (at, kind, run, json.dumps(payload, ensure_ascii=False), actor)
        with self._connections.write() as connection:
            return int(connection.execute(sql.INSERT_REQUEST, row).lastrowid or 0)

    def pending(self) -> list[Request]:
        """Requests without an answer, oldest first."""
        with translated():
            rows = self._connections.read().execute(sql.PENDING).fetchall()
        return [Request(n, at, kind, run, _json(payload), actor) for n, at, kind, run, payload, actor in rows]

    def outcome(self, request: int) -> Reply | None:
        """The answer to a request, or None while there is none."""
        with translated():
            row = self._connections.read().execute(sql.OUTCOME, (request,)).fetchone()
        if row is None or row[0] is None:
            return None
        return Reply(request, bool(row[0]), row[1] or "", None if row[2] is None else _json(row[2]))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise Corrupt("A stored request cannot be read; run `signalboxctl verify`.") from error


def reply_row(reply: Reply) -> tuple[int, str, str | None, int]:
    """Parameters of `sql.ANSWER`."""
    result = None if reply.result is None else json.dumps(reply.result, ensure_ascii=False)
    return int(reply.accepted), reply.reason, result, reply.request
