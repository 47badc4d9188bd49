"""What changed between two workflows, and the schema that editors use."""

from __future__ import annotations

import json

import jsonschema

from engine.workflow.canonical import to_json
from engine.workflow.diff import Change, diff
from engine.workflow.model import Edge, Node, Note, Policy, Workflow
from engine.workflow.schema import file_schema

BEFORE = Workflow(
    name="w",
    nodes=(Node(key="a", type="t", params={"p": 1, "q": {"r": 2}}), Node(key="b", type="t"), Node(key="c", type="t")),
    edges=(Edge.parse("a.out -> b.input"), Edge.parse("b.out -> c.input")),
    layout={"a": (0, 0)},
)


def test_a_workflow_has_no_difference_to_itself() -> None:
    assert diff(BEFORE, BEFORE) == []


def test_changes_are_named_by_their_place() -> None:
    after = Workflow(
        name="w",
        title="New",
        nodes=(
            Node(key="a", type="t", params={"p": 1, "q": {"r": 3}}, policy=Policy(max_attempts=3)),
            Node(key="c", type="u"),
            Node(key="d", type="t"),
        ),
        edges=(Edge.parse("a.out -> c.input"),),
        layout={"a": (5, 0)},
    )
    assert [str(change) for change in diff(BEFORE, after)] == [
        "+ title",
        "- nodes.b",
        "~ nodes.a.params.q.r: 2 -> 3",
        "+ nodes.a.policy",
        "~ nodes.c.type: 't' -> 'u'",
        "+ nodes.d",
        "- a.out -> b.input",
        "- b.out -> c.input",
        "+ a.out -> c.input",
        "~ layout.a: [0, 0] -> [5, 0]",
    ]


def test_notes_and_modes_are_changes() -> None:
    noted = BEFORE.model_copy(update={"notes": {"n": Note(text="x", rect=(0, 0, 10, 10))}})
    moved = BEFORE.model_copy(update={"notes": {"n": Note(text="y", rect=(5, 0, 10, 10))}})
    off = BEFORE.model_copy(
        update={"nodes": (BEFORE.nodes[0].model_copy(update={"mode": "disabled"}), *BEFORE.nodes[1:])}
    )
    assert [(change.what, change.kind, change.path) for change in diff(BEFORE, noted)] == [("note", "added", "notes.n")]
    assert [str(change) for change in diff(noted, moved)] == [
        "~ notes.n.text: 'x' -> 'y'",
        "~ notes.n.rect: [0, 0, 10, 10] -> [5, 0, 10, 10]",
    ]
    assert [str(change) for change in diff(BEFORE, off)] == ["+ nodes.a.mode"]


def test_the_order_of_edges_and_nodes_is_a_change() -> None:
    turned = BEFORE.model_copy(update={"edges": BEFORE.edges[::-1], "nodes": BEFORE.nodes[::-1]})
    assert [(change.what, change.kind) for change in diff(BEFORE, turned)] == [("node", "moved"), ("edge", "moved")]


def test_a_number_that_became_a_truth_value_is_a_change() -> None:
    after = BEFORE.model_copy(
        update={"nodes": (Node(key="a", type="t", params={"p": True, "q": {"r": 2}}), *BEFORE.nodes[1:])}
    )
    assert diff(BEFORE, after) == [Change("node", "changed", "nodes.a.params.p", 1, True)]


SCHEMA = file_schema(
    {
        "t": {
            "type": "object",
            "properties": {"p": {"$ref": "#/$defs/Inner"}},
            "additionalProperties": False,
            "$defs": {"Inner": {"type": "integer"}},
        }
    }
)


def test_the_schema_is_one_and_takes_what_is_right() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    right = Workflow(
        name="w",
        nodes=(Node(key="a", type="t", params={"p": 1}, mode="disabled"), Node(key="b", type="else", params={"x": 1})),
        notes={"n": Note(kind="frame", title="F", color="red", rect=(0, 0, 1.5, 2))},
    )
    jsonschema.validate(json.loads(to_json(right)), SCHEMA)


def test_the_schema_refuses_wrong_params_fields_keys_and_edges() -> None:
    good = json.loads(to_json(BEFORE.model_copy(update={"nodes": (Node(key="a", type="t", params={"p": 1}),)})))
    wrong = [
        {**good, "nodes": {"a": {"type": "t", "params": {"p": "x"}}}},
        {**good, "nodes": {"a": {"type": "t", "params": {"z": 1}}}},
        {**good, "nodes": {"A": {"type": "t"}}},
        {**good, "nodes": {"a": {"type": "t", "policy": {"max_attempts": 0}}}},
        {**good, "nodes": {"a": {"type": "t", "mode": "off"}}},
        {**good, "notes": {"n": {"rect": [0, 0, 0, 1]}}},
        {**good, "notes": {"n": {"rect": [0, 0, 1, 1], "color": "pink"}}},
        {**good, "edges": ["a to b"]},
        {**good, "colour": "red"},
        {**good, "format": 99},
    ]
    validator = jsonschema.Draft202012Validator(SCHEMA)
    assert validator.is_valid(good)
    assert [document for document in wrong if validator.is_valid(document)] == []
