"""Rows of a table, picked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.nodes.catalog import shape_of
from engine.nodes.tables import _order
from engine.workflow.model import Node

ROWS = [
    {"machine": "PUMP-12", "level": 96, "open": True},
    {"machine": "FAN-41", "level": 104, "open": False},
    {"machine": "PUMP-14", "level": None, "open": True},
    {"machine": "CHIL-07", "level": 121, "open": True},
]


def machines(rows: list[dict[str, Any]]) -> list[str]:
    return [row["machine"] for row in rows]


def test_without_conditions_all_rows_go_on_as_they_are(run_node: Any) -> None:
    assert run_node("data.pick", {}, {"input": ROWS}) == {"rows": ROWS}
    assert run_node("data.pick", {"rows": ROWS}, {"input": None}) == {"rows": ROWS}


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({"open": True}, ["PUMP-12", "PUMP-14", "CHIL-07"]),
        ({"open": True, "machine": ["CHIL-07", "FAN-41"]}, ["CHIL-07"]),
        ({"level": None}, ["PUMP-14"]),
        ({"level": [96, 121]}, ["PUMP-12", "CHIL-07"]),
        ({"open": 1}, []),  # in JSON, true is not 1
        ({"level": "96"}, []),
    ],
)
def test_a_row_matches_when_every_column_has_one_of_its_values(
    run_node: Any, where: dict[str, Any], found: list[str]
) -> None:
    assert machines(run_node("data.pick", {"where": where}, {"input": ROWS})["rows"]) == found


def test_sorting_keeps_the_order_of_equal_rows_and_puts_nothing_first(run_node: Any) -> None:
    rows = run_node("data.pick", {"sort": "level"}, {"input": ROWS})["rows"]
    assert machines(rows) == ["PUMP-14", "PUMP-12", "FAN-41", "CHIL-07"]
    rows = run_node("data.pick", {"sort": "open", "descending": True}, {"input": ROWS})["rows"]
    assert machines(rows) == ["PUMP-12", "PUMP-14", "CHIL-07", "FAN-41"]


def test_a_limit_of_one_gives_the_row_itself(run_node: Any) -> None:
    params = {"sort": "level", "descending": True, "limit": 1, "columns": ["level", "machine"]}
    assert run_node("data.pick", params, {"input": ROWS}) == {"first": {"level": 121, "machine": "CHIL-07"}}
    assert run_node("data.pick", {**params, "limit": 2}, {"input": ROWS}) == {
        "rows": [{"level": 121, "machine": "CHIL-07"}, {"level": 104, "machine": "FAN-41"}]
    }


def test_no_match_has_a_port_of_its_own(run_node: Any) -> None:
    assert run_node("data.pick", {"where": {"machine": "X"}, "limit": 1}, {"input": ROWS}) == {"none": []}
    assert run_node("data.pick", {"where": {"machine": "X"}}, {"input": ROWS}) == {"rows": [], "none": []}
    assert run_node("data.pick", {"where": {"machine": "X"}}, {"input": []}) == {"rows": [], "none": []}


@pytest.mark.parametrize("params", [{"where": {"mashine": 1}}, {"sort": "mashine"}, {"columns": ["mashine"]}])
def test_a_column_that_no_row_has_is_a_slip_that_is_named(run_node: Any, failing: Any, params: dict[str, Any]) -> None:
    error = failing(lambda: run_node("data.pick", params, {"input": ROWS}))
    assert (error.cls, error.retryable) == ("schema", False)
    assert "'mashine'" in error.message and "machine, level, open" in error.message


@pytest.mark.parametrize("table", [None, "text", {"a": 1}, [1], [[]]])
def test_what_is_no_table_is_refused(run_node: Any, failing: Any, table: Any) -> None:
    assert failing(lambda: run_node("data.pick", {}, {"input": table})).cls == "schema"


def test_the_ports_follow_the_limit() -> None:
    one = shape_of(Node(key="n", type="data.pick", params={"limit": 1}))
    many = shape_of(Node(key="n", type="data.pick", params={"limit": "{{ run.inputs.n }}"}))
    assert ([port.name for port in one.outputs], one.main) == (["first", "none", "error"], "first")
    assert ([port.name for port in many.outputs], many.main) == (["rows", "none", "error"], "rows")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(JSON, max_size=8))
def test_every_column_can_be_sorted(values: list[Any]) -> None:
    once = sorted(values, key=_order)
    once.reverse()
    assert sorted(once, key=_order, reverse=True) == once
