"""Every statement, said once in terms of the tables; parameters are positional, in the order shown.

`python -m engine.store.statements` writes their text to `sql.py`, which is what runs: nobody who opens a data file has
to load SQLAlchemy, which takes longer than everything else at start. A test holds the two equal.
"""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any, cast

from sqlalchemy import (
    ClauseElement,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal_column,
    not_,
    select,
    text,
    update,
)
from sqlalchemy.dialects import sqlite

from engine.store.tables import (
    ENDED,
    WAITING,
    DraftTable,
    EventTable,
    OwnerTable,
    RequestTable,
    RunTable,
    VersionTable,
    WorkflowTable,
)

ROW = 96
_NONE: Any = literal_column("0")  # unsaid, the dialect would ask for it as one more parameter
_DIALECT = sqlite.dialect(paramstyle="qmark")


def _sql(statement: ClauseElement) -> str:
    return str(statement.compile(dialect=_DIALECT))


def _table(rows: Any) -> Table:
    return cast(Table, rows.__table__)


def _insert(table: Table, *columns: str) -> str:
    return _sql(insert(table).values({name: bindparam(name) for name in columns}))


def _given(name: str) -> Any:
    return bindparam(name)


event, run, request = _table(EventTable), _table(RunTable), _table(RequestTable)
workflow, version, owner = _table(WorkflowTable), _table(VersionTable), _table(OwnerTable)
draft = _table(DraftTable)
_of_run = event.c.run == select(run.c.number).where(run.c.id == _given("run")).scalar_subquery()

# ---- journal, writing
EPOCH = _sql(select(owner.c.epoch))
INSERT_RUN = _insert(run, "number", "id", "root", "parent", "workflow", "name", "at")
INSERT_EVENT = _insert(event, "id", "run", "seq", "kind", "hash", "body")
LAST_EVENT = _sql(select(func.max(event.c.id)))
LAST_RUN = _sql(select(func.max(run.c.number)))
ANSWER = _sql(
    update(request)
    .where(request.c.id == _given("request"), text(WAITING))
    .values(accepted=_given("accepted"), reason=_given("reason"), result=_given("result"))
)  # accepted, reason, result, request

# ---- journal, reading
HEAD = _sql(
    select(run.c.number, event.c.seq, event.c.hash, event.c.kind)
    .join(event, event.c.run == run.c.number)
    .where(run.c.id == _given("run"))
    .order_by(event.c.seq.desc())
    .limit(literal_column("1"))
    .offset(_NONE)
)
NUMBER = _sql(select(run.c.number).where(run.c.id == _given("run")))
HASH_AT = _sql(select(event.c.hash).where(_of_run, event.c.seq == _given("seq")))  # run, seq
HASH_OF_PLACE = _sql(select(event.c.hash).where(event.c.id == _given("place")))
BODIES = _sql(
    select(event.c.seq, event.c.kind, event.c.hash, event.c.body)
    .where(_of_run, event.c.seq > _given("after"))
    .order_by(event.c.seq)
    .limit(_given("limit"))
    .offset(_NONE)
)  # run, after, limit
_follow = select(event.c.id, event.c.body).where(event.c.id > _given("after")).limit(_given("limit")).offset(_NONE)
FOLLOW = _sql(_follow.order_by(event.c.id))  # after, limit
_number = select(run.c.number).where(run.c.id == _given("run")).scalar_subquery()
# + 0 keeps SQLite from the run's index: near the end of the journal, walking the rows themselves is shorter
FOLLOW_RUN_NEAR = _sql(_follow.where(event.c.run + literal_column("0") == _number).order_by(event.c.id))
FOLLOW_RUN = _sql(_follow.where(event.c.run == _number).order_by(event.c.seq))  # after, run, limit
OPEN_RUNS = _sql(
    select(run.c.id)
    .where(not_(exists(select(event.c.run).where(event.c.run == run.c.number, text(ENDED)))))
    .order_by(run.c.number)
)
_runs = (
    select(run.c.id, run.c.root, run.c.parent, run.c.workflow, run.c.name, run.c.at, event.c.kind)
    .outerjoin(event, and_(event.c.run == run.c.number, text(ENDED)))
    .where(run.c.number < _given("before"))
    .order_by(run.c.number.desc())
    .limit(_given("limit"))
    .offset(_NONE)
)
RUNS = _sql(_runs)  # before, limit
RUNS_OF_ROOT = _sql(_runs.where(run.c.root == _given("root")))  # before, root, limit
ONE_RUN = _sql(
    select(run.c.id, run.c.root, run.c.parent, run.c.workflow, run.c.name, run.c.at, event.c.kind)
    .outerjoin(event, and_(event.c.run == run.c.number, text(ENDED)))
    .where(run.c.id == _given("run"))
)
RUN_IDS = _sql(select(run.c.id).order_by(run.c.number))

