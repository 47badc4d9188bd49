"""One effect: recorded, replayed, and after a crash treated as its class says (DESIGN §5 "the crash rule")."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import StepError
from engine.executor.faults import point
from engine.ids import digest, idempotency_key
from engine.run import events as ev
from engine.run import stimuli
from engine.run.record import Effect
from engine.run.reuse import hash_value

if TYPE_CHECKING:
    from engine.executor.step import Activation


class Suspend(BaseException):
    """The step waits for people or time: its coroutine is dropped, replay brings it back. `on` are effect keys."""

    def __init__(self, *on: str) -> None:
        super().__init__(*on)
        self.on = on


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of the world. `call(idem_key)` does it; `look_up(idem_key)` says (True, result) if it happened."""

    tool: str
    args: Any
    effect: ev.EffectClass
    call: Callable[[str], Awaitable[Any]]
    look_up: Callable[[str], Awaitable[tuple[bool, Any]]] | None = None
    lane: str = ""
    usage: Callable[[Any], Mapping[str, Any] | None] = lambda result: None


def fingerprint(tool: str, args: Any) -> str:
    """What must be the same when a step is replayed."""
    return digest(tool, hash_value(args))


async def perform(step: Activation, key: str, ask: Ask, via: str = "") -> Any:
    """The effect's result: from its record, or by asking the world now. Raises StepError or Suspend."""
    mark = fingerprint(ask.tool, ask.args)
    record = step.record.effects.get(key)
    gen = 1
    redo = False
    if record is not None:
        if record.status == "old":
            keeps = record.may_have_happened and record.effect in ("idempotent", "checkable")
            gen = record.gen if keeps else record.gen + 1
            if keeps and record.effect == "checkable" and ask.look_up is not None:
                found, result = await ask.look_up(record.idem_key)
                if found:
                    _succeeded(step, key, gen, ask, mark, via, result)
                    return result
        else:
            if record.fingerprint != mark:
                raise StepError("drift", f"The step asks {ask.tool} for something else than before its interruption.", retryable=False)
            if record.status == "ok":
                return record.result
            if record.status == "failed":
                raise recorded_error(record, key)
            if record.status == "doubt":
                raise Suspend(key)
            gen, redo = record.gen, True
            if record.status == "started":
                found, result = await _after_crash(step, key, record, ask)
                if found:
                    _succeeded(step, key, gen, ask, mark, via, result)
                    return result
    return await _do(step, key, gen, ask, mark, via, announced=redo)


async def _after_crash(step: Activation, key: str, record: Effect, ask: Ask) -> tuple[bool, Any]:
    """Started, and no result: (True, result) when it is known to have happened, (False, _) when it may be done again."""
    if record.effect in ("pure", "idempotent"):
        return False, None
    if record.effect == "checkable" and ask.look_up is not None:
        await step.executor.writer.durable(step.executor.last_ticket(step.run))
        return await ask.look_up(record.idem_key)
    step.report(lambda turn: stimuli.in_doubt(turn, step.node, step.visit, key, {"why": "no result after a crash"}))
    raise Suspend(key)


async def _do(step: Activation, key: str, gen: int, ask: Ask, mark: str, via: str, *, announced: bool) -> Any:
    executor = step.executor
    world = ask.effect != "pure"
    idem = idempotency_key(step.state.root_run, step.node, step.visit, key, gen)
    async with step.lane(ask.lane):
        point("effect.before_start")
        if world and not announced:
            step.journal(ev.EffectStarted, key=key, gen=gen, effect=ask.effect, tool=ask.tool, fingerprint=mark, idem_key=idem,
                         args=ask.args, via=via)  # fmt: skip
        await executor.writer.durable(executor.last_ticket(step.run))  # the output barrier (SEMANTICS §4)
        point("effect.after_start")
        if not world:
            try:
                result = await ask.call(idem)
            except StepError as error:
                raise _failed(step, key, gen, ask, mark, via, error) from None
        else:
            result = await _do_in_the_world(step, key, gen, ask, mark, via, idem)
    point("effect.after_call")
    _succeeded(step, key, gen, ask, mark, via, result)
    point("effect.after_result")
    return result


