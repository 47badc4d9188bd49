"""A workflow compiled for running: scopes, edge levels, exits, race cones. Static, pure, linear (SEMANTICS T8–T18)."""

from __future__ import annotations

import graphlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from engine.errors import Refused
from engine.workflow.model import Edge, Mode, Node, Workflow
from engine.workflow.regions import components, reach, regions, topological
from engine.workflow.shape import Shape, Shapes

TEAM = "team:"
Scope = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that no run could make sense of, in the drawing's structure."""

    code: str
    node: str | None
    sentence: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Link:
    """A value edge as the planner sees it: entries and hand-offs of a team lead to the team's own point."""

    source: str
    out: str
    target: str
    into: str
    member: str = ""  # the team member that it addresses, where `target` is a team


@dataclass
class Order:
    """The static facts of one workflow. Edges are numbered by their place among the value edges."""

    workflow: Workflow
    node: dict[str, Node]
    shape: dict[str, Shape]
    links: list[Link]
    tools: dict[str, list[str]]
    teams: dict[str, list[str]]
    faults: list[Fault] = field(default_factory=list)
    outs: dict[str, list[int]] = field(default_factory=dict)
    ins: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    forward_ins: dict[str, int] = field(default_factory=dict)
    required: dict[str, frozenset[str]] = field(default_factory=dict)
    back: set[int] = field(default_factory=set)
    rank: dict[str, int] = field(default_factory=dict)
    scope: dict[str, Scope] = field(default_factory=dict)
    direct: dict[str, list[str]] = field(default_factory=dict)
    top: list[str] = field(default_factory=list)
    source_scope: list[Scope] = field(default_factory=list)
    target_scope: list[Scope] = field(default_factory=list)
    common: list[int] = field(default_factory=list)
    exits: dict[str, list[int]] = field(default_factory=dict)
    entries: dict[str, list[int]] = field(default_factory=dict)
    cone: dict[str, list[str]] = field(default_factory=dict)
    prepared: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    """A shelf for whoever runs the nodes: what it has worked out of params that never change."""

    def kind(self, key: str) -> str:
        """The node's kind; a team counts as "team"."""
        return "team" if key in self.teams else self.shape[key].kind

    def mode(self, key: str) -> Mode:
        """Whether the node does its work; a team's point always does."""
        return "on" if key in self.teams else self.node[key].mode

    def passes_by(self, key: str) -> str:
        """The output port of a bypassed node that carries what came in; "" where it has none."""
        if self.kind(key) != "unknown":
            return self.shape[key].main
        return next((self.links[i].out for i in self.outs[key]), self.shape[key].main)

    def is_loop(self, key: str) -> bool:
        """Whether the node opens rounds of its own."""
        return key in self.direct

    def wired(self, key: str, port: str) -> bool:
        """Whether any value edge leaves this port."""
        return any(self.links[i].out == port for i in self.outs[key])

    @cached_property
    def _incoming(self) -> dict[str, list[str]]:
        incoming: dict[str, list[str]] = {key: [] for key in self.rank}
        for i, link in enumerate(self.links):
            if i not in self.back:
                incoming[link.target].append(link.source)
        for team, members in self.teams.items():
            for member in members:
                incoming[member].append(team)
        return incoming

    def ancestors(self, key: str) -> frozenset[str]:
        """The nodes whose steps an expression of this node may name (T19): never across a race's merge."""
        return frozenset(node for node in self._before(key, until=False) if not node.startswith(TEAM))

    def seen_by_until(self, loop: str) -> frozenset[str]:
        """The nodes that a loop's `until` may name: its ancestors, and what leads to its `again`."""
        return frozenset(node for node in self._before(loop, until=True) if not node.startswith(TEAM))

    def sees(self, key: str, other: str, *, until: bool = False) -> bool:
        """Whether an expression of `key` (its `until`) may name `other`; looked for backwards, kept for the pair."""
        pair = (key, other, until)
        if pair not in self._pairs:
            self._pairs[pair] = any(node == other for node in self._before(key, until=until))
        return self._pairs[pair]

    def _before(self, key: str, *, until: bool) -> Iterator[str]:
        """Everything that leads to the node. A loop that has ended (none of its scope) lets its rounds be seen."""
        scope = self.scope[key]
        stack = list(self._incoming[key])
        # hand-offs come back to a member: what earlier rounds of its team did is known in later ones
        stack += [member for team in scope if team in self.teams for member in self.teams[team]]
        if until:
            stack += self._feeding_again.get(key, ())
        seen: set[str] = set()
        while stack:
            node = stack.pop()
            if node in seen:
                continue
            seen.add(node)
            yield node
            if not self._races(node):
                stack.extend(self._incoming[node])
            if node not in scope:
                stack.extend(self._feeding_again.get(node, ()))

    def following(self, key: str) -> frozenset[str]:
        """The node itself and everything that its result can reach, within a round."""
        after: dict[str, list[str]] = {node: [] for node in self._incoming}
        for node, sources in self._incoming.items():
            for source in sources:
                after[source].append(node)
        return frozenset(node for node in reach([key], after) if not node.startswith(TEAM))

    @cached_property
    def _pairs(self) -> dict[tuple[str, str, bool], bool]:
        return {}

    @cached_property
    def _feeding_again(self) -> dict[str, list[str]]:
        feeding: dict[str, list[str]] = {}
        for i in self.back:
            feeding.setdefault(self.links[i].target, []).append(self.links[i].source)
        return feeding

    def _races(self, key: str) -> bool:
        if self.kind(key) != "merge":
            return False
        params = self.node[key].params
        return params.get("policy", "all") != "all" or params.get("deadline_s") is not None


