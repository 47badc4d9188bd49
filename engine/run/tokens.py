"""How tokens travel: into rounds, out of them, and along plain edges (SEMANTICS T1–T3, T10–T12)."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any

from engine.ids import Visit
from engine.run.record import ENDED, Step, Token

if TYPE_CHECKING:
    from engine.run.state import State

NOT_TAKEN: Token = (False, "not_taken")
NOTHING_SAID: dict[str, Any] = {}


def live(value: Any, origin: Any = None) -> Token:
    """A live token; `origin` is where the value came from (engine.run.sources)."""
    return (True, value, origin) if origin else (True, value)


def open_steps(state: State, nodes: list[str], visit: Visit) -> None:
    """Make the steps of one scope at one visit, hand them the tokens that wait for them, and queue what may start."""
    order = state.order
    for node in nodes:
        state.steps[node, visit] = Step()
    depth = len(visit)
    for node in nodes:
        waits = False
        for edges in order.ins[node].values():
            for edge in edges:
                if edge in order.back:
                    continue
                waits = True
                shared = order.common[edge]
                if shared < depth:
                    kept = state.kept.get((edge, visit[:shared]))
                    if kept is not None:
                        arrive(state, edge, visit, kept)
        if not waits:
            heapq.heappush(state.ready, (order.rank[node], node, visit))


def end_step(
    state: State,
    node: str,
    visit: Visit,
    step: Step,
    status: str,
    outputs: dict[str, Any],
    why: str,
    sources: dict[str, Any] = NOTHING_SAID,
) -> None:
    """Settle a step: its ports' tokens leave, its loop's round counts down."""
    order = state.order
    step.sources = sources
    step.status, step.outputs, step.why, step.due, step.waiting = status, outputs, why, None, ()
    state.drop_timers(node, visit)
    if node in order.direct:
        state.rounds.pop((node, visit), None)
        fallback = (False, "not_taken" if status == "succeeded" else why)
        for edge in order.exits[node]:
            leave(state, edge, visit, state.partial.pop((edge, visit), fallback))
    links = order.links
    looping = order.kind(node) == "loop"
    for edge in order.outs[node]:
        port = links[edge].out
        if looping and port == "body":
            continue
        if port not in outputs:
            leave(state, edge, visit, (False, why))
        else:
            leave(state, edge, visit, live(outputs[port], sources.get(port)))
    if visit:
        loop = order.scope[node][-1]
        playing = state.rounds.get((loop, visit[:-1]))
        if playing is not None and playing.number == visit[-1]:
            playing.left -= 1
            if playing.left == 0:
                state.over.append((loop, visit[:-1]))
    else:
        state.top_left -= 1


def leave(state: State, edge: int, visit: Visit, token: Token) -> None:
    """A token leaves a step: an exit edge keeps the last live one until its loop ends (T11)."""
    if len(visit) > state.order.common[edge]:
        place = (edge, visit[:-1])
        before = state.partial.get(place)
        if token[0] or before is None or (not before[0] and token[1] == "failed"):
            state.partial[place] = token
    else:
        deliver(state, edge, visit, token)


def deliver(state: State, edge: int, visit: Visit, token: Token) -> None:
    """A token reaches the scope that both ends share, and goes down into the rounds in progress (T10)."""
    target = state.order.target_scope[edge]
    if len(target) > len(visit):
        state.kept[edge, visit] = token
        while len(visit) < len(target):
            loop = target[len(visit)]
            playing = state.rounds.get((loop, visit))
            if playing is None:
                step = state.steps.get((loop, visit))
                if step is not None and step.status == "pending":
                    heapq.heappush(state.ready, (state.order.rank[loop], loop, visit))
                return
            visit = (*visit, playing.number)
    arrive(state, edge, visit, token)


def arrive(state: State, edge: int, visit: Visit, token: Token) -> None:
    """A token reaches its target's port."""
    order = state.order
    link = order.links[edge]
    if edge in order.back:
        playing = state.rounds.get((link.target, visit[:-1]))
        if playing is not None and playing.number == visit[-1]:
            playing.again[edge] = token
        return
    step = state.steps.get((link.target, visit))
    if step is None or step.status in ENDED:
        return
    assert edge not in step.tokens, ("two tokens on one edge", str(link), visit)
    step.tokens[edge] = token
    if step.status == "pending":
        heapq.heappush(state.ready, (order.rank[link.target], link.target, visit))
