"""What a gesture does to the workflow: one edit, with what the person meant by it."""

from __future__ import annotations

from designer.actions.gesture_edits import edited
from designer.canvas import gestures as g
from engine.workflow.model import Edge, Node, Note, Policy, Workflow


def _drawn() -> Workflow:
    nodes = (
        Node(key="read", type="file.read", params={"path": "a.csv", "parse": "csv"}),
        Node(key="triage", type="agent", params={"model": "small", "instructions": "x"}),
        Node(key="rules", type="data.set", params={"values": {}}),
    )
    layout = {"read": (0.0, 0.0), "triage": (320.0, 0.0), "rules": (640.0, 200.0)}
    return Workflow(name="w", nodes=nodes, layout=layout, notes={"hint": Note(text="look", rect=(0, 300, 200, 100))})


def test_a_wire_from_error_sends_failures_there() -> None:
    found = edited(_drawn(), g.Connect(Edge.parse("triage.error -> rules.input")))
    assert found is not None
    assert found.workflow.by_key["triage"].policy.on_error == "route"


def test_a_wire_from_error_leaves_a_chosen_policy_alone() -> None:
    before = _drawn()
    nodes = tuple(
        node.model_copy(update={"policy": Policy(on_error="continue", value=1)}) if node.key == "triage" else node
        for node in before.nodes
    )
    before = before.model_copy(update={"nodes": nodes})
    found = edited(before, g.Connect(Edge.parse("triage.error -> rules.input")))
    assert found is not None
    assert found.workflow.by_key["triage"].policy.on_error == "continue"


def test_a_node_added_from_a_wire_is_connected_and_selected() -> None:
    found = edited(_drawn(), g.AddNode("gate", (900.0, 0.0), g.EdgeEnd("triage", "result", "out")))
    assert found is not None and found.select is not None
    (key,) = found.select
    assert Edge(source="triage", out="result", target=key, into="input") in found.workflow.edges
    assert found.workflow.layout[key] == (900.0, 0.0)


def test_notes_are_renamed_written_and_resized_like_nodes() -> None:
    for gesture, field, value in (
        (g.Rename("hint", "Hint"), "title", "Hint"),
        (g.EditNote("hint", "**bold**"), "text", "**bold**"),
        (g.Resize("hint", (8.0, 8.0, 240.0, 120.0)), "rect", (8.0, 8.0, 240.0, 120.0)),
    ):
        found = edited(_drawn(), gesture)
        assert found is not None
        assert getattr(found.workflow.notes["hint"], field) == value


def test_looking_edits_nothing() -> None:
    menu, drop = g.Menu(None, None, (0, 0), (0.0, 0.0)), g.Drop((), "", (0, 0))
    for gesture in (g.OpenNode("read"), menu, g.Refused("no"), drop):
        assert edited(_drawn(), gesture) is None