def compile(workflow: Workflow, shapes: Shapes) -> Order:
    """Compile for running; Refused with the first fault when the structure makes no sense."""
    order = analyse(workflow, shapes)
    if order.faults:
        fault = order.faults[0]
        where = workflow.name + (f", node {fault.node}" if fault.node else "")
        raise Refused(fault.sentence, where=where, remedy=fault.remedy)
    return order


def faults(workflow: Workflow, shapes: Shapes) -> list[Fault]:
    """All structural faults (cycles, feeds from outside a loop, loops that wait for each other)."""
    return analyse(workflow, shapes).faults


def analyse(workflow: Workflow, shapes: Shapes) -> Order:
    """Compile as far as possible, collecting faults; later parts are empty after a fatal one."""
    found: list[Fault] = []
    nodes = workflow.by_key
    value_edges = []
    for edge in workflow.edges:
        if edge.source in nodes and edge.target in nodes:
            value_edges.append(edge)
        else:
            missing = edge.source if edge.source not in nodes else edge.target
            found.append(
                Fault(
                    "edge-to-nowhere",
                    None,
                    f"The edge `{edge}` names the node {missing!r}, which does not exist.",
                    "Remove the edge or add the node.",
                )
            )
    shape = {key: shapes(node) for key, node in nodes.items()}
    tools: dict[str, list[str]] = {}
    wired_as_tool: set[str] = set()
    plain: list[Edge] = []
    for edge in value_edges:
        if _is_capability(edge, shape[edge.target]):
            if nodes[edge.source].mode == "on":  # a tool that is off is not offered
                tools.setdefault(edge.target, []).append(edge.source)
            wired_as_tool.add(edge.source)
        else:
            plain.append(edge)
    touched = {key for edge in plain for key in (edge.source, edge.target)}
    stepless = wired_as_tool - touched
    keys = [key for key in nodes if key not in stepless]
    teams = _teams(keys, plain, shape, found)
    order = Order(workflow, nodes, shape, _links(plain, teams), tools, teams, found)
    _index(order, keys)
    if found:
        return order
    _scopes(order, keys)
    if not found:
        _levels(order)
    return order


def _is_capability(edge: Edge, target: Shape) -> bool:
    return edge.into == "tools" and any(p.name == "tools" and p.type == "capability" for p in target.inputs)


