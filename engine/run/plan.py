"""What follows from a state: the pure decider (DESIGN §1.4). It proposes events; only `apply` changes the state.

`decide` never fires timers (see `stimuli.fire`), so that after every batch `decide(fold(journal)) == []`.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

from engine.errors import StepError
from engine.expressions import render
from engine.ids import Visit, step_text
from engine.run import events as ev
from engine.run.approval import came_from
from engine.run.questions import askers, escalation_form, fill_form, gate_form
from engine.run.record import ENDED, RUN_ENDED
from engine.run.reuse import Reuse, hash_inputs
from engine.run.scope import holds, inputs_of, param, params_of, scope_of, seconds, whole_number
from engine.run.seen import look_of, of_inputs
from engine.run.sources import of_value, places
from engine.run.state import State
from engine.run.turn import Turn
from engine.run.verdict import Verdict, verdict


def decide(turn: Turn, reuse: Reuse | None = None) -> None:
    """Add every event that follows from the state until nothing more does."""
    state = turn.state
    while True:
        if state.status in RUN_ENDED or state.status == "new":
            return
        if state.status != "running":
            _wind_up(turn)
            return
        if state.races:
            merge, visit = state.races.pop(0)
            for node in state.order.cone[merge]:
                cancel_tree(turn, node, visit, "lost_race")
        elif state.ready:
            _, node, visit = heapq.heappop(state.ready)
            if state.steps[node, visit].status == "pending":
                _settle_or_start(turn, node, visit, reuse)
        elif state.over:
            _end_round(turn, *state.over.pop(0))
        elif state.top_left == 0 and not state.open_world and not state.open_children:
            _complete(turn)
            return
        else:
            return


def _settle_or_start(turn: Turn, node: str, visit: Visit, reuse: Reuse | None) -> None:
    state = turn.state
    kind = state.order.kind(node)
    try:
        found = verdict(state, node, visit)
        if found.what == "wait":
            if kind == "merge" and state.order.mode(node) == "on":
                _arm(turn, node, visit)
        elif found.what == "skip":
            turn.do(ev.StepsSkipped, steps=_skipped_together(turn, node, visit, found), why=found.value)
        elif found.what == "disabled":
            together = _skipped_together(turn, node, visit, found)
            turn.do(ev.StepsSkipped, steps=together, why=found.value, because="disabled")
        elif found.what == "bypassed":
            _pass_on(turn, node, visit, found.value)
        elif found.what == "fail":
            fail(turn, node, visit, ev.Error(cls="merge", message=found.value))
        elif kind == "merge":
            turn.do(ev.StepSucceeded, node=node, visit=visit, outputs={"output": found.value}, by="planner")
        else:
            _START.get(kind, _start_attempt)(turn, node, visit, reuse)
    except StepError as error:
        fail(turn, node, visit, ev.Error(cls=error.cls, message=error.message))


def _pass_on(turn: Turn, node: str, visit: Visit, port: str | None) -> None:
    """A bypassed node: what came in leaves by its main port, as if the node were a piece of wire."""
    order = turn.state.order
    if port is None:
        fail(turn, node, visit, ev.Error(cls="schema", message=f"{node!r} is bypassed, and nothing leads into it."))
        return
    main, value = order.passes_by(node), inputs_of(turn.state, node, visit).get(port)
    turn.do(ev.StepSucceeded, node=node, visit=visit, outputs={main: value} if main else {}, by="bypassed")


def _skipped_together(turn: Turn, node: str, visit: Visit, verdict_here: Verdict) -> tuple[ev.StepRef, ...]:
    """This step and those queued right behind it that are skipped for the same reason: one event instead of many."""
    state = turn.state
    refs = [ev.StepRef(node=node, visit=visit)]
    taken = {(node, visit)}
    while state.ready and len(refs) < 1000:
        _, after, at = state.ready[0]
        if (after, at) not in taken and state.steps[after, at].status == "pending":
            if state.order.kind(after) == "merge" and state.order.mode(after) == "on":
                break
            if verdict(state, after, at) != verdict_here:
                break
            refs.append(ev.StepRef(node=after, visit=at))
            taken.add((after, at))
        heapq.heappop(state.ready)
    return tuple(refs)


def _arm(turn: Turn, node: str, visit: Visit) -> None:
    """A merge's deadline counts from its first live token (T13)."""
    state = turn.state
    if state.order.node[node].params.get("deadline_s") is None or ("merge", node, visit, "") in state.timers:
        return
    if any(token[0] for token in state.steps[node, visit].tokens.values()):
        wait = seconds(param(state, node, visit, "deadline_s"), f"`deadline_s` of {node!r}")
        turn.do(ev.MergeArmed, node=node, visit=visit, due=turn.at + wait)


