"""A secret goes into a call only where the workflow's author has named it."""

from __future__ import annotations

from typing import Any

import pytest

from engine.run.authored import foreign_secrets

AUTH = {"headers": {"authorization": "Bearer secret://key", "x-note": "{{ input.note }}"}}


@pytest.mark.parametrize(
    ("params", "args", "foreign"),
    [
        (AUTH, {"headers": {"authorization": "Bearer secret://key", "x-note": "hello"}}, set()),
        (AUTH, {"headers": {"authorization": "Bearer secret://key", "x-note": "secret://other"}}, {"other"}),
        (AUTH, {"headers": {"authorization": "Bearer secret://key", "x-note": "secret://key"}}, {"key"}),
        (AUTH, {"headers": {"authorization": "Bearer secret://other"}}, {"other"}),
        ({"headers": {"a": "secret://{{ input.x }}"}}, {"headers": {"a": "secret://evil"}}, {"evil"}),
        ({"headers": {"a": "secret://key{{ input.x }}"}}, {"headers": {"a": "secret://key2"}}, {"key2"}),
        ({"headers": {"a": "secret://key {{ input.x }}"}}, {"headers": {"a": "secret://key secret://b"}}, {"b"}),
        ({"headers": {"a": "secret{{ input.x }}"}}, {"headers": {"a": "secret://evil"}}, {"evil"}),
        ({"headers": "{{ input.x }}"}, {"headers": {"a": "secret://evil"}}, {"evil"}),
        ({"database": "secret://db"}, {"database": "secret://db", "sql": "SELECT 1"}, set()),
        ({}, {"content": "see secret://db"}, {"db"}),
        ({"argv": ["x", "secret://a"]}, {"argv": ["secret://a", "x"]}, {"a"}),
    ],
)
def test_only_what_stands_at_the_same_place_of_the_drawing_is_the_authors(
    params: dict[str, Any], args: dict[str, Any], foreign: set[str]
) -> None:
    assert foreign_secrets(params, args) == foreign
