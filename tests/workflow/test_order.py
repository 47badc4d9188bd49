"""Compiling a drawing: regions, teams, faults, cones (SEMANTICS T8, T9, T14, T18)."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import Refused
from engine.nodes.catalog import shape_of
from engine.workflow.model import Edge, Node, Workflow
from engine.workflow.order import Order, compile, faults
from engine.workflow.shape import Port, Shape

ANY = Shape("task", (Port("input"), Port("opt", required=False)), (Port("output"), Port("error", required=False)))
LOOP = {"limit": 3, "until": "true"}


def shapes(node: Node) -> Shape:
    return ANY if node.type == "task" else shape_of(node)


def drawing(nodes: str, *edges: str) -> Workflow:
    """Node keys by their first letter: `l…` loops, `m…` merges, everything else tasks."""
    kinds = {"l": ("loop", LOOP), "m": ("merge", {}), "r": ("merge", {"policy": "first"})}
    made = []
    for key in nodes.split():
        type_, params = kinds.get(key[0], ("task", {}))
        made.append(Node(key=key, type=type_, params=params))
    return Workflow(name="x", nodes=tuple(made), edges=tuple(Edge.parse(edge) for edge in edges))


def order(nodes: str, *edges: str) -> Order:
    return compile(drawing(nodes, *edges), shapes)


BODY = ["l.body -> w.input", "w.output -> l.again"]


def region(made: Order, loop: str) -> set[str]:
    return {key for key, scope in made.scope.items() if loop in scope}


@pytest.mark.parametrize(
    ("nodes", "edges", "inside"),
    [
        ("l w", BODY, {"w"}),
        ("l w z", [*BODY, "l.done -> z.input"], {"w"}),
        ("l w log", [*BODY, "w.output -> log.input"], {"w", "log"}),
        ("l w log z", [*BODY, "w.output -> log.input", "l.done -> z.input", "log.output -> z.opt"], {"w", "log"}),
        ("l w t z", [*BODY, "w.output -> t.input", "t.output -> z.input", "l.done -> t.opt"], {"w"}),
        ("c l w", [*BODY, "c.output -> w.opt", "c.output -> l.start"], {"w"}),
        ("l", ["l.body -> l.again"], set()),
    ],
)
def test_a_region_is_what_the_body_reaches_and_the_other_ports_do_not(
    nodes: str, edges: list[str], inside: set[str]
) -> None:
    assert region(order(nodes, *edges), "l") == inside


def test_regions_nest() -> None:
    made = order(
        "l li w x",
        "l.body -> li.start",
        "li.body -> w.input",
        "w.output -> li.again",
        "li.done -> x.input",
        "x.output -> l.again",
    )
    assert made.scope == {"l": (), "li": ("l",), "w": ("l", "li"), "x": ("l",)}


def test_a_loop_that_follows_another_is_not_inside_it() -> None:
    """Although the first one's body reaches it: its `done` does as well."""
    made = order(
        "l w a lx v",
        *BODY,
        "w.output -> a.input",
        "l.done -> a.opt",
        "a.output -> lx.start",
        "lx.body -> v.input",
        "v.output -> lx.again",
    )
    assert made.scope["lx"] == () and made.scope["v"] == ("lx",)


def test_edges_into_and_out_of_a_region_are_known() -> None:
    made = order("c l w z", *BODY, "c.output -> w.opt", "w.output -> z.input", "l.done -> z.opt")
    assert [str(made.links[i].source) for i in made.entries["l"]] == ["c"]
    assert [str(made.links[i].target) for i in made.exits["l"]] == ["z"]


@pytest.mark.parametrize(
    ("nodes", "edges", "code"),
    [
        ("a b", ["a.output -> b.input", "b.output -> a.input"], "cycle-without-loop"),
        ("a", ["a.output -> a.opt"], "cycle-without-loop"),
        ("a l w", ["a.output -> l.start", "l.body -> w.input", "a.output -> l.again"], "again-from-outside"),
        ("l w z", [*BODY, "l.done -> z.input", "z.output -> l.again"], "again-from-outside"),
        ("a", ["a.output -> gone.input"], "edge-to-nowhere"),
        ("a", ["gone.output -> a.input"], "edge-to-nowhere"),
    ],
)
def test_a_drawing_that_no_run_could_follow_is_refused(nodes: str, edges: list[str], code: str) -> None:
    assert code in [fault.code for fault in faults(drawing(nodes, *edges), shapes)]
    with pytest.raises(Refused):
        order(nodes, *edges)


