"""Made-up runs for tests of what shows them: events with numbers and times, traces, questions, workflows."""

from __future__ import annotations

from typing import Any

from designer.engine_link import OpenQuestion
from engine.ids import Visit
from engine.observe.records import QuestionTrace, RunTrace
from engine.observe.trace import trace
from engine.run import events as ev
from engine.run.events import Event
from engine.workflow.canonical import content_hash
from engine.workflow.model import Edge, Node, Workflow

T0 = 1_700_000_000.0
"""When every made-up run starts."""


def workflow(
    *nodes: Node | tuple[str, str] | tuple[str, str, dict[str, Any]], edges: str = "", **fields: Any
) -> Workflow:
    """A workflow of (key, type, params) nodes and of edges, one a line: `a.output -> b.input`."""
    made = tuple(
        one if isinstance(one, Node) else Node(key=one[0], type=one[1], params=one[2] if len(one) > 2 else {})
        for one in nodes
    )
    wires = tuple(Edge.parse(line) for line in edges.strip().splitlines() if line.strip())
    return Workflow(**{"name": "made-up", "nodes": made, "edges": wires, **fields})


class Story:
    """Events of one run, one after the other; every method adds one `dt` seconds after the last, and returns it."""

    def __init__(self, run: str = "run1", of: Workflow | None = None, dt: float = 1.0, at: float = T0) -> None:
        self.run, self.of, self.dt = run, of, dt
        self.now = at
        self.events: list[Event] = []

    @property
    def trace(self) -> RunTrace:
        """The run's story so far."""
        return trace(self.events)

    def wait(self, seconds: float) -> Story:
        """Let time pass."""
        self.now += seconds
        return self

    def add(self, kind: type[Any], **fields: Any) -> Any:
        """One more event of any kind."""
        event = kind(run=self.run, seq=len(self.events) + 1, at=self.now, **fields)
        self.now += self.dt
        self.events.append(event)
        return event

    # ---- the run
    def started(self, **fields: Any) -> Event:
        digest = content_hash(self.of) if self.of is not None else "0" * 64
        name = self.of.name if self.of is not None else "made-up"
        return self.add(ev.RunStarted, **{"workflow": digest, "name": name, "actor": "anna", **fields})

    def completed(self, **outputs: Any) -> Event:
        return self.add(ev.RunCompleted, outputs=outputs)

    def run_failed(self, node: str = "", message: str = "It broke.", cls: str = "server") -> Event:
        return self.add(ev.RunFailed, node=node, error=ev.Error(cls=cls, message=message))

    def run_cancelled(self) -> Event:
        return self.add(ev.RunCancelled)

    # ---- steps
    def attempt(self, node: str, number: int = 1, visit: Visit = (), items: int | None = None) -> Event:
        return self.add(ev.AttemptStarted, node=node, visit=visit, attempt=number, items=items)

    def attempt_failed(
        self, node: str, number: int = 1, wait_s: float | None = None, visit: Visit = (),
        cls: str = "connection", message: str = "The server did not answer.",
    ) -> Event:  # fmt: skip
        due = None if wait_s is None else self.now + wait_s
        error = ev.Error(cls=cls, message=message)
        return self.add(ev.AttemptFailed, node=node, visit=visit, attempt=number, error=error, retry_due=due)

    def succeeded(
        self, node: str, visit: Visit = (), by: str = "attempt", origin: str | None = None, **outputs: Any
    ) -> Event:
        return self.add(ev.StepSucceeded, node=node, visit=visit, outputs=outputs, by=by, origin=origin)

    def step_failed(
        self, node: str, visit: Visit = (), handled: str = "no", message: str = "It broke.", cls: str = "server"
    ) -> Event:
        error = ev.Error(cls=cls, message=message)
        return self.add(ev.StepFailed, node=node, visit=visit, error=error, handled=handled)

    def skipped(self, *nodes: str, why: str = "not_taken") -> Event:
        return self.add(ev.StepsSkipped, steps=tuple(ev.StepRef(node=node) for node in nodes), why=why)

    def cancelled(self, node: str, visit: Visit = (), why: str = "run_cancelled") -> Event:
        return self.add(ev.StepCancelled, node=node, visit=visit, why=why)

    def round(self, node: str, number: int, visit: Visit = ()) -> Event:
        return self.add(ev.RoundStarted, node=node, visit=visit, round=number)

    def items_ended(self, node: str, *indices: int, visit: Visit = ()) -> Event:
        ends = tuple(ev.ItemEnd(index=one, run=f"{self.run}-{one}", outcome="completed") for one in indices)
        return self.add(ev.ItemsEnded, node=node, visit=visit, items=ends)

    # ---- effects
    def effect_started(self, node: str, key: str = "1", tool: str = "http.post", via: str = "", **fields: Any) -> Event:
        given = {"effect": "at_most_once", "fingerprint": "", "idem_key": "", "args": {"url": "http://x"}, **fields}
        return self.add(ev.EffectStarted, node=node, key=key, tool=tool, via=via, **given)

    def effect_succeeded(self, node: str, key: str = "1", result: Any = "ok", tool: str = "", **fields: Any) -> Event:
        return self.add(ev.EffectSucceeded, node=node, key=key, tool=tool, result=result, **fields)

    def effect_failed(self, node: str, key: str = "1", message: str = "No.", **fields: Any) -> Event:
        return self.add(ev.EffectFailed, node=node, key=key, error=ev.Error(cls="server", message=message), **fields)

    def in_doubt(self, node: str, key: str = "1") -> Event:
        return self.add(ev.EffectInDoubt, node=node, key=key)

    # ---- people
    def asked(
        self, node: str, question: str = "q1", type: str = "gate", due_s: float | None = None, visit: Visit = (),
        required: int = 1, **form: Any,
    ) -> Event:  # fmt: skip
        due = None if due_s is None else self.now + due_s
        shown = {**FORM, **form}
        return self.add(
            ev.QuestionAsked, node=node, visit=visit, question=question, key=type, type=type, form=shown, due=due,
            required=required,
        )  # fmt: skip

    def answered(
        self, node: str, question: str = "q1", option: str = "approve", by: str = "ben", **fields: Any
    ) -> Event:
        return self.add(ev.QuestionAnswered, node=node, question=question, option=option, actor=by, **fields)

    def settled(self, node: str, question: str = "q1", outcome: str = "approve") -> Event:
        return self.add(ev.QuestionSettled, node=node, question=question, outcome=outcome)


