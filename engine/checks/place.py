"""Is all there on this PC that the workflow needs: models, files, tools, other workflows?"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from engine.checks.before import Before
from engine.checks.problem import Catalog, Problem, Subject, error, warning
from engine.net.address import is_loopback, written
from engine.nodes.device_args import INSTALL
from engine.nodes.node_type import Needs
from engine.workflow.model import Node, Workflow


def check(subject: Subject, before: Before | None) -> Iterator[Problem]:
    """Missing roles, tools, files and workflows, workflows that contain themselves, cloud nodes offline."""
    site = subject.site
    for node in subject.workflow.nodes:
        needs = _needs(node, subject.catalog)
        yield from _missing(node, "role", "model role", needs.roles, site.roles, "Map the role to a model in settings.")
        yield from _unfit(subject, node, needs)
        yield from _beyond(subject, node, needs)
        yield from _missing(node, "tool", "tool", needs.tools, site.tools, "Add the tool, or choose another one.")
        for words in dict.fromkeys(site.not_installed[tool] for tool in needs.tools if tool in site.not_installed):
            what = f"Node {node.key!r} needs the package for {words}, which is not installed."
            yield error("missing-tool", node.key, what, INSTALL)
        library = None if site.workflows is None else (*site.workflows, subject.workflow.name)
        yield from _missing(node, "workflow", "workflow", needs.workflows, library, "Add it to the library.")
        yield from _child_inputs(subject, node)
        yield from _files(subject, before, node, needs.files)
        if site.offline and (node.placement or subject.workflow.placement) == "cloud":
            yield warning(
                "needs-network",
                node.key,
                f"Node {node.key!r} is placed in the cloud, and this PC is offline.",
                "Place it on the edge, or run it when the network is back.",
            )
    circle = _circle(subject)
    if circle:
        yield error(
            "workflow-recursion",
            circle[0],
            f"The workflow starts itself: {' -> '.join(circle[1])}.",
            "Take one of the sub-workflows out.",
        )


def _needs(node: Node, catalog: Catalog) -> Needs:
    node_type = catalog.get(node.type)
    return node_type.needs(node.params) if node_type else Needs()


def _unfit(subject: Subject, node: Node, needs: Needs) -> Iterator[Problem]:
    """Models that are there and cannot be used as they are."""
    known = subject.site.roles
    for role in dict.fromkeys(needs.roles):
        if known is None or role not in known:
            continue
        if said := subject.site.unfit(role):
            yield warning(
                "unfit-model",
                node.key,
                f"Node {node.key!r} needs the model role {role!r}, whose model cannot be used. {said}",
                f"`signalboxctl models role {role} FILE` gives it another.",
            )


def _beyond(subject: Subject, node: Node, needs: Needs) -> Iterator[Problem]:
    """Models and hosts in the cloud that a node on the edge asks, and those over the network where that is off."""
    site = subject.site
    on_edge = "edge" in {
        subject.workflow.by_key[key].placement or subject.workflow.placement
        for key in (node.key, *subject.askers(node.key))
    }
    for host, port in sorted(written(node.params)) if needs.tools else ():
        if on_edge and site.off_site(host, port):
            yield error(
                "cloud-host",
                node.key,
                f"Node {node.key!r} stays on the edge, and {host} is not of this site.",
                "Let the node run anywhere, or add the host to `site` under `network_rules` in the settings.",
            )
        elif site.offline and not is_loopback(host):
            yield warning(
                "needs-network",
                node.key,
                f"Node {node.key!r} asks {host} over the network, and this PC is offline.",
                "Give the node an error path, or run it when the network is back.",
            )
    for role in dict.fromkeys(needs.roles):
        if on_edge and role in site.cloud_roles:
            yield error(
                "cloud-role",
                node.key,
                f"Node {node.key!r} stays on the edge, and the model role {role!r} is in the cloud.",
                "Choose a role whose model is on this PC, or let the node run anywhere.",
            )
        elif site.offline and role in site.network_roles:
            yield warning(
                "needs-network",
                node.key,
                f"Node {node.key!r} asks the model role {role!r} over the network, and this PC is offline.",
                "Choose a role whose model is on this PC, or run it when the network is back.",
            )


def _missing(
    node: Node, code: str, what: str, names: tuple[str, ...], known: Collection[str] | None, remedy: str
) -> Iterator[Problem]:
    for name in dict.fromkeys(names):
        if known is not None and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            yield error(
                f"missing-{code}",
                node.key,
                f"Node {node.key!r} needs the {what} {name!r}, which is not there.",
                f"{remedy[:-1]} (there is {near[0]!r})." if near else remedy,
            )


def _files(subject: Subject, before: Before | None, node: Node, paths: tuple[str, ...]) -> Iterator[Problem]:
    exists = subject.site.files_exist
    if exists is None:
        return
    for path in dict.fromkeys(paths):
        if not exists(path):
            made = warning if _written_before(subject, before, node) else error
            yield made(
                "missing-file",
                node.key,
                f"Node {node.key!r} needs the file {path!r}, which is not there.",
                "Put the file there, or correct the path.",
            )


def _written_before(subject: Subject, before: Before | None, node: Node) -> bool:
    """Whether a step before this one writes something: then the file may come into being during the run."""
    if before is None:
        return False
    nodes = subject.workflow.by_key
    return any(
        node_type.writes(nodes[key].params)
        for key in before.of(node.key)
        if (node_type := subject.type_of(nodes[key])) is not None
    )


def _circle(subject: Subject) -> tuple[str | None, list[str]] | None:
    """A workflow that reaches itself: the node that leads there, and the names on the way round."""
    library, start = subject.site.workflows or {}, subject.workflow.name
    graph: dict[str, list[str]] = {start: _children(subject.workflow, subject.catalog)}
    stack = list(graph[start])
    while stack:
        name = stack.pop()
        if name not in graph:
            graph[name] = _children(library.get(name), subject.catalog)
            stack.extend(graph[name])
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1][::-1]
        if start in circle:
            turn = circle.index(start)
            circle = [*circle[turn:-1], *circle[:turn], start]
        follows = circle[1]
        node = next((n.key for n in subject.workflow.nodes if follows in _needs(n, subject.catalog).workflows), None)
        return node, circle
    return None


def _children(workflow: Workflow | None, catalog: Catalog) -> list[str]:
    nodes = [node for node in workflow.nodes if node.mode == "on"] if workflow else []
    return [name for node in nodes for name in _needs(node, catalog).workflows]


def _needed(schema: Mapping[str, Any]) -> bool:
    return "default" not in schema and schema.get("required", True) is not False


def _child_inputs(subject: Subject, node: Node) -> Iterator[Problem]:
    """What a sub-workflow is given, against what it has."""
    library = subject.site.workflows
    given, name = node.params.get("inputs"), node.params.get("workflow")
    kind = subject.shapes[node.key].kind
    if library is None or kind not in ("subworkflow", "each") or not isinstance(name, str) or name not in library:
        return
    known = library[name].inputs
    if given is None:
        given = {"item": None} if kind == "each" and "item" in known else {}
    if not isinstance(given, dict):
        return
    for missing in [key for key, schema in known.items() if key not in given and _needed(schema)]:
        yield error(
            "missing-child-input",
            node.key,
            f"Node {node.key!r} gives the workflow {name!r} no value for its input {missing!r}.",
            f"Add `{missing}` to `inputs`.",
        )
    for unknown in [key for key in given if key not in known]:
        yield error(
            "unknown-child-input",
            node.key,
            f"Node {node.key!r} gives the workflow {name!r} a value for {unknown!r}, which it does not have.",
            f"Its inputs are: {', '.join(known) or 'none'}.",
        )
