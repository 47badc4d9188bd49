"""Where text from elsewhere is about to choose something: said while it is drawn, as it will be asked when it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.checks.problem import Problem, Subject, warning
from engine.checks.safety import reads
from engine.expressions import ExpressionError, references
from engine.run.approval import came_from
from engine.run.sources import Origin, Path, at, join, of_value, parts, places
from engine.workflow.order import Order

_PASSES = 8
"""Rounds of loops and hand-offs that are followed; an origin only grows from one to the next."""


def check(it: Subject, order: Order) -> Iterator[Problem]:
    """Steps of which an argument that says where to or what is made of text that nobody here vouches for."""
    drawn = Drawn(it, order)
    for node in it.workflow.nodes:
        node_type = it.type_of(node)
        if node_type is None or node.mode != "on" or node.key not in order.rank:
            continue
        if it.site.on_tainted == "allow" and node_type.kind != "gate":
            continue
        asks = it.site.on_tainted == "ask" and node_type.kind != "gate" and not node_type.needs(_ANY_ROLE).roles
        for name in (*node_type.chooses, *([node_type.opaque] if node_type.opaque and not reads(it, node) else [])):
            if name in node_type.raw or name not in node.params:
                continue
            found = places(of_value(node.params[name], drawn.look(node.key)), it.site.untrusted)
            if not found:
                continue
            steps = sorted({step for named in found.values() for step in named})
            then = "a person will be asked" if asks else "the step will fail"
            problem = warning(
                "tainted-choice",
                node.key,
                f"Node {node.key!r}: its {name} comes from {came_from(sorted(found), steps)}; {then} when it runs.",
                "Take it from what a gate before it approves, or from the run's inputs.",
            )
            yield Problem(
                problem.code, problem.node, problem.severity, problem.sentence, problem.remedy, ("params", name)
            )


_ANY_ROLE = {"role": "any", "model": "any"}
"""Params of a node that asks a model: which one is never chosen by such text, asked or not."""


class Drawn:
    """Where the values on the edges will come from, as far as the drawing says it."""

    def __init__(self, it: Subject, order: Order) -> None:
        self._it, self._order = it, order
        self._out: dict[str, dict[str, Origin]] = {}
        ranked = sorted(order.rank, key=order.rank.__getitem__)
        for _ in range(_PASSES if order.back else 1):
            before = dict(self._out)
            for key in ranked:
                if key in order.shape:
                    self._out[key] = self._ports(key)
            if before == self._out:
                break

    def look(self, key: str) -> Look:
        """Looks up where that comes from which a path names in the params of this node."""
        return Look(self, self._inputs(key))

    def of_step(self, key: str, rest: Path) -> Origin:
        """Where the output of a step comes from."""
        ports = self._out.get(key, {})
        shape = self._order.shape.get(key)
        if rest and rest[0] == "output" and shape is not None:
            return at(ports.get(shape.main, []), rest[1:])
        if rest and rest[0] == "error":
            return at(ports.get("error", []), rest[1:])
        if len(rest) > 1 and rest[0] == "outputs":
            return at(ports.get(str(rest[1]), []), rest[2:])
        return join(ports.values())

    def _inputs(self, key: str) -> dict[str, Origin]:
        order = self._order
        found = {port: self._arriving(edges) for port, edges in order.ins[key].items()}
        team = next((scope for scope in order.scope[key] if scope in order.teams), None)
        if team is not None:
            found["input"] = join([*found.values(), *(self._arriving(edges) for edges in order.ins[team].values())])
        return found

    def _arriving(self, edges: list[int]) -> Origin:
        origins = [self._out.get(link.source, {}).get(link.out, []) for link in (self._order.links[e] for e in edges)]
        return origins[0] if len(origins) == 1 else join(origins)

    def _ports(self, key: str) -> dict[str, Origin]:
        order, node = self._order, self._order.node[key]
        kind, shape, inputs = order.kind(key), order.shape[key], self._inputs(key)
        ports = list(
            dict.fromkeys([*(port.name for port in shape.outputs), *(order.links[e].out for e in order.outs[key])])
        )
        if node.mode != "on":
            return dict.fromkeys(ports, join(inputs.values()))
        look = Look(self, inputs)
        if kind == "form":
            return {}
        if kind == "gate":
            shown = node.params.get("value")
            origin = inputs.get("input", []) if shown is None else of_value(shown, look)
            return {port: parts({"value": origin, "option": []}) for port in ports if port != "approved"}
        if kind == "branch":
            return dict.fromkeys(ports, inputs.get("input", []))
        if kind in ("merge", "loop"):
            return dict.fromkeys(ports, join(inputs.values()))
        seen = join([*inputs.values(), *(look(path) for path in self._named(key)), self._taken_in(key)])
        if shape.made_of and node.params.get(shape.made_of) is not None:
            made = of_value(node.params[shape.made_of], look)
            return {port: made if port == shape.main else seen for port in ports}
        return dict.fromkeys(ports, seen)

    def _named(self, key: str) -> Iterator[Path]:
        order = self._order
        for node in (key, *order.tools.get(key, ())):
            for value in order.node[node].params.values():
                try:
                    yield from (path for path in references(value).paths if node == key or path[0] != "input")
                except ExpressionError:
                    continue

    def _taken_in(self, key: str) -> list[str]:
        """What a node takes in itself, and by its tools."""
        labels = []
        for node in (key, *self._order.tools.get(key, ())):
            node_type = self._it.type_of(self._order.node[node])
            if node_type is None:
                continue
            if node_type.gives:
                labels.append(f"{node_type.gives}:{node}")
            if node_type.needs(self._order.node[node].params).roles:
                labels.append(f"model:{node}")
        return labels


class Look:
    """Looks up where that comes from which a path names, in the scope of one node."""

    def __init__(self, drawn: Drawn, inputs: Mapping[str, Origin]) -> None:
        self._drawn, self._inputs = drawn, inputs

    def __call__(self, path: Path) -> Origin:
        root, rest = path[0], path[1:]
        if root == "input":
            return at(self._inputs.get(str(rest[0]), []), rest[1:]) if rest else join(self._inputs.values())
        return self._drawn.of_step(str(rest[0]), rest[1:]) if root == "steps" and rest else []
