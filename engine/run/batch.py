"""A batch over one or more runs: one stimulus and all its consequences, children and parents too (SEMANTICS §3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.errors import Refused, StepError
from engine.expressions import render
from engine.ids import Visit, child_run_id
from engine.run import events as ev
from engine.run import stimuli
from engine.run.plan import decide, items_of
from engine.run.record import ENDED
from engine.run.reuse import Reuse
from engine.run.scope import inputs_of, scope_of
from engine.run.seen import look_of, of_inputs, of_run
from engine.run.sources import at, join, of_value
from engine.run.state import State
from engine.run.turn import Turn
from engine.workflow.order import Order

MAX_DEPTH = 32
"""Child runs within child runs; a workflow that calls itself without end stops here."""

_STEP_ENDS = frozenset({"StepSucceeded", "StepFailed", "StepCancelled"})


class Batch:
    """Collects what one stimulus does. `runs` are the live states by id (new children are added to it); `order_of`
    gives the compiled workflow of a content hash; `now` in seconds since 1970."""

    def __init__(
        self,
        runs: dict[str, State],
        order_of: Callable[[str], Order],
        now: float,
        *,
        actor: str = "engine",
        host: str = "",
        epoch: int = 0,
        engine: str = "",
        reuse: Mapping[str, Reuse] | None = None,
        child_reuse: Callable[[str, State, str, Visit, int], None] | None = None,
    ) -> None:
        self.runs, self.order_of, self.now, self.actor = runs, order_of, now, actor
        self.host, self.epoch, self.engine = host, epoch, engine
        self.reuse = reuse if reuse is not None else {}
        self.child_reuse = child_reuse
        self.turns: dict[str, Turn] = {}

    def turn(self, run: str) -> Turn:
        """This batch's turn on a run."""
        found = self.turns.get(run)
        if found is None:
            found = self.turns[run] = Turn(self.runs[run], self.now, self.actor, host=self.host, epoch=self.epoch)
        return found

    def start(self, run: str, order: Order, workflow: str, inputs: dict[str, Any], **facts: Any) -> Turn:
        """Begin a run: its state and its first event."""
        state = State(order, run)
        self.runs[run] = state
        turn = self.turn(run)
        facts = {"traced": True, **facts}
        turn.do(ev.RunStarted, workflow=workflow, name=order.workflow.name, engine=self.engine, inputs=inputs, **facts)
        return turn

    def close(self) -> list[ev.Event]:
        """Add every consequence, then give all events: per run in order, parents before the children they start."""
        work = list(self.turns)
        while work:
            run = work.pop(0)
            turn = self.turn(run)
            decide(turn, self.reuse.get(run))
            work.extend(self._children(turn))
            parent = self._tell_parent(turn)
            if parent is not None and parent not in work:
                work.append(parent)
        return [event for turn in self.turns.values() for event in turn.events]

    def _tell_parent(self, turn: Turn) -> str | None:
        state = turn.state
        origin = state.started.parent if state.started else None
        if not state.ended or origin is None or not turn.events or turn.events[-1].kind not in ev.END_KINDS:
            return None
        parent = self.runs.get(origin.run)
        if parent is None or state.run not in parent.open_children:
            return None
        output: Any = state.outputs
        if state.error is not None:  # which item of a child's child failed is that one's own affair (T20)
            output = state.error.message if state.error.cls != "child" else "A child run of it did not complete."
        sources = (state.sources if state.status == "completed" else of_run(state)) if state.labelled else {}
        item = ev.ItemEnd(index=origin.index, run=state.run, outcome=state.status, output=output, sources=sources)
        stimuli.child_ended(self.turn(origin.run), origin.node, origin.visit, item)
        return origin.run

    def _children(self, turn: Turn) -> list[str]:
        """Start the children that are due, cancel those whose step is over."""
        state = turn.state
        touched: list[str] = []
        while state.spawns:
            node, visit, index = state.spawns.pop(0)
            run = child_run_id(state.run, node, visit, index)
            if run in self.runs or run not in state.open_children:
                continue  # stale: it was started when this event was first folded
            if state.steps[node, visit].status in ENDED or state.status != "running":
                self._never_ran(turn, node, visit, index, run, "cancelled", None)
                touched.append(state.run)
                continue
            try:
                touched.append(self._start_child(turn, node, visit, index, run))
            except (StepError, Refused) as error:
                message = error.message if isinstance(error, StepError) else str(error)
                self._never_ran(turn, node, visit, index, run, "failed", message)
                touched.append(state.run)
        if state.open_children and (state.status != "running" or any(e.kind in _STEP_ENDS for e in turn.events)):
            for name, (node, visit, _) in list(state.open_children.items()):
                child = self.runs.get(name)
                over = state.steps[node, visit].status in ENDED or state.status != "running"
                if over and child is not None and child.status == "running":
                    stimuli.cancel(self.turn(name), why="its parent step is over")
                    touched.append(name)
        return touched

    def _depth(self, state: State | None) -> int:
        """How many runs this one is inside of."""
        depth = 0
        while state is not None and state.started is not None and state.started.parent is not None:
            depth += 1
            state = self.runs.get(state.started.parent.run)
        return depth

    def _never_ran(self, turn: Turn, node: str, visit: Visit, index: int, run: str, outcome: Any, output: Any) -> None:
        stimuli.child_ended(turn, node, visit, ev.ItemEnd(index=index, run=run, outcome=outcome, output=output))

    def _start_child(self, turn: Turn, node: str, visit: Visit, index: int, run: str) -> str:
        state = turn.state
        started = state.started
        assert started is not None
        params = state.order.node[node].params
        name = str(params.get("workflow", ""))
        if self._depth(state) >= MAX_DEPTH:
            raise StepError("limit", f"Workflows call each other more than {MAX_DEPTH} levels deep.")
        pinned = started.workflows.get(name)
        if pinned is None:
            raise StepError("not_found", f"The workflow {name!r} is not in the library.")
        order = self.order_of(pinned)
        inputs = inputs_of(state, node, visit)
        scope = scope_of(state, node, visit, inputs)
        item = None
        if state.order.kind(node) == "each":
            item = items_of(state, node, visit, inputs)[index]
            scope = {**scope, "item": item, "index": index}
        given = params.get("inputs")
        values = (
            render(given, scope) if given is not None else ({"item": item} if "item" in order.workflow.inputs else {})
        )
        if not isinstance(values, dict):
            raise StepError("schema", f"`inputs` of {node!r} is not an object.")
        values = with_defaults(order.workflow.inputs, values)
        sources, item_sources = _handed_down(state, node, visit, values)
        self.start(
            run,
            order,
            pinned,
            values,
            parent=ev.Parent(run=state.run, node=node, visit=visit, index=index),
            root_run=state.root_run,
            effects_root=child_run_id(state.effects_root, node, visit, index),
            workflows=started.workflows,
            item=item,
            index=index if state.order.kind(node) == "each" else None,
            traced=started.traced,
            sources=sources,
            item_sources=item_sources,
        )
        if self.child_reuse is not None:
            self.child_reuse(state.run, self.runs[run], node, visit, index)
        return run


