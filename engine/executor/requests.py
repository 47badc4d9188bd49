"""What people and programs ask of the engine: every request is accepted or refused with a reason, in one batch with
its consequences (DESIGN §2, §7)."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jsonschema

from engine.errors import Refused, SignalboxError
from engine.executor import replays
from engine.executor.approvals import edit_fault
from engine.executor.faults import point
from engine.ids import run_id
from engine.nodes.catalog import CATALOG
from engine.run import stimuli
from engine.run.batch import with_defaults
from engine.run.events import Continues, RunStarted
from engine.run.reuse import Reuse
from engine.store import Reply, Request
from engine.workflow.model import Workflow
from engine.workflow.order import Order
from engine.workflow.values import check_value

if TYPE_CHECKING:
    from engine.executor.executor import Executor


class Desk:
    """Answers requests. `check(workflow)` raises Refused for a workflow that cannot run on this PC."""

    def __init__(self, executor: Executor, check: Callable[[Workflow], None]) -> None:
        self._executor = executor
        self._check = check
        self._answered: dict[int, int] = {}
        self._batch = executor.batch()

    def serve(self) -> int:
        """Answer everything that is pending; how many there were."""
        executor = self._executor
        on_disk = executor.writer.committed
        pending = [request for request in executor.store.requests.pending() if request.id not in self._answered]
        self._answered = {request: at for request, at in self._answered.items() if at > on_disk}
        for request in pending:
            point("request.before")
            self._answered[request.id] = self._serve(request)
            point("request.after")
        return len(pending)

    def _serve(self, request: Request) -> int:
        executor = self._executor
        kinds: dict[str, Callable[[Request], int]] = {
            "run": self._run,
            "answer": self._answer,
            "cancel": self._cancel,
            "continue": self._continue,
            "replay": self._replay,
        }
        handler = kinds.get(request.kind)
        self._batch = executor.batch(request.actor)
        try:
            check_value(request.payload)
            if handler is None:
                raise Refused(
                    f"The engine knows no request {request.kind!r}.", remedy="Use the command line of the same version."
                )
            return handler(request)
        except Exception as error:  # whatever is wrong with it must not meet every engine that starts
            executor.spoiled(self._batch, error)
            if executor.broken:
                raise
            reason = (
                str(error)
                if isinstance(error, SignalboxError)
                else f"The request is malformed ({type(error).__name__}: {error})."
            )
            return executor.commit(executor.batch(), (Reply(request.id, False, reason),))

    def _run(self, request: Request) -> int:
        executor = self._executor
        payload = request.payload
        digest = payload["workflow"]
        workflow = executor.store.library.get(digest)
        self._check(workflow)
        inputs = checked_inputs(workflow, payload.get("inputs") or {})
        run = str(payload.get("run") or run_id(executor.clock(), os.urandom(8)))
        if run in executor.runs or executor.read(run) is not None:
            raise Refused(f"There is a run {run} already.")
        pins = pinned(executor, workflow)
        batch = self._batch
        batch.start(run, executor.order_of(digest), digest, inputs, workflows=pins)
        return executor.commit(batch, (Reply(request.id, True, result={"run": run}),))

    def _answer(self, request: Request) -> int:
        executor = self._executor
        payload = request.payload
        question = str(payload["question"])
        state = next((state for state in executor.runs.values() if question in state.questions), None)
        if state is None:
            raise Refused(self._closed(question, request.run))
        values = payload.get("values")
        if isinstance(values, dict) and not isinstance(values.get("form", {}), dict):
            raise Refused("`form` must be an object with a value for each field.")
        if fault := edit_fault(executor.tools, state.questions[question][2].asked.form, str(payload["option"]), values):
            raise Refused(fault)
        batch = self._batch
        reason = stimuli.answer(
            batch.turn(state.run),
            question,
            str(payload["option"]),
            values,
            str(payload.get("comment") or ""),
            request.at,
            request.id,
            str(payload.get("shown") or ""),
        )
        reply = Reply(request.id, not reason, reason, None if reason else {"run": state.run})
        return executor.commit(batch, (reply,))

    def _closed(self, question: str, run: str | None) -> str:
        ended = self._executor.read(run) if run else None
        if ended is not None and question in ended.questions:
            return f"The question {question} is closed: its run {run} has {ended.status}."
        return f"There is no open question {question!r}."

    def _cancel(self, request: Request) -> int:
        executor = self._executor
        run = str(request.run or request.payload["run"])
        if run not in executor.runs:
            old = executor.read(run)
            raise Refused(f"There is no run {run!r}." if old is None else f"The run {run} has already {old.status}.")
        batch = self._batch
        reason = stimuli.cancel(batch.turn(run), request.id, str(request.payload.get("why") or ""))
        return executor.commit(batch, (Reply(request.id, not reason, reason, None if reason else {"run": run}),))

    def _continue(self, request: Request) -> int:
        executor = self._executor
        payload = request.payload
        before = str(request.run or payload["run"])
        if before in executor.runs:
            raise Refused(f"The run {before} has not ended; only an ended run can be continued.")
        old = executor.read(before)
        if old is None or old.started is None:
            raise Refused(f"There is no run {before!r}.")
        if old.started.continues is not None and old.started.continues.only is not None:
            raise Refused(f"{before} is the replay of one step.", remedy="Replay the step again.")
        if old.started.parent is not None:
            raise Refused(f"{before} is a child run.", remedy=f"Continue its parent {old.started.parent.run}.")
        digest = str(payload.get("workflow") or old.started.workflow)
        workflow = executor.store.library.get(digest)
        self._check(workflow)
        start = payload.get("start")
        if start is not None and start not in workflow.by_key:
            raise Refused(
                f"The workflow has no node {start!r}.", remedy=f"Its nodes are: {', '.join(workflow.by_key)}."
            )
        order = executor.order_of(digest)
        changed = {**_carried_on(old.started, order, start), **checked_ports(order, payload.get("set") or {})}
        given = {name: value for name, value in old.started.inputs.items() if name in workflow.inputs}
        inputs = checked_inputs(workflow, {**given, **(payload.get("inputs") or {})})
        run = run_id(executor.clock(), os.urandom(8))
        continues = Continues(run=before, start=start, set=changed, start_over=bool(payload.get("start_over")))
        batch = self._batch
        batch.start(
            run,
            order,
            digest,
            inputs,
            workflows=pinned(executor, workflow),
            root_run=old.root_run,
            effects_root=old.effects_root,
            continues=continues,
        )
        executor.reuse[run] = Reuse(old, executor.runs[run], start, continues.start_over)
        return executor.commit(batch, (Reply(request.id, True, result={"run": run}),))

    def _replay(self, request: Request) -> int:
        executor, payload = self._executor, request.payload
        before = str(request.run or payload["run"])
        old = executor.read(before)
        if old is None or old.started is None:
            raise Refused(f"There is no run {before!r}.")
        node, visit = replays.found(old, str(payload["step"]))
        started = old.started
        digest = executor.store.library.keep(replays.drawn(old.order, node))
        run = run_id(executor.clock(), os.urandom(8))
        batch = self._batch
        batch.start(
            run,
            executor.order_of(digest),
            digest,
            started.inputs,
            root_run=old.root_run,
            continues=replays.continues(old, node, visit, live=bool(payload.get("live"))),
            item=started.item,
            index=started.index,
            sources=started.sources,
            item_sources=started.item_sources,
            traced=started.traced,
        )
        executor.reuse[run] = Reuse(old, executor.runs[run], None, False)
        return executor.commit(batch, (Reply(request.id, True, result={"run": run}),))


def _carried_on(before: RunStarted, order: Order, start: str | None) -> dict[str, Any]:
    """Values that ports were given when the earlier run was itself a continuation: it went on from them.

    From `start` on everything runs again, as it is drawn.
    """
    given = before.continues.set if before.continues is not None else {}
    fresh = order.following(start) if start in order.scope else frozenset()
    nodes = {name: name.partition(".")[0] for name in given}
    return {name: given[name] for name, node in nodes.items() if node in order.scope and node not in fresh}


def checked_ports(order: Order, given: dict[str, Any]) -> dict[str, Any]:
    """Values for input ports by `step.port`; Refused names the one that is not there."""
    for name in given:
        node, _, port = name.partition(".")
        if node not in order.scope or not port:
            raise Refused(f"{name!r} names no port of a step.", remedy="Write it as STEP.PORT=JSON.")
        shape = order.shape[node]
        known = list(dict.fromkeys([one.name for one in shape.inputs if one.type != "capability"] + [*order.ins[node]]))
        if port not in known and not shape.open_inputs:
            has = f"It has {', '.join(known)}." if known else "It has none."
            raise Refused(f"The step {node!r} has no input port {port!r}.", remedy=has)
    return given


def checked_inputs(workflow: Workflow, given: dict[str, Any]) -> dict[str, Any]:
    """Run inputs with defaults, each valid for its JSON Schema; Refused names the one that is not."""
    values = with_defaults(workflow.inputs, given)
    for name, schema in workflow.inputs.items():
        if values[name] is None and schema.get("required", True) is False:
            continue
        plain = {key: value for key, value in schema.items() if key not in ("format", "required", "default")}
        error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(plain).iter_errors(values[name]))
        if error is not None:
            raise Refused(f"The input {name!r} is wrong: {error.message}.")
    return values


def pinned(executor: Executor, workflow: Workflow) -> dict[str, str]:
    """The newest versions of all sub-workflows, theirs included: a run is pinned to what it started with."""
    pins: dict[str, str] = {}
    work = [workflow]
    while work:
        for node in work.pop().nodes:
            if node.mode != "on":
                continue
            node_type = CATALOG.get(node.type)
            for name in node_type.needs(node.params).workflows if node_type else ():
                if name in pins:
                    continue
                digest = executor.store.library.latest(name)
                if digest is None:
                    raise Refused(
                        f"The workflow {name!r} is not in the library.",
                        where=f"node {node.key}",
                        remedy="Add it with `signalboxctl check --add FILE`.",
                    )
                pins[name] = digest
                work.append(executor.store.library.get(digest))
    return pins
