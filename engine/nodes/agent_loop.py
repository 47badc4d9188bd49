"""The agent loop: plain code over the context, so it is recorded, replayed and resumed like any step (DESIGN §6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import ErrorClass, StepError
from engine.nodes import envelope
from engine.nodes.agent_params import AgentParams
from engine.nodes.agent_turns import Call, Fault, Final, HandOff, read_turn, system_text, turn_schema
from engine.nodes.context import Context, ModelReply
from engine.nodes.fallback import take_over
from engine.nodes.models import unsure
from engine.nodes.text import as_text
from engine.workflow.canonical import value_json

_TOLD: frozenset[ErrorClass] = frozenset({"schema", "expression", "invalid", "not_found", "permission", "limit"})
"""Failures of a tool that the model can do something about; the others are the retry policy's."""


@dataclass
class _Progress:
    """What one attempt has said, done and spent so far. `calls` counts the context's keys.

    `tried` are the models, the one that is asked now last. `blame` is the first turn that nothing came of, from which a
    retry asks again, and `failed` the first one of those that no model answered.
    """

    tried: list[str]
    tokens_left: int | None
    calls: int = 0
    refused: int = 0
    blame: str = ""
    failed: str = ""
    done: list[dict[str, str]] = field(default_factory=list)
    faults: list[dict[str, str]] = field(default_factory=list)
    results: list[envelope.ToolResult] = field(default_factory=list)

    @property
    def role(self) -> str:
        """The model that is asked."""
        return self.tried[-1]

    def key(self) -> str:
        """The key of the context call that is made next."""
        self.calls += 1
        return str(self.calls)


async def run_agent(ctx: Context, params: AgentParams, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ask, check, act, until the model gives its final answer or hands off; StepError at the ladder's end."""
    given = inputs.get("input") if params.input is None else params.input
    hand_offs = {name: params.hand_offs.get(name, "") for name in ctx.hand_offs}
    schema = turn_schema(ctx.tools, ctx.hand_offs, params.output)
    start = [
        {"role": "system", "content": system_text(params.instructions, ctx.tools, hand_offs)},
        {"role": "user", "content": as_text(given)},
    ]
    progress = _Progress([params.model], _budget(params, given))
    turns = 0
    while turns < params.max_turns:
        reply = await _ask(ctx, params, progress, [*start, *progress.done, *progress.faults], schema)
        if reply is None:
            continue
        turn = read_turn(reply, ctx.tools, ctx.hand_offs, params.output)
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
            return await ctx.hand_off(turn.to, _sealed(given, turn, progress))
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
    left = progress.tokens_left
    if left is not None and left <= 0:
        raise StepError("limit", f"The agent has used its {params.budget_tokens or 0} tokens.", retryable=False)
    key = progress.key()
    try:
        reply = await ctx.ask_model(
            progress.role,
            messages,
            schema=schema,
            max_tokens=params.max_tokens if left is None else min(params.max_tokens, left),
            temperature=params.temperature,
            seed=params.seed,
        )
    except StepError as error:
        if error.cls == "schema":  # a runtime that checks by itself: the same ladder
            progress.blame = progress.blame or key
            hint = "Answer with one complete JSON object of the shape asked for."
            await _refuse(ctx, params, progress, ModelReply(""), Fault("", error.message.rstrip("."), hint))
            return None
        progress.failed = progress.failed or key
        if not await _switched(ctx, params, progress, error.cls, error.message):
            if progress.failed != key:  # others failed before: a retry begins with the first of them again
                error.redo_from = progress.failed
            raise
        return None
    progress.blame, progress.failed = progress.blame or key, ""
    if left is not None:
        usage = reply.usage or {}
        progress.tokens_left = left - int(usage.get("prompt", 0)) - int(usage.get("completion", 0))
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
    role = await take_over(ctx, progress.tried, cls, why, params.fallback_model)
    if role is None:
        return False
    progress.key()
    progress.tried.append(role)
    progress.refused, progress.blame = 0, ""
    progress.faults.clear()
    return True


async def _act(ctx: Context, params: AgentParams, progress: _Progress, reply: ModelReply, turn: Call) -> None:
    """Run the tool; the model is told what it gave, or what kept it from working where that is the model's to mend."""
    key = progress.key()
    progress.blame = ""
    try:
        result = await ctx.call_wired(turn.name, turn.args)
    except StepError as error:
        if error.outcome_unknown or (params.on_tool_error == "retry" and error.cls not in _TOLD):
            if error.redo_from is not None:
                error.redo_from = key  # the node counted from its own first call
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


def _sealed(given: Any, turn: HandOff, progress: _Progress) -> dict[str, Any]:
    return envelope.sealed(
        given,
        goal=turn.goal,
        reason=turn.reason,
        open_questions=turn.open_questions,
        tool_results=progress.results,
        tokens_left=None if progress.tokens_left is None else max(0, progress.tokens_left),
    )


def _budget(params: AgentParams, given: Any) -> int | None:
    """Tokens that this agent may use: its own limit, or what the team has left, whichever is less."""
    before = envelope.received(given)
    limits = [params.budget_tokens, before.budget_left.tokens if before else None]
    return min((limit for limit in limits if limit is not None), default=None)