def _handed_down(state: State, node: str, visit: Visit, values: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
    """Where a child's inputs and its item came from, as far as the parent knows."""
    if not state.labelled:
        return {}, []
    params = state.order.node[node].params
    inputs = of_inputs(state, node, visit)
    look = look_of(state, node, visit, inputs)
    item: Any = []
    each = state.order.kind(node) == "each"  # a sub-workflow's `item` is that of this run
    if each:
        items = params.get("items")
        item = join([inputs.get("input", []) if items is None else of_value(items, look)])

    def see(path: tuple[str | int, ...]) -> Any:
        return at(item, path[1:]) if each and path[0] == "item" else look(path)

    given = params.get("inputs")
    origin = of_value(given, see) if given else {"item": item}
    return {name: found for name in values if (found := at(origin, (name,)))}, item


def with_defaults(schemas: Mapping[str, Mapping[str, Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    """Run inputs completed by their defaults; Refused names the one that is missing or not wanted."""
    if unknown := [name for name in given if name not in schemas]:
        known = ", ".join(schemas) or "none"
        raise Refused(f"The workflow has no input {unknown[0]!r}.", remedy=f"Its inputs are: {known}.")
    values: dict[str, Any] = {}
    for name, schema in schemas.items():
        if name in given:
            values[name] = given[name]
        elif "default" in schema:
            values[name] = schema["default"]
        elif schema.get("required", True) is not False:
            raise Refused(f"The input {name!r} is missing.", remedy=f"Give it with --input {name}=….")
        else:
            values[name] = None
    return values


def tick(batch: Batch, run: str) -> None:
    """Fire everything that is due on one run, one thing and its consequences at a time."""
    turn = batch.turn(run)
    while stimuli.fire(turn):
        decide(turn, batch.reuse.get(run))
