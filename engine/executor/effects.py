"""One effect: recorded, replayed, and after a crash treated as its class says (DESIGN §5 "the crash rule")."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any, NoReturn

from engine import log, masks
from engine.errors import StepError
from engine.executor.faults import point
from engine.executor.kept import check_kept, check_said, fit
from engine.ids import Visit, digest, idempotency_key
from engine.run import events as ev
from engine.run import stimuli
from engine.run.record import Effect
from engine.run.reuse import hash_value
from engine.tools.tool import Tool

if TYPE_CHECKING:
    from engine.executor.step import Activation


STOP_S = 5.0
"""How long an engine that is stopped waits for a write that only a person could settle otherwise."""

NO_LOOK_UP = Tool.__dataclass_fields__["lookup"].default


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
    gives: str = ""  # the source of the result, where the tool's name does not say it
    usage: Callable[[Any], Mapping[str, Any] | None] = lambda result: None
    aside: list[float] = field(default_factory=list)  # seconds in which the world was not at work yet


def fingerprint(tool: str, args: Any) -> str:
    """What must be the same when a step is replayed."""
    return digest(tool, hash_value(args))


@dataclass(frozen=True, slots=True)
class _Doing:
    """One effect of one step while it is done: what every event about it says."""

    step: Activation
    key: str
    gen: int
    ask: Ask
    mark: str
    via: str
    sent_as: str = ""  # the idempotency key of an earlier try that may have happened
    began: list[float] = field(default_factory=list)  # when the world was asked

    @property
    def place(self) -> tuple[str, str, Visit, str]:
        """Run, node, visit and key."""
        return (self.step.run, self.step.node, self.step.visit, self.key)

    def _facts(self) -> dict[str, Any]:
        ask = self.ask
        return {"key": self.key, "gen": self.gen, "effect": ask.effect, "tool": ask.tool, "fingerprint": self.mark}

    def _told(self) -> dict[str, Any]:
        """How long the world was at work; and what only a pure effect says last, having had no EffectStarted."""
        told: dict[str, Any] = {}
        if self.began:
            told["took"] = round(max(0.0, perf_counter() - self.began[0] - sum(self.ask.aside)), 3)
        if self.ask.gives:
            told["gives"] = self.ask.gives
        return {**told, "args": self.ask.args, "via": self.via} if self.ask.effect == "pure" else told

    def started(self, idem_key: str) -> None:
        """The world is about to be asked."""
        args = {"idem_key": idem_key, "args": self.ask.args, "via": self.via}
        self.step.journal(ev.EffectStarted, **self._facts(), **args)

    def succeeded(self, result: Any) -> None:
        """It happened, and this came of it."""
        self.step.executor.in_flight.discard(self.place)
        usage = self.ask.usage(result)
        used = {"usage": dict(usage)} if usage else {}
        self.step.journal(ev.EffectSucceeded, **self._facts(), **self._told(), **used, result=result)

    def failed(self, error: StepError) -> StepError:
        """It failed. A write that may have happened and may not be repeated is in doubt instead: raises Suspend."""
        fit(error)
        if error.outcome_unknown and self.ask.effect == "at_most_once":
            self.in_doubt(error.message)
        self.step.executor.in_flight.discard(self.place)
        told = ev.Error(cls=error.cls, message=error.message, detail=error.detail)
        unknown = error.outcome_unknown
        self.step.journal(ev.EffectFailed, **self._facts(), **self._told(), error=told, may_have_happened=unknown)
        error.effect_key = self.key
        return error

    def in_doubt(self, why: str) -> NoReturn:
        """Nobody can tell whether it happened: a person is asked, the step waits."""
        step, key = self.step, self.key
        step.executor.in_flight.discard(self.place)
        step.report(lambda turn: stimuli.in_doubt(turn, step.node, step.visit, key, {"why": why}))
        raise Suspend(key)

    def drained(self, task: asyncio.Future[Any]) -> None:
        """The step was cancelled meanwhile; what became of its effect is journaled all the same (T16)."""
        error = _error_of(self, task)
        if task.cancelled() or (error is not None and not isinstance(error, StepError)):
            error = StepError("internal", f"{self.ask.tool} was cut off.", outcome_unknown=True)
        if error is None:
            self.succeeded(task.result())
        elif isinstance(error, StepError):
            with suppress(Suspend):
                self.failed(error)


async def perform(step: Activation, key: str, ask: Ask, via: str = "") -> Any:
    """The effect's result: from its record, or by asking the world now. Raises StepError or Suspend."""
    mark = fingerprint(ask.tool, ask.args)
    record = step.record.effects.get(key)
    if record is None:
        step.not_asked(key)
        return await _do(_Doing(step, key, 1, ask, mark, via))
    if record.status == "old":
        kept = record.may_have_happened and record.effect in ("idempotent", "checkable")
        known = (record.gen, record.idem_key) if kept else (record.gen + 1, "")
        doing = _Doing(step, key, known[0], ask, mark, via, known[1])
        if kept and record.effect == "checkable" and ask.look_up is not None:
            happened, result = await _looked_up(doing, ask.look_up, record.idem_key)
            if happened:
                doing.succeeded(result)
                return result
        return await _do(doing)
    if record.fingerprint != mark:
        raise StepError("drift", f"The step asks {ask.tool} for something else than it did before.", retryable=False)
    if record.status == "ok":
        return record.result
    if record.status == "failed":
        raise recorded_error(record, key)
    if record.status == "doubt":
        raise Suspend(key)
    doing = _Doing(step, key, record.gen, ask, mark, via, record.idem_key)
    if record.status == "started":
        happened, result = await _after_crash(doing, record)
        if happened:
            doing.succeeded(result)
            return result
    # what a person wants done after all is announced anew, or a crash would do it a third time without asking
    return await _do(doing, announced=record.status == "started")