def _is_hand_off(edge: Edge, shape: Mapping[str, Shape]) -> bool:
    source, target = shape[edge.source], shape[edge.target]
    named = {port.name for port in source.outputs}
    return source.hand_off and target.hand_off and edge.into == "input" and edge.out not in named


def _teams(keys: list[str], edges: list[Edge], shape: Mapping[str, Shape], found: list[Fault]) -> dict[str, list[str]]:
    """Cycles made only of hand-offs (T18). Any other cycle that no `again` port closes is a fault."""
    forward: dict[str, list[str]] = {key: [] for key in keys}
    for edge in edges:
        if not (shape[edge.target].kind == "loop" and edge.into == "again"):
            forward[edge.source].append(edge.target)
    teams: dict[str, list[str]] = {}
    place = {key: i for i, key in enumerate(keys)}
    for component in components(forward):
        members = sorted(component, key=place.__getitem__)
        inside = [e for e in edges if e.source in component and e.target in component]
        if len(members) > 1 and all(_is_hand_off(e, shape) for e in inside):
            teams[TEAM + members[0]] = members
            stray = [e for e in edges if e.target in component and e.source not in component and e.into != "input"]
            for edge in stray:
                found.append(
                    Fault(
                        "team-entry",
                        edge.target,
                        f"The edge `{edge}` enters a team of agents by another port than `input`.",
                        "Lead it to `input`.",
                    )
                )
        else:
            names = " -> ".join([*members, members[0]])
            found.append(
                Fault(
                    "cycle-without-loop",
                    members[0],
                    f"The nodes {names} wait for each other in a circle.",
                    "Put a loop node in and close the circle at its `again` port.",
                )
            )
    return teams


def _links(edges: list[Edge], teams: Mapping[str, list[str]]) -> list[Link]:
    team_of = {member: team for team, members in teams.items() for member in members}
    links = []
    for edge in edges:
        team = team_of.get(edge.target)
        if team is None:
            links.append(Link(edge.source, edge.out, edge.target, edge.into))
        else:
            into = "again" if team_of.get(edge.source) == team else "start"
            links.append(Link(edge.source, edge.out, team, into, edge.target))
    return links


def _index(order: Order, keys: list[str]) -> None:
    every = [*keys, *order.teams]
    order.outs = {key: [] for key in every}
    order.ins = {key: {} for key in every}
    for i, link in enumerate(order.links):
        order.outs[link.source].append(i)
        order.ins[link.target].setdefault(link.into, []).append(i)
        if link.into == "again" and order.kind(link.target) in ("loop", "team"):
            order.back.add(i)
    order.forward_ins = {
        key: sum(len(found) for port, found in ports.items() if found[0] not in order.back)
        for key, ports in order.ins.items()
    }
    for key in every:
        if key in order.teams:
            order.required[key] = frozenset({"start"})
        elif order.kind(key) == "merge":
            order.required[key] = frozenset()
        else:
            order.required[key] = frozenset(p.name for p in order.shape[key].inputs if p.required) | (
                frozenset(order.ins[key]) - {p.name for p in order.shape[key].inputs} - {"tools"}
                if order.shape[key].open_inputs
                else frozenset()
            )