def _start_attempt(turn: Turn, node: str, visit: Visit, reuse: Reuse | None) -> None:
    state = turn.state
    shape = state.order.shape[node]
    inputs = inputs_of(state, node, visit)
    digest = hash_inputs(inputs)
    if reuse is not None and reuse.take(turn, node, visit, inputs, digest):
        return
    turn.do(ev.AttemptStarted, node=node, visit=visit, attempt=1, type_version=shape.version, inputs_hash=digest)


def _start_branch(turn: Turn, node: str, visit: Visit, reuse: Reuse | None) -> None:
    state = turn.state
    inputs = inputs_of(state, node, visit)
    scope = scope_of(state, node, visit, inputs)
    port = "otherwise"
    for case in state.order.node[node].params.get("cases", ()):
        if holds(case["when"], scope):
            port = case["name"]
            break
    turn.do(ev.StepSucceeded, node=node, visit=visit, outputs={port: inputs.get("input")}, by="planner")


def _start_loop(turn: Turn, node: str, visit: Visit, reuse: Reuse | None) -> None:
    value = inputs_of(turn.state, node, visit).get("start")
    turn.do(ev.RoundStarted, node=node, visit=visit, round=1, value=value)


def _start_team(turn: Turn, node: str, visit: Visit, reuse: Reuse | None) -> None:
    """One live entry, the first in edge order, says who plays the first round (T18); without any, the first member."""
    state = turn.state
    if "start" not in state.order.ins[node]:
        turn.do(ev.RoundStarted, node=node, visit=visit, round=1, member=state.order.teams[node][0])
        return
    tokens = state.steps[node, visit].tokens
    edge = next(e for e in state.order.ins[node]["start"] if tokens[e][0])
    turn.do(
        ev.RoundStarted, node=node, visit=visit, round=1, value=tokens[edge][1], member=state.order.links[edge].member
    )


def _start_question(turn: Turn, node: str, visit: Visit, reuse: Reuse | None) -> None:
    state = turn.state
    inputs = inputs_of(state, node, visit)
    if reuse is not None and reuse.take(turn, node, visit, inputs, hash_inputs(inputs)):
        return
    kind = state.order.kind(node)
    if kind == "gate" and state.labelled and state.started is not None and state.started.traced:
        _own_control(state, node, visit)
    params = params_of(state, node, visit, inputs)
    deadline = params.get("deadline_s")
    due = turn.at + seconds(deadline, f"`deadline_s` of {node!r}") if deadline is not None else None
    required = whole_number(params.get("required", 1), f"`required` of {node!r}", 1)
    form = gate_form(params, inputs) if kind == "gate" else fill_form(params, inputs)
    if kind == "gate" and params.get("others_only") is True:
        form["not_by"] = askers(state)
    turn.ask(node, visit, key=kind, type=kind, form=form, required=required, due=due,
        on_deadline=str(params.get("on_deadline", "expire")))  # fmt: skip


_CONTROL = ("required", "others_only", "options", "deadline_s", "on_deadline", "escalate_to", "escalate_s")
"""Params of a gate that say who must agree, and what silence means."""


def _own_control(state: State, node: str, visit: Visit) -> None:
    """StepError `permission` where a file, the web or a tool says how a gate decides: it is there to be asked first."""
    look = look_of(state, node, visit, of_inputs(state, node, visit))
    for name in _CONTROL:
        found = places(of_value(state.order.node[node].params.get(name), look), ("file", "web", "tool"))
        if found:
            steps = sorted({step for named in found.values() for step in named})
            why = f"`{name}` of the gate {node!r} comes from {came_from(sorted(found), steps)}, and no such text may"
            raise StepError("permission", f"{why} say who must agree.", retryable=False)


