"""Wires: which ports there are, and which edges may be drawn, as the engine's own analysis of the result says."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from designer.document.ports import all_ports
from designer.document.wires import (
    EdgeEnd,
    Wiring,
    compatible_types,
    ends,
    ends_that_fit,
    joining,
    mismatch,
    ports,
    why_not,
)
from engine.checks.edges import fits
from engine.nodes.catalog import CATALOG, shape_of
from engine.workflow.model import Edge, Workflow
from engine.workflow.order import analyse
from engine.workflow.shape import Port
from tests.designer.document.drawn import flow


def reason(workflow: Workflow, edge: str) -> str:
    return why_not(workflow, Edge.parse(edge))


def test_ports_come_from_the_type_then_from_hand_offs_and_edges() -> None:
    workflow = flow(
        "a:agent b:agent s:data.set x:no.such",
        "a.to_b -> b.input",
        "a.result -> s.extra",
        "x.left -> s.input",
        "a.result -> x.right",
        a={"model": "small", "hand_offs": {"to_c": "more"}},
    )
    assert [port.name for port in ports(workflow, "a")[1]] == ["result", "tool", "error", "to_c", "to_b"]
    assert [port.name for port in ports(workflow, "s")[0]] == ["input", "extra"]
    assert [[port.name for port in side] for side in ports(workflow, "x")] == [["right"], ["left"]]
    assert ports(workflow, "gone") == ((), ())
    assert all_ports(workflow) == {key: ports(workflow, key) for key in "absx"}


def test_a_branch_grows_a_port_for_each_case() -> None:
    workflow = flow("b:branch", b={"cases": [{"name": "high", "when": "true"}, {"name": "low", "when": "true"}]})
    assert [port.name for port in ports(workflow, "b")[1]] == ["high", "low", "otherwise", "error"]


@pytest.mark.parametrize(
    ("edge", "words"),
    [
        ("a.output -> a.input", "itself"),
        ("a.output -> b.nowhere", "no such port"),
        ("gone.output -> b.input", "no such port"),
        ("a.output -> b.input", "already"),
        ("a.output -> agent.tools", "`tool` port"),
        ("t.tool -> b.input", "`tools` port of an agent"),
        ("c.output -> a.input", "close a circle"),
    ],
)
def test_what_does_not_fit_is_said_in_a_sentence(edge: str, words: str) -> None:
    workflow = flow(
        "a:data.set b:wait c:wait t:data.template agent:agent",
        "a.output -> b.input",
        "b.output -> c.input",
    )
    assert words in reason(workflow, edge)


def test_types_that_do_not_fit_are_named() -> None:
    assert mismatch(Port("a", "text"), Port("b", "table")).startswith("This port gives a text, and a table is wanted")
    assert mismatch(Port("a", "number"), Port("b", "text")) == ""


def test_a_tool_port_leads_into_a_tools_port() -> None:
    assert reason(flow("t:http.request a:agent"), "t.tool -> a.tools") == ""


def test_two_ends_of_the_same_side_are_no_edge() -> None:
    workflow = flow("a:data.set b:data.set")
    wiring = Wiring(workflow, EdgeEnd("a", "output", "out"))
    assert "output leads to an input" in wiring.why_not(EdgeEnd("b", "output", "out"))
    assert wiring.why_not(EdgeEnd("b", "input", "in")) == ""


def test_only_a_node_inside_a_loop_leads_back_to_it() -> None:
    workflow = flow("l:loop a:wait b:wait", "l.body -> a.input")
    assert reason(workflow, "a.output -> l.again") == ""
    assert "not inside this loop" in reason(workflow, "b.output -> l.again")
    assert "close a circle" in reason(workflow, "a.output -> l.start")


def test_an_edge_that_would_take_a_node_out_of_its_loop_is_refused() -> None:
    workflow = flow("l:loop a:wait b:wait", "l.body -> a.input", "a.output -> l.again", "l.done -> b.input")
    assert "out of the loop" in reason(workflow, "b.output -> a.input")


def test_agents_that_hand_off_to_each_other_may_close_a_circle() -> None:
    workflow = flow("a:agent b:agent", "a.to_b -> b.input", b={"model": "m", "hand_offs": {"to_a": "back"}})
    assert reason(workflow, "b.to_a -> a.input") == ""
    assert "circle" in reason(workflow, "b.result -> a.input")
    both = flow("a:agent b:agent", "a.to_b -> b.input", "b.to_a -> a.input")
    assert "circle" in reason(both, "a.result -> b.input"), "a team is made of hand-offs alone"
    other = flow("a:agent s:data.set b:agent", "a.to_b -> b.input")
    assert "another agent" in reason(other, "a.to_b -> s.input")
    declared = flow("a:agent s:data.set", a={"model": "m", "hand_offs": {"to_b": "it"}})
    assert reason(declared, "a.to_b -> s.input") == "", "what it may hand over goes to any node"


def test_agents_may_ask_each_other_but_not_in_a_circle() -> None:
    workflow = flow("a:agent b:agent c:agent", "b.tool -> a.tools", "c.tool -> b.tools")
    assert "circle" in reason(workflow, "a.tool -> c.tools")
    assert reason(workflow, "c.tool -> a.tools") == ""


def test_a_missing_type_takes_and_gives_anything() -> None:
    workflow = flow("x:no.such t:data.set a:agent")
    assert reason(workflow, "x.any -> a.tools") == ""
    assert reason(workflow, "t.output -> x.whatever") == ""


def test_sentences_can_be_translated() -> None:
    workflow = flow("a:data.set")
    assert why_not(workflow, Edge.parse("a.output -> a.input"), str.upper) == "A NODE CANNOT FEED ITSELF."


def test_types_that_fit_a_wire_come_best_first() -> None:
    workflow = flow("t:http.request a:agent s:data.template")
    for_tools = [kind.name for kind in compatible_types(workflow, "a", "tools", "in")]
    assert for_tools
    assert all(CATALOG[name].capability for name in for_tools)
    assert [kind.name for kind in compatible_types(workflow, "t", "tool", "out")] == ["agent"]
    behind_text = compatible_types(workflow, "s", "output", "out")
    assert CATALOG["data.set"] in behind_text
    assert all(any(fits("text", port.type) for port in kind.shape({}).inputs) for kind in behind_text)
    assert compatible_types(workflow, "gone", "output", "out") == []


def test_the_best_port_of_a_node_is_free_and_not_its_error() -> None:
    workflow = flow("a:data.set l:loop b:wait", "a.output -> l.start")
    assert ends_that_fit(workflow, "b", "input", "in", "a") == ["output", "error"]
    assert joining(workflow, EdgeEnd("b", "output", "out"), "l") == Edge.parse("b.output -> l.start")
    assert joining(workflow, EdgeEnd("l", "body", "out"), "a") is None


def test_asking_for_all_ports_of_a_thousand_nodes_is_quick() -> None:
    keys = [f"n{i}" for i in range(1000)]
    workflow = flow(
        " ".join(f"{key}:data.set" for key in keys),
        *(f"n{i}.output -> n{i + 1 + i % 7}.input" for i in range(990)),
    )
    began = time.perf_counter()
    wiring = Wiring(workflow, EdgeEnd("n500", "output", "out"))
    fine = [key for key in keys if wiring.why_not(EdgeEnd(key, "input", "in")) == ""]
    assert time.perf_counter() - began < 2.0  # about 0.05 s
    assert "n499" in fine or "n400" not in fine
    assert "n0" not in fine


KINDS = ("wait", "data.set", "loop", "agent", "merge", "branch", "no.such")


@st.composite
def drawings(draw: st.DrawFn) -> Workflow:
    """Drawings built edge by edge, so that most of them make sense: loops in loops, teams, missing types."""
    names = draw(st.lists(st.sampled_from(KINDS), min_size=2, max_size=9))
    hand_offs = {"model": "m", "hand_offs": {"to_x": "", "to_y": ""}}
    params = {f"n{i}": hand_offs for i, name in enumerate(names) if name == "agent"}
    workflow = flow(" ".join(f"n{i}:{name}" for i, name in enumerate(names)), **params)
    for _ in range(draw(st.integers(0, 14))):
        edge = draw(st.sampled_from(_edges(workflow)))
        if edge not in workflow.edges and not analyse(_with(workflow, edge), shape_of).faults:
            workflow = _with(workflow, edge)
    return workflow


def _edges(workflow: Workflow) -> list[Edge]:
    found = []
    for source in workflow.nodes:
        outputs = [port.name for port in ports(workflow, source.key)[1] if port.name not in ("error", "tool")] or [
            "any"
        ]
        for target in workflow.nodes:
            for into in [port.name for port in ports(workflow, target.key)[0] if port.name != "tools"] or ["any"]:
                if source is not target:
                    found += [Edge(source=source.key, out=out, target=target.key, into=into) for out in outputs]
    return found


def _with(workflow: Workflow, edge: Edge) -> Workflow:
    return Workflow(name="w", nodes=workflow.nodes, edges=(*workflow.edges, edge))


@settings(max_examples=150)
@given(drawings())
def test_an_edge_is_allowed_exactly_when_the_drawing_still_makes_sense_with_it(workflow: Workflow) -> None:
    held: dict[EdgeEnd, Wiring] = {}
    for edge in _edges(workflow):
        if edge in workflow.edges:
            continue
        start, end = ends(edge)
        reasons = {
            held.setdefault(start, Wiring(workflow, start)).why_not(end),
            held.setdefault(end, Wiring(workflow, end)).why_not(start),
        }
        assert len(reasons) == 1, "a wire may be taken up at either end"
        said = reasons.pop()
        if "another agent" in said:
            continue  # a rule of ports, not of the structure
        assert bool(said) == bool(analyse(_with(workflow, edge), shape_of).faults), (str(edge), said)
