"""Which model takes over when one fails: the node's own choice first, then the role's from the settings."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import ErrorClass
from engine.nodes.context import Context


async def take_over(
    ctx: Context, tried: Sequence[str], cls: ErrorClass, why: str, named: str | None = None
) -> str | None:
    """The role to ask next, its taking over recorded; None when no other may. `tried` ends with the one that failed.

    The first role's list rules to the end, so a chain is read in one place and cannot go round in a circle.
    """
    rule = ctx.fallback(tried[0], named)
    role = next((role for role in rule.roles if role not in tried), None)
    if role is None or cls not in rule.on:
        return None
    await ctx.switch_model(tried[-1], role, why)
    return role
