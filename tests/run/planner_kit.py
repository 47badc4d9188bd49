"""Driving the planner by hand: events in, events out, with the house rules checked after every batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from random_workflows import shapes

from engine.errors import StepError
from engine.ids import Visit, step_text, visit_text
from engine.run import events as ev
from engine.run import stimuli
from engine.run.batch import Batch, tick
from engine.run.plan import decide
from engine.run.reuse import Reuse
from engine.run.state import State
from engine.run.turn import Turn
from engine.workflow.model import Edge, Node, Workflow
from engine.workflow.order import Order, compile

Nodes = Mapping[str, Any]


def workflow(nodes: Nodes, *edges: str, **more: Any) -> Workflow:
    """`{key: type | (type, params) | (type, params, policy)}` and edges; `-type` is disabled, `~type` bypassed."""
    made = []
    for key, spec in nodes.items():
        type_, params, policy = (*((spec,) if isinstance(spec, str) else spec), {}, {})[:3]
        mode = {"-": "disabled", "~": "bypassed"}.get(type_[0], "on")
        made.append(Node(key=key, type=type_.lstrip("-~"), params=params, policy=policy, mode=mode))  # type: ignore[arg-type]
    return Workflow(name="x", nodes=tuple(made), edges=tuple(Edge.parse(edge) for edge in edges), **more)


def order(nodes: Nodes, *edges: str, **more: Any) -> Order:
    return compile(workflow(nodes, *edges, **more), shapes)


class Drive:
    """One run (and its children) in the hands of a test."""

    def __init__(
        self,
        made: Order,
        *,
        inputs: dict[str, Any] | None = None,
        children: dict[str, Order] | None = None,
        old: Drive | None = None,
        start: str | None = None,
        start_over: bool = False,
        set: dict[str, Any] | None = None,
    ) -> None:
        self.orders = {"main": made, **(children or {})}
        self.runs: dict[str, State] = {}
        self.events: list[ev.Event] = []
        self.now = 1000.0 if old is None else old.now + 100
        self.run = "run" if old is None else f"{old.run}-next"
        self.reuse: dict[str, Reuse] = {}
        facts: dict[str, Any] = {"workflows": {name: name for name in children or {}}}
        batch = self._batch("engine")
        if old is not None:
            facts["continues"] = ev.Continues(run=old.run, start=start, set=set or {}, start_over=start_over)
            facts |= {"root_run": old.run, "effects_root": old.state.effects_root}
        batch.start(self.run, made, "main", inputs or {}, **facts)
        if old is not None:
            self.reuse[self.run] = Reuse(old.state, self.state, start, start_over)
        self.first = self._close(batch)

    @property
    def state(self) -> State:
        return self.runs[self.run]

    def _batch(self, actor: str) -> Batch:
        return Batch(self.runs, self.orders.__getitem__, self.now, actor=actor, host="pc", epoch=1, reuse=self.reuse)

    def _close(self, batch: Batch) -> list[str]:
        events = batch.close()
        self.events += events
        for run in batch.turns:
            twin = self.refold(run)
            assert twin.view() == self.runs[run].view()
            again = Turn(twin, self.now)
            decide(again)
            assert again.events == []
        return said(events)

    def refold(self, run: str = "") -> State:
        """The state as the stored journal has it."""
        run = run or self.run
        twin = State(self.runs[run].order, run)
        for event in self.events:
            if event.run == run:
                twin.apply(ev.from_json(ev.to_json(event)))
        return twin

    def do(self, stimulus: Any, actor: str = "engine", run: str = "", wait: float = 1.0) -> list[str]:
        """One stimulus and everything that follows from it, as text."""
        self.now += wait
        batch = self._batch(actor)
        self.told = stimulus(batch.turn(run or self.run))
        return self._close(batch)

    def place(self, where: str) -> tuple[str, str, Visit]:
        """`a`, `a[2.1]`, `child-run:a` as (run, node, visit)."""
        run, _, rest = where.rpartition(":")
        node, _, rounds = rest.partition("[")
        return run or self.run, node, tuple(map(int, rounds.rstrip("]").split("."))) if rounds else ()

    def ok(self, where: str, value: Any = None, port: str = "") -> list[str]:
        """The attempt that runs there ends well."""
        run, node, visit = self.place(where)
        port = port or self.runs[run].order.shape[node].main
        attempt = self.runs[run].steps[node, visit].attempt
        value = step_text(node, visit) if value is None else value
        return self.do(lambda turn: stimuli.succeeded(turn, node, visit, attempt, {port: value}), run=run)

    def bad(self, where: str, cls: Any = "invalid", blamed: str | None = None, **more: Any) -> list[str]:
        """The attempt that runs there fails."""
        run, node, visit = self.place(where)
        attempt = self.runs[run].steps[node, visit].attempt
        error = StepError(cls, "boom", **more)
        return self.do(lambda turn: stimuli.failed(turn, node, visit, attempt, error, blamed), run=run)

    def effect(
        self, where: str, key: str, end: str = "ok", effect: str = "at_most_once", gen: int = 1, **more: Any
    ) -> list[str]:
        """An effect starts ("started"), or starts and ends: "ok", "failed", "lost" (may have happened)."""
        run, node, visit = self.place(where)
        same = {
            "node": node,
            "visit": visit,
            "key": key,
            "gen": gen,
            "effect": effect,
            "tool": "mail.send",
            "fingerprint": "f",
        }
        said = []
        if effect != "pure":
            said = self.do(lambda turn: turn.do(ev.EffectStarted, **same, idem_key=f"idem-{key}-{gen}"), run=run)
        if end == "ok":
            said = self.do(lambda turn: turn.do(ev.EffectSucceeded, **same, result="sent", **more), run=run)
        elif end != "started":
            error = ev.Error(cls="connection", message="cut")
            said = self.do(
                lambda turn: turn.do(ev.EffectFailed, **same, error=error, may_have_happened=end == "lost"), run=run
            )
        return said

    def question(self, where: str = "", type: str = "") -> str:
        """The id of the open question there."""
        run, node, visit = self.place(where) if where else (self.run, "", ())
        found = [
            key
            for key, (at, when, one) in self.runs[run].questions.items()
            if one.outcome is None and (not where or (at, when) == (node, visit)) and type in ("", one.asked.type)
        ]
        assert len(found) == 1, found
        return found[0]

    def answer(
        self, where: str, option: str, by: str = "anna", values: Any = None, comment: str = "", at: float | None = None
    ) -> list[str]:
        """A person answers; `self.told` is the refusal, "" when it counts."""
        run, _, _ = self.place(where)
        question = where if where.startswith("q") and where in self.runs[run].questions else self.question(where)
        moment = self.now + 1 if at is None else at
        return self.do(lambda turn: stimuli.answer(turn, question, option, values, comment, moment), by, run)

    def wait(self, seconds: float) -> list[str]:
        """Time passes; what falls due happens."""
        self.now += seconds
        batch = self._batch("engine")
        for run in list(self.runs):
            if not self.runs[run].ended:
                tick(batch, run)
        return self._close(batch)

    def statuses(self, run: str = "") -> dict[str, str]:
        """Every step's status, by its name for people."""
        return {step_text(node, visit): step.status for (node, visit), step in self.runs[run or self.run].steps.items()}

    def inputs(self, where: str) -> Any:
        """What a step was given, by port."""
        from engine.run.scope import inputs_of

        run, node, visit = self.place(where)
        return inputs_of(self.runs[run], node, visit)

    def output(self, where: str) -> Any:
        run, node, visit = self.place(where)
        return self.runs[run].steps[node, visit].outputs

    def children(self) -> list[str]:
        """The open child runs, in the order of their items."""
        return sorted(self.state.open_children, key=lambda run: self.state.open_children[run][2])


