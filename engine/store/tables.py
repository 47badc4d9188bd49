"""The rows of the data file. Rows only: they validate nothing, and the hot path never makes one.

Frugal on purpose: an event row names its run by number, and everything else about it is in the body, which the hash
covers. There is no status column anywhere: whether a run has ended is whether it has an end event.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Text, text
from sqlmodel import Field, SQLModel

from engine.run.events import END_KINDS

Number = BigInteger().with_variant(Integer, "sqlite")  # SQLite's rowid alias must be spelt INTEGER
ENDED = "kind IN (" + ", ".join(f"'{kind}'" for kind in sorted(END_KINDS)) + ")"
WAITING = "accepted IS NULL"


class OwnerTable(SQLModel, table=True):
    """One row: which engine may append. `epoch` grows by one with every lease."""

    __tablename__ = "owner"
    id: int = Field(primary_key=True)
    epoch: int
    host: str = Field(sa_type=Text)


class RunTable(SQLModel, table=True):
    """What a run started with; never changed. `root` is its own id outside continuations and sub-workflows."""

    __tablename__ = "run"
    number: int = Field(sa_column=Column(Number, primary_key=True))
    id: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    root: str = Field(sa_column=Column(Text, nullable=False, index=True))
    parent: str | None = Field(sa_column=Column(Text, nullable=True))
    workflow: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    at: float


class EventTable(SQLModel, table=True):
    """The journal. `id` is the place in the whole journal, (`run`, `seq`) in the run; `body` is never rewritten."""

    __tablename__ = "event"
    __table_args__ = (
        Index("event_seq", "run", "seq", unique=True),
        Index("event_end", "run", "kind", sqlite_where=text(ENDED), postgresql_where=text(ENDED)),
    )
    id: int = Field(sa_column=Column(Number, primary_key=True))
    run: int = Field(sa_column=Column(Number, ForeignKey("run.number"), nullable=False))
    seq: int
    kind: str = Field(sa_type=Text)
    hash: bytes = Field(sa_type=LargeBinary)
    body: str = Field(sa_type=Text)


class RequestTable(SQLModel, table=True):
    """What clients ask; `accepted` is null until the engine has answered."""

    __tablename__ = "request"
    __table_args__ = (Index("request_waiting", "id", sqlite_where=text(WAITING), postgresql_where=text(WAITING)),)
    id: int = Field(sa_column=Column(Number, primary_key=True))
    at: float
    kind: str = Field(sa_type=Text)
    run: str | None = Field(sa_column=Column(Text, nullable=True))
    payload: str = Field(sa_type=Text)
    actor: str = Field(sa_type=Text)
    accepted: int | None = Field(sa_column=Column(Integer, nullable=True))
    reason: str | None = Field(sa_column=Column(Text, nullable=True))
    result: str | None = Field(sa_column=Column(Text, nullable=True))


class WorkflowTable(SQLModel, table=True):
    """Workflow documents by content hash: canonical JSON, never changed."""

    __tablename__ = "workflow"
    hash: str = Field(sa_column=Column(Text, primary_key=True))
    document: str = Field(sa_type=Text)


class VersionTable(SQLModel, table=True):
    """Which document a name meant, oldest first; `drawing` is the layout and the notes of that time, as JSON."""

    __tablename__ = "workflow_version"
    id: int = Field(sa_column=Column(Number, primary_key=True))
    name: str = Field(sa_column=Column(Text, nullable=False, index=True))
    hash: str = Field(sa_column=Column(Text, ForeignKey("workflow.hash"), nullable=False))
    at: float
    label: str = Field(sa_column=Column(Text, nullable=False, server_default=""))
    by: str = Field(sa_column=Column("by", Text, nullable=False, server_default=""))
    drawing: str | None = Field(sa_column=Column(Text, nullable=True))


class DraftTable(SQLModel, table=True):
    """Documents that somebody is working on, as they are at this moment; one row each, replaced with every edit."""

    __tablename__ = "draft"
    id: str = Field(sa_column=Column(Text, primary_key=True))
    name: str = Field(sa_type=Text)
    document: str = Field(sa_type=Text)
    base: str | None = Field(sa_column=Column(Text, nullable=True))
    path: str | None = Field(sa_column=Column(Text, nullable=True))
    at: float
