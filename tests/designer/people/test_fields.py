"""Which parts of a value a person may change."""

from typing import Any

import pytest

from designer.people.fields import filled, given_of, inferred, joined, parted

ORDER = {"machine": "PUMP-02", "severity": "high", "due": "this shift"}
SCHEMA = {"type": "object", "properties": {"severity": {"enum": ["low", "high"]}}, "required": ["severity", "machine"]}


def form(value: Any, editable: Any, schema: Any = None) -> dict[str, Any]:
    return {"value": value, "editable": editable, **({"value_schema": schema} if schema else {})}


def test_nothing_may_be_changed_where_the_form_does_not_say() -> None:
    parts = parted({"value": ORDER})
    assert parts.schema is None and parts.fixed == ORDER


def test_only_the_named_fields_go_into_the_form() -> None:
    parts = parted(form(ORDER, ["severity", "due"], SCHEMA))
    assert parts.fixed == {"machine": "PUMP-02"}
    assert parts.schema == {
        "type": "object",
        "properties": {"severity": {"enum": ["low", "high"]}, "due": {"type": "string"}},
        "required": ["severity"],
    }


def test_the_whole_value_comes_back_in_its_order() -> None:
    asked = form(ORDER, ["severity"])
    parts = parted(asked)
    whole = joined(asked, parts, {"severity": "low"})
    assert list(whole.items()) == [("machine", "PUMP-02"), ("severity", "low"), ("due", "this shift")]


def test_an_emptied_field_is_gone_from_the_value() -> None:
    asked = form(ORDER, True)
    assert joined(asked, parted(asked), {"machine": "PUMP-02"}) == {"machine": "PUMP-02"}


@pytest.mark.parametrize("value", ["text", 3, None, [1, 2], True])
def test_a_value_that_is_no_object_stands_alone_in_the_form(value: Any) -> None:
    asked = form(value, True)
    parts = parted(asked)
    assert parts.alone
    assert joined(asked, parts, given_of(parts, value)) == value


def test_a_field_of_the_schema_that_the_value_lacks_can_be_filled_in() -> None:
    asked = form({}, True, {"properties": {"note": {"type": "string"}}})
    parts = parted(asked)
    assert joined(asked, parts, {"note": "new"}) == {"note": "new"}


def test_defaults_fill_the_further_fields() -> None:
    assert filled({"form": {"properties": {"a": {"default": None}, "b": {}}}}) == {"a": None}


def test_long_text_gets_room() -> None:
    assert inferred("one\ntwo")["format"] == "textarea"