_WORDS = {
    "AttemptStarted": "start",
    "AttemptSuspended": "suspend",
    "AttemptInterrupted": "interrupt",
    "AttemptFailed": "bad",
    "StepSucceeded": "ok",
    "StepFailed": "failed",
    "StepCancelled": "cancel",
    "RoundStarted": "round",
    "MergeArmed": "arm",
    "ItemsEnded": "items",
    "QuestionAsked": "ask",
    "QuestionAnswered": "answered",
    "QuestionSettled": "settled",
    "QuestionEscalated": "escalated",
    "EffectStarted": "effect",
    "EffectSucceeded": "effect ok",
    "EffectFailed": "effect failed",
    "EffectInDoubt": "doubt",
    "EffectResolved": "resolved",
}


def said(events: list[ev.Event]) -> list[str]:
    """Events as short text: `start b`, `skip c d: failed`, `round l 2`, `settled g: approve`, `completed`."""
    lines = []
    for event in events:
        if isinstance(event, ev.StepsSkipped):
            lines.append(
                f"skip {' '.join(step_text(ref.node, ref.visit) for ref in event.steps)}: {event.because or event.why}"
            )
        elif event.kind not in _WORDS:
            lines.append(event.kind.removeprefix("Run").lower())
        else:
            more = {
                "RoundStarted": lambda e: f" {e.round}" + (f" {e.member}" if e.member else ""),
                "AttemptStarted": lambda e: f" #{e.attempt}" if e.attempt > 1 else "",
                "StepFailed": lambda e: f": {e.error.cls}" + (f", {e.handled}" if e.handled != "no" else ""),
                "StepCancelled": lambda e: f": {e.why}",
                "StepSucceeded": lambda e: "" if e.by in ("attempt", "planner", "person") else f" by {e.by}",
                "QuestionAsked": lambda e: f": {e.type}",
                "QuestionSettled": lambda e: f": {e.outcome}",
                "QuestionAnswered": lambda e: f": {e.option}",
                "AttemptFailed": lambda e: "" if e.retry_due is None else ", again",
            }.get(event.kind, lambda e: "")
            lines.append(f"{_WORDS[event.kind]} {step_text(event.node, event.visit)}{more(event)}")  # type: ignore[union-attr]
    return lines


__all__ = ["Drive", "order", "said", "visit_text", "workflow"]
