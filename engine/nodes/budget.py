"""What agents may use together: turns, tokens, seconds and money. What is left goes along with a hand-off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from engine.errors import StepError


class Used:
    """What has been used so far, counted where it was asked for and for everybody who waits for it.

    `seconds` are those that models and tools were at work, as the journal has them, so a replay counts the same.
    """

    __slots__ = ("_parent", "money", "seconds", "tokens", "turns")

    def __init__(self, parent: Used | None = None) -> None:
        self.turns = 0
        self.tokens = 0
        self.seconds = 0.0
        self.money: dict[str, float] = {}
        self._parent = parent

    def add(self, spent: Mapping[str, Any]) -> None:
        """Count {turns, tokens, seconds, money: {currency: amount}}; what is missing is none."""
        self.turns += int(spent.get("turns", 0))
        self.tokens += int(spent.get("tokens", 0))
        self.seconds += float(spent.get("seconds", 0.0))
        for currency, amount in (spent.get("money") or {}).items():
            self.money[currency] = self.money.get(currency, 0.0) + float(amount)
        if self._parent is not None:
            self._parent.add(spent)


class Budget(BaseModel):
    """What is left, or allowed at first; None is without limit. `currency` is known once something has cost money."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    tokens: Annotated[int, Field(ge=0)] | None = None
    turns: Annotated[int, Field(ge=0)] | None = None
    seconds: Annotated[float, Field(ge=0)] | None = None
    money: Annotated[float, Field(ge=0)] | None = None
    currency: str = ""

    def said(self) -> dict[str, Any]:
        """As JSON: limits that there are not are left out, but for the tokens."""
        return {"tokens": self.tokens, **self.model_dump(exclude={"tokens"}, exclude_defaults=True)}

    def within(self, other: Budget | None) -> Budget:
        """The smaller of each limit; StepError `invalid` for money of two currencies."""
        if other is None:
            return self
        limits = {
            name: min((one for one in (getattr(self, name), getattr(other, name)) if one is not None), default=None)
            for name in ("tokens", "turns", "seconds", "money")
        }
        named = dict.fromkeys(one for one in (self.currency, other.currency) if one)
        if limits["money"] is not None and len(named) > 1:
            raise two_currencies(*named)
        return Budget(**limits, currency=next(iter(named), ""))

    def after(self, used: Used) -> Budget:
        """What is left of it; StepError `invalid` where money of another currency was spent."""
        currency = self.currency
        if self.money is not None:
            for other in used.money:
                if currency and other != currency:
                    raise two_currencies(currency, other)
                currency = other
        return Budget(
            tokens=None if self.tokens is None else max(0, self.tokens - used.tokens),
            turns=None if self.turns is None else max(0, self.turns - used.turns),
            seconds=None if self.seconds is None else round(max(0.0, self.seconds - used.seconds), 3),
            money=None if self.money is None else round(max(0.0, self.money - used.money.get(currency, 0.0)), 9),
            currency=currency if self.money is not None else "",
        )

    def refuse_more(self, left: Budget) -> None:
        """StepError `limit` when nothing is left of this for one more question to a model."""
        for name, unit in (("tokens", "tokens"), ("turns", "turns"), ("seconds", "seconds"), ("money", "")):
            if getattr(left, name) == 0:
                amount = f"{getattr(self, name):g}" if name != "tokens" else str(self.tokens)
                what = unit or left.currency or "money"
                raise StepError("limit", f"The agent has used its {amount} {what}.", retryable=False)


def two_currencies(one: str, other: str) -> StepError:
    """One budget cannot be counted in two currencies."""
    return StepError(
        "invalid",
        f"The agent's money is counted in {one}, and a model that it asked is paid in {other}: "
        "give the `prices` of all its models in one currency.",
        retryable=False,
    )
