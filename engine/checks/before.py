"""Which steps an expression may name (T19), for thousands of nodes: one number per node, a bit per ancestor."""

from __future__ import annotations

from engine.workflow.order import Order


class Before:
    """The ancestors of every node by value edges, as `Order.ancestors` and `Order.seen_by_until` say them one by one.

    Never across a merge that does not wait for all. A loop that has ended lets its rounds be seen from behind it.
    """

    def __init__(self, order: Order) -> None:
        self.order = order
        self._bit = {key: 1 << place for place, key in enumerate(order.rank)}
        self._seen = dict(self._bit)  # the node itself and what is before it, seen from its own scope
        self._incoming: dict[str, list[str]] = {key: [] for key in order.rank}
        self._again: dict[str, list[str]] = {}
        for index, link in enumerate(order.links):
            known = self._again if index in order.back else self._incoming
            known.setdefault(link.target, []).append(link.source)
        for team, members in order.teams.items():
            for member in members:
                self._incoming[member].append(team)
        self._ended = dict.fromkeys(self._again, 0)  # what a loop lets see when it has ended
        self._races = {key for key in order.rank if _races(order, key)}
        ranked = sorted(order.rank, key=order.rank.__getitem__)
        while self._pass(ranked):
            pass  # one more for every level of loops in loops

    def sees(self, node: str, step: str) -> bool:
        """Whether a param of `node` may name `steps.<step>`."""
        mask = self._seen.get(node, 0) & ~self._bit.get(node, 0)
        if mask & self._bit.get(step, 0):
            return True
        return any(step in self.order.teams.get(scope, ()) for scope in self.order.scope.get(node, ()))

    def until_sees(self, loop: str, step: str) -> bool:
        """Whether the `until` of a loop may name it."""
        return bool(self._ended.get(loop, self._seen.get(loop, 0)) & self._bit.get(step, 0))

    def of(self, node: str) -> list[str]:
        """The nodes before this one."""
        return [key for key in self.order.shape if key in self._bit and key != node and self.sees(node, key)]

    def common(self, nodes: list[str]) -> set[str]:
        """The nodes that are before, or among, every one of these."""
        mask = -1
        for key in nodes:
            mask &= self._seen.get(key, 0)
        return {key for key, bit in self._bit.items() if mask & bit} if nodes else set()

    def _pass(self, ranked: list[str]) -> bool:
        changed = False
        for key in ranked:
            mask = self._bit[key]
            for source in self._incoming[key]:
                mask |= self._from(source, key)
            if mask != self._seen[key]:
                self._seen[key], changed = mask, True
        for loop, sources in self._again.items():
            mask = self._seen[loop]
            for source in sources:
                mask |= self._from(source, loop)
            if mask != self._ended[loop]:
                self._ended[loop], changed = mask, True
        return changed

    def _from(self, source: str, key: str) -> int:
        """What `source` sees, and the rounds of the loops that end on the way from it to `key`."""
        outside = self.order.scope[key]
        mask = self._bit[source] if source in self._races else self._seen[source]
        for loop in (*self.order.scope[source], source):
            if loop in self._ended and loop not in outside and mask & self._bit[loop]:
                mask |= self._ended[loop]
        return mask


def _races(order: Order, key: str) -> bool:
    if order.kind(key) != "merge":
        return False
    params = order.node[key].params
    return params.get("policy", "all") != "all" or params.get("deadline_s") is not None
