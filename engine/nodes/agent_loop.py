"""The agent loop: plain code over the context, so it is recorded, replayed and resumed like any step (DESIGN §6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import ErrorClass, StepError
from engine.nodes import envelope
from engine.nodes.agent_params import AgentParams
from engine.nodes.agent_turns import Call, Fault, Final, HandOff, Target, read_turn, system_text, turn_schema
from engine.nodes.budget import Budget
from engine.nodes.context import Context, ModelReply
from engine.nodes.contracts import Contract
from engine.nodes.fallback import Chain
from engine.nodes.models import unsure
from engine.nodes.schemas import value_fault
from engine.nodes.text import as_text
from engine.workflow.canonical import value_json

_TOLD: frozenset[ErrorClass] = frozenset({"schema", "expression", "invalid", "not_found", "permission", "limit"})
"""Failures of a tool that the model can do something about; the others are the retry policy's."""


@dataclass
class _Progress:
    """What one attempt has said and done so far, and may use. `calls` counts the context's keys.

    `chain` says which model is asked now. `blame` is the first turn that nothing came of, from which a
    retry asks again, and `failed` the first one of those that no model answered.
    """

    chain: Chain
    budget: Budget
    calls: int = 0
    refused: int = 0
    blame: str = ""
    failed: str = ""
    done: list[dict[str, str]] = field(default_factory=list)
    faults: list[dict[str, str]] = field(default_factory=list)
    results: list[envelope.ToolResult] = field(default_factory=list)

    def key(self) -> str:
        """The key of the context call that is made next."""
        self.calls += 1
        return str(self.calls)


