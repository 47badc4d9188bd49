"""The workflow shapes of the kill sweep; every effect is a request to the oracle under the node's own name."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from engine.workflow.model import Edge, Node, Policy, Workflow

CLASSES = ("pure", "idempotent", "checkable", "at_most_once")


def effect(url: str, key: str, kind: str, **policy: Any) -> Node:
    """A node whose step does one effect of this class."""
    params: dict[str, Any] = {"url": f"{url}/do/{kind}/{key}", "method": "POST"}
    if kind == "pure":
        params = {"url": f"{url}/read/{key}"}
    elif kind in ("idempotent", "checkable"):
        params["idempotency_header"] = "Idempotency-Key"
        if kind == "checkable":
            params["lookup_url"] = f"{url}/look/{{key}}"
    return Node(key=key, type="http.request", params=params, policy=Policy(max_interruptions=50, **policy))


def _workflow(name: str, nodes: list[Node], edges: list[str], **more: Any) -> Workflow:
    return Workflow(name=name, nodes=tuple(nodes), edges=tuple(Edge.parse(edge) for edge in edges), **more)


def _set(key: str, **values: Any) -> Node:
    return Node(key=key, type="data.set", params={"values": values})


def shapes(url: str) -> dict[str, Workflow]:
    """All shapes, by name; `child` is the sub-workflow of two of them."""
    four = [effect(url, f"e_{kind}", kind) for kind in CLASSES]
    chained = [f"{a.key}.body -> {b.key}.input" for a, b in pairwise(four)]
    fork = _set("fork", x=1)
    join = Node(key="join", type="merge")
    gate = Node(key="ask", type="gate", params={"headline": "Go on?"})
    found = [
        _workflow("line", [_set("first", x=1), *four], ["first.output -> e_pure.input", *chained]),
        _workflow(
            "diamond",
            [fork, *four[1:3], join, four[3]],
            [
                "fork.output -> e_idempotent.input",
                "fork.output -> e_checkable.input",
                "e_idempotent.body -> join.input",
                "e_checkable.body -> join.input",
                "join.output -> e_at_most_once.input",
            ],
        ),
        _workflow(
            "parallel",
            [fork, *(effect(url, f"p{i}", CLASSES[i % 4]) for i in range(8)), join],
            [*(f"fork.output -> p{i}.input" for i in range(8)), *(f"p{i}.body -> join.input" for i in range(8))],
        ),
        _workflow(
            "loop",
            [
                _set("zero", n=0),
                Node(key="again", type="loop", params={"until": "steps.next.output.n >= 3", "limit": 5}),
                effect(url, "step", "idempotent"),
                effect(url, "once", "at_most_once"),
                _set("next", n="{{ input.last.n + 1 }}"),
            ],
            [
                "zero.output -> again.start",
                "again.body -> step.input",
                "step.body -> once.input",
                "again.body -> next.last",
                "once.body -> next.after",
                "next.output -> again.again",
            ],
        ),
        _workflow(
            "retry",
            [
                Node(
                    key="flaky",
                    type="http.request",
                    params={"url": f"{url}/flaky/flaky"},
                    policy=Policy(max_attempts=5, backoff={"first_s": 0.02, "max_s": 0.05}, max_interruptions=50),
                ),
                four[3],
            ],
            ["flaky.body -> e_at_most_once.input"],
        ),
        _workflow(
            "gate", [four[1], gate, four[3]], ["e_idempotent.body -> ask.input", "ask.approved -> e_at_most_once.input"]
        ),
        _workflow(
            "timer",
            [four[2], Node(key="pause", type="wait", params={"seconds": 0.05}), four[3]],
            ["e_checkable.body -> pause.input", "pause.output -> e_at_most_once.input"],
        ),
        _workflow(
            "error_route",
            [
                Node(
                    key="bad",
                    type="http.request",
                    params={"url": f"{url}/broken/bad"},
                    policy=Policy(on_error="route", max_interruptions=50),
                ),
                four[1],
                four[3],
            ],
            ["bad.body -> e_idempotent.input", "bad.error -> e_at_most_once.input"],
        ),
        _workflow(
            "child",
            [four[2], four[3]],
            ["e_checkable.body -> e_at_most_once.input"],
            outputs={"r": "{{ steps.e_checkable.output }}"},
        ),
        _workflow(
            "subworkflow",
            [_set("first", x=1), Node(key="inner", type="subworkflow", params={"workflow": "child"}), four[1]],
            ["first.output -> inner.input", "inner.output -> e_idempotent.input"],
        ),
        _workflow(
            "agent",
            [
                _set("alarm", text="pump"),
                Node(
                    key="think",
                    type="agent",
                    params={"model": "small", "instructions": "x"},
                    policy=Policy(max_interruptions=50),
                ),
                *(effect(url, f"t_{kind}", kind) for kind in CLASSES),
                four[3],
            ],
            [
                "alarm.output -> think.input",
                *(f"t_{kind}.tool -> think.tools" for kind in CLASSES),
                "think.result -> e_at_most_once.input",
            ],
        ),
    ]
    return {workflow.name: workflow for workflow in found}


WORLD = {
    "line": {"e_idempotent", "e_checkable", "e_at_most_once"},
    "diamond": {"e_idempotent", "e_checkable", "e_at_most_once"},
    "parallel": {"p1", "p2", "p3", "p5", "p6", "p7"},
    "loop": {"step", "once"},
    "retry": {"e_at_most_once"},
    "gate": {"e_idempotent", "e_at_most_once"},
    "timer": {"e_checkable", "e_at_most_once"},
    "error_route": {"e_at_most_once"},
    "subworkflow": {"e_checkable", "e_at_most_once", "e_idempotent"},
    "agent": {"t_idempotent", "t_checkable", "t_at_most_once", "e_at_most_once"},
}
"""The effects that each shape must have had in the end, exactly once (three times each in the loop)."""
