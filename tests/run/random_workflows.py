"""Random workflows for the simulation: every control node, nested, with extra edges and expressions."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from engine.errors import Refused
from engine.nodes.catalog import shape_of
from engine.workflow.model import Edge, Node, Workflow
from engine.workflow.order import Order, compile
from engine.workflow.shape import Port, Shape

ERROR = Port("error", required=False)
TASK = Shape(
    "task", (Port("input"), Port("opt", required=False), Port("opt2", required=False)), (Port("output"), ERROR)
)
SHAPES = {
    "task": TASK,
    "pure": Shape("task", (Port("input"), Port("more")), (Port("output"), ERROR), pure=True),
    "soft": Shape("task", (Port("input", required=False),), (Port("output"), ERROR), open_inputs=True),
    "work": TASK,
    "agent": Shape("task", (Port("input", required=False),), (Port("result"), ERROR), main="result", hand_off=True),
}
SILENT = "nobody answers"
CLASSES = ("idempotent", "checkable", "at_most_once")


def shapes(node: Node) -> Shape:
    """The simulation's own task types, and the catalog's for everything that the planner decides."""
    return SHAPES.get(node.type) or shape_of(node)


@dataclass
class Features:
    """What may occur. Races, deadlines and stops make results depend on timing; the rest does not."""

    racing: bool = False
    deadlines: bool = False
    stops: bool = False
    children: bool = True
    effects: bool = True
    crash_limit: int = 1000


@dataclass
class Plan:
    """Compiled workflows by hash, sub-workflows by name."""

    main: str
    orders: dict[str, Order]
    pins: dict[str, str]


def plan(seed: int, depth: int, extra: int, features: Features | None = None) -> Plan:
    """A random main workflow with the sub-workflows that it may call."""
    r, features = random.Random(seed), features or Features()
    made = Plan("main", {}, {})
    if features.children:
        for name in ("one", "two"):
            made.pins[name] = f"hash-{name}"
            small = Features(
                features.racing, features.deadlines, False, name == "two", features.effects, features.crash_limit
            )
            made.orders[f"hash-{name}"] = _Maker(r, small, ["one"]).workflow(name, r.choice([0, 1, 2]), 1)
    made.orders["main"] = _Maker(r, features, ["one", "two"]).workflow("main", depth, extra)
    return made


Port_ = tuple[str, str]


class _Maker:
    def __init__(self, r: random.Random, features: Features, callable_: list[str]) -> None:
        self.r, self.f, self.callable = r, features, callable_
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self.kinds: dict[str, str] = {}

    def add(self, type_: str, params: dict[str, Any] | None = None, title: str = "", **policy: Any) -> str:
        key = f"{type_[0]}{len(self.nodes)}"
        policy.setdefault("max_interruptions", self.f.crash_limit)
        self.nodes.append(Node(key=key, type=type_, title=title, params=params or {}, policy=policy))  # type: ignore[arg-type]
        self.kinds[key] = type_
        return key

    def wire(self, source: Port_, target: Port_) -> None:
        self.edges.append(Edge(source=source[0], out=source[1], target=target[0], into=target[1]))

    def on_error(self, *choices: str) -> dict[str, Any]:
        return {"on_error": self.r.choice(choices), "value": {"by": "policy"}}

    def task(self, sure: bool = False) -> str:
        r = self.r
        type_ = r.choice(["task", "task", "soft", "pure"] + (["work"] * 3 if self.f.effects else []))
        params = {"program": self.program(2)} if type_ == "work" else {}
        policy = (
            self.on_error("fail", "route", "continue", "escalate", "route")
            if r.random() < 0.5
            else self.on_error("continue")
        )
        return self.add(
            type_, params, max_attempts=r.choice([1, 2, 3]), **(self.on_error("continue") if sure else policy)
        )

    def program(self, depth: int, waits: bool = True) -> list[Any]:
        r = self.r
        ops: list[Any] = []
        for _ in range(r.choice([1, 2, 3])):
            names = ["pure", "world", "world", "ask", "sleep", "gather"]
            if not waits:  # an error beats a wait, so beside one it is time that decides
                names = ["pure", "world"]
            op = r.choice(names)
            if op == "gather" and depth:
                ops.append(["gather", [self.program(depth - 1, waits and self.f.deadlines) for _ in range(2)]])
            elif op == "world":
                ops.append(["world", r.choice(CLASSES)])
            elif op == "ask":
                ops.append(["ask", r.choice([1, 1, 2]), r.choice([None, 4.0]) if self.f.deadlines else None])
            else:
                ops.append([op if op != "gather" else "pure"])
        return ops

    def block(self, depth: int) -> tuple[Port_, list[Port_]]:
        """A piece of workflow: its entry, and the ports that it ends with."""
        names = ["task", "seq", "par", "pjoin", "branch", "loop", "again", "gate", "fallback", "team"]
        if self.f.children:
            names += ["each", "sub"]
        if self.f.stops:
            names.append("stop")
        if depth > 1:
            names = [name for name in names if name not in ("task", "gate", "sub", "stop")] + ["seq", "par"]
        name = self.r.choice(names) if depth else "task"
        made: tuple[Port_, list[Port_]] = getattr(self, f"_{name}")(depth - 1)
        return made

    def _task(self, depth: int) -> tuple[Port_, list[Port_]]:
        key = self.task()
        return (key, "input"), [(key, "output")]

    def _seq(self, depth: int) -> tuple[Port_, list[Port_]]:
        entry, exits = self.block(depth)
        after, ends = self.block(depth)
        for port in exits:
            self.wire(port, after)
        return entry, ends

    def _par(self, depth: int) -> tuple[Port_, list[Port_]]:
        r = self.r
        fan = self.task()
        params: dict[str, Any] = {"policy": r.choice(["all", "first", "quorum"]) if self.f.racing else "all"}
        params |= {"on_failure": r.choice(["fail", "ignore", "substitute"]), "substitute": {"b0": True}}
        if params["policy"] == "quorum":
            params["k"] = 2
        if self.f.deadlines and r.random() < 0.5:
            params["deadline_s"] = 3
        blocks = [self.block(depth) for _ in range(r.choice([2, 3]))]
        merge = self.add("merge", params, **self.on_error("fail", "route", "continue", "escalate"))
        for entry, exits in blocks:
            self.wire((fan, "output"), entry)
            for port in exits:
                self.wire(port, (merge, "input"))
        return (fan, "input"), [(merge, "output")]

    def _pjoin(self, depth: int) -> tuple[Port_, list[Port_]]:
        fan, ends = self.task(), []
        for _ in range(2):
            entry, exits = self.block(depth)
            self.wire((fan, "output"), entry)
            ends += exits
        return (fan, "input"), ends

    def _branch(self, depth: int) -> tuple[Port_, list[Port_]]:
        before = self.task(sure=True)
        cases = [{"name": "x", "when": "input.input.b0"}, {"name": "y", "when": "input.input.b1"}][
            : self.r.choice([1, 2])
        ]
        branch = self.add("branch", {"cases": cases}, **self.on_error("continue", "route", "escalate"))
        self.wire((before, "output"), (branch, "input"))
        ends: list[Port_] = []
        for name in [*(case["name"] for case in cases), "otherwise"]:
            if self.r.random() < 0.2:
                ends.append((branch, name))
                continue
            entry, exits = self.block(depth)
            self.wire((branch, name), entry)
            ends += exits
        return (before, "input"), ends

    def _loop(self, depth: int) -> tuple[Port_, list[Port_]]:
        policy = self.on_error("fail", "route", "continue", "escalate")
        loop = self.add("loop", {"limit": self.r.choice([1, 2, 3]), "until": "input.again.done"}, **policy)
        entry, exits = self.block(depth)
        last = self.task(sure=True)
        self.wire((loop, "body"), entry)
        for port in exits:
            self.wire(port, (last, "input"))
        self.wire((last, "output"), (loop, "again"))
        return (loop, "start"), [(loop, "done")]

    def _again(self, depth: int) -> tuple[Port_, list[Port_]]:
        """Until a person approves: the gate's refusal goes round, its approval leaves the loop."""
        loop = self.add("loop", {"limit": 3, "until": "input.again.done"}, **self.on_error("fail", "route", "continue"))
        entry, exits = self.block(depth)
        gate, back = self.gate(), self.task(sure=True)
        self.wire((loop, "body"), entry)
        for port in exits:
            self.wire(port, (gate, "input"))
        self.wire((gate, "refused"), (back, "input"))
        self.wire((back, "output"), (loop, "again"))
        ends: list[Port_] = [(gate, "approved")]
        ends += [(loop, "done")] if self.r.random() < 0.5 else []
        ends += [(gate, "expired")] if self.r.random() < 0.5 else []
        return (loop, "start"), ends

    def gate(self) -> str:
        r = self.r
        params: dict[str, Any] = {"headline": "Go on?", "required": r.choice([1, 1, 2]), "editable": r.random() < 0.3}
        silent = r.random() < 0.3
        if silent or (self.f.deadlines and r.random() < 0.5):
            params |= {"deadline_s": 5, "on_deadline": r.choice(["expire", "approve", "refuse", "fail", "escalate"])}
            params |= {"escalate_to": "boss", "escalate_s": 7}
        return self.add("gate", params, SILENT if silent else "", **self.on_error("fail", "continue", "escalate"))

    def _gate(self, depth: int) -> tuple[Port_, list[Port_]]:
        if self.r.random() < 0.3:
            form = self.add(
                "form", {"headline": "Fill in", "form": {"type": "object", "properties": {"n": {"type": "integer"}}}}
            )
            return (form, "input"), [(form, "submitted")]
        gate = self.gate()
        return (gate, "input"), [
            (gate, port) for port in ("approved", "refused", "expired")[: self.r.choice([1, 2, 3])]
        ]

    def _fallback(self, depth: int) -> tuple[Port_, list[Port_]]:
        first = self.add("task", max_attempts=self.r.choice([1, 2]), on_error="route")
        entry, exits = self.block(depth)
        self.wire((first, "error"), entry)
        return (first, "input"), [(first, "output"), *exits]

    def _team(self, depth: int) -> tuple[Port_, list[Port_]]:
        size = self.r.choice([2, 3])
        most = {"max_handoffs": self.r.choice([1, 2, 4])}
        members = [
            self.add("agent", most, **self.on_error("fail", "continue", "route", "escalate")) for _ in range(size)
        ]
        for i, member in enumerate(members):
            self.wire((member, "to_next"), (members[(i + 1) % size], "input"))
        entry = self.task()
        for member in self.r.sample(members, self.r.choice([1, 2])):
            self.wire((entry, "output"), (member, "input"))
        ends: list[Port_] = [(member, "result") for member in members]
        return (entry, "input"), ends + ([(members[0], "error")] if self.r.random() < 0.3 else [])

    def _each(self, depth: int) -> tuple[Port_, list[Port_]]:
        r = self.r
        params = {
            "workflow": r.choice(self.callable),
            "items": list(range(r.choice([0, 1, 2, 4]))),
            "concurrency": r.choice([1, 2, 3]),
        }
        params |= {"inputs": {"x": "{{ item }}"}, "on_item_error": r.choice(["fail", "collect"])}
        each = self.add("each", params, **self.on_error("fail", "continue", "route", "escalate"))
        return (each, "input"), [(each, "output")]

    def _sub(self, depth: int) -> tuple[Port_, list[Port_]]:
        params = {"workflow": self.r.choice(self.callable), "inputs": {"x": "{{ input.input }}"}}
        sub = self.add("subworkflow", params, **self.on_error("fail", "continue", "route", "escalate"))
        return (sub, "input"), [(sub, "output")]

    def _stop(self, depth: int) -> tuple[Port_, list[Port_]]:
        before = self.task(sure=True)
        branch = self.add("branch", {"cases": [{"name": "x", "when": "input.input.b0"}]}, on_error="continue")
        stop = self.add("stop", {"outcome": self.r.choice(["completed", "failed"])})
        self.wire((before, "output"), (branch, "input"))
        self.wire((branch, "x"), (stop, "input"))
        return (before, "input"), [(branch, "otherwise")]

    def workflow(self, name: str, depth: int, extra: int) -> Order:
        self.block(depth)
        r = self.r
        nodes, edges = tuple(self.nodes), tuple(self.edges)
        made = Workflow(name=name, nodes=nodes, edges=edges, inputs={"x": {"required": False}})
        order = compile(made, shapes)
        for _ in range(extra):
            source, target = r.choice(nodes), r.choice(nodes)
            edge = Edge(
                source=source.key, out=r.choice(_OUT[source.type]), target=target.key, into=r.choice(_IN[target.type])
            )
            if source.key == target.key or edge in edges:
                continue
            try:
                order = compile(made.model_copy(update={"edges": (*edges, edge)}), shapes)
            except Refused:
                continue
            edges = (*edges, edge)
        top = [key for key in order.top if key in order.node]
        quiet = r.random() < 0.6
        updated = made.model_copy(update={
            "edges": edges, "nodes": tuple(self.switched(self.seeing(order, node), quiet) for node in nodes),
            "outputs": {"r": f"{{{{ steps.{r.choice(top)}.output }}}}"},
        })  # fmt: skip
        return compile(Workflow.model_validate(updated.model_dump()), shapes)

    def switched(self, node: Node, quiet: bool) -> Node:
        """Switch some nodes off, of any type."""
        mode = "on" if quiet else self.r.choice(["on"] * 8 + ["disabled", "bypassed"])
        return node.model_copy(update={"mode": mode})

    def seeing(self, order: Order, node: Node) -> Node:
        """Give some tasks an expression that names a step before them."""
        if node.type not in SHAPES or self.r.random() < 0.5:
            return node
        known = sorted(order.ancestors(node.key))
        if not known:
            return node
        return node.model_copy(
            update={"params": {**node.params, "see": f"{{{{ steps.{self.r.choice(known)}.output }}}}"}}
        )


_OUT = {
    "task": ["output", "error"],
    "pure": ["output"],
    "soft": ["output", "error"],
    "work": ["output", "error"],
    "agent": ["result", "error"],
    "gate": ["approved", "refused"],
    "form": ["submitted"],
    "merge": ["output", "error"],
    "loop": ["done", "body", "error"],
    "branch": ["x", "otherwise"],
    "each": ["output"],
    "subworkflow": ["output", "error"],
    "stop": ["stopped"],
}
_IN = {
    "task": ["opt", "input", "opt2"],
    "pure": ["more", "input"],
    "soft": ["input", "other", "third"],
    "work": ["opt", "input"],
    "agent": ["input"],
    "gate": ["input"],
    "form": ["input"],
    "merge": ["input"],
    "loop": ["start"],
    "branch": ["input"],
    "each": ["input"],
    "subworkflow": ["input", "also"],
    "stop": ["input"],
}