FORM: dict[str, Any] = {
    "headline": "Stop line 4?",
    "options": [
        {"name": "approve", "label": "Approve"},
        {"name": "send_back", "label": "Send back"},
        {"name": "refuse", "label": "Refuse"},
    ],
    "value": {"line": 4, "minutes": 30},
    "risk": "high",
}


def open_question(id: str = "q1", *, due: float | None = None, **changes: Any) -> OpenQuestion:
    """An open question; `form` entries and the fields of `OpenQuestion` and `QuestionTrace` may be given."""
    asked = {"run": "run1", "node": "approve", "visit": (), "type": "gate", "key": "gate", "required": 1, "asked": T0}
    around = {
        "run_name": "machine-alarm", "title": "Machine alarm to work order", "node_title": "Approval",
        "started_by": "anna", "run_started": T0 - 60, "root": "run1", "workflow": "0" * 64,
    }  # fmt: skip
    form = dict(changes.pop("form", FORM))
    rest: dict[str, Any] = {}
    for name, value in changes.items():
        if name in asked:
            asked[name] = value
        elif name in around:
            around[name] = value
        else:
            rest[name] = value
    question = QuestionTrace(id=id, form=form, due=due, **{**asked, **rest})  # type: ignore[arg-type]
    return OpenQuestion(question, **around)  # type: ignore[arg-type]
