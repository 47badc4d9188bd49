"""Whether a step may start, must be skipped, must be passed over, or must wait (SEMANTICS T3, T4, T13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.ids import Visit
from engine.run.record import Token
from engine.run.scope import param, whole_number
from engine.run.state import State


@dataclass(frozen=True, slots=True)
class Verdict:
    """`go` with the merged value of a merge; `skip` with why; `fail` with a sentence; `wait`.

    A node that is off waits like any other: then it is `disabled`, or `bypassed` with the port that is handed on.
    """

    what: Literal["wait", "go", "skip", "fail", "disabled", "bypassed"]
    value: Any = None


WAIT = Verdict("wait")
GO = Verdict("go")
DISABLED = Verdict("disabled", "not_taken")
_SKIP = {why: Verdict("skip", why) for why in ("failed", "not_taken", "cancelled")}


def verdict(state: State, node: str, visit: Visit) -> Verdict:
    """What the tokens that have arrived so far mean for a pending step."""
    order = state.order
    mode = order.mode(node)
    if order.kind(node) == "merge" and mode == "on":
        return merge_verdict(state, node, visit, late=False)
    tokens = state.steps[node, visit].tokens
    required = order.required[node]
    waiting = live = failed = False
    skip: str | None = None
    for port, edges in order.ins[node].items():
        if edges[0] in order.back:
            continue
        found = _port(tokens, edges)
        if found is None:
            waiting = True
        elif found == "live":
            live = True
        else:
            failed = failed or found == "failed"
            if port in required and skip != "failed":
                skip = found
    if waiting:  # even if it is sure to be skipped: what follows must find everything before it settled (T19)
        return WAIT
    if skip is None and order.forward_ins[node] and not live:
        skip = "failed" if failed else "not_taken"
    if skip is None and mode == "on":
        return GO
    if any((edge, visit[: order.common[edge]]) not in state.kept for edge in order.entries.get(node, ())):
        return WAIT  # the same holds for what leads into the loop's rounds, of which there will be none
    if skip is not None:
        return _SKIP[skip]
    return DISABLED if mode == "disabled" else Verdict("bypassed", _first_live(state, node, visit))


def _first_live(state: State, node: str, visit: Visit) -> str | None:
    """The port whose value a bypassed node hands on: of the first live edge, in edge order."""
    order, tokens = state.order, state.steps[node, visit].tokens
    live = [edge for edge, token in tokens.items() if token[0]]
    if live:
        return order.links[min(live)].into
    return "input" if order.scope[node] and order.scope[node][-1] in order.teams else None


def _port(tokens: Mapping[int, Token], edges: Sequence[int]) -> Literal["live", "failed", "not_taken"] | None:
    """T3: None until every edge has a token; live if any is; `failed` beats `not_taken`."""
    settled: Literal["live", "failed", "not_taken"] = "not_taken"
    for edge in edges:
        token = tokens.get(edge)
        if token is None:
            return None
        if token[0]:
            settled = "live"
        elif token[1] == "failed" and settled != "live":
            settled = "failed"
    return settled


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
    substitute = param(state, node, visit, "substitute") if failed and on_failure == "substitute" else None
    if policy == "all":
        if missing:
            return WAIT
        if failed and on_failure == "fail":
            return Verdict("fail", f"{failed} of {len(edges)} branches failed or did not arrive in time.")
        if failed and on_failure == "substitute":
            return Verdict("go", _filled(tokens, substitute))
        return Verdict("go", live) if live else _SKIP["failed" if failed else "not_taken"]
    wanted = whole_number(param(state, node, visit, "k", 2), f"`k` of {node!r}", 1) if policy == "quorum" else 1
    if len(live) >= wanted:
        if policy == "first":
            arrived = next(step.tokens[edge][1] for edge in step.tokens if step.tokens[edge][0])
            return Verdict("go", arrived)
        return Verdict("go", live[:wanted])
    if len(live) + missing >= wanted:
        return WAIT
    if not failed and not live:
        return WAIT if missing else _SKIP["not_taken"]
    if on_failure == "substitute" and len(live) + failed >= wanted:
        return Verdict("go", _filled(tokens, substitute, wanted) if policy == "quorum" else substitute)
    if on_failure == "ignore":
        return Verdict("go", live) if live else _SKIP["failed"]
    return Verdict("fail", f"Only {len(live)} of the {wanted} branches that are needed arrived.")


def _filled(tokens: Sequence[Token | None], substitute: Any, wanted: int | None = None) -> list[Any]:
    """The live values in edge order with `substitute` in the place of failed ones, of which only as many as needed."""
    live = sum(1 for token in tokens if token and token[0])
    spare = len(tokens) if wanted is None else wanted - live
    values = []
    for token in tokens:
        if token and token[0]:
            values.append(token[1])
        elif token and token[1] == "failed" and spare > 0:
            values.append(substitute)
            spare -= 1
    return values
