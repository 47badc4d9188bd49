"""What a node's function sees of the world (`engine.nodes.context.Context`), recorded key by key."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from engine import masks
from engine.errors import StepError
from engine.executor import model_policy, replays
from engine.executor.approvals import Caller, agreed_call, agreed_use, authors_only, own_role
from engine.executor.effects import NO_LOOK_UP, Ask, Suspend, perform
from engine.executor.faults import point
from engine.executor.kept import check_kept, check_said
from engine.executor.lanes import set_aside
from engine.executor.own_words import own_words
from engine.net.address import written
from engine.nodes.budget import Budget, Used
from engine.nodes.capability import MAX_DELEGATION
from engine.nodes.catalog import CATALOG, validate_params
from engine.nodes.context import LASTING, PASSING, Answer, Choice, Context, EffectClass, Fallback, ModelReply, WiredTool
from engine.run import events as ev
from engine.run.questions import result_of
from engine.run.scope import render_params
from engine.run.spent import spent
from engine.tools.roots import opened_for
from engine.tools.tool import Tool, ToolEnv
from engine.workflow.model import Placement

if TYPE_CHECKING:
    from engine.executor.step import Activation

_APPROVAL = ("approve", "approve_with_changes", "refuse")


class StepContext:
    """One branch of one activation; a `gather` or a wired call opens branches below a key."""

    def __init__(
        self,
        step: Activation,
        prefix: str = "",
        via: str = "",
        above: StepContext | None = None,
        budget: Budget | None = None,
    ) -> None:
        self._step = step
        self._prefix = prefix
        self._via = self.via = via
        self._called: tuple[str, ...] = above._called if above is not None else ()
        self._used: Used = Used(above._used if above is not None else None)
        self._counted = ""  # the key up to which earlier attempts are counted
        self.budget = budget
        self.caller: Caller = above.caller if above is not None and above.via == via else Caller(via or step.node)
        self._calls = 0
        self._shown = ("", masks.Stream())
        self._busy = False
        self.run_id: str = step.run
        self.root_run: str = step.state.root_run
        self.node: str = step.node
        self.visit: tuple[int, ...] = step.visit
        self.tools: Mapping[str, WiredTool] = step.tools_of(via or step.node)
        self.hand_offs: tuple[str, ...] = step.hand_offs if not via else ()
        self.accepts: Mapping[str, tuple[Mapping[str, Any], ...]] = step.accepts if not via else {}

    def _key(self) -> str:
        if self._busy:
            raise StepError("drift", "Two effects at once on one context; use ctx.gather.", retryable=False)
        # a branch that was woken in the same turn of the loop as its step was ended; or one that was told of a failure
        # when the time was over, and would go on without any limit
        if not self._step.current or self._step.timed_out:
            raise asyncio.CancelledError
        self._calls += 1
        return f"{self._prefix}{self._calls}"

    async def _perform(self, ask: Ask, key: str = "") -> Any:
        key = key or self._key()
        replays.recorded(self._step, self._approval, key, ask, self._via)
        if ask.tool.startswith("model:"):
            own_role(self._step, key, self.caller)
        self._busy = True
        try:
            return await perform(self._step, key, ask, self._via)
        finally:
            self._busy = False
            self._count(key)
            known = self._step.record.effects.get(key)
            if known is not None and known.status in ("ok", "failed"):
                self._used.add(spent(known.tool, known.args, known.usage, known.took))

    @property
    def used(self) -> Used:
        """What was used up to the next call, that of earlier attempts at it included."""
        self._count(f"{self._prefix}{self._calls + 1}")
        return self._used

    def _count(self, key: str) -> None:
        known = self._step.record.effects.get(key)
        if key != self._counted and known is not None and known.before is not None:
            self._counted = key
            self._used.add(known.before)

    async def ask_model(
        self,
        role: str,
        messages: Sequence[Mapping[str, str]],
        *,
        schema: Mapping[str, Any] | None = None,
        max_tokens: int = 512,
        temperature: float = 0.0,
        seed: int = 0,
        timeout_s: float | None = None,
        first_s: float | None = None,
    ) -> ModelReply:
        """One turn of a model; its partial text goes to the progress file."""
        models, aside = self._step.executor.models, list[float]()
        listed = [dict(message) for message in messages]
        args: dict[str, Any] = {
            "role": role,
            "messages": listed,
            "max_tokens": max_tokens,
            "temperature": temperature,
            "seed": seed,
        }

        order = self._step.state.order

        async def call(idem_key: str) -> Any:
            with self._step.executor.health.watch(role, self._step.executor.settings.roles.get(role), aside):
                reply = await models.ask(
                    role,
                    listed,
                    schema=schema,
                    max_tokens=max_tokens,
                    temperature=temperature,
                    seed=seed,
                    timeout_s=timeout_s,
                    on_text=self.progress,
                    edge=self._on_edge(),
                    fixed=own_words(order.node[self._via or self.node].params, listed),
                    first_s=first_s,
                    waiting=partial(set_aside, self._step.limit, aside),
                )
            return asdict(reply)

        usage = itemgetter("usage")
        ask = Ask(f"model:{role}", args, "pure", call, lane=models.lane(role), usage=usage, aside=aside)
        return ModelReply(**await self._perform(ask))

    async def run_model(
        self, role: str, inputs: Mapping[str, Any], *, timeout_s: float | None = None
    ) -> Mapping[str, Any]:
        """One inference of an ONNX model."""
        models, given, aside = self._step.executor.models, dict(inputs), list[float]()
        who: dict[str, Any] = {}  # which file answered, on which provider, belongs into the run's record

        async def call(idem_key: str) -> Any:
            waiting = partial(set_aside, self._step.limit, aside)
            return await models.infer(role, given, timeout_s=timeout_s, waiting=waiting, who=who.update)

        lane = models.lane(role)
        ask = Ask(f"model:{role}", given, "pure", call, lane=lane, usage=lambda result: {"model": who}, aside=aside)
        result: Mapping[str, Any] = await self._perform(ask)
        return result

    async def call_tool(
        self, tool: str, args: Mapping[str, Any], *, effect: EffectClass | None = None, timeout_s: float | None = None
    ) -> Any:
        """One call of a registered tool."""
        executor = self._step.executor
        found = executor.tools.get(tool)
        if found is None:
            raise StepError("not_found", f"There is no tool {tool!r} here.", retryable=False)
        _checked(found, args)
        key = self._key()
        args = agreed_call(self._step, self._approval, key, found, args, self.caller)
        checked = _checked(found, args)
        limit = timeout_s if timeout_s is not None else found.timeout_s
        params = self._step.state.order.node[self.caller.node].params
        secret = authors_only(executor.secret, params, args)

        def env(idem_key: str) -> ToolEnv:
            place: Placement = "edge" if self._on_edge() else "either"
            given = executor.tool_env(idem_key, limit)
            guard = replace(given.guard, written=written(params))
            roots = opened_for(given.roots, params, self._step.state.started)
            return replace(given, placement=place, progress=self.progress, secret=secret, guard=guard, roots=roots)

        async def call(idem_key: str) -> Any:
            return await found.call(checked, env(idem_key))

        async def look_up(idem_key: str) -> tuple[bool, Any]:
            assert found is not None
            hit = await found.lookup(checked, env(idem_key))
            if hit is None:
                return False, None
            check_kept(hit.result, executor.settings.max_value_bytes)
            return True, hit.result

        ask = Ask(
            tool,
            dict(args),
            effect or found.effect(checked),
            call,
            look_up if found.lookup is not NO_LOOK_UP else None,
            lane=found.lane(checked),
            gives="" if found.gives == "tool" else found.gives or "nothing",
        )
        return await self._perform(ask, key)

    async def call_wired(self, name: str, args: Mapping[str, Any], *, budget: Budget | None = None) -> Any:
        """Run a wired node with these arguments; its own effects are recorded below this call's key."""
        key, number = self._key(), self._calls
        if len(self._called) >= MAX_DELEGATION:
            # checks refuse such drawings; this holds for those that nobody has checked
            raise StepError("limit", f"Agents ask agents more than {MAX_DELEGATION} levels deep.", retryable=False)
        agent = self._via or self.node
        given, origin = agreed_use(self._step, self._approval, key, agent, self.tools[name], args)
        node = self._step.state.order.node[name]
        node_type = CATALOG[node.type]
        state = self._step.state
        params = validate_params(node_type, render_params(state, name, self.node, self.visit, given))
        if node_type.run is None:
            raise StepError("schema", f"{node.type} cannot be a tool.", retryable=False)
        inner = StepContext(self._step, f"{key}.1.", name, self, budget)
        inner.caller, inner._called = Caller(name, params, origin, given), (*self._called, name)
        self._busy = True
        try:
            outputs = await node_type.run(inner, params, given)
        except StepError as error:
            if error.redo_from is not None:  # the node counted from its own first call
                error.redo_from = f"{number}.1.{error.redo_from}"
            raise
        finally:
            self._busy = False
        return outputs.get(node_type.shape(node.params).main, next(iter(outputs.values()), None))

    def _approval(self, key: str, form: Mapping[str, Any]) -> Answer:
        return self._answer(key, form, "approval", 1, None)

    async def ask_person(
        self, form: Mapping[str, Any], *, required: int = 1, deadline_s: float | None = None, type: str = "agent"
    ) -> Answer:
        """Ask a person and wait for the answer, however long it takes."""
        return self._answer(self._key(), form, type, required, deadline_s)

    def _answer(self, key: str, form: Mapping[str, Any], type: str, required: int, deadline_s: float | None) -> Answer:
        step = self._step
        known = step.record.questions.get(key)
        if known is None:
            if key in step.record.effects:
                raise StepError("drift", "The step asks a person where it did something else before.", retryable=False)
            check_said("The question", form)
            due = step.executor.clock() + deadline_s if deadline_s is not None else None
            step.report(
                lambda turn: turn.ask(
                    step.node, step.visit, key=key, type=type, form=dict(form), required=required, due=due
                )
            )
            point("question.asked")
            raise Suspend(key)
        question = step.state.questions[known][2]
        if question.outcome is None:
            raise Suspend(key)
        result = result_of(question, question.outcome)
        values = {"value": result["value"], "form": result["form"]}
        people = ", ".join(question.answers)
        return Answer(question.outcome, values, result["comment"], people)

    async def sleep(self, seconds: float) -> None:
        """Wait without holding anything."""
        key = self._key()
        step = self._step
        record = step.record.effects.get(key)
        if record is None or record.status == "old":
            gen = 1 if record is None else record.gen + 1
            step.journal(
                ev.EffectStarted,
                key=key,
                gen=gen,
                effect="pure",
                tool="sleep",
                fingerprint="sleep",
                due=step.executor.clock() + seconds,
            )
            raise Suspend(key)
        if record.tool != "sleep":
            raise StepError("drift", "The step sleeps where it did something else before.", retryable=False)
        if record.status != "ok":
            raise Suspend(key)

    async def now(self) -> float:
        """The time, recorded."""

        async def call(idem_key: str) -> Any:
            return self._step.executor.clock()

        return float(await self._perform(Ask("now", None, "pure", call)))

    async def gather(self, *branches: Callable[[Context], Awaitable[Any]]) -> list[Any]:
        """Several at once. All run to their end; then a doubt comes before an error, an error before a wait."""
        key = self._key()
        contexts = [
            StepContext(self._step, f"{key}.{number}.", self._via, self, self.budget)
            for number in range(1, len(branches) + 1)
        ]
        self._busy = True
        try:
            results, cut_off = await _all(
                [_kept(branch(context)) for branch, context in zip(branches, contexts, strict=True)]
            )
        finally:
            self._busy = False
        if cut_off and not self._step.timed_out:
            raise asyncio.CancelledError
        waits = [key for result in results if isinstance(result, Suspend) for key in result.on]
        errors = [result.error for result in results if isinstance(result, _Raised)]
        doubts = [
            key
            for key in waits
            if (effect := self._step.record.effects.get(key)) is not None and effect.status == "doubt"
        ]
        if errors and not doubts:
            raise next((error for error in errors if isinstance(error, StepError)), errors[0])
        if waits:
            raise Suspend(*waits)
        if cut_off:
            raise asyncio.CancelledError
        return results

    async def refuse_call(self, tool: str, fault: str, hint: str) -> None:
        """Record that a call was refused before it ran."""
        self._note(ev.ToolCallRefused, tool=tool, fault=fault, hint=hint)

    def _on_edge(self) -> bool:
        """Whether this step, or the agent that it is done for, may ask nobody outside this place."""
        order = self._step.state.order
        places = [order.node[key].placement or order.workflow.placement for key in {self.node, *self._called}]
        return "edge" in places

    def fallback(self, role: str, named: str | None = None) -> Fallback:
        """The chain of a role; on a replay the one that took over."""
        if did := self._step.record.notes.get(f"{self._prefix}{self._calls + 1}", ""):
            return Fallback((did,), LASTING | PASSING | {"unsure"})
        return model_policy.fallback(role, named, self._facts(0, 0))

    def choose_model(
        self,
        root: str,
        named: str | None,
        role: str,
        failed: Sequence[str],
        *,
        started: bool,
        prompt: int,
        answer: int,
    ) -> Choice:
        """Who is asked by the rules of the settings; on a replay the one that was."""
        key, record = f"{self._prefix}{self._calls + 1}", self._step.record
        facts = self._facts(prompt, answer)
        if did := record.notes.get(key, ""):
            if f"{self._prefix}{self._calls + 2}" not in record.effects:  # by what holds now, not by what held then
                model_policy.refuse_stray(root, did, facts)
            return Choice(did, "", *model_policy.limits(root, named, did, failed, facts))
        done = record.effects.get(key)
        if done is not None and done.status != "old":
            return Choice(role)
        return model_policy.choice(root, named, role, failed, facts, started=started)

    def _facts(self, prompt: int, answer: int) -> model_policy.Facts:
        executor = self._step.executor
        return model_policy.facts_of(
            executor.settings, executor.health, self._step.state, edge=self._on_edge(), prompt=prompt, answer=answer
        )

    async def switch_model(self, from_role: str, to_role: str, why: str) -> None:
        """Record that another model takes over."""
        self._note(ev.ModelSwitched, from_model=from_role, to_model=to_role, why=why)

    async def hand_off(self, to: str, envelope: Mapping[str, Any]) -> Mapping[str, Any]:
        """Record a hand-off, together with the end of the step that it is: the returned outputs."""
        key, leaving = self._key(), {"to": to, "envelope": dict(envelope)}
        check_said("The hand-off", leaving)
        self._step.leaving = {"key": key, **leaving}
        return {to: dict(envelope)}

    def _note(self, kind: type[Any], **fields: Any) -> None:
        key = self._key()
        if key not in self._step.record.notes:
            check_said("What the step notes", fields)
            self._step.journal(kind, key=key, **fields)

    def progress(self, text: str) -> None:
        """Something to show meanwhile; a secret that comes in pieces is not shown either."""
        step, key = self._step, f"{self._prefix}{self._calls}"
        if self._shown[0] != key:
            self._shown = (key, masks.Stream())
        if text := self._shown[1].feed(text):
            step.executor.progress(step.run, step.node, step.visit, key, text)


def _checked(tool: Tool, args: Mapping[str, Any]) -> BaseModel:
    """The arguments as the tool takes them; StepError `schema` when it does not."""
    try:
        return tool.args.model_validate(args)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise StepError("schema", f"{tool.name}: {place}: {first['msg']}.", retryable=False) from None


class _Raised:
    __slots__ = ("error",)

    def __init__(self, error: BaseException) -> None:
        self.error = error


async def _kept(branch: Awaitable[Any]) -> Any:
    """A branch's result, its wait or its error, so that siblings always run to their end."""
    try:
        return await branch
    except Suspend as wait:
        return wait
    except (Exception, asyncio.CancelledError) as error:
        return _Raised(error)


async def _all(branches: list[Coroutine[Any, Any, Any]]) -> tuple[list[Any], bool]:
    """All results in order, and whether they were cut off; what becomes of branches that are cut off still counts."""
    tasks = [asyncio.ensure_future(branch) for branch in branches]
    if not tasks:
        return [], False
    cut_off = False
    try:
        await asyncio.wait(tasks)
    except asyncio.CancelledError:
        for task in tasks:
            task.cancel()
        cut_off = True
        await asyncio.wait(tasks)
    return [task.result() for task in tasks], cut_off
