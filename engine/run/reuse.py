"""Continuing an ended run: which of its results count in the new one (SEMANTICS §2 "continue").

A step is reused when it succeeded and its node type and version, resolved params and inputs hash the same; title,
policy and layout do not count. It is decided when the step becomes ready, so an edit invalidates exactly what it
touches. An unfinished step goes on from its effect records. A step that is done again writes under new idempotency
keys: under the old ones a tool would take it for a repetition.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from engine.errors import StepError
from engine.expressions import references
from engine.ids import Visit
from engine.run import events as ev
from engine.run.questions import doubt_form
from engine.run.record import Effect, Step
from engine.run.scope import inputs_of, params_of, scope_of
from engine.run.seen import of_reused
from engine.run.state import State
from engine.run.turn import Turn

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def hash_value(value: Any) -> str:
    """A short, stable hash of a JSON value (SHA-256 of sorted compact JSON, 128 bits as hex)."""
    return hashlib.sha256(_encode(value).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def hash_inputs(inputs: dict[str, Any]) -> str:
    """The hash of a step's port values; "" when it has none."""
    return hash_value(inputs) if inputs else ""


class Reuse:
    """What an ended run offers to the run that continues it. `start`: this node and what follows it run again."""

    def __init__(self, old: State, new: State, start: str | None, start_over: bool) -> None:
        self.old = old
        self.start_over = start_over
        self.fresh = new.order.following(start) if start is not None else frozenset()
        continues = new.started.continues if new.started is not None else None
        self.alone = continues is not None and continues.only is not None  # a replay takes nothing over by itself

    def take(self, turn: Turn, node: str, visit: Visit, inputs: dict[str, Any], digest: str) -> bool:
        """Reuse the old result of this step, or start it with what is known of it (True); False: nothing is known."""
        old = self.old.steps.get((node, visit))
        if old is None or node not in self.old.order.node or self.alone:
            return False
        same = self._same(turn.state, node, visit, inputs, digest)
        if old.status == "succeeded":
            if same and node not in self.fresh and old.outputs is not None:
                turn.do(
                    ev.StepSucceeded,
                    node=node,
                    visit=visit,
                    outputs=old.outputs,
                    by="reused",
                    origin=old.origin or self.old.run,
                    sources=of_reused(turn.state, node, visit, old, self._traced, old.outputs),
                )
                return True
        elif not self.start_over and not same and (writes := _writes(old)):
            raise StepError(
                "drift",
                f"{node!r} had already written ({', '.join(writes)}) when the earlier run ended, and its params or "
                "inputs have changed since. Continue with `--start-over` if it may do so again.",
                retryable=False,
            )
        resumes = same and old.status != "succeeded" and not self.start_over
        records = old.effects if resumes else {key: one for key, one in old.effects.items() if one.effect != "pure"}
        if not records:
            return False
        turn.do(ev.AttemptStarted, node=node, visit=visit, attempt=1, inputs_hash=digest,
                type_version=turn.state.order.shape[node].version)  # fmt: skip
        if resumes:
            self._resume(turn, node, visit, records)
        else:
            for key, effect in records.items():
                self._spent(turn, node, visit, key, effect, keeps=False)
        return True

    @property
    def _traced(self) -> bool:
        return self.old.started is not None and self.old.started.traced

    def _same(self, state: State, node: str, visit: Visit, inputs: dict[str, Any], digest: str) -> bool:
        mine, theirs = state.order, self.old.order
        old = self.old.steps[node, visit]
        if mine.node[node].type != theirs.node[node].type or mine.mode(node) != theirs.mode(node):
            return False
        if _wired(state, node) != _wired(self.old, node):
            return False
        if old.version is not None and old.version != mine.shape[node].version:
            return False
        if mine.kind(node) in ("each", "subworkflow") and _pinned(state) != _pinned(self.old):
            return False
        try:
            before = inputs_of(self.old, node, visit)
            if hash_inputs(before) != digest:
                return False
            return _resolved(self.old, node, visit, before) == _resolved(state, node, visit, inputs)
        except StepError:
            return False

    def _resume(self, turn: Turn, node: str, visit: Visit, records: dict[str, Effect]) -> None:
        """Copy what the old step has done, so that it goes on from there; what is in doubt is asked first."""
        doubts: list[str] = []
        for key, effect in records.items():
            same = _facts(node, visit, key, effect)
            if effect.status == "ok":
                used = {"usage": effect.usage, "took": effect.took, "gives": effect.gives}
                turn.do(ev.EffectSucceeded, **same, **used, result=effect.result, origin=self.old.run)
            elif effect.effect == "pure":
                continue
            elif effect.status in ("started", "doubt") or (
                effect.effect == "at_most_once" and effect.may_have_happened and effect.status == "failed"
            ):
                turn.do(ev.EffectStarted, **same, idem_key=effect.idem_key)
                if effect.status != "started":
                    doubts.append(key)
            else:
                keeps = effect.status == "again" or (
                    effect.may_have_happened and effect.effect in ("idempotent", "checkable")
                )
                self._spent(turn, node, visit, key, effect, keeps=keeps)
        for key in doubts:
            effect = records[key]
            shown = {
                "tool": effect.tool,
                "args": effect.args,
                "idem_key": effect.idem_key,
                "key": key,
                "run": self.old.run,
            }
            turn.do(ev.EffectInDoubt, node=node, visit=visit, key=key, gen=effect.gen, evidence={"run": self.old.run})
            turn.ask(node, visit, key=f"doubt:{key}", type="doubt", form=doubt_form(node, shown))
        if doubts:
            turn.do(ev.AttemptSuspended, node=node, visit=visit, attempt=1, on=tuple(doubts))

    def _spent(self, turn: Turn, node: str, visit: Visit, key: str, effect: Effect, *, keeps: bool) -> None:
        """Note a generation that is used up; `keeps`: what is done now may be the same thing, under the same key."""
        same = _facts(node, visit, key, effect)
        if keeps:
            turn.do(ev.EffectStarted, **same, idem_key=effect.idem_key)
        error = effect.error or ev.Error(cls="stopped", message="The run that did this is continued by another one.")
        turn.do(ev.EffectFailed, **same, error=error, may_have_happened=keeps, origin=self.old.run)