def _scopes(order: Order, keys: list[str]) -> None:
    found = order.faults
    every = [*keys, *order.teams]
    forward: dict[str, list[str]] = {key: [] for key in every}
    pairs: list[tuple[str, str]] = []
    for i, link in enumerate(order.links):
        if i not in order.back:
            forward[link.source].append(link.target)
            pairs.append((link.source, link.target))
    for team, members in order.teams.items():
        forward[team].extend(members)
    sequence = topological(forward)
    if len(sequence) != len(every):
        stuck = [key for key in every if key not in set(sequence)]
        found.append(
            Fault(
                "cycle-without-loop",
                stuck[0],
                f"The nodes {', '.join(stuck[:5])} wait for each other in a circle.",
                "Put a loop node in and close the circle at its `again` port.",
            )
        )
        return
    order.rank = {key: i for i, key in enumerate(sequence)}
    loops = [key for key in sequence if order.kind(key) == "loop"]
    by_port = {loop: [order.links[i] for i in order.outs[loop] if i not in order.back] for loop in loops}
    region = regions(
        loops,
        {loop: [k.target for k in by_port[loop] if k.out == "body"] for loop in loops},
        {loop: [k.target for k in by_port[loop] if k.out != "body"] for loop in loops},
        forward,
        pairs,
        {team: set(members) for team, members in order.teams.items()},
    )
    containers: dict[str, list[str]] = {key: [] for key in every}
    for loop, nodes in region.items():
        for node in nodes:
            containers[node].append(loop)
    depth = {loop: len(containers[loop]) for loop in region}
    order.scope = {key: tuple(sorted(containers[key], key=depth.__getitem__)) for key in every}
    order.direct = {loop: [] for loop in region}
    for key in sequence:
        if order.scope[key]:
            order.direct[order.scope[key][-1]].append(key)
        else:
            order.top.append(key)


def _levels(order: Order) -> None:
    """Scopes of edges, exits of loops, the contracted graph and the cones of merges."""
    successors: dict[tuple[Scope, str], set[str]] = {}
    leaves: set[tuple[Scope, str]] = set()
    order.exits = {loop: [] for loop in order.direct}
    order.entries = {loop: [] for loop in order.direct}
    for i, link in enumerate(order.links):
        from_body = order.kind(link.source) == "loop" and link.out == "body"
        source = order.scope[link.source] + ((link.source,) if from_body else ())
        target = order.scope[link.target] + ((link.target,) if i in order.back else ())
        order.source_scope.append(source)
        order.target_scope.append(target)
        shared = _shared(source, target)
        order.common.append(shared)
        for loop in source[shared:]:
            order.exits[loop].append(i)
        for loop in target[shared:]:
            order.entries[loop].append(i)
        if i in order.back and link.target not in source:
            order.faults.append(
                Fault(
                    "again-from-outside",
                    link.target,
                    f"`{link.target}.again` is fed by {link.source}, which is not in the loop.",
                    f"Feed it from a node that `{link.target}.body` leads to and that nothing after the loop reaches.",
                )
            )
        a = source if from_body else (*source, link.source)
        b = target if i in order.back else (*target, link.target)
        level = _shared(a, b)
        for k in range(level, len(a)):
            point = (a[:k], a[k])
            if k == level and level < len(b):
                successors.setdefault(point, set()).add(b[level])
            else:
                leaves.add(point)
    graph = {(scope, key): {(scope, after) for after in found} for (scope, key), found in successors.items()}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as cycle:
        names = " and ".join(key for _, key in cycle.args[1][:-1])
        order.faults.append(
            Fault(
                "loops-wait",
                cycle.args[1][0][1],
                f"{names} wait for each other through a loop.",
                "Move the nodes between them out of one of the loops.",
            )
        )
        return
    before: dict[tuple[Scope, str], list[str]] = {}
    for (scope, key), found in successors.items():
        for after in found:
            before.setdefault((scope, after), []).append(key)
    for key in order.rank:
        if order.kind(key) == "merge":
            order.cone[key] = _cone(order, key, successors, leaves, before)


def _shared(a: Scope, b: Scope) -> int:
    count = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        count += 1
    return count


def _cone(
    order: Order,
    merge: str,
    successors: Mapping[tuple[Scope, str], set[str]],
    leaves: set[tuple[Scope, str]],
    before: Mapping[tuple[Scope, str], list[str]],
) -> list[str]:
    """Same-scope nodes all of whose outputs lead only into the merge (T14)."""
    scope = order.scope[merge]
    cone = {merge}
    missing: dict[str, int] = {}
    stack = [merge]
    while stack:
        for key in before.get((scope, stack.pop()), ()):
            if key in cone or (scope, key) in leaves:
                continue
            missing[key] = missing.get(key, len(successors[scope, key])) - 1
            if missing[key] == 0:
                cone.add(key)
                stack.append(key)
    return sorted(cone - {merge}, key=order.rank.__getitem__)