async def _do_in_the_world(step: Activation, key: str, gen: int, ask: Ask, mark: str, via: str, idem: str) -> Any:
    """A world effect is a task of its own: a step that is cancelled leaves it to finish and to be journaled (T16)."""
    task = asyncio.ensure_future(ask.call(idem))
    try:
        return await asyncio.shield(task)
    except StepError as error:
        raise _failed(step, key, gen, ask, mark, via, error) from None
    except asyncio.CancelledError:
        if step.timed_out or step.executor.stopping:
            task.cancel()
            await asyncio.wait([task])
            if step.timed_out:
                late = StepError("timeout", f"{ask.tool} was cut off at the step's time limit.", outcome_unknown=True)
                raise _failed(step, key, gen, ask, mark, via, late) from None
            raise
        if ask.effect == "idempotent":
            task.cancel()
            await asyncio.wait([task])
            gone = ev.Error(cls="stopped", message="The step was cancelled.")
            step.journal(ev.EffectFailed, key=key, gen=gen, effect=ask.effect, tool=ask.tool, fingerprint=mark, error=gone,
                         may_have_happened=True)  # fmt: skip
        else:
            step.executor.drain(task, _Drained(step, key, gen, ask, mark, via))
        raise


@dataclass(frozen=True, slots=True)
class _Drained:
    """What to journal when the effect of a cancelled step comes to its end."""

    step: Activation
    key: str
    gen: int
    ask: Ask
    mark: str
    via: str

    def __call__(self, task: asyncio.Future[Any]) -> None:
        error = None if task.cancelled() else task.exception()
        if task.cancelled() or (error is not None and not isinstance(error, StepError)):
            error = StepError("internal", f"{self.ask.tool} was cut off.", outcome_unknown=True)
        if error is None:
            _succeeded(self.step, self.key, self.gen, self.ask, self.mark, self.via, task.result())
        elif isinstance(error, StepError):
            try:
                _failed(self.step, self.key, self.gen, self.ask, self.mark, self.via, error)
            except Suspend:
                pass


def _succeeded(step: Activation, key: str, gen: int, ask: Ask, mark: str, via: str, result: Any) -> None:
    pure = ask.effect == "pure"
    usage = ask.usage(result)
    step.journal(ev.EffectSucceeded, key=key, gen=gen, effect=ask.effect, tool=ask.tool, fingerprint=mark, result=result,
                 usage=dict(usage) if usage else None, args=ask.args if pure else None, via=via if pure else "")  # fmt: skip


def _failed(step: Activation, key: str, gen: int, ask: Ask, mark: str, via: str, error: StepError) -> StepError:
    """Journal the failure; a write that may have happened and may not be repeated is in doubt instead (raises Suspend)."""
    if error.outcome_unknown and ask.effect == "at_most_once":
        evidence = {"why": error.message}
        step.report(lambda turn: stimuli.in_doubt(turn, step.node, step.visit, key, evidence))
        raise Suspend(key)
    told = ev.Error(cls=error.cls, message=error.message, detail=error.detail)
    pure = ask.effect == "pure"
    step.journal(ev.EffectFailed, key=key, gen=gen, effect=ask.effect, tool=ask.tool, fingerprint=mark, error=told,
                 args=ask.args if pure else None, via=via if pure else "", may_have_happened=error.outcome_unknown)  # fmt: skip
    error.effect_key = key
    return error


def recorded_error(record: Effect, key: str) -> StepError:
    """The failure as it was when it happened, for a replay that meets it again."""
    error = StepError(record.error.cls, record.error.message)
    error.effect_key = key
    return error
