"""Which steps are before which (SEMANTICS T19), for thousands of nodes: one number per node, a bit per ancestor."""

from __future__ import annotations

from engine.workflow.order import Order


class Before:
    """The ancestors of every node by value edges, never across a merge that does not wait for all."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self._bit = {key: 1 << place for place, key in enumerate(order.shape)}
        self._mask: dict[str, int] = {}
        incoming: dict[str, list[str]] = {key: [] for key in order.rank}
        for index, link in enumerate(order.links):
            if index not in order.back:
                incoming[link.target].append(link.source)
        for team, members in order.teams.items():
            for member in members:
                incoming[member].append(team)
        for key in sorted(order.rank, key=order.rank.__getitem__):
            mask = 0
            for source in incoming[key]:
                mask |= self._bit.get(source, 0)
                if not self._races(source):
                    mask |= self._mask[source]
            for scope in order.scope[key]:
                for member in order.teams.get(scope, ()):
                    mask |= self._bit[member]
            self._mask[key] = mask

    def sees(self, node: str, step: str) -> bool:
        """Whether an expression of `node` may name `steps.<step>`."""
        return bool(self._mask.get(node, 0) & self._bit.get(step, 0))

    def of(self, node: str) -> list[str]:
        """The nodes before this one."""
        mask = self._mask.get(node, 0)
        return [key for key, bit in self._bit.items() if mask & bit]

    def common(self, nodes: list[str]) -> set[str]:
        """The nodes that are before, or among, every one of these."""
        mask = -1
        for key in nodes:
            mask &= self._mask.get(key, 0) | self._bit.get(key, 0)
        return {key for key, bit in self._bit.items() if mask & bit} if nodes else set()

    def _races(self, key: str) -> bool:
        if self.order.kind(key) != "merge":
            return False
        params = self.order.node[key].params
        return params.get("policy", "all") != "all" or params.get("deadline_s") is not None