def test_two_loops_that_wait_for_each_other_are_refused() -> None:
    edges = [
        "l.body -> w.input",
        "w.output -> v.input",
        "v.output -> l.again",
        "lx.body -> u.input",
        "u.output -> t.input",
        "t.output -> lx.again",
        "w.output -> t.opt",
        "u.output -> v.opt",
    ]
    assert [fault.code for fault in faults(drawing("l w v lx u t", *edges), shapes)] != []


@pytest.mark.parametrize(
    ("edges", "cone"),
    [
        (["a.output -> r.input", "b.output -> r.input"], ["a", "b"]),
        (["a.output -> b.input", "b.output -> r.input", "c.output -> r.input"], ["a", "c", "b"]),
        (["a.output -> r.input", "b.output -> r.input", "b.output -> c.input"], ["a"]),
        (["a.output -> b.input", "a.output -> c.input", "b.output -> r.input", "c.output -> r.input"], ["a", "b", "c"]),
        (["a.error -> c.input", "a.output -> r.input"], []),
    ],
)
def test_the_cone_of_a_merge_is_what_leads_only_to_it(edges: list[str], cone: list[str]) -> None:
    assert order("a b c r", *edges).cone["r"] == cone


def test_a_loop_whose_rounds_feed_something_else_is_not_in_the_cone() -> None:
    made = order("l w z r", *BODY, "l.done -> r.input", "w.output -> z.input", "l.done -> z.opt")
    assert made.cone["r"] == []
    assert order("l w r", *BODY, "l.done -> r.input").cone["r"] == ["l"]


def test_the_rank_of_a_node_is_behind_everything_it_waits_for() -> None:
    made = order("z b a", "a.output -> b.input", "b.output -> z.input")
    assert made.rank["a"] < made.rank["b"] < made.rank["z"]


def test_the_order_of_edges_is_kept() -> None:
    made = order("a b r", "b.output -> r.input", "a.output -> r.input")
    assert [made.links[i].source for i in made.ins["r"]["input"]] == ["b", "a"]


def test_very_long_and_very_deep_drawings_compile() -> None:
    keys = [f"a{i}" for i in range(3000)]
    order(" ".join(keys), *[f"{a}.output -> {b}.input" for a, b in pairwise(keys)])
    loops = [f"l{i}" for i in range(60)]
    nested = [f"{a}.body -> {b}.start" for a, b in pairwise(loops)]
    closed = [f"{b}.done -> {a}.again" for a, b in pairwise(loops)]
    made = order(
        " ".join([*loops, "w"]), *nested, *closed, f"{loops[-1]}.body -> w.input", f"w.output -> {loops[-1]}.again"
    )
    assert made.scope["w"] == tuple(loops)


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**31))
def test_what_a_drawing_means_does_not_depend_on_the_order_of_its_nodes(seed: int) -> None:
    r = random.Random(seed)
    keys = [f"{r.choice('aallm')}{i}" for i in range(r.randint(2, 9))]
    outs = {"a": ["output", "error"], "l": ["body", "body", "done"], "m": ["output"]}
    ins = {"a": ["input", "opt"], "l": ["start", "again"], "m": ["input"]}
    edges = []
    for _ in range(r.randint(1, 14)):
        a, b = r.choice(keys), r.choice(keys)
        edges.append(f"{a}.{r.choice(outs[a[0]])} -> {b}.{r.choice(ins[b[0]])}")
    edges = list(dict.fromkeys(edges))
    one = drawing(" ".join(keys), *edges)
    r.shuffle(keys)
    two = drawing(" ".join(keys), *edges)
    assert sorted({fault.code for fault in faults(one, shapes)}) == sorted(
        {fault.code for fault in faults(two, shapes)}
    )
    if not faults(one, shapes):
        first, second = compile(one, shapes), compile(two, shapes)
        assert first.scope == second.scope
        assert {key: set(cone) for key, cone in first.cone.items()} == {
            key: set(cone) for key, cone in second.cone.items()
        }
