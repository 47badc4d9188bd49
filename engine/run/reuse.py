"""Continuing an ended run: which of its results count in the new one (SEMANTICS §2 "continue").

A step is reused when it succeeded and its node type and version, resolved params and inputs hash the same; title,
policy and layout do not count. It is decided when the step becomes ready, so an edit invalidates exactly what it
touches. An unfinished step goes on from its effect records.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from engine.errors import StepError
from engine.ids import Visit
from engine.run import events as ev
from engine.run.questions import doubt_form
from engine.run.record import Effect, Step
from engine.run.scope import inputs_of, params_of
from engine.run.state import State
from engine.run.turn import Turn


def hash_value(value: Any) -> str:
    """A short, stable hash of a JSON value (SHA-256 of sorted compact JSON, 128 bits as hex)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def hash_inputs(inputs: dict[str, Any]) -> str:
    """The hash of a step's port values; "" when it has none."""
    return hash_value(inputs) if inputs else ""


class Reuse:
    """What an ended run offers to the run that continues it. `start`: this node and what follows it run again."""

    def __init__(self, old: State, new: State, start: str | None, start_over: bool) -> None:
        self.old = old
        self.start_over = start_over
        order = new.order
        self.fresh: set[str] = set()
        if start is not None:
            self.fresh = {key for key in order.scope if key == start or start in order.ancestors(key)}

    def take(self, turn: Turn, node: str, visit: Visit, inputs: dict[str, Any], digest: str) -> bool:
        """Reuse the old result of this step (True), or carry the records of an unfinished one over (False)."""
        old = self.old.steps.get((node, visit))
        if old is None or node not in self.old.order.node or node in self.fresh:
            return False
        if not self._same(turn.state, node, visit, inputs, digest):
            if self._wrote(old) and old.status != "succeeded" and not self.start_over:
                raise StepError(
                    "drift",
                    f"{node!r} had already written ({', '.join(self._wrote(old))}) when the earlier run ended, and its params or "
                    "inputs have changed since. Continue with `--start-over` if it may do so again.",
                    retryable=False,
                )
            return False
        if old.status == "succeeded" and old.outputs is not None:
            turn.do(ev.StepSucceeded, node=node, visit=visit, outputs=old.outputs, by="reused", origin=old.origin or self.old.run)
            return True
        if old.effects and not self.start_over:
            self._carry(turn, node, visit, old, digest)
            return turn.state.steps[node, visit].status != "pending"
        return False

    def _same(self, state: State, node: str, visit: Visit, inputs: dict[str, Any], digest: str) -> bool:
        mine, theirs = state.order, self.old.order
        if mine.node[node].type != theirs.node[node].type or mine.shape[node].version != theirs.shape[node].version:
            return False
        try:
            before = inputs_of(self.old, node, visit)
            if hash_inputs(before) != digest:
                return False
            return hash_value(params_of(self.old, node, visit, before)) == hash_value(params_of(state, node, visit, inputs))
        except StepError:
            return False

    @staticmethod
    def _wrote(old: Step) -> list[str]:
        return [effect.tool for effect in old.effects.values() if effect.effect != "pure" and effect.status in ("ok", "doubt", "started")]

    def _carry(self, turn: Turn, node: str, visit: Visit, old: Step, digest: str) -> None:
        """Copy what the old step has done, then go on from there; what is in doubt is asked first."""
        doubts: list[tuple[str, Effect]] = []
        turn.do(ev.AttemptStarted, node=node, visit=visit, attempt=1, inputs_hash=digest,
                type_version=turn.state.order.shape[node].version)  # fmt: skip
        for key, effect in old.effects.items():
            same: dict[str, Any] = {"node": node, "visit": visit, "key": key, "gen": effect.gen, "effect": effect.effect,
                                    "tool": effect.tool, "fingerprint": effect.fingerprint, "args": effect.args, "via": effect.via}  # fmt: skip
            if effect.status == "ok":
                turn.do(ev.EffectSucceeded, **same, result=effect.result, origin=self.old.run)
            elif effect.effect != "pure" and effect.status in ("started", "doubt"):
                turn.do(ev.EffectStarted, **same, idem_key=effect.idem_key)
                if effect.status == "doubt":
                    doubts.append((key, effect))
        for key, effect in doubts:
            shown = {"tool": effect.tool, "args": effect.args, "idem_key": effect.idem_key, "key": key, "run": self.old.run}
            turn.do(ev.EffectInDoubt, node=node, visit=visit, key=key, gen=effect.gen, evidence={"run": self.old.run})
            turn.ask(node, visit, key=f"doubt:{key}", type="doubt", form=doubt_form(node, shown))
        if doubts:
            turn.do(ev.AttemptSuspended, node=node, visit=visit, attempt=1, on=tuple(key for key, _ in doubts))
