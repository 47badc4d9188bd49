"""Loop regions and teams: which nodes repeat together (SEMANTICS T8, T18). Pure graph work, iterative throughout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

Graph = Mapping[str, Sequence[str]]


def reach(seeds: Iterable[str], forward: Graph) -> set[str]:
    """Everything that can be reached from the seeds, seeds included."""
    seen: set[str] = set()
    stack = list(seeds)
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack.extend(forward[node])
    return seen


def components(forward: Graph) -> list[list[str]]:
    """Strongly connected components with more than one node or an edge to itself (Tarjan 1972, without recursion)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    on_stack: set[str] = set()
    stack: list[str] = []
    found: list[list[str]] = []
    for root in forward:
        if root in index:
            continue
        work: list[tuple[str, int]] = [(root, 0)]
        while work:
            node, child = work.pop()
            if child == 0:
                index[node] = low[node] = len(index)
                stack.append(node)
                on_stack.add(node)
            descend = False
            for position in range(child, len(forward[node])):
                after = forward[node][position]
                if after not in index:
                    work.append((node, position + 1))
                    work.append((after, 0))
                    descend = True
                    break
                if after in on_stack:
                    low[node] = min(low[node], index[after])
            if descend:
                continue
            if low[node] == index[node]:
                component = []
                while True:
                    member = stack.pop()
                    on_stack.discard(member)
                    component.append(member)
                    if member == node:
                        break
                if len(component) > 1 or node in forward[node]:
                    found.append(component)
            if work:
                parent = work[-1][0]
                low[parent] = min(low[parent], low[node])
    return found


def topological(forward: Graph) -> list[str]:
    """Nodes in dependency order, ties in the order of `forward`; shorter than `forward` when there is a cycle."""
    waiting = dict.fromkeys(forward, 0)
    for targets in forward.values():
        for target in targets:
            waiting[target] += 1
    ready = [node for node, count in waiting.items() if count == 0]
    order: list[str] = []
    position = 0
    while position < len(ready):
        node = ready[position]
        position += 1
        order.append(node)
        for target in forward[node]:
            waiting[target] -= 1
            if waiting[target] == 0:
                ready.append(target)
    return order


def regions(
    loops: Sequence[str],
    body: Mapping[str, Sequence[str]],
    other: Mapping[str, Sequence[str]],
    forward: Graph,
    pairs: Sequence[tuple[str, str]],
    fixed: Mapping[str, set[str]],
) -> dict[str, set[str]]:
    """The region of every loop (T8): what its body reaches and its other ports do not, nested properly and convex.

    `loops` come in dependency order, so that an outer one is cut before the loops in it. `body`/`other`: direct
    successors by the loop's ports; `pairs`: forward edges; `fixed`: regions of teams, which are given and never cut.
    """
    inside = {loop: reach(body[loop], forward) for loop in loops}
    region = {loop: inside[loop] - reach(other[loop], forward) - {loop} for loop in loops}
    changed = True
    while changed:
        changed = False
        every = {**region, **fixed}
        for loop in loops:
            for outer in loops:
                # asked anew each time: an outer loop that was cut itself may not hold this one any more
                if loop in region[outer] and (escaped := region[loop] - region[outer]):
                    region[loop] -= escaped
                    changed = True
            for source, target in pairs:
                if target in region[loop] and source in inside[loop] and source not in region[loop]:
                    region[loop].discard(target)
                    changed = True
        containers: dict[str, list[str]] = {}
        for loop, nodes in every.items():
            for node in nodes:
                containers.setdefault(node, []).append(loop)
        overlaps = {(a, b) for found in containers.values() if len(found) > 1 for a in found for b in found if a < b}
        for a, b in sorted(overlaps):
            if a in every[b] or b in every[a]:
                continue
            if common := every[a] & every[b]:
                for loop in (a, b):
                    if loop in region and region[loop] & common:
                        region[loop] -= common
                        changed = True
    return {**region, **fixed}
