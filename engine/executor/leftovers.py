"""World effects whose step is over and whose coroutine never came back to them: their run could not end otherwise.

They were sent by an engine that died; the step was started again, and cancelled before it reached them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine import log
from engine.errors import StepError
from engine.executor.approvals import authors_only
from engine.executor.effects import NO_LOOK_UP
from engine.executor.kept import check_kept
from engine.ids import Visit
from engine.run import events as ev
from engine.run import stimuli
from engine.run.record import ENDED, Effect

if TYPE_CHECKING:
    from engine.executor.executor import Executor


def settle_left(executor: Executor, run: str) -> None:
    """Look up, repeat nothing, or declare in doubt: once for every effect that is not in flight here."""
    state = executor.runs[run]
    for node, visit, key in sorted(state.open_world):
        place = (run, node, visit, key)
        if state.steps[node, visit].status in ENDED and place not in executor.in_flight:
            executor.in_flight.add(place)
            executor.keep(_settle(executor, run, node, visit, key))


async def _settle(executor: Executor, run: str, node: str, visit: Visit, key: str) -> None:
    effect = executor.runs[run].steps[node, visit].effects[key]
    await executor.writer.durable(executor.last_ticket(run))
    try:
        kind, fields = await _known(executor, effect, executor.runs[run].order.node[effect.via or node].params)
    finally:
        executor.in_flight.discard((run, node, visit, key))
    if kind is None:
        why = {"why": "no result after a crash; its step is over"}
        executor.apply(run, lambda turn: stimuli.in_doubt(turn, node, visit, key, why))
        return
    same = {"gen": effect.gen, "effect": effect.effect, "tool": effect.tool, "fingerprint": effect.fingerprint}
    executor.apply(run, lambda turn: turn.do(kind, node=node, visit=visit, key=key, **same, **fields))


async def _known(
    executor: Executor, effect: Effect, params: Mapping[str, Any]
) -> tuple[type[Any] | None, dict[str, Any]]:
    """The event that says what became of it; None when nobody can tell."""
    tool = executor.tools.get(effect.tool)
    if effect.effect == "checkable" and tool is not None and tool.lookup is not NO_LOOK_UP:
        try:
            env = executor.tool_env(effect.idem_key, None)
            env = replace(env, secret=authors_only(env.secret, params, effect.args))
            hit = await tool.lookup(tool.args.model_validate(effect.args), env)
            if hit is not None:
                check_kept(hit.result, executor.settings.max_value_bytes)
        except (StepError, ValueError):
            return None, {}
        except Exception as error:
            log.error("look-up raised", tool=effect.tool, exc_info=error)
            return None, {}
        if hit is not None:
            return ev.EffectSucceeded, {"result": hit.result}
        return ev.EffectFailed, {
            "error": ev.Error(cls="stopped", message="It had not happened when the step was over.")
        }
    if effect.effect == "idempotent":
        gone = ev.Error(cls="stopped", message="The step was over before it was known to have happened.")
        return ev.EffectFailed, {"error": gone, "may_have_happened": True}
    return None, {}
