"""Documents of older formats, one named upgrade a format; each has a specimen that opens for ever."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.errors import Refused
from engine.workflow.model import FORMAT

Document = dict[str, Any]


def upgrade(document: Document) -> Document:
    """The document in today's format; the argument is left as it is. Refused when it is newer, or says no format."""
    found = document.get("format")
    if type(found) is not int or found < 0:
        raise Refused("`format` is missing or no whole number.", remedy=f"Begin the file with `format: {FORMAT}`.")
    if found > FORMAT:
        raise Refused(
            f"this workflow is of format {found}, and this program reads formats up to {FORMAT}.",
            remedy="Open it with a newer Signalbox.",
        )
    for step in range(found, FORMAT):
        document = {**UPGRADES[step](document), "format": step + 1}
    return document


def edges_as_text_and_retries_as_attempts(document: Document) -> Document:
    """0 -> 1: edges were `{from: a.x, to: b.y}`; a node said `retries: n` where its policy now says attempts."""
    upgraded = dict(document)
    edges = document.get("edges")
    if isinstance(edges, list):
        upgraded["edges"] = [_edge(edge) for edge in edges]
    nodes = document.get("nodes")
    if isinstance(nodes, dict):
        upgraded["nodes"] = {key: _node(node) for key, node in nodes.items()}
    return upgraded


UPGRADES: Mapping[int, Callable[[Document], Document]] = {0: edges_as_text_and_retries_as_attempts}
"""From which format -> how. What is no old document is passed on unchanged, for the validation to name."""


def _edge(edge: Any) -> Any:
    if isinstance(edge, dict) and set(edge) == {"from", "to"}:
        return f"{edge['from']} -> {edge['to']}"
    return edge


def _node(node: Any) -> Any:
    if not isinstance(node, dict) or type(node.get("retries")) is not int:
        return node
    rest = {name: value for name, value in node.items() if name != "retries"}
    policy = rest.get("policy") or {}
    if not isinstance(policy, dict):
        return node
    return {**rest, "policy": {"max_attempts": node["retries"] + 1, **policy}}
