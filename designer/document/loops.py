"""Where a drawing could be torn by one more edge: bit masks of loops and teams over all nodes, made once."""

from __future__ import annotations

from functools import cached_property

from engine.workflow.order import Order
from engine.workflow.regions import reach


class Nesting:
    """An analysed drawing, asked for reachability and for what its loops hold."""

    def __init__(self, order: Order) -> None:
        self.order = order

    def circle(self, key: str, from_output: bool) -> frozenset[str]:
        """The nodes that lead to this one (or, from an input, that it leads to), without the ways back of loops."""
        forward, backward = self._graphs
        graph = backward if from_output else forward
        return frozenset(reach([key], graph)) if key in graph else frozenset()

    def may_tear(self, source: str, target: str) -> bool:
        """Whether an edge between nodes that close no circle could change which nodes a loop or team holds.

        It cannot when nothing before the source repeats, or when both are in the same round and no loop that the
        source comes from is led to from the target.
        """
        before, behind = self._before.get(source, 0), self._behind.get(target, 0)
        if not before or not behind:
            return False
        scope = self.order.scope
        if scope.get(source, ()) != scope.get(target, ()):
            return True
        return bool(before & behind & ~self._held(source))

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

    def _held(self, key: str) -> int:
        mask = 0
        for loop in self.order.scope.get(key, ()):
            mask |= self._bit[loop]
        return mask

    @cached_property
    def _before(self) -> dict[str, int]:
        """For each node the loops and teams that lead to it, and itself."""
        _, backward = self._graphs
        found: dict[str, int] = {}
        for key in sorted(self.order.rank, key=self.order.rank.__getitem__) if self._bit else ():
            mask = self._bit.get(key, 0)
            for source in backward[key]:
                mask |= found[source]
            found[key] = mask
        return found

    @cached_property
    def _behind(self) -> dict[str, int]:
        """For each node the loops and teams that it is in, is, or leads to or into."""
        forward, _ = self._graphs
        found: dict[str, int] = {}
        for key in sorted(self.order.rank, key=self.order.rank.__getitem__, reverse=True) if self._bit else ():
            mask = self._bit.get(key, 0) | self._held(key)
            for target in forward[key]:
                mask |= found[target]
            found[key] = mask
        return found
