"""What goes into a database and what comes out, as JSON values."""

from __future__ import annotations

import datetime
import decimal
import json
import math
import uuid
from collections.abc import Sequence
from typing import Any

from engine.errors import StepError
from engine.nodes.tool_args import SqlArgs
from engine.tools.tool import Blobs


def bound(parameters: list[Any] | dict[str, Any]) -> Any:
    """Parameters for SQLite, which has no lists and objects: those become JSON text."""
    if isinstance(parameters, dict):
        return {name: _flat(value) for name, value in parameters.items()}
    return [_flat(value) for value in parameters]


def _flat(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def result_of(
    names: Sequence[str], rows: Sequence[Sequence[Any]], affected: int, args: SqlArgs, blobs: Blobs
) -> dict[str, Any]:
    """{rows, affected}: a row is an object by column name; StepError for names twice and more rows than allowed."""
    if len(set(names)) < len(names):
        twice = next(name for name in names if list(names).count(name) > 1)
        raise StepError("invalid", f"Two columns are named {twice!r}; rename one with AS.", retryable=False)
    if len(rows) > args.max_rows:
        raise StepError("limit", f"The statement gives more than {args.max_rows} rows (`max_rows`).", retryable=False)
    found = [{name: _value(value, name, blobs) for name, value in zip(names, row, strict=True)} for row in rows]
    return {"rows": found, "affected": affected}


def _value(value: Any, name: str, blobs: Blobs) -> Any:
    """A column's value as JSON. Decimals become text: a price must not change in its last digit."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        if "\0" in value:
            raise StepError("invalid", f"The column {name!r} holds a NUL character.", retryable=False)
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise StepError("invalid", f"The column {name!r} holds {value}, which is not JSON.", retryable=False)
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return blobs.put(bytes(value), "application/octet-stream")
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal | uuid.UUID | datetime.timedelta):
        return str(value)
    if isinstance(value, dict):
        return {str(key): _value(item, name, blobs) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_value(item, name, blobs) for item in value]
    return str(value)
