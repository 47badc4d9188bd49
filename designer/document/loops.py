"""Where a drawing could be torn by one more edge: masks with a bit for every loop over all nodes, made once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from engine.workflow.order import Order, Scope
from engine.workflow.regions import reach

Point = tuple[Scope, str]
"""A node, or a loop or team with all that is in it, as the level of `scope` sees it."""


class Nesting:
    """An analysed drawing, asked for reachability and for what its loops hold."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self._met: dict[tuple[Point, bool], set[Point]] = {}

    def circle(self, key: str, from_output: bool) -> frozenset[str]:
        """The nodes that lead to this one (or, from an input, that it leads to), without the ways back of loops."""
        graph: dict[str, list[str]] = {name: [] for name in self.order.outs}
        for i, link in enumerate(self.order.links):
            if i in self.order.back and not link.member:
                continue
            target = link.member or link.target  # hand-offs inside a team are ways too
            graph[target if from_output else link.source].append(link.source if from_output else target)
        return frozenset(reach([key], graph)) if key in graph else frozenset()

    def may_tear(self, source: str, target: str, body: bool) -> bool:
        """Whether an edge that closes no circle could change what some loop holds; `body`: it leaves a loop's body.

        A loop holds what its body reaches and its other ports do not (T8). So nothing changes where its body reaches
        the target already, or its other ports do; and where they are to reach it now, if that leads to none it holds.
        """
        if not self._bit:
            return False
        inside, outside, held, ahead, behind = self._masks
        own = self._bit.get(source, 0)
        in_source = inside.get(source, 0) | (own if body else 0)
        out_source = outside.get(source, 0) | (0 if body else own)
        in_target, out_target = inside.get(target, 0), outside.get(target, 0)
        if out_source & ~out_target & ahead.get(target, 0):
            return True
        if held.get(target, 0) & in_source & ~(held.get(source, 0) | (own if body else 0)):
            return True
        joins = in_source & ~(in_target | out_target)
        # what joins a loop's body and has to do with no other loop tears nothing
        return bool(joins and (ahead.get(target, 0) or behind.get(target, 0)))

    def torn(self, source: str, target: str, body: bool) -> str:
        """A loop that would lose what leads back to it, as that would follow its other ports as well; "" if none."""
        if not self._bit:
            return ""
        lost = self._masks[1].get(source, 0) | (0 if body else self._bit.get(source, 0))
        lost &= self._feeds.get(target, 0)
        return next((loop for loop, bit in self._bit.items() if lost & bit), "")

    def waits(self, source: str, target: str, body: bool, from_output: bool) -> bool:
        """Whether loops would wait for each other, each contracted to a point (T9), if what they hold stays."""
        scope = self.order.scope
        if not self._bit or source not in scope or target not in scope:
            return False
        a = (*scope[source], source)
        b = (*scope[target], target)
        if scope[target] and scope[target][-1] in self.order.teams and scope[target][-1] not in scope[source]:
            b = scope[target]  # it enters the team, whichever member it addresses
        level = 0
        while level < min(len(a), len(b)) and a[level] == b[level]:
            level += 1
        if level >= len(a) or level >= len(b) or (body and level == len(a)):
            return False
        start, end = (a[:level], a[level]), (b[:level], b[level])
        if from_output:
            return end in self._reached(start, backward=True)
        return start in self._reached(end, backward=False)

    # ---- worked out once
    @cached_property
    def _graphs(self) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        forward: dict[str, list[str]] = {key: [] for key in self.order.outs}
        backward: dict[str, list[str]] = {key: [] for key in self.order.outs}
        pairs = [(link.source, link.target) for i, link in enumerate(self.order.links) if i not in self.order.back]
        pairs += [(team, member) for team, members in self.order.teams.items() for member in members]
        for source, target in pairs:
            forward[source].append(target)
            backward[target].append(source)
        return forward, backward

    @cached_property
    def _bit(self) -> dict[str, int]:
        return {loop: 1 << place for place, loop in enumerate(self.order.direct)}

    @cached_property
    def _masks(self) -> tuple[Mapping[str, int], ...]:
        """By node: the loops whose body reaches it; whose other ports do; that hold it; that it leads to or into; and
        those that anything behind it comes from."""
        forward, backward = self._graphs
        ranked = sorted(self.order.rank, key=self.order.rank.__getitem__)
        inside, outside = dict.fromkeys(ranked, 0), dict.fromkeys(ranked, 0)
        for i, link in enumerate(self.order.links):
            if i not in self.order.back and self.order.kind(link.source) == "loop":
                (inside if link.out == "body" else outside)[link.target] |= self._bit[link.source]
        for team, members in self.order.teams.items():
            for member in members:
                inside[member] |= self._bit[team]
        for key in ranked:
            for source in backward[key]:
                inside[key] |= inside[source]
                outside[key] |= outside[source]
        held = {key: self._union(self.order.scope.get(key, ())) for key in ranked}
        ahead: dict[str, int] = {}
        behind: dict[str, int] = {}
        for key in reversed(ranked):
            ahead[key] = self._bit.get(key, 0) | held[key] | (inside[key] & ~outside[key])
            behind[key] = inside[key] | outside[key]
            for target in forward[key]:
                ahead[key] |= ahead[target]
                behind[key] |= behind[target]
        return inside, outside, held, ahead, behind

    @cached_property
    def _feeds(self) -> dict[str, int]:
        """By node: the loops that it, or what follows it, leads back to from inside."""
        forward, _ = self._graphs
        found = dict.fromkeys(self.order.rank, 0)
        for i in self.order.back:
            link = self.order.links[i]
            if link.target in self.order.scope[link.source] and link.target not in self.order.teams:
                found[link.source] |= self._bit[link.target]
        for key in sorted(found, key=self.order.rank.__getitem__, reverse=True):
            for target in forward[key]:
                found[key] |= found[target]
        return found

    def _union(self, loops: Iterable[str]) -> int:
        mask = 0
        for loop in loops:
            mask |= self._bit[loop]
        return mask

    @cached_property
    def _levels(self) -> tuple[dict[Point, set[Point]], dict[Point, set[Point]]]:
        """What follows what, level by level, as the engine's own analysis sees it; forward and backward."""
        forward: dict[Point, set[Point]] = {}
        backward: dict[Point, set[Point]] = {}
        order = self.order
        for i, link in enumerate(order.links):
            body = order.kind(link.source) == "loop" and link.out == "body"
            a = order.source_scope[i] if body else (*order.source_scope[i], link.source)
            b = order.target_scope[i] if i in order.back else (*order.target_scope[i], link.target)
            level = 0
            while level < min(len(a), len(b)) and a[level] == b[level]:
                level += 1
            if level < len(a) and level < len(b):
                forward.setdefault((a[:level], a[level]), set()).add((a[:level], b[level]))
                backward.setdefault((a[:level], b[level]), set()).add((a[:level], a[level]))
        return forward, backward

    def _reached(self, point: Point, *, backward: bool) -> set[Point]:
        known = self._met.get((point, backward))
        if known is None:
            graph = self._levels[backward]
            known, stack = {point}, [point]
            while stack:
                for other in graph.get(stack.pop(), ()):
                    if other not in known:
                        known.add(other)
                        stack.append(other)
            self._met[point, backward] = known
        return known