async def _after_crash(doing: _Doing, record: Effect) -> tuple[bool, Any]:
    """Started, no result: (True, result) when it surely happened, (False, None) when it may be done again."""
    step, look_up = doing.step, doing.ask.look_up
    if record.effect in ("pure", "idempotent"):
        return False, None
    if record.effect == "checkable" and look_up is not None:
        await step.on_disk()
        return await _looked_up(doing, look_up, record.idem_key)
    doing.in_doubt("no result after a crash")


async def _looked_up(
    doing: _Doing, look_up: Callable[[str], Awaitable[tuple[bool, Any]]], idem_key: str
) -> tuple[bool, Any]:
    """What a look-up says. One that says that nobody will ever be able to tell makes it a doubt: a person is asked."""
    try:
        happened, result = masks.clean(await look_up(idem_key))
        return happened, result
    except StepError as error:
        if error.outcome_unknown:
            doing.in_doubt(error.message)
        raise


async def _do(doing: _Doing, *, announced: bool = False) -> Any:
    step, ask = doing.step, doing.ask
    executor = step.executor
    check_said(f"What is asked of {ask.tool}", ask.args)
    # made from the run itself: two runs that continue the same one must not look like one to the other side
    idem_key = doing.sent_as or idempotency_key(step.run, step.node, step.visit, doing.key, doing.gen)
    async with step.lane(ask.lane):
        point("effect.before_start")
        if ask.effect == "pure":
            await step.on_disk()  # the output barrier (SEMANTICS §4)
            point("effect.after_start")
            doing.began.append(perf_counter())
            try:
                result = await _answer(ask, idem_key)
                check_kept(result, executor.settings.max_value_bytes)
            except StepError as error:
                raise doing.failed(error) from None
        else:
            executor.in_flight.add(doing.place)
            if not announced:
                doing.started(idem_key)
            await _durable(doing, sent_before=announced)
            point("effect.after_start")
            doing.began.append(perf_counter())
            result = await _do_in_the_world(doing, idem_key)
    point("effect.after_call")
    doing.succeeded(result)
    point("effect.after_result")
    return result


async def _answer(ask: Ask, idem_key: str) -> Any:
    """What the world says, without the secrets that it was told: all that is kept of it goes through here."""
    return masks.clean(await ask.call(idem_key))