def _start_children(turn: Turn, node: str, visit: Visit, reuse: Reuse | None) -> None:
    state = turn.state
    inputs = inputs_of(state, node, visit)
    digest = hash_inputs(inputs)
    if reuse is not None and reuse.take(turn, node, visit, inputs, digest):
        return
    count = at_once = 1
    if state.order.kind(node) == "each":
        count = len(items_of(state, node, visit, inputs))
        at_once = whole_number(param(state, node, visit, "concurrency", 4), f"`concurrency` of {node!r}", 1)
    turn.do(ev.AttemptStarted, node=node, visit=visit, attempt=1, type_version=state.order.shape[node].version,
            inputs_hash=digest, items=count, at_once=at_once)  # fmt: skip
    if count == 0:
        turn.do(ev.StepSucceeded, node=node, visit=visit, outputs={state.order.shape[node].main: []}, by="planner")


def items_of(state: State, node: str, visit: Visit, inputs: dict[str, Any]) -> list[Any]:
    """The list that an `each` node goes through. Worked out once for all its children: it follows from the state."""
    children = state.steps[node, visit].children
    if children is not None and children.items is not None:
        return children.items
    items = render(
        state.order.node[node].params.get("items", "{{ input.input }}"), scope_of(state, node, visit, inputs)
    )
    if not isinstance(items, list):
        raise StepError("schema", f"`items` of {node!r} is not a list.", retryable=False)
    if children is not None:
        children.items = items
    return items


def _start_stop(turn: Turn, node: str, visit: Visit, reuse: Reuse | None) -> None:
    state = turn.state
    params = params_of(state, node, visit, inputs_of(state, node, visit))
    stopped = {"outcome": params.get("outcome", "completed"), "message": str(params.get("message", ""))}
    turn.do(ev.StepSucceeded, node=node, visit=visit, outputs={"stopped": stopped}, by="planner")


_START: dict[str, Callable[[Turn, str, Visit, Reuse | None], None]] = {
    "branch": _start_branch, "loop": _start_loop, "team": _start_team, "gate": _start_question, "form": _start_question,
    "each": _start_children, "subworkflow": _start_children, "stop": _start_stop,
}  # fmt: skip


def _end_round(turn: Turn, node: str, visit: Visit) -> None:
    """T12 and T18: a round ends when all its steps have ended."""
    state = turn.state
    playing = state.rounds.get((node, visit))
    if playing is None or playing.left or state.steps[node, visit].status != "running":
        return
    order = state.order
    inner = (*visit, playing.number)
    backs = []
    for edge in order.ins[node].get("again", ()):
        token = playing.again.get(edge) or state.kept.get((edge, inner[: order.common[edge]]))
        backs.append((edge, token or (False, "not_taken")))
    live = next(((edge, token[1]) for edge, token in backs if token[0]), None)
    if live is None:
        turn.do(ev.StepSucceeded, node=node, visit=visit, outputs={}, by="planner")
        return
    edge, value = live
    if order.kind(node) == "team":
        turn.do(
            ev.RoundStarted,
            node=node,
            visit=visit,
            round=playing.number + 1,
            value=value,
            member=order.links[edge].member,
        )
        return
    params = order.node[node].params
    try:
        until = params.get("until")
        scope = scope_of(state, node, visit, {"again": value, "input": value, "round": playing.number}, until=True)
        done = until is not None and holds(until, scope)
        limit = whole_number(param(state, node, visit, "limit", 10), f"`limit` of {node!r}", 1)
    except StepError as error:
        fail(turn, node, visit, ev.Error(cls=error.cls, message=error.message))
        return
    if done:
        turn.do(ev.StepSucceeded, node=node, visit=visit, outputs={"done": value}, by="planner")
    elif playing.number >= limit:
        fail(turn, node, visit, ev.Error(cls="limit", message=f"The loop was not done after {playing.number} rounds."))
    else:
        turn.do(ev.RoundStarted, node=node, visit=visit, round=playing.number + 1, value=value)


