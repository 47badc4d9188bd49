"""Versions compared: a heading for each node, a sentence for each change."""

from __future__ import annotations

from designer.document import edits
from designer.document.compare import compare, short
from engine.workflow.model import Edge, Node, Policy, Workflow
from tests.designer.document.drawn import flow

FLOW = edits.set_title(flow("a:gate b:wait c:wait", "a.approved -> b.input"), "a", "Shift lead")


def said(after: Workflow) -> list[tuple[str, str]]:
    return [(row.group, row.sentence) for row in compare(FLOW, after)]


def test_nothing_changed_is_no_row() -> None:
    assert compare(FLOW, FLOW) == []


def test_params_and_policy_are_said_with_before_and_after() -> None:
    after = edits.set_param(FLOW, "a", ("headline",), "Stop the line?")
    assert said(after) == [("Shift lead", "headline is set to “Stop the line?”")]
    again = edits.set_param(after, "a", ("headline",), "Go on?")
    assert [row.sentence for row in compare(after, again)] == ["headline: “Stop the line?” → “Go on?”"]
    assert [row.sentence for row in compare(after, FLOW)] == ["headline is taken away; it was “Stop the line?”"]
    assert said(edits.set_policy(FLOW, "b", Policy(max_attempts=3))) == [("Wait", "policy.max_attempts is set to 3")]


def test_long_values_that_differ_only_at_their_end_are_changed() -> None:
    one = edits.set_param(FLOW, "a", ("body",), "x" * 100)
    two = edits.set_param(FLOW, "a", ("body",), "x" * 101)
    assert [row.sentence for row in compare(one, two)] == ["body is changed"]
    assert compare(one, two)[0].after == "x" * 101


def test_rows_come_workflow_first_then_by_node_then_the_drawing() -> None:
    after = edits.move(FLOW, {"a": (8.0, 8.0), "b": (16.0, 8.0)})
    after = edits.connect(after, Edge.parse("b.output -> c.input"))
    after = edits.set_title(after, "b", "Cool down")
    after = edits.set_field(after, "title", "T")
    after = edits.add(edits.delete(after, ["a"]), Node(key="n", type="no.such"), (0, 0))
    after, _ = edits.add_note(after, (0, 0), "x")
    assert said(after) == [
        ("Workflow", "title is set to “T”"),
        ("Cool down", "title is set to “Cool down”"),
        ("Cool down", "Connected: output → input of Wait"),
        ("n", "Added: no.such"),
        ("Shift lead", "Removed: Gate"),
        ("Shift lead", "Disconnected: approved → input of Cool down"),
        ("Drawing", "Cool down stands elsewhere"),
        ("Drawing", "Added: note"),
    ]


def test_values_are_shown_in_a_few_words() -> None:
    assert short({"b": 1, "a": [True]}) == '{"a":[true],"b":1}'
    assert len(short("word " * 100)) == 62
