"""What holds for every node type."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, get_args

import hypothesis.strategies as st
import jsonschema
import pytest
from hypothesis import given, settings

from engine.checks import problems
from engine.nodes.capability import ToolUse, wired_tool
from engine.nodes.catalog import CATALOG, params_schema, shape_of
from engine.nodes.node_type import Hint, Needs, NodeType
from engine.workflow.file import load_text
from engine.workflow.model import Node

EVERY = pytest.mark.parametrize("node_type", CATALOG.values(), ids=list(CATALOG))
NAMES = [
    "data.set", "data.template", "data.pick", "branch", "merge", "loop", "each", "subworkflow", "wait", "gate", "form",
    "agent", "model.ask", "model.choose", "onnx.run", "file.read", "file.write", "http.request", "sql.query",
    "command.run", "mcp.call", "stop",
    "modbus.read", "modbus.write", "opcua.read", "opcua.write", "mqtt.read", "mqtt.publish", "serial.exchange",
]  # fmt: skip
KINDS = {"branch", "merge", "loop", "gate", "form", "each", "subworkflow", "stop"}


def node(type: str, **params: Any) -> Node:
    return Node(key="n", type=type, params=params)


def ports(type: str, **params: Any) -> tuple[list[str], list[str], str]:
    shape = shape_of(node(type, **params))
    return [p.name for p in shape.inputs], [p.name for p in shape.outputs], shape.main


def test_the_catalog_holds_the_types_of_the_first_release() -> None:
    assert sorted(CATALOG) == sorted(NAMES)


@EVERY
def test_a_type_is_either_run_or_decided_by_the_planner(node_type: NodeType) -> None:
    assert (node_type.run is None) == (node_type.kind in KINDS)
    assert node_type.kind == "task" or node_type.kind == node_type.name
    if node_type.run is not None:
        assert asyncio.iscoroutinefunction(node_type.run)


def fields(node_type: NodeType) -> Iterator[tuple[str, dict[str, Any]]]:
    """All params with their schemas, those of nested models too (`Case.when`)."""
    schema = node_type.params.model_json_schema(by_alias=True)
    for owner, one in [("", schema), *schema.get("$defs", {}).items()]:
        for name, field in one.get("properties", {}).items():
            yield (f"{owner}.{name}" if owner else name), field


@EVERY
def test_a_type_says_what_it_is(node_type: NodeType) -> None:
    assert node_type.title
    assert node_type.summary.endswith(".")
    assert node_type.icon
    assert node_type.words
    assert all(word == word.lower() and " " not in word for word in node_type.words)
    assert [name for name, field in fields(node_type) if not field.get("description")] == []
    shape = node_type.shape({})
    assert [port.name for port in (*shape.inputs, *shape.outputs) if not port.help] == []


@EVERY
def test_a_form_is_told_how_a_param_is_edited(node_type: NodeType) -> None:
    hints = {name: field["x-ui"] for name, field in fields(node_type) if "x-ui" in field}
    assert set(hints.values()) <= set(get_args(Hint))
    wanted = {"instructions": "prompt", "when": "expression", "role": "role", "model": "role", "workflow": "workflow"}
    for name, field in fields(node_type):
        last = name.split(".")[-1]
        if last in wanted and "enum" not in field:
            assert hints[name] == wanted[last], name
        if node_type.params.model_fields.get(last) and "JSON Schema" in field["description"]:
            assert hints[name] == "json-schema", name
    edited = params_schema()[node_type.name]["properties"]
    assert {name: edited[name]["x-ui"] for name in hints if name in edited} == {
        name: hint for name, hint in hints.items() if name in edited
    }


def test_labels_read_as_words() -> None:
    labels = {name: field["title"] for name, field in fields(CATALOG["http.request"]) if "title" in field}
    assert (labels["url"], labels["timeout_s"], labels["json"]) == ("URL", "Timeout (seconds)", "JSON")


@EVERY
def test_every_type_but_stop_has_an_error_port_and_its_main_port(node_type: NodeType) -> None:
    _, outputs, main = ports(node_type.name)
    if node_type.name == "stop":
        assert outputs == []
    else:
        assert "error" in outputs
        assert main in outputs


@EVERY
def test_only_capabilities_have_a_tool_port(node_type: NodeType) -> None:
    shape = shape_of(node(node_type.name))
    assert node_type.capability == any(port.type == "capability" for port in shape.outputs)
    assert node_type.capability == ("tool" in node_type.params.model_fields)
    if node_type.capability:
        assert "tool" in node_type.raw


@EVERY
def test_the_example_loads_and_shows_its_type(node_type: NodeType) -> None:
    workflow = load_text(node_type.example, where=node_type.name)
    shown = [n for n in workflow.nodes if n.type == node_type.name]
    assert shown
    for one in workflow.nodes:
        schema = params_schema()[one.type]
        jsonschema.Draft202012Validator(schema).validate(one.params)
    for edge in workflow.edges:
        source, target = shape_of(workflow.by_key[edge.source]), shape_of(workflow.by_key[edge.target])
        assert edge.out in {port.name for port in source.outputs}
        assert target.open_inputs or edge.into in {port.name for port in target.inputs}


@EVERY
@settings(max_examples=30)
@given(params=st.dictionaries(
    st.sampled_from(["cases", "parse", "method", "mode", "path", "headers", "database", "workflow", "effect", "env"]),
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5),
                 lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_size=4,
))  # fmt: skip
def test_shape_needs_and_writes_never_raise(node_type: NodeType, params: dict[str, Any]) -> None:
    shape_of(node(node_type.name, **params))
    assert isinstance(node_type.needs(params), Needs)
    assert isinstance(node_type.writes(params), bool)


@EVERY
def test_the_editor_schema_is_a_schema_that_also_takes_templates(node_type: NodeType) -> None:
    schema = params_schema()[node_type.name]
    jsonschema.Draft202012Validator.check_schema(schema)
    json.dumps(schema)
    schema = {**schema, "required": []}
    for name in schema["properties"]:
        if name not in node_type.raw:
            jsonschema.Draft202012Validator(schema).validate({name: "{{ input.x }}"})


def test_an_unknown_type_keeps_every_port() -> None:
    shape = shape_of(node("acme.robot"))
    assert (shape.kind, shape.hand_off, shape.open_inputs) == ("unknown", True, True)


def test_a_branch_has_a_port_for_each_case() -> None:
    cases = [{"name": "high", "when": "true"}, {"name": "low", "when": "true"}, {"name": "high", "when": "x"}, 7]
    assert ports("branch", cases=cases) == (["input"], ["high", "low", "otherwise", "error"], "high")
    assert ports("branch")[2] == "otherwise"


@pytest.mark.parametrize(
    ("parse", "port"),
    [("text", "text"), ("csv", "rows"), ("json", "value"), ("binary", "file"), ("{{ input.x }}", "text")],
)
def test_reading_a_file_names_its_port_by_what_it_reads(parse: str, port: str) -> None:
    assert ports("file.read", parse=parse)[1:] == ([port, "tool", "error"], port)


@pytest.mark.parametrize(
    ("type", "params", "writes"),
    [
        ("http.request", {}, False),
        ("http.request", {"method": "HEAD"}, False),
        ("http.request", {"method": "DELETE"}, True),
        ("http.request", {"method": "{{ input.method }}"}, True),
        ("sql.query", {}, False),
        ("sql.query", {"mode": "write"}, True),
        ("sql.query", {"mode": "{{ input.mode }}"}, True),
        ("command.run", {}, True),
        ("command.run", {"effect": "pure"}, False),
        ("file.write", {}, True),
        ("file.read", {}, False),
        ("agent", {}, False),
    ],
)
def test_what_changes_the_world_says_so(type: str, params: dict[str, Any], writes: bool) -> None:
    assert CATALOG[type].writes(params) is writes


def test_needs_name_what_is_known_and_leave_out_what_is_not() -> None:
    assert CATALOG["agent"].needs({"model": "small", "fallback_model": "big"}) == Needs(roles=("small", "big"))
    assert CATALOG["agent"].needs({"model": "{{ run.inputs.role }}"}) == Needs()
    assert CATALOG["file.read"].needs({"path": "a.csv"}) == Needs(files=("a.csv",), tools=("file.read",))
    assert CATALOG["file.read"].needs({"path": "{{ run.inputs.a }}"}).files == ()
    assert CATALOG["sql.query"].needs({"database": "a.db"}).files == ("a.db",)
    assert CATALOG["sql.query"].needs({"database": "a.db", "mode": "write"}).files == ()
    assert CATALOG["sql.query"].needs({"database": "secret://pg"}).secrets == ("pg",)
    assert CATALOG["http.request"].needs({"headers": {"A": "Bearer secret://t"}}).secrets == ("t",)
    assert CATALOG["each"].needs({"workflow": "one"}) == Needs(workflows=("one",))


def test_a_wired_node_is_a_tool_under_its_key() -> None:
    params = {
        "url": "http://h/{{ input.machine }}",
        "tool": {"description": "earlier\n work", "parameters": {"type": "object"}},
    }
    tool = wired_tool(Node(key="history", type="http.request", params=params), CATALOG["http.request"])
    assert (tool.name, tool.description, tool.effect) == ("history", "earlier work", "pure")
    assert tool.approval == "when_tainted"
    tool = wired_tool(Node(key="put", type="http.request", params={"method": "POST"}), CATALOG["http.request"])
    assert (tool.effect, tool.description) == ("at_most_once", CATALOG["http.request"].summary)
    assert tool.parameters == ToolUse().parameters


def test_the_catalog_loads_no_runtime_and_no_event_loop() -> None:
    heavy = ["llama_cpp", "onnxruntime", "numpy", "httpx2", "sqlalchemy", "sqlite3", "jsonschema", "PySide6"]
    code = f"import sys, engine.nodes.catalog; print([name for name in {heavy!r} if name in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


@EVERY
def test_the_example_has_no_problem_but_a_writer_without_a_gate(node_type: NodeType) -> None:
    found = problems(load_text(node_type.example), CATALOG)
    assert {(problem.severity, problem.node) for problem in found} <= {("warning", "write"), ("warning", "note")}
