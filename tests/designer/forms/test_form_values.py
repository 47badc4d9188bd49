"""A form gives back what it was given, whatever the schema and the value: nothing is lost, nothing is defaulted in."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from designer.forms.form import Form
from designer.forms.node_schema import node_schema
from designer.forms.resolve import alternatives, resolve
from designer.forms.values import ABSENT, same
from engine.nodes.catalog import CATALOG
from engine.workflow.file import load_text

NO_GLYPHS = "OpenType support missing"
"""Of scripts that no font on this PC has: generated texts hold them."""
NASTY: dict[str, dict[str, Any]] = {
    "nothing said": {},
    "recursion": {
        "$defs": {
            "tree": {"type": "object", "properties": {"name": {"type": "string"}, "left": {"$ref": "#/$defs/tree"}}}
        },
        "$ref": "#/$defs/tree",
    },
    "a reference to itself": {"$defs": {"a": {"$ref": "#/$defs/a"}}, "properties": {"a": {"$ref": "#/$defs/a"}}},
    "a reference to nothing": {"properties": {"a": {"$ref": "#/$defs/missing"}, "b": {"$ref": "http://x/y"}}},
    "recursive list": {
        "$defs": {"menu": {"type": "array", "items": {"$ref": "#/$defs/menu"}}},
        "properties": {"menu": {"$ref": "#/$defs/menu"}},
    },
    "huge enum": {"properties": {"word": {"enum": [f"word_{n}" for n in range(3000)]}}},
    "unicode": {"properties": {"größe 🎛": {"type": "string", "title": "Größe «x»"}, "": {"type": "integer"}}},
    "tuple": {"properties": {"pair": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]}}},
    "mixed enum": {"properties": {"one": {"enum": [1, 1.5, True, None, "1", "true"]}}},
    "enum of objects": {"properties": {"one": {"enum": [{"a": 1}, [2]]}}},
    "many types": {"properties": {"one": {"type": ["string", "number", "null", "array"]}}},
    "discriminator": {
        "$defs": {
            "cat": {"type": "object", "properties": {"kind": {"const": "cat"}, "lives": {"type": "integer"}}},
            "dog": {"type": "object", "properties": {"kind": {"const": "dog"}, "name": {"type": "string"}}},
        },
        "properties": {
            "pet": {
                "oneOf": [{"$ref": "#/$defs/cat"}, {"$ref": "#/$defs/dog"}],
                "discriminator": {"propertyName": "kind"},
            }
        },
    },
    "all of": {"allOf": [{"properties": {"a": {"type": "integer"}}}, {"properties": {"b": {"type": "string"}}}]},
    "not and if": {"properties": {"a": {"not": {"type": "string"}}, "b": {"if": {"type": "string"}}}},
    "patterns": {"type": "object", "patternProperties": {"^x": {"type": "integer"}}},
    "either is required": {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
        "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
    },
    "false": {"properties": {"never": False, "always": True}},
    "wrong keywords": {"properties": {"a": {"type": 7, "enum": "x", "minimum": "low", "required": "a"}}, "required": 1},
    "not an object": {"type": "array", "items": {"type": "string"}},
    "a single number": {"type": "number", "minimum": 0, "maximum": 1},
    "lists in lists": {"properties": {"rows": {"type": "array", "items": {"type": "array", "items": {}}}}},
    "map of maps": {"additionalProperties": {"additionalProperties": {"type": "integer"}}},
}
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)
anything: st.SearchStrategy[Any] = st.recursive(
    scalars | texts | st.just("{{ steps.a.output }}"),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(texts, below, max_size=3),
    max_leaves=6,
)


def valid(schema: Any, root: dict[str, Any], deep: int = 3) -> st.SearchStrategy[Any]:
    """Values that meet a schema, as far as forms look at it."""
    found = resolve(schema, root)
    if not found or deep <= 0:
        return anything if found is not None else st.none()
    ways, nullable, template = alternatives(found, root)
    more = [st.none()] * nullable + [st.sampled_from(["{{ run.id }}", "a {{ item }} b"])] * template
    if ways:
        return st.one_of([valid(way, root, deep) for way in ways] + more)
    if "const" in found:
        return st.just(found["const"])
    if isinstance(found.get("enum"), list):
        return st.sampled_from(found["enum"])
    kind = found.get("type")
    if kind == "object" or "properties" in found or "additionalProperties" in found:
        return _objects(found, root, deep)
    low, high = found.get("minimum", -1000), found.get("maximum", 1000)
    simple: dict[Any, st.SearchStrategy[Any]] = {
        "string": texts,
        "boolean": st.booleans(),
        "null": st.none(),
        "array": st.lists(valid(found.get("items", True), root, deep - 1), max_size=3),
    }
    if kind == "integer":
        return st.integers(int(low), int(high))
    if kind == "number":
        return st.floats(float(low), float(high), allow_nan=False) | st.integers(int(low), int(high))
    return simple[kind] if isinstance(kind, str) and kind in simple else anything


def _objects(found: dict[str, Any], root: dict[str, Any], deep: int) -> st.SearchStrategy[Any]:
    properties = found.get("properties", {})
    fields = {name: valid(one, root, deep - 1) for name, one in properties.items()}
    required = [name for name in found.get("required", []) if name in fields]
    known = st.fixed_dictionaries(
        {name: fields[name] for name in required},
        optional={name: one for name, one in fields.items() if name not in required},
    )
    more = found.get("additionalProperties", False)
    if more is False:
        return known
    others = st.dictionaries(texts.filter(lambda name: name not in properties), valid(more, root, deep - 1), max_size=2)
    return st.builds(lambda a, b: {**a, **b}, known, others)


def given_back(form: Form, value: Any) -> None:
    found = form.value()
    assert same(found, value), (found, value)


def taken_apart(form: Form) -> None:
    """Build every row that is only built when somebody looks."""
    stack: list[Any] = [form._top]
    for _ in range(400):
        if not stack:
            return
        editor = stack.pop()
        editor = editor.editor() if hasattr(editor, "editor") else editor
        depth = 0
        above = editor.parentWidget()
        while above is not None:
            depth, above = depth + 1, above.parentWidget()
        if depth < 60:
            stack += editor.rows_below().values()


def example_params(name: str) -> list[dict[str, Any]]:
    workflow = load_text(CATALOG[name].example)
    return [node.params for node in workflow.nodes if node.type == name]


@pytest.mark.parametrize("name", CATALOG)
def test_the_params_of_every_types_example_come_back_unchanged(qtbot: QtBot, name: str) -> None:
    for params in [*example_params(name), {}]:
        form = Form(node_schema(name), params)
        qtbot.addWidget(form)
        given_back(form, params)
        taken_apart(form)
        given_back(form, params)


@pytest.mark.qt_says(NO_GLYPHS)
@pytest.mark.parametrize("name", CATALOG)
@settings(max_examples=4, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_valid_params_of_every_type_come_back_unchanged(qapp: QApplication, name: str, data: st.DataObject) -> None:
    schema = node_schema(name)
    params = data.draw(valid(schema, schema))
    form = Form(schema, params)
    taken_apart(form)
    given_back(form, params)
    other = data.draw(valid(schema, schema))
    form.set_value(other)
    given_back(form, other)
    form.deleteLater()


@pytest.mark.qt_says(NO_GLYPHS)
@pytest.mark.parametrize("name", NASTY)
@settings(max_examples=6, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_form_is_made_for_any_schema_and_keeps_any_value(qapp: QApplication, name: str, data: st.DataObject) -> None:
    schema = NASTY[name]
    value = data.draw(anything if name == "wrong keywords" else valid(schema, schema) | anything)
    form = Form(schema, value)
    expected = {} if value is None and form.spec.kind == "object" else value
    taken_apart(form)
    given_back(form, expected)
    other = data.draw(anything)
    form.set_value(other)
    given_back(form, other)
    form.deleteLater()


@pytest.mark.parametrize("name", CATALOG)
def test_a_change_of_one_field_leaves_all_others_as_they_were(qtbot: QtBot, name: str) -> None:
    for params in example_params(name):
        form = Form(node_schema(name), params)
        qtbot.addWidget(form)
        taken_apart(form)
        for field in form.spec.properties:
            row = form.row(field)
            if row.spec.kind == "text" and row.mode == "plain":
                row.editor().target().take_text("something else")  # type: ignore[attr-defined]
                break
        else:
            continue
        assert same({**params, field: "something else"}, form.value())


def test_a_field_that_is_not_there_stays_out_until_somebody_fills_it_in(qtbot: QtBot) -> None:
    form = Form(node_schema("http.request"), {"url": "http://x"})
    qtbot.addWidget(form)
    taken_apart(form)
    assert form.value() == {"url": "http://x"}
    form.row("timeout_s").editor().box.put(5)  # type: ignore[attr-defined]
    form.row("timeout_s").editor().box.typed.emit()  # type: ignore[attr-defined]
    assert form.value() == {"url": "http://x", "timeout_s": 5}


def test_a_cleared_optional_field_is_taken_out(qtbot: QtBot) -> None:
    form = Form(node_schema("stop"), {"outcome": "failed", "message": "no"})
    qtbot.addWidget(form)
    form.row("message").editor().target().take_text("")  # type: ignore[attr-defined]
    assert form.value() == {"outcome": "failed"}
    form.row("outcome").clear()
    assert form.value() == {}


def test_unknown_params_are_kept_and_can_be_edited(qtbot: QtBot) -> None:
    params = {"future": {"a": [1]}, "outcome": "failed", "more": None}
    form = Form(node_schema("stop"), params)
    qtbot.addWidget(form)
    given_back(form, params)
    others = form._top.others  # type: ignore[union-attr]
    assert others is not None
    others.editor().target().take_text("future: 2")  # type: ignore[attr-defined]
    assert form.value() == {"future": 2, "outcome": "failed"}


def test_an_absent_value_is_not_null() -> None:
    assert not same(ABSENT, None)
    assert not same(1, True)
    assert not same(1, 1.0)
    assert not same({"a": 1, "b": 2}, {"b": 2, "a": 1})
