"""A context that says what a script says, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from engine.errors import StepError
from engine.nodes.budget import Budget, Used
from engine.nodes.catalog import CATALOG, validate_params
from engine.nodes.context import Choice, Fallback, ModelReply, WiredTool
from engine.run.spent import spent


def reply(said: Any, **more: Any) -> ModelReply:
    """A model's turn: text as it is, anything else as the compact JSON that a model writes."""
    if isinstance(said, str):
        return ModelReply(said, **more)
    return ModelReply(json.dumps(said, separators=(",", ":")), value=said, **more)


class ScriptedContext:
    """Answers from lists; `log` holds every call in order, so its length is the key of the last one."""

    run_id = root_run = "run"
    node = "node"
    via = ""
    visit: tuple[int, ...] = ()
    budget: Budget | None = None

    def __init__(
        self,
        *,
        replies: Sequence[Any] = (),
        results: Sequence[Any] = (),
        outputs: Mapping[str, Any] | None = None,
        tools: Sequence[WiredTool] = (),
        hand_offs: Sequence[str] = (),
        accepts: Mapping[str, tuple[Mapping[str, Any], ...]] | None = None,
        took: float | None = None,
        clock: float = 0.0,
    ) -> None:
        self.replies, self.results = list(replies), list(results)
        self.outputs, self.clock = dict(outputs or {}), clock
        self.tools = {tool.name: tool for tool in tools}
        self.hand_offs = tuple(hand_offs)
        self.accepts = dict(accepts or {})
        self.used, self.took = Used(), took
        self.log: list[tuple[Any, ...]] = []
        self.fallbacks: dict[str, Fallback] = {}

    def named(self, name: str) -> list[tuple[Any, ...]]:
        return [entry for entry in self.log if entry[0] == name]

    async def ask_model(self, role: str, messages: Sequence[Mapping[str, str]], **more: Any) -> ModelReply:
        self.log.append(("ask_model", role, [dict(message) for message in messages], more))
        said = self.replies.pop(0)
        told = said if isinstance(said, Exception | ModelReply) else reply(said)
        self.used.add(spent(f"model:{role}", {"messages": []}, getattr(told, "usage", None), self.took))
        if isinstance(told, Exception):
            raise told
        return told

    async def run_model(self, role: str, inputs: Mapping[str, Any], **more: Any) -> Mapping[str, Any]:
        self.log.append(("run_model", role, dict(inputs)))
        return self.outputs

    async def call_tool(self, tool: str, args: Mapping[str, Any], **more: Any) -> Any:
        self.log.append(("call_tool", tool, dict(args), more))
        return self._next()

    async def call_wired(self, name: str, args: Mapping[str, Any], *, budget: Budget | None = None) -> Any:
        self.log.append(("call_wired", name, dict(args)))
        self.let = budget
        try:
            return self._next()
        except StepError as error:
            if error.redo_from is not None:
                error.redo_from = f"{len(self.log)}.1.{error.redo_from}"
            raise

    async def sleep(self, seconds: float) -> None:
        self.log.append(("sleep", seconds))

    async def now(self) -> float:
        self.log.append(("now",))
        return self.clock

    async def refuse_call(self, tool: str, fault: str, hint: str) -> None:
        self.log.append(("refuse_call", tool, fault, hint))

    def fallback(self, role: str, named: str | None = None) -> Fallback:
        listed = self.fallbacks.get(role, Fallback())
        return Fallback((*([named] if named else []), *listed.roles), listed.on)

    def choose_model(self, root: str, named: str | None, role: str, failed: Sequence[str], **facts: Any) -> Choice:
        return Choice(role)

    async def switch_model(self, from_role: str, to_role: str, why: str) -> None:
        self.log.append(("switch_model", from_role, to_role, why))

    async def hand_off(self, to: str, envelope: Mapping[str, Any]) -> Mapping[str, Any]:
        self.log.append(("hand_off", to, dict(envelope)))
        return {to: dict(envelope)}

    def _next(self) -> Any:
        result = self.results.pop(0)
        if isinstance(result, Exception):
            raise result
        return result


@pytest.fixture
def run_node() -> Callable[..., Any]:
    """`run_node(type, params, inputs, ctx)` validates and runs a node as the engine does."""

    def run(name: str, params: Mapping[str, Any], inputs: Mapping[str, Any] | None = None, ctx: Any = None) -> Any:
        node_type = CATALOG[name]
        assert node_type.run is not None
        outputs = asyncio.run(node_type.run(ctx or ScriptedContext(), validate_params(node_type, params), inputs or {}))
        return dict(outputs)

    return run


@pytest.fixture
def context() -> type[ScriptedContext]:
    return ScriptedContext


@pytest.fixture
def says() -> Callable[..., ModelReply]:
    return reply


@pytest.fixture
def failing() -> Callable[[Callable[[], Any]], StepError]:
    def run(action: Callable[[], Any]) -> StepError:
        with pytest.raises(StepError) as caught:
            action()
        return caught.value

    return run
