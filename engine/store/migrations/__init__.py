"""Schema versions of the data file: Alembic, run from code, only when the file's version differs from HEAD."""

from __future__ import annotations

import sqlite3
from pathlib import Path

HEAD = "0002"
LOCATION = Path(__file__).parent


def backup(path: Path, version: str) -> Path:
    """A whole copy of the file as it was before the upgrade, under `backups/`; returns where."""
    folder = path.parent / "backups"
    folder.mkdir(exist_ok=True)
    number = 0
    while (copy := folder / f"{path.stem}-v{version}{f'-{number}' if number else ''}{path.suffix}").exists():
        number += 1
    connection = sqlite3.connect(path)
    try:
        connection.execute("VACUUM INTO ?", (str(copy),))
    finally:
        connection.close()
    return copy


def upgrade(connection: sqlite3.Connection, location: Path, head: str) -> None:
    """Bring the schema to `head` in one transaction: all of it or nothing.

    `connection` is in autocommit mode and stays open. Alembic is imported here because it costs a quarter of a second
    that an up-to-date file need not pay.
    """
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine
    from sqlalchemy.pool import StaticPool

    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    config = Config()
    config.set_main_option("script_location", str(location).replace("%", "%%"))
    with engine.connect() as alchemy:
        alchemy.exec_driver_sql("BEGIN IMMEDIATE")
        config.attributes["connection"] = alchemy
        command.upgrade(config, head)
        alchemy.commit()