def fail(turn: Turn, node: str, visit: Visit, error: ev.Error, told: str | None = None) -> None:
    """The last attempt has failed: what the node's policy says (T7). `told`: the message at the `error` port (T20)."""
    state = turn.state
    team = state.order.kind(node) == "team"
    policy = None if team else state.order.node[node].policy
    step: dict[str, Any] = {"node": node, "visit": visit}
    shown: dict[str, Any] = {"class": error.cls, "message": told or error.message}
    if error.detail is not None and told is None:
        shown["detail"] = error.detail
    if policy is None or policy.on_error != "escalate":
        withdraw(turn, node, visit)
    if policy is None or policy.on_error == "fail":
        turn.do(ev.StepFailed, **step, error=error)
    elif policy.on_error == "route":
        turn.do(ev.StepFailed, **step, error=error, handled="route", outputs={"error": shown})
    elif policy.on_error == "continue":
        turn.do(
            ev.StepFailed, **step, error=error, handled="continue", outputs={state.order.shape[node].main: policy.value}
        )
    else:
        number = state.steps[node, visit].escalations + 1
        again = state.order.kind(node) in ("task", "unknown")
        form = escalation_form(step_text(node, visit), shown, error.detail, again=again)
        turn.ask(node, visit, key=f"escalation:{number}", type="escalation", form=form)


def cancel_tree(turn: Turn, node: str, visit: Visit, why: str) -> None:
    """Cancel a step, its loop's running round and its open questions."""
    state = turn.state
    work: list[tuple[str, Visit, bool]] = [(node, visit, False)]
    while work:
        key, at, closing = work.pop()
        step = state.steps.get((key, at))
        if step is None or step.status in ENDED:
            continue
        playing = state.rounds.get((key, at))
        if playing is not None and not closing:
            work.append((key, at, True))
            inner = (*at, playing.number)
            members = [playing.member] if playing.member else state.order.direct[key]
            work.extend((member, inner, False) for member in reversed(members))
            continue
        withdraw(turn, key, at)
        turn.do(ev.StepCancelled, node=key, visit=at, why=why)


def withdraw(turn: Turn, node: str, visit: Visit) -> None:
    """Take back the questions that a step still asks: it ends, so no answer can count any more."""
    for question in list(turn.state.steps[node, visit].questions.values()):
        if turn.state.questions[question][2].outcome is None:
            turn.do(ev.QuestionSettled, node=node, visit=visit, question=question, outcome="withdrawn")


def _wind_up(turn: Turn) -> None:
    """Failing, cancelling or stopping: nothing starts, effects in flight are drained, then the end event (T16)."""
    state = turn.state
    why = {"failing": "run_failed", "cancelling": "run_cancelled", "stopping": "stopped"}[state.status]
    for node in state.order.top:
        cancel_tree(turn, node, (), why)
    if state.open_world or state.open_children:
        return
    doubts = _doubts(state)
    if state.status == "cancelling":
        turn.do(ev.RunCancelled, in_doubt=doubts)
    elif state.status == "failing":
        reason = state.reason
        assert reason is not None
        turn.do(ev.RunFailed, node=reason.node, visit=reason.visit, error=reason.error, in_doubt=doubts)
    elif (state.ending or {}).get("outcome") == "failed":
        ending = state.ending or {}
        error = ev.Error(cls="stopped", message=ending.get("message") or "A stop node ended the run.")
        turn.do(ev.RunFailed, node=ending["node"], visit=ending["visit"], error=error, in_doubt=doubts)
    else:
        _complete(turn)


def _doubts(state: State) -> tuple[ev.EffectRef, ...]:
    """Writes of which nobody knows whether they happened: the run's last event says so."""
    return tuple(
        ev.EffectRef(node=node, visit=visit, key=key)
        for (node, visit), step in state.steps.items()
        for key, effect in step.effects.items()
        if effect.status == "doubt"
    )


def _complete(turn: Turn) -> None:
    state = turn.state
    doubts = _doubts(state)
    try:
        outputs = render(state.order.workflow.outputs, scope_of(state, None, ()))
    except StepError as error:
        message = f"The run's outputs cannot be worked out: {error.message}"
        turn.do(ev.RunFailed, error=ev.Error(cls=error.cls, message=message), in_doubt=doubts)
        return
    turn.do(ev.RunCompleted, outputs=outputs, in_doubt=doubts)
