"""Which model is asked: the role's own, another that its rules prefer, or the one that takes over when one fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.errors import ErrorClass
from engine.nodes.context import Context


class Chain:
    """The models of one conversation. Every switch is recorded, before asking by the rules or after a failure.

    The first role's rules hold to the end, so a chain is read in one place and cannot go round in a circle.
    """

    def __init__(self, role: str, named: str | None = None) -> None:
        self._root, self._named = role, named
        self._failed: list[str] = []
        self._started = False
        self.role = role
        """Who is asked now."""
        self.limits: dict[str, Any] = {}
        """How long its answer and its first words may take before the next one is asked, as `ask_model` takes it."""

    async def before(self, ctx: Context, messages: Sequence[Mapping[str, str]], max_tokens: int) -> bool:
        """Let the rules say who is asked; whether that made a switch, which takes one key of the context."""
        said = ctx.choose_model(
            self._root,
            self._named,
            self.role,
            self._failed,
            started=self._started,
            prompt=sum(len(message["content"]) for message in messages),
            answer=max_tokens,
        )
        self._started, self.limits = True, {"timeout_s": said.limit_s, "first_s": said.first_s}
        if said.role == self.role:
            return False
        await ctx.switch_model(self.role, said.role, said.why)
        self.role = said.role
        return True

    async def after(self, ctx: Context, cls: ErrorClass, why: str) -> bool:
        """Whether another model has taken over from the one that failed, which takes one key of the context."""
        self._failed.append(self.role)
        rule = ctx.fallback(self._root, self._named)
        role = next((role for role in rule.roles if role not in self._failed), None)
        if role is None or cls not in rule.on:
            return False
        await ctx.switch_model(self.role, role, why)
        self.role = role
        return True