# ---- requests
INSERT_REQUEST = _insert(request, "at", "kind", "run", "payload", "actor")
PENDING = _sql(
    select(request.c.id, request.c.at, request.c.kind, request.c.run, request.c.payload, request.c.actor)
    .where(text(WAITING))
    .order_by(request.c.id)
)
OUTCOME = _sql(select(request.c.accepted, request.c.reason, request.c.result).where(request.c.id == _given("request")))

# ---- library
INSERT_WORKFLOW = _sql(
    insert(workflow).values(hash=_given("hash"), document=_given("document")).prefix_with("OR IGNORE")
)
INSERT_VERSION = _insert(version, "name", "hash", "at", "label", "by", "drawing")
DOCUMENT = _sql(select(workflow.c.document).where(workflow.c.hash == _given("hash")))
_facts = (version.c.id, version.c.hash, version.c.at, version.c.label, version.c.by)
_of_name = select(*_facts).where(version.c.name == _given("name")).order_by(version.c.id.desc())
VERSIONS = _sql(_of_name)
NEWEST = _sql(_of_name.add_columns(version.c.drawing).limit(literal_column("1")).offset(_NONE))
VERSION = _sql(select(*_facts, version.c.drawing).where(version.c.id == _given("id")))
LABEL = _sql(update(version).where(version.c.id == _given("id")).values(label=_given("label")))  # label, id
NAMES = _sql(select(version.c.name).distinct().order_by(version.c.name))
HASHES = _sql(select(workflow.c.hash).order_by(workflow.c.hash))

# ---- drafts
_drafts = select(draft.c.id, draft.c.name, draft.c.document, draft.c.base, draft.c.path, draft.c.at)
_put = sqlite.insert(draft).values({column.name: bindparam(column.name) for column in draft.columns})
PUT_DRAFT = _sql(
    _put.on_conflict_do_update(
        index_elements=[draft.c.id],
        set_={name: _put.excluded[name] for name in ("name", "document", "base", "path", "at")},
    )
)  # id, name, document, base, path, at
DRAFT = _sql(_drafts.where(draft.c.id == _given("id")))
DRAFTS = _sql(_drafts.order_by(draft.c.at.desc(), draft.c.id))
REMOVE_DRAFT = _sql(delete(draft).where(draft.c.id == _given("id")))

# ---- owner
_first = sqlite.insert(owner).values(id=_given("id"), epoch=_given("epoch"), host=_given("host"))
NEW_EPOCH = _sql(
    _first.on_conflict_do_update(
        index_elements=[owner.c.id], set_={"epoch": owner.c.epoch + literal_column("1"), "host": _first.excluded.host}
    ).returning(owner.c.epoch)
)  # 1, 1, host


def as_module() -> str:
    """The text of `sql.py`."""
    found = {name: value for name, value in globals().items() if name.isupper() and isinstance(value, str)}
    del found["ENDED"], found["WAITING"]
    lines = ['"""Every statement as text, made by `python -m engine.store.statements`: change it there, never here."""']
    for name, value in found.items():
        rows = textwrap.wrap(" ".join(value.split()), ROW, break_long_words=False, break_on_hyphens=False)
        if len(rows) == 1:
            lines.append(f"{name} = {json.dumps(rows[0])}")
        else:
            rows[:-1] = [row + " " for row in rows[:-1]]
            lines.append(f"{name} = (" + "".join(f"\n    {json.dumps(row)}" for row in rows) + "\n)")
    lines[0] += "\n"
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    Path(__file__).with_name("sql.py").write_text(as_module(), encoding="utf-8")
