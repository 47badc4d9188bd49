"""Checks of drawings with thousands of nodes: nothing recurses, nothing is quadratic."""

from __future__ import annotations

import time

from engine.checks import problems
from engine.nodes.node_type import NodeType, Params
from engine.workflow.model import Edge, Node, Policy, Workflow
from engine.workflow.shape import Port


class AnyParams(Params):
    text: str = ""


def out(name: str) -> Port:
    return Port(name, required=False)


CATALOG = {
    "do": NodeType(
        "do", "Do", "Does.", "Data", AnyParams, (Port("input", required=False),), (out("output"), out("error"))
    ),
    "merge": NodeType(
        "merge", "Merge", "Joins.", "Control", AnyParams, (Port("input"),), (out("output"),), kind="merge"
    ),
}
COUNT = 5_000


def test_a_chain_of_five_thousand_nodes_is_checked() -> None:
    nodes = tuple(
        Node(
            key=f"n{i}",
            type="do",
            params={"text": f"{{{{ steps.n{i // 2}.output }}}}"} if i else {},
            policy=Policy(on_error="route"),
        )
        for i in range(COUNT)
    )
    edges = [Edge(source=f"n{i}", out="output", target=f"n{i + 1}", into="input") for i in range(COUNT - 1)]
    edges += [Edge(source=f"n{i}", out="error", target=f"n{i + 1}", into="input") for i in range(COUNT - 1)]
    started = time.perf_counter()
    found = problems(Workflow(name="chain", nodes=nodes, edges=tuple(edges)), CATALOG)
    print(f"chain of {COUNT}: {time.perf_counter() - started:.2f} s")
    assert [problem.code for problem in found] == ["route-to-nowhere"]


def test_a_merge_of_five_thousand_edges_is_checked() -> None:
    nodes = (*(Node(key=f"n{i}", type="do") for i in range(COUNT)), Node(key="m", type="merge"))
    edges = tuple(Edge(source=f"n{i}", out="output", target="m", into="input") for i in range(COUNT))
    started = time.perf_counter()
    assert problems(Workflow(name="fan", nodes=nodes, edges=edges), CATALOG) == []
    print(f"fan of {COUNT}: {time.perf_counter() - started:.2f} s")


def test_a_circle_of_five_thousand_nodes_is_one_problem() -> None:
    nodes = tuple(Node(key=f"n{i}", type="do") for i in range(COUNT))
    edges = tuple(Edge(source=f"n{i}", out="output", target=f"n{(i + 1) % COUNT}", into="input") for i in range(COUNT))
    found = problems(Workflow(name="circle", nodes=nodes, edges=edges), CATALOG)
    assert [problem.code for problem in found] == ["cycle-without-loop"]


def test_five_thousand_values_that_meet_are_one_warning() -> None:
    nodes = (*(Node(key=f"n{i}", type="do") for i in range(COUNT)), Node(key="z", type="do"))
    edges = tuple(Edge(source=f"n{i}", out="output", target="z", into="input") for i in range(COUNT))
    found = problems(Workflow(name="meet", nodes=nodes, edges=edges), CATALOG)
    assert [problem.code for problem in found] == ["values-meet"]
