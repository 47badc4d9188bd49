"""What the worker thread tells the GUI thread: frozen values and fresh lists that only the receiver holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from designer.engine_link.questions import OpenQuestion
from designer.engine_link.status import EngineStatus
from engine.errors import Refused
from engine.run.events import Event
from engine.store import Piece, Reply, RunRow, Store

Failed = Callable[[Refused], None]


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do with the store, in turn; `awaits`: its result is the number of a request to wait for."""

    fn: Callable[[Store], Any]
    done: Callable[[Any], None] | None
    failed: Failed | None
    awaits: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """A job's result; for a request that was filed, its number."""

    job: Job
    value: Any


@dataclass(frozen=True, slots=True)
class NotDone:
    """Why a job was not done."""

    job: Job
    why: Refused


@dataclass(frozen=True, slots=True)
class Opened:
    """The store is open."""


@dataclass(frozen=True, slots=True)
class Happened:
    """The next events of the journal: one page."""

    events: list[Event]


@dataclass(frozen=True, slots=True)
class Written:
    """The next pieces of partial output."""

    pieces: list[Piece]


@dataclass(frozen=True, slots=True)
class Replied:
    """The engine's answer to a request of ours."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Asked:
    """All open questions, oldest first."""

    questions: list[OpenQuestion]


@dataclass(frozen=True, slots=True)
class Listed:
    """The newest runs, the newest first."""

    runs: list[RunRow]


Message = Done | NotDone | Opened | Happened | Written | Replied | Asked | Listed | EngineStatus
PAGED = (Happened, Written)
"""Messages that come in any number: the worker sends the next page when the GUI has taken the one before the last."""
