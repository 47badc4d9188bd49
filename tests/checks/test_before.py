"""The many-nodes form of "which steps are before" says the same as the run's own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.checks.before import Before
from engine.workflow.model import Edge, Node, Workflow
from engine.workflow.order import analyse
from engine.workflow.shape import Port, Shape

PORTS = (Port("input", required=False),)
TASK = Shape(inputs=PORTS, outputs=(Port("output"), Port("error")))
LOOP = Shape(kind="loop", inputs=(Port("start"), Port("again")), outputs=(Port("body"), Port("done")))
MERGE = Shape(kind="merge", inputs=PORTS, outputs=(Port("output"),))
AGENT = Shape(hand_off=True, inputs=PORTS, outputs=(Port("result"), Port("error")))
SHAPES = {"task": TASK, "loop": LOOP, "merge": MERGE, "agent": AGENT}


@st.composite
def drawings(draw: st.DrawFn) -> Workflow:
    """Forward edges between up to twelve nodes, hand-offs both ways, and loops that are closed from further on."""
    count = draw(st.integers(2, 12))
    kinds = [draw(st.sampled_from(["task", "task", "task", "loop", "merge", "agent"])) for _ in range(count)]
    policies = [draw(st.sampled_from(["all", "first"])) for _ in range(count)]
    nodes = tuple(
        Node(key=f"n{i}", type=kind, params={"policy": policies[i]} if kind == "merge" else {})
        for i, kind in enumerate(kinds)
    )
    edges = set()
    for _ in range(draw(st.integers(1, 2 * count))):
        a, b = sorted(draw(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))))
        if a == b:
            continue
        out = {"loop": draw(st.sampled_from(["body", "body", "done"])), "agent": "result"}.get(kinds[a], "output")
        edges.add(f"n{a}.{out} -> n{b}." + ("start" if kinds[b] == "loop" else "input"))
        if kinds[a] == "loop" and kinds[b] != "loop" and draw(st.booleans()):
            edges.add(f"n{b}.{'result' if kinds[b] == 'agent' else 'output'} -> n{a}.again")
        if kinds[a] == kinds[b] == "agent" and draw(st.booleans()):
            edges |= {f"n{a}.to_b -> n{b}.input", f"n{b}.to_a -> n{a}.input"}
            edges.discard(f"n{a}.result -> n{b}.input")
    return Workflow(name="w", nodes=nodes, edges=tuple(map(Edge.parse, sorted(edges))))


@given(drawings())
def test_both_forms_agree_on_every_pair_of_steps(workflow: Workflow) -> None:
    order = analyse(workflow, lambda node: SHAPES[node.type])
    if order.faults:
        return
    before = Before(order)
    for node in workflow.nodes:
        wanted = order.ancestors(node.key) - {node.key}
        assert {step.key for step in workflow.nodes if before.sees(node.key, step.key)} - {node.key} == wanted
        assert set(before.of(node.key)) == wanted
        if node.type == "loop":
            found = {step.key for step in workflow.nodes if before.until_sees(node.key, step.key)}
            assert found - {node.key} == order.seen_by_until(node.key) - {node.key}
