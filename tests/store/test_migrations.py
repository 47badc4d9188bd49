from __future__ import annotations

import gzip
import sqlite3
from pathlib import Path

import pytest
from store_kit import Events

from engine.errors import Refused
from engine.store import database, migrations, open_store, statements, verify

ENV = (migrations.LOCATION / "env.py").read_text()
STEP = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "{this}", {before!r}, None, None
def upgrade():
{body}
"""


def toy(folder: Path, *bodies: str) -> Path:
    """A migration environment of as many versions as there are bodies."""
    (folder / "versions").mkdir(parents=True, exist_ok=True)
    (folder / "env.py").write_text(ENV)
    for number, body in enumerate(bodies, 1):
        before = f"{number - 1:04}" if number > 1 else None
        text = STEP.format(
            this=f"{number:04}", before=before, body="".join(f"    {line}\n" for line in body.split("\n"))
        )
        (folder / "versions" / f"v{number:04}.py").write_text(text)
    return folder


FIRST = """op.create_table("note", sa.Column("id", sa.Integer(), primary_key=True))
op.execute("INSERT INTO note VALUES (7)")"""
SECOND = """with op.batch_alter_table("note") as note:
    note.add_column(sa.Column("text", sa.Text(), server_default="old"))"""
BROKEN = SECOND + '\nop.execute("INSERT INTO nowhere VALUES (1)")'


def rows(path: Path, statement: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


def test_an_older_file_is_backed_up_and_upgraded(path: Path, tmp_path: Path) -> None:
    location = toy(tmp_path / "toy", FIRST)
    database.prepare(path, location, "0001")
    assert rows(path, "SELECT * FROM note") == [(7,)]
    toy(location, FIRST, SECOND)
    database.prepare(path, location, "0002")
    assert rows(path, "SELECT * FROM note") == [(7, "old")]
    assert rows(path, "SELECT * FROM alembic_version") == [("0002",)]
    backup = path.parent / "backups" / "signalbox-v0001.sqlite"
    assert rows(backup, "SELECT * FROM note") == [(7,)]
    database.check_header(backup)
    database.prepare(path, location, "0002")
    assert [one.name for one in backup.parent.iterdir()] == [backup.name]


def test_an_upgrade_that_fails_leaves_the_file_as_it_was(path: Path, tmp_path: Path) -> None:
    location = toy(tmp_path / "toy", FIRST)
    database.prepare(path, location, "0001")
    toy(location, FIRST, BROKEN)
    with pytest.raises(Exception, match="nowhere"):
        database.prepare(path, location, "0002")
    assert rows(path, "SELECT * FROM note") == [(7,)]
    assert rows(path, "SELECT * FROM alembic_version") == [("0001",)]


@pytest.mark.parametrize("role", ["engine", "client"])
def test_a_newer_file_is_refused_naming_both_versions(path: Path, role: str, events: Events) -> None:
    with open_store(path, role="engine") as store:
        store.journal.append([events.whole_run()])
    with sqlite3.connect(path) as other:
        other.execute("UPDATE alembic_version SET version_num = '0099'")
    other.close()
    with pytest.raises(Refused, match=f"schema version 99, .* up to {int(migrations.HEAD)}"):
        open_store(path, role=role)  # type: ignore[arg-type]


def test_a_client_of_an_older_file_is_sent_to_the_engine(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_store(path, role="engine").close()
    here = int(migrations.HEAD)
    monkeypatch.setattr(migrations, "HEAD", f"{here + 1:04}")
    with pytest.raises(Refused, match=f"older schema version {here}"):
        open_store(path, role="client")


SPECIMENS = Path(__file__).parent.parent / "specimens"


@pytest.mark.parametrize("version", range(1, int(migrations.HEAD)))
def test_data_files_of_every_earlier_version_open_with_all_that_is_in_them(path: Path, version: int) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.decompress((SPECIMENS / f"data-file-{version}.sqlite.gz").read_bytes()))
    with pytest.raises(Refused, match="Start the engine once"):
        open_store(path, role="client")
    with open_store(path, role="engine") as store:
        newest, first = store.library.versions("line")
        assert store.library.open(newest.id).title == "Longer"
        assert store.library.open(first.id).layout == {"a": (1.0, 2.0)}
        assert (newest.label, newest.by) == ("", "")
        assert len(list(store.journal.events("r1"))) == 8
        assert [request.kind for request in store.requests.pending()] == ["cancel"]
        assert store.drafts.list() == []
        assert verify(store) == []
    assert (path.parent / "backups" / f"signalbox-v{version:04}.sqlite").exists()


def test_head_is_the_newest_version_that_is_shipped() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(migrations.LOCATION))
    assert ScriptDirectory.from_config(config).get_current_head() == migrations.HEAD


def test_the_migrated_schema_is_the_one_that_the_tables_say(path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlalchemy import create_engine

    database.prepare(path)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, statements.event.metadata) == []
        from sqlalchemy import text

        indexes = dict(connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'index'")).all())
    engine.dispose()
    for table in statements.event.metadata.sorted_tables:
        for index in table.indexes:
            where = index.dialect_options["sqlite"]["where"]
            assert where is None or str(where) in indexes[str(index.name)]


def test_the_tables_can_be_made_on_postgres_too() -> None:
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.schema import CreateIndex, CreateTable

    said = ""
    for table in statements.event.metadata.sorted_tables:
        for part in (CreateTable(table), *map(CreateIndex, table.indexes)):
            said += str(part.compile(dialect=postgresql.dialect()))
    assert "number BIGSERIAL" in said and "WHERE kind IN ('RunCancelled'" in said