async def _durable(doing: _Doing, *, sent_before: bool) -> None:
    """The output barrier before a write. Cut off here, it has not been sent, and the journal says so."""
    step = doing.step
    try:
        await step.on_disk()
    except asyncio.CancelledError:
        step.executor.in_flight.discard(doing.place)
        if not step.executor.stopping:
            with suppress(Suspend):
                unsent = "The step was cancelled before it was sent."
                doing.failed(StepError("stopped", unsent, outcome_unknown=sent_before))
        elif doing.ask.effect == "at_most_once" and not sent_before:
            # the next engine would take it for sent and ask a person
            step.journal(ev.EffectResolved, key=doing.key, gen=doing.gen, how="do_it")
        raise


async def _do_in_the_world(doing: _Doing, idem_key: str) -> Any:
    """A world effect is a task of its own: a step that is cancelled leaves it to finish and to be journaled (T16)."""
    step, ask = doing.step, doing.ask
    task = asyncio.ensure_future(_answer(ask, idem_key))
    try:
        result = await asyncio.shield(task)
        check_kept(result, step.executor.settings.max_value_bytes, happened=True)
        return result
    except StepError as error:
        raise doing.failed(error) from None
    except asyncio.CancelledError:
        if task.cancelled() and not told_to_stop():
            gone = StepError("internal", f"{ask.tool} broke off by itself.", outcome_unknown=True)
            raise doing.failed(gone) from None
        stopping = step.executor.stopping
        if not (step.timed_out or stopping or ask.effect == "idempotent"):
            step.executor.drain(task, doing.drained)
            raise
        if stopping and ask.effect == "at_most_once" and not step.executor.broken:
            await asyncio.wait([task], timeout=STOP_S)
        await _stopped(doing, task)
        _cut_off(doing, task)
        raise
    except Exception as error:
        log.error("tool raised", run_id=step.run, step=step.node, tool=ask.tool, exc_info=error)
        unknown = StepError("internal", f"{type(error).__name__}: {error}", outcome_unknown=True)
        raise doing.failed(unknown) from None


async def _stopped(doing: _Doing, task: asyncio.Future[Any]) -> None:
    """Tell a call to stop and wait until it has. When its step ends meanwhile, others see to what became of it."""
    task.cancel()
    try:
        await asyncio.wait([task])
    except asyncio.CancelledError:
        if doing.step.current:  # the engine stops: the next one finds it without a result
            doing.step.executor.in_flight.discard(doing.place)
        else:
            doing.step.executor.drain(task, doing.drained)
        raise


def told_to_stop() -> bool:
    """Whether somebody cancelled the current task; otherwise what it called broke off by itself."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _error_of(doing: _Doing, task: asyncio.Future[Any]) -> BaseException | None:
    """What a call that has come to its end failed with, if anything."""
    if task.cancelled():
        return None
    error = task.exception()
    if error is None:
        try:
            check_kept(task.result(), doing.step.executor.settings.max_value_bytes, happened=True)
        except StepError as unfit:
            return unfit
    return error


def _cut_off(doing: _Doing, task: asyncio.Future[Any]) -> None:
    """Say what became of a call that was told to stop: it may have come to its end all the same."""
    step = doing.step
    error = _error_of(doing, task)
    if not task.cancelled() and error is None:
        doing.succeeded(task.result())
    elif isinstance(error, StepError):
        raise doing.failed(error) from None
    elif step.timed_out:
        late = f"{doing.ask.tool} was cut off at the step's time limit."
        raise doing.failed(StepError("timeout", late, outcome_unknown=True)) from None
    elif not step.executor.stopping:
        doing.failed(StepError("stopped", "The step was cancelled.", outcome_unknown=True))
    else:
        step.executor.in_flight.discard(doing.place)  # the next engine finds it without a result


def recorded_error(record: Effect, key: str) -> StepError:
    """The failure as it was when it happened, for a replay that meets it again."""
    unknown = record.may_have_happened
    error = StepError(record.error.cls, record.error.message, detail=record.error.detail, outcome_unknown=unknown)
    error.effect_key = key
    return error
