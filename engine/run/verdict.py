"""Whether a step may start, must be skipped, or must wait (SEMANTICS T3, T4, T13)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from engine.ids import Visit
from engine.run.state import State


@dataclass(frozen=True, slots=True)
class Verdict:
    """`go` with the merged value of a merge; `skip` with why; `fail` with a sentence; `wait`."""

    what: Literal["wait", "go", "skip", "fail"]
    value: Any = None


WAIT = Verdict("wait")
GO = Verdict("go")
_SKIP = {why: Verdict("skip", why) for why in ("failed", "not_taken", "cancelled")}


def verdict(state: State, node: str, visit: Visit) -> Verdict:
    """What the tokens that have arrived so far mean for a pending step."""
    order = state.order
    if order.kind(node) == "merge":
        return merge_verdict(state, node, visit, late=False)
    tokens = state.steps[node, visit].tokens
    required = order.required[node]
    pending = live = False
    for port, edges in order.ins[node].items():
        if edges[0] in order.back:
            continue
        if len(edges) == 1:
            token = tokens.get(edges[0])
            if token is None:
                pending = True
            elif token[0]:
                live = True
            elif port in required:
                return _SKIP["failed" if token[1] == "failed" else "not_taken"]
            continue
        found = [tokens.get(edge) for edge in edges]
        if None in found:
            pending = True
        elif any(token and token[0] for token in found):
            live = True
        elif port in required:
            return _SKIP["failed" if any(token and token[1] == "failed" for token in found) else "not_taken"]
    if pending:
        return WAIT
    if order.forward_ins[node] and not live:
        return _SKIP["not_taken"]
    return GO


def merge_verdict(state: State, node: str, visit: Visit, *, late: bool) -> Verdict:
    """T13. `late`: the deadline has passed, so what is missing counts as failed.

    `first` and `quorum` take live tokens in the journal's order of arrival to decide *when*; a quorum's list is in
    edge order, so that the value depends only on *which* arrived.
    """
    step = state.steps[node, visit]
    edges = state.order.ins[node].get("input", [])
    tokens = [step.tokens.get(edge) for edge in edges]
    if late:
        tokens = [token or (False, "failed") for token in tokens]
    live = [token[1] for token in tokens if token and token[0]]
    missing = sum(token is None for token in tokens)
    failed = sum(1 for token in tokens if token and not token[0] and token[1] == "failed")
    params = state.order.node[node].params
    policy, on_failure = params.get("policy", "all"), params.get("on_failure", "fail")
    if policy == "all":
        if missing:
            return WAIT
        if failed and on_failure == "fail":
            return Verdict("fail", f"{failed} of {len(edges)} branches failed or did not arrive in time.")
        if failed and on_failure == "substitute":
            filled = [token[1] if token[0] else params.get("substitute") for token in tokens if token and (token[0] or token[1] == "failed")]
            return Verdict("go", filled)
        return Verdict("go", live) if live else _SKIP["failed" if failed else "not_taken"]
    wanted = int(params.get("k", 2)) if policy == "quorum" else 1
    if len(live) >= wanted:
        if policy == "first":
            arrived = next(step.tokens[edge][1] for edge in step.tokens if step.tokens[edge][0])
            return Verdict("go", arrived)
        return Verdict("go", live[:wanted])
    if len(live) + missing >= wanted:
        return WAIT
    if not failed and not live:
        return _SKIP["not_taken"]
    if on_failure == "substitute":
        return Verdict("go", params.get("substitute"))
    if on_failure == "ignore":
        return Verdict("go", live) if live else _SKIP["failed"]
    return Verdict("fail", f"Only {len(live)} of the {wanted} branches that are needed arrived.")
