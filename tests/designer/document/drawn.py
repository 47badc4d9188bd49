"""Small workflows for the document's tests."""

from __future__ import annotations

from engine.workflow.model import Edge, Node, Workflow

LOOP = {"until": "true", "limit": 3}


def flow(nodes: str, *edges: str, **params: dict[str, object]) -> Workflow:
    """`a:data.set b:loop` as nodes 300 px apart, with edges as text and params by key."""
    made = []
    for word in nodes.split():
        key, _, name = word.partition(":")
        made.append(Node(key=key, type=name, params=params.get(key, LOOP if name == "loop" else {})))
    return Workflow(
        name="w",
        nodes=tuple(made),
        edges=tuple(map(Edge.parse, edges)),
        layout={node.key: (300.0 * place, 0.0) for place, node in enumerate(made)},
    )
