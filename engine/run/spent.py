"""What an effect has used: turns and tokens of models, seconds at work, money by currency. Read from its events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.run.record import Effect

Spent = Mapping[str, Any]
"""{turns, tokens, seconds, money: {currency: amount}}; what is missing is none."""


def spent(tool: str, args: Any, usage: Mapping[str, Any] | None, took: float | None) -> dict[str, Any]:
    """Of one effect: a question in words to a model counts as a turn, whatever came of it."""
    found: dict[str, Any] = {"seconds": took} if took else {}
    if tool.startswith("model:") and isinstance(args, Mapping) and "messages" in args:
        used = usage or {}
        found["turns"] = 1
        if tokens := int(used.get("prompt") or 0) + int(used.get("completion") or 0):
            found["tokens"] = tokens
        if cost := used.get("cost"):
            found["money"] = {str(used.get("currency") or "USD"): float(cost)}
    return found


def together(*parts: Spent | None) -> dict[str, Any]:
    """The sum."""
    total: dict[str, Any] = {}
    for part in parts:
        for name, amount in (part or {}).items():
            if name == "money":
                money = total.setdefault("money", {})
                for currency, paid in amount.items():
                    money[currency] = money.get(currency, 0.0) + paid
            else:
                total[name] = total.get(name, 0) + amount
    return total


def spent_on(effects: Iterable[Effect]) -> dict[str, Any] | None:
    """What a step's effects have used, with what was used before they were done anew; None for nothing."""
    parts = [spent(effect.tool, effect.args, effect.usage, effect.took) for effect in effects]
    return together(*(effect.before for effect in effects), *parts) or None
