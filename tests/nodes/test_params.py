"""Params: what is refused, and in which words."""

from __future__ import annotations

from typing import Any

import pytest

from engine.nodes.catalog import CATALOG, validate_params


def fault(failing: Any, type: str, **params: Any) -> str:
    error = failing(lambda: validate_params(CATALOG[type], params))
    assert (error.cls, error.retryable) == ("schema", False)
    return str(error.message)


def test_a_missing_param_is_named(failing: Any) -> None:
    assert fault(failing, "file.read") == "The param `path` of file.read is missing."


def test_an_unknown_param_comes_with_the_known_ones(failing: Any) -> None:
    said = fault(failing, "file.read", path="a", encoding="x")
    assert said.startswith("file.read has no param `encoding`; it has delimiter, ")


def test_a_wrong_param_is_named_with_its_place(failing: Any) -> None:
    assert "`cases.0.when`" in fault(failing, "branch", cases=[{"name": "a", "when": ""}])
    assert "`method`" in fault(failing, "http.request", url="http://h", method="BREW")


@pytest.mark.parametrize(
    ("type", "params", "said"),
    [
        ("branch", {"cases": [{"name": "otherwise", "when": "true"}]}, "has a port of that name"),
        ("branch", {"cases": [{"name": "a", "when": "x"}, {"name": "a", "when": "y"}]}, "two cases are named 'a'"),
        ("merge", {"policy": "quorum"}, "`k` goes with `policy: quorum`"),
        ("merge", {"k": 2}, "`k` goes with `policy: quorum`"),
        ("loop", {"until": "true"}, "`limit` of loop is missing"),
        ("loop", {"until": "true", "limit": 100_001}, "limit"),
        ("wait", {}, "one of both"),
        ("wait", {"seconds": 1, "until": "2026-01-01T00:00:00Z"}, "one of both"),
        ("wait", {"until": "tomorrow"}, "is not a time with a zone"),
        ("wait", {"until": "2026-01-01T00:00:00"}, "is not a time with a zone"),
        ("gate", {"headline": "?", "on_deadline": "approve"}, "needs a `deadline_s`"),
        ("gate", {"headline": "?", "on_deadline": "escalate", "deadline_s": 1}, "needs `escalate_to`"),
        ("gate", {"headline": "?", "options": ["approve", "approve"]}, "an option is given twice"),
        ("gate", {"headline": "?", "options": ["approve_with_changes"]}, "needs `editable`"),
        ("gate", {"headline": "?", "form": {"type": "string"}}, "must describe an object"),
        ("gate", {"headline": "?", "value_schema": {"type": "strin"}}, "not a JSON Schema"),
        ("form", {"headline": "?", "form": {"type": "object"}, "on_deadline": "fail"}, "needs a `deadline_s`"),
        ("model.choose", {"role": "small", "labels": ["a", "a"]}, "a label is given twice"),
        ("model.ask", {"role": "small", "prompt": "x", "messages": []}, "not both"),
        ("http.request", {"url": "http://h", "json": 1, "body": "x"}, "give `json` or `body`"),
        ("http.request", {"url": "http://h", "lookup_url": "http://h/"}, "must hold {key}"),
        ("command.run", {"argv": "rm -rf /"}, "`argv`"),
        ("command.run", {"argv": []}, "`argv`"),
        ("data.set", {"values": {}, "x": float("nan")}, "has no param `x`"),
        ("stop", {"outcome": "maybe"}, "`outcome`"),
        ("each", {"workflow": "one", "items": "abc"}, "`items`"),
        ("subworkflow", {"workflow": "../x"}, "`workflow`"),
        ("agent", {"model": "small", "output": {"$ref": 7}}, "not a JSON Schema"),
    ],
)
def test_what_cannot_be_meant_is_refused(failing: Any, type: str, params: dict[str, Any], said: str) -> None:
    assert said in fault(failing, type, **params)


def test_a_schema_is_never_fetched_from_elsewhere(failing: Any) -> None:
    from engine.nodes.schemas import value_fault

    assert "which is not in it" in value_fault({"$ref": "http://127.0.0.1:1/schema.json"}, 1)
    assert value_fault({"$ref": "#/$defs/n", "$defs": {"n": {"type": "integer"}}}, 1) == ""


def test_http_params_take_the_name_json() -> None:
    params = validate_params(CATALOG["http.request"], {"url": "http://h", "method": "POST", "json": {"a": 1}})
    assert params.json_body == {"a": 1}
