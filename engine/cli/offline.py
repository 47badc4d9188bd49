"""`check --offline`: what a workflow needs and this PC does not have, and what it needs a network for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from engine.checks import Problem, Site
    from engine.checks.problem import Catalog
    from engine.workflow.model import Node, Workflow

Kind = Literal["model", "tool", "credential", "workflow", "file", "network"]
_KINDS: tuple[tuple[str, Kind], ...] = (
    ("missing-role", "model"), ("missing-secret", "credential"), ("secret", "credential"),
    ("missing-workflow", "workflow"), ("missing-file", "file"), ("needs-network", "network"),
    ("missing-tool", "tool"), ("missing-server", "tool"),
    ("server-needs-network", "network"), ("server-not-on-edge", "network"), ("server-", "tool"),
    ("cloud-", "network"),
)  # fmt: skip


def kind_of(code: str) -> Kind | None:
    """What kind of need a problem is about; None for one that is about the drawing."""
    return next((kind for begin, kind in _KINDS if code.startswith(begin)), None)


def needs(workflow: Workflow, catalog: Catalog, site: Site) -> list[dict[str, Any]]:
    """What is missing or needs the network, of the workflow and of those that it starts, each once."""
    from engine.checks import problems
    from engine.net.address import written

    found: list[dict[str, Any]] = []
    seen: set[str] = set()
    waiting = [workflow]
    while waiting:
        one = waiting.pop(0)
        if one.name in seen:
            continue
        seen.add(one.name)
        found += [_need(one, problem) for problem in problems(one, catalog, site) if kind_of(problem.code)]
        for node in one.nodes:
            node_type = catalog.get(node.type)
            if node_type is None or node.mode != "on":
                continue
            needed = node_type.needs(node.params)
            if "http.request" in needed.tools and not written(node.params):
                found.append(_open(one, node))
            if site.workflows is not None:
                waiting += [site.workflows[name] for name in needed.workflows if name in site.workflows]
    return found


def _open(workflow: Workflow, node: Node) -> dict[str, Any]:
    return {
        "kind": "network",
        "missing": False,
        "workflow": workflow.name,
        "node": node.key,
        "sentence": f"Node {node.key!r} asks an address that comes from a value of the run, so it may need a network.",
        "remedy": "Give it an address of this PC, or an error path.",
    }


def _need(workflow: Workflow, problem: Problem) -> dict[str, Any]:
    kind = kind_of(problem.code)
    return {
        "kind": kind,
        "missing": kind != "network" and problem.severity == "error",
        "workflow": workflow.name,
        "node": problem.node,
        "sentence": problem.sentence,
        "remedy": problem.remedy,
    }


def say(found: Sequence[dict[str, Any]], file: str) -> None:
    """A line for each need."""
    from engine.cli.failures import plain

    for one in found:
        where = f"{one['workflow']}.{one['node']}" if one["node"] else one["workflow"]
        state = "missing" if one["missing"] else "needed"
        print(f"{file}: {state} {one['kind']:<10} {where}: {plain(one['sentence'])} {plain(one['remedy'])}")
    if not found:
        print(f"{file}: nothing is missing, and nothing needs a network.")
