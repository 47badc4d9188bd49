"""Tables: pick the rows that matter, where an expression over thousands of rows would be too much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from engine.errors import StepError
from engine.nodes import examples
from engine.nodes.context import Context
from engine.nodes.node_type import NodeType, Params
from engine.nodes.ports import ERROR, INPUT, out
from engine.workflow.canonical import value_json

Column = Annotated[str, Field(min_length=1, max_length=200)]
Row = Mapping[str, Any]


class PickParams(Params):
    """Which rows of a table go on, in which order, how many of them, and with which columns."""

    rows: list[Any] | None = Field(
        default=None, max_length=1_000_000, description="The table, a list of objects; without it, the one at `input`."
    )
    where: dict[Column, Any] = Field(
        default={}, description="Columns with the value that they must have; a list means one of these values."
    )
    sort: Column | None = Field(default=None, description="The column to sort by; without it, the rows stay in order.")
    descending: bool = Field(default=False, description="Whether the largest value of `sort` comes first.")
    limit: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        default=None, description="The most rows that go on."
    )
    columns: list[Column] | None = Field(default=None, min_length=1, description="Only these columns, in this order.")


async def _pick(ctx: Context, params: PickParams, inputs: Mapping[str, Any]) -> dict[str, Any]:
    rows = _table(inputs.get("input") if params.rows is None else params.rows)
    _refuse_unknown_columns(rows, [*params.where, *filter(None, [params.sort]), *(params.columns or ())])
    wanted = {name: value if isinstance(value, list) else [value] for name, value in params.where.items()}
    found = [row for row in rows if all(_among(row.get(name), values) for name, values in wanted.items())]
    if params.sort is not None:
        column = params.sort
        found.sort(key=lambda row: _order(row.get(column)), reverse=params.descending)
    found = found[: params.limit]
    if params.columns is not None:
        found = [{name: row.get(name) for name in params.columns} for row in found]
    if params.limit == 1:
        return {"first": found[0]} if found else {"none": []}
    return {"rows": found} if found else {"rows": [], "none": []}


def _table(value: Any) -> list[Row]:
    if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
        raise StepError("schema", "A table is needed: a list of objects, one a row.", retryable=False)
    return list(value)


def _refuse_unknown_columns(rows: Sequence[Row], names: Sequence[str]) -> None:
    """A column that no row has is a slip of the pen; without this it would quietly pick nothing."""
    known = dict.fromkeys(name for row in rows for name in row)
    missing = [name for name in names if name not in known]
    if rows and missing:
        there = ", ".join(list(known)[:30])
        raise StepError("schema", f"The table has no column {missing[0]!r}; it has {there}.", retryable=False)


def _among(value: Any, wanted: Sequence[Any]) -> bool:
    # Python holds True == 1; JSON does not
    return any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in wanted)


def _order(value: Any) -> tuple[int, Any]:
    """Nothing, then false and true, then numbers, texts, and the rest by its JSON: every table can be sorted."""
    if value is None:
        return 0, 0
    for rank, kind in enumerate((bool, int | float, str), 1):
        if isinstance(value, kind):
            return rank, value
    return 4, value_json(value)


_ROWS = out("rows", "table", "The rows that were picked; empty when none match.")
_FIRST = out("first", "object", "The row, with `limit: 1`; live when there is one.")
_NONE = out("none", "list", "Live when none match.")

PICK = NodeType(
    name="data.pick",
    title="Pick rows",
    summary="Picks the rows of a table that match, sorted, and at most so many.",
    category="Data",
    params=PickParams,
    ports=lambda params: ((INPUT,), (_FIRST if params.get("limit") == 1 else _ROWS, _NONE, ERROR)),
    main="rows",
    main_of=lambda params: "first" if params.get("limit") == 1 else "rows",
    run=_pick,
    pure=True,
    icon="list-filter",
    words=("filter", "sort", "limit", "select", "rows", "table", "query", "columns", "search", "lookup", "csv"),
    example=examples.PICK,
)

TYPES = (PICK,)