async def run_agent(ctx: Context, params: AgentParams, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ask, check, act, until the model gives its final answer or hands off; StepError at the ladder's end."""
    given = _given(ctx, params, inputs)
    hand_offs = {name: _target(ctx, params, name) for name in ctx.hand_offs}
    schema = turn_schema(ctx.tools, hand_offs, params.output)
    start = [
        {"role": "system", "content": system_text(params.instructions, ctx.tools, hand_offs)},
        {"role": "user", "content": as_text(envelope.shown(given))},
    ]
    progress = _Progress(Chain(params.model, params.fallback_model), _budget(ctx, params, given))
    turns = 0
    while turns < params.max_turns:
        reply = await _ask(ctx, params, progress, [*start, *progress.done, *progress.faults], schema)
        if reply is None:
            continue
        turn = read_turn(reply, ctx.tools, hand_offs, params.output)
        if isinstance(turn, Fault):
            await _refuse(ctx, params, progress, reply, turn)
            continue
        turns += 1
        progress.faults.clear()
        if isinstance(turn, Final):
            doubt = _doubt(params, reply, turn.value, progress)
            if doubt is None:
                return {"result": turn.value}
            if not await _switched(ctx, params, progress, "unsure", doubt.message):
                raise doubt
            turns -= 1
            continue
        if isinstance(turn, HandOff):
            return await ctx.hand_off(turn.to, _sealed(ctx, given, turn, progress))
        await _act(ctx, params, progress, reply, turn)
    raise StepError("limit", f"The agent took {params.max_turns} turns without a final answer.", retryable=False)


async def _ask(
    ctx: Context,
    params: AgentParams,
    progress: _Progress,
    messages: list[dict[str, str]],
    schema: Mapping[str, Any],
) -> ModelReply | None:
    """One turn of the current model, or None when there is none to use and the ladder has been climbed."""
    left = progress.budget.after(ctx.used)
    progress.budget.refuse_more(left)
    most = params.max_tokens if left.tokens is None else min(params.max_tokens, left.tokens)
    first = progress.key() if await progress.chain.before(ctx, messages, most) else ""
    key = progress.key()
    first = first or key  # a retry chooses again, too
    try:
        reply = await ctx.ask_model(
            progress.chain.role,
            messages,
            schema=schema,
            max_tokens=most,
            **progress.chain.limits,
            temperature=params.temperature,
            seed=params.seed,
        )
    except StepError as error:
        if error.cls == "schema":  # a runtime that checks by itself: the same ladder
            progress.blame = progress.blame or first
            hint = "Answer with one complete JSON object of the shape asked for."
            await _refuse(ctx, params, progress, ModelReply(""), Fault("", error.message.rstrip("."), hint))
            return None
        progress.failed = progress.failed or first
        if not await _switched(ctx, params, progress, error.cls, error.message):
            if progress.failed != key:  # others failed before: a retry begins with the first of them again
                error.redo_from = progress.failed
            raise
        return None
    progress.blame, progress.failed = progress.blame or first, ""
    return reply


async def _refuse(ctx: Context, params: AgentParams, progress: _Progress, reply: ModelReply, turn: Fault) -> None:
    """The ladder: a hint and another try, then the fallback model, then the end of the attempt."""
    progress.key()
    await ctx.refuse_call(turn.tool, turn.fault, turn.hint)
    progress.refused += 1
    if progress.refused <= params.max_tool_errors:
        progress.faults += _exchange(reply, {"error": turn.fault, "hint": turn.hint})
        return
    why = f"{progress.refused} answers that cannot be used; the last one: {turn.fault}"
    blame, count = progress.blame, progress.refused
    if not await _switched(ctx, params, progress, "schema", why):
        raise StepError(
            "schema",
            f"The model gave {count} answers that cannot be used; the last one: {turn.fault}.",
            redo_from=blame,
        )


async def _switched(ctx: Context, params: AgentParams, progress: _Progress, cls: ErrorClass, why: str) -> bool:
    """Whether another model has taken over, with what was found out so far."""
    if not await progress.chain.after(ctx, cls, why):
        return False
    progress.key()
    progress.refused, progress.blame = 0, ""
    progress.faults.clear()
    return True


async def _act(ctx: Context, params: AgentParams, progress: _Progress, reply: ModelReply, turn: Call) -> None:
    """Run the tool; the model is told what it gave, or what kept it from working where that is the model's to mend."""
    progress.key()
    progress.blame = ""
    try:
        result = await ctx.call_wired(turn.name, turn.args, budget=progress.budget.after(ctx.used))
    except StepError as error:
        if error.outcome_unknown or error.cls == "drift":  # the engine's, whatever the model would make of it
            raise
        if params.on_tool_error == "retry" and error.cls not in _TOLD:
            raise
        result = {"error": error.message}
        progress.refused += 1
        if progress.refused > params.max_tool_errors:
            raise StepError(error.cls, f"{turn.name} failed too often: {error.message}", retryable=False) from error
    progress.done += _exchange(reply, result)
    progress.results.append(envelope.ToolResult(tool=turn.name, args=turn.args, result=result))


def _exchange(reply: ModelReply, result: Any) -> list[dict[str, str]]:
    """The model's own words, unchanged (its prefix cache matches them), and the answer to them."""
    said = reply.text or (value_json(reply.value) if reply.value is not None else "")
    told = {"role": "tool", "content": as_text(result)}
    return [{"role": "assistant", "content": said}, told] if said else [told]


def _doubt(params: AgentParams, reply: ModelReply, value: Any, progress: _Progress) -> StepError | None:
    threshold = unsure(reply, params.unsure_below)
    if threshold is None:
        return None
    return StepError(
        "unsure",
        f"The model is unsure: confidence {reply.confidence or 0:.2f}, under {threshold:.2f}. "
        f"It would answer {value_json(value)}",
        retryable=False,
        redo_from=progress.blame,
        detail={"answer": value, "confidence": reply.confidence},
    )


def _sealed(ctx: Context, given: Any, turn: HandOff, progress: _Progress) -> dict[str, Any]:
    return envelope.sealed(
        given,
        goal=turn.goal,
        reason=turn.reason,
        open_questions=turn.open_questions,
        tool_results=progress.results,
        budget_left=progress.budget.after(ctx.used),
        fields=turn.fields,
    )


def _given(ctx: Context, params: AgentParams, inputs: Mapping[str, Any]) -> Any:
    """What it works on: its own param, the value at `input`, or what another agent tells it to do.

    StepError `schema` for a hand-off without the fields that this agent accepts: one that its sender has not checked.
    """
    if params.input is not None:
        return params.input
    if ctx.via:
        return inputs["task"] if set(inputs) == {"task"} else dict(inputs)
    given = inputs.get("input")
    before = envelope.received(given) if params.accepts is not None else None
    if before is not None and (fault := value_fault(params.accepts or {}, before.fields)):
        raise StepError("schema", f"The hand-off lacks what this agent accepts: {fault}.", retryable=False)
    return given


def _target(ctx: Context, params: AgentParams, port: str) -> Target:
    """What the model is told of a hand-off. Without fields of its own, those that the other agent accepts."""
    said = params.hand_offs.get(port) or Contract()
    wants = ctx.accepts.get(port, ())
    if said.fields is None and wants:
        return Target(said.purpose, wants[0], wants[1:])
    return Target(said.purpose, said.fields, wants)


def _budget(ctx: Context, params: AgentParams, given: Any) -> Budget:
    """What this agent may use: its own limits, what its team has left and what its caller lets it use, the least."""
    before = envelope.received(given)
    own = Budget(
        tokens=params.budget_tokens,
        turns=params.budget_turns,
        seconds=params.budget_seconds,
        money=params.budget_money,
    )
    return own.within(before.budget_left if before else None).within(ctx.budget)