def _facts(node: str, visit: Visit, key: str, effect: Effect) -> dict[str, Any]:
    return {
        "node": node, "visit": visit, "key": key, "gen": effect.gen, "effect": effect.effect, "tool": effect.tool,
        "fingerprint": effect.fingerprint, "args": effect.args, "via": effect.via,
    }  # fmt: skip


def _writes(old: Step) -> list[str]:
    return [
        effect.tool for effect in old.effects.values()
        if effect.effect != "pure" and (effect.status in ("ok", "doubt", "started") or effect.may_have_happened)
    ]  # fmt: skip


def _wired(state: State, node: str) -> list[tuple[str, str, Any]]:
    """The nodes that this one may call as tools, and theirs: an edit of one of them is an edit of this one."""
    nodes, tools = state.order.node, state.order.tools
    keys = list(tools.get(node, ()))
    for key in keys:
        keys += [further for further in tools.get(key, ()) if further not in keys]
    return [(key, nodes[key].type, nodes[key].params) for key in keys]


def _pinned(state: State) -> dict[str, str]:
    return state.started.workflows if state.started is not None else {}


def _resolved(state: State, node: str, visit: Visit, inputs: dict[str, Any]) -> str:
    """The hash of a step's params, evaluated; of those that its kind evaluates later, what they refer to."""
    params: dict[str, Any] = params_of(state, node, visit, inputs)
    scope = scope_of(state, node, visit, inputs)
    raw = [params[name] for name in sorted(state.order.shape[node].raw) if name in params]
    named = references(raw)
    seen = {key: scope["steps"][key] for key in sorted(named.steps)}
    given = scope["run"]["inputs"] if "run" in named.roots else None
    return hash_value([params, seen, given])
