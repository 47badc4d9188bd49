"""The statements that run are those that the tables say; and opening a data file loads no SQLAlchemy."""

from __future__ import annotations

import subprocess
import sys

from engine.store import sql, statements


def test_the_text_that_runs_is_what_the_tables_say() -> None:
    said: dict[str, object] = {}
    exec(compile(statements.as_module(), "sql.py", "exec"), said)
    there = {name: value for name, value in vars(sql).items() if name.isupper()}
    assert there == {name: value for name, value in said.items() if name.isupper()}, (
        "run `python -m engine.store.statements`"
    )


def test_looking_into_a_data_file_loads_no_sqlalchemy() -> None:
    heavy = ("sqlalchemy", "sqlmodel", "alembic")
    code = f"import sys, engine.store, engine.host; print([m for m in {heavy} if m in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
