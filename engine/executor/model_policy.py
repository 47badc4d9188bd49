"""Who of a role and its fallbacks is asked, by the rules of the role: pure, given how the models have done lately."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engine.errors import StepError
from engine.executor.model_health import ModelHealth
from engine.nodes.context import LASTING, PASSING, Choice, Fallback
from engine.run.spent import spent_on, together
from engine.run.state import State
from engine.settings import RoleSetting, Settings

_CHARACTERS = 3
"""In a token, at the least: a prompt is rather counted too long."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a choice depends on beside the settings.

    `edge`: the step stays on the edge. `spent` is this run's money by currency; `prompt` characters and `answer` tokens
    at most are asked for. `took(role, within_s)` and `left_alone(role)` are those of `ModelHealth`.
    """

    roles: Mapping[str, RoleSetting]
    network: bool
    edge: bool
    took: Callable[[str, float | None], float | None]
    left_alone: Callable[[str], tuple[int, float] | None]
    spent: Callable[[str], float] = lambda currency: 0.0
    prompt: int = 0
    answer: int = 0


def facts_of(settings: Settings, health: ModelHealth, state: State, *, edge: bool, prompt: int, answer: int) -> Facts:
    """The facts for a step of a run: its money is added up when a rule asks for it."""

    def money(currency: str) -> float:
        used = together(*(spent_on(step.effects.values()) for step in state.steps.values()))
        return float((used.get("money") or {}).get(currency, 0.0))

    known = (settings.roles, settings.network == "on", edge, health.took, health.left_alone)
    return Facts(*known, money, prompt, answer)


@dataclass(frozen=True, slots=True)
class _Unfit:
    """Why a role is not asked; `never`: rather nobody is asked than this one. `money`: because of what it costs."""

    why: str
    never: bool = False
    money: bool = False


def fallback(root: str, named: str | None, facts: Facts) -> Fallback:
    """The chain of a role in the order of its rules, without those that may not hear this text; and on which failures
    the next one takes over. What the node names comes right after the role itself."""
    setting = facts.roles.get(root)
    listed = setting.fallback if setting is not None else ()
    chain = tuple(dict.fromkeys([root, *([named] if named else []), *listed]))
    allowed = tuple(role for role in chain if not _elsewhere(setting, facts.roles.get(role), facts))
    on = LASTING | PASSING if listed else LASTING
    if setting is not None and setting.fallback_on is not None:
        on = frozenset(setting.fallback_on)
    return Fallback(_ordered(allowed, setting, facts), on)


def choice(root: str, named: str | None, role: str, failed: Sequence[str], facts: Facts, *, started: bool) -> Choice:
    """Who is asked next in place of `role`, or `role` itself. StepError `limit` when nobody may be asked for the money,
    `permission` when nobody is left who may hear this.

    What is only slow, or was left alone, is asked all the same where there is nobody better. A conversation that has
    `started` stays with its model as long as it may.
    """
    rule, setting = fallback(root, named, facts), facts.roles.get(root)
    # the one that is asked now counts, even where the settings have changed and do not name it any more
    left = [name for name in dict.fromkeys([*rule.roles, role]) if name not in failed]
    unfit = {name: _unfit(name, setting, facts) for name in left}
    fit = [name for name in left if unfit[name] is None]
    if not fit:
        fit = [name for name in left if not _never(unfit[name])]
    mine = unfit.get(role)
    if not fit and role != root:
        refuse_stray(root, role, facts)
    if (started and role in fit) or (not fit and not (mine and mine.money)):
        taker, why = role, ""
    elif not fit:
        assert mine is not None
        raise StepError("limit", f"No model may be asked: the model of the role `{role}` {mine.why}.", retryable=False)
    else:
        taker = fit[0]
        why = "" if taker == role else mine.why if mine is not None else _preferred(taker, setting, facts)
    return Choice(taker, why, *_limits(taker, fit, setting, rule))


def refuse_stray(root: str, role: str, facts: Facts) -> None:
    """StepError `permission` for a model that may not hear this text, whoever chose it and whenever."""
    if where := _elsewhere(facts.roles.get(root), facts.roles.get(role), facts):
        raise StepError("permission", f"The model of the role `{role}` is not asked: {where}.", retryable=False)


def limits(
    root: str, named: str | None, role: str, failed: Sequence[str], facts: Facts
) -> tuple[float | None, float | None]:
    """How long an answer of `role`, and its first words, may take before another is asked; None where it is the last
    one."""
    rule = fallback(root, named, facts)
    return _limits(role, [name for name in rule.roles if name not in failed], facts.roles.get(root), rule)


def _limits(
    role: str, left: Sequence[str], setting: RoleSetting | None, rule: Fallback
) -> tuple[float | None, float | None]:
    others = any(name != role for name in left) and "timeout" in rule.on
    return (setting.max_latency_s, setting.max_first_s) if setting is not None and others else (None, None)


def _never(unfit: _Unfit | None) -> bool:
    return unfit is not None and unfit.never


def _ordered(chain: Sequence[str], setting: RoleSetting | None, facts: Facts) -> tuple[str, ...]:
    prefer = setting.prefer if setting is not None else "listed"
    if prefer == "local_first":
        return tuple(sorted(chain, key=lambda name: name in facts.roles and facts.roles[name].on_network))
    if prefer == "fast":  # who has not answered yet comes first, or nobody would ever know
        return tuple(sorted(chain, key=lambda name: facts.took(name, None) or 0.0))
    if prefer == "cheap":
        return tuple(sorted(chain, key=lambda name: _cost(facts.roles.get(name), facts)))
    return tuple(chain)


def _preferred(taker: str, setting: RoleSetting | None, facts: Facts) -> str:
    prefer = setting.prefer if setting is not None else "listed"
    if prefer == "local_first":
        return "those on this PC are asked first"
    if prefer == "fast":
        took = facts.took(taker, None)
        return "it has not answered yet, so it is tried" if took is None else f"the quickest lately: {took:.1f} s"
    return "it costs least" if prefer == "cheap" else "the first in the list that may be asked"


def _cost(setting: RoleSetting | None, facts: Facts) -> float:
    """The most that this question may cost."""
    if setting is None or setting.prices is None:
        return 0.0
    prompt = facts.prompt / _CHARACTERS
    return (prompt * setting.prices.input + facts.answer * setting.prices.output) / 1_000_000


def _elsewhere(root: RoleSetting | None, setting: RoleSetting | None, facts: Facts) -> str:
    """Why a model may not hear the text of this step and role; "" when it may."""
    if setting is None:
        return ""
    if facts.edge and setting.in_cloud:
        return "data stays on the edge"
    if root is not None and not setting.may_hear(root.data):
        return "data stays on this PC" if root.data == "edge" else "data stays on the site"
    return ""


def _unfit(name: str, root: RoleSetting | None, facts: Facts) -> _Unfit | None:
    setting = facts.roles.get(name)
    if where := _elsewhere(root, setting, facts):
        return _Unfit(where, never=True)
    if setting is None:
        return None
    if setting.on_network and not facts.network:
        return _Unfit("the network is off", never=True)
    if root is not None and setting.prices is not None:
        cost, currency = _cost(setting, facts), setting.prices.currency
        if root.max_cost_call is not None and cost > root.max_cost_call:
            limit = _money(root.max_cost_call, currency)
            return _Unfit(f"may cost {_money(cost, currency)}, over the {limit} of an answer", never=True, money=True)
        over = facts.spent(currency) + cost - (root.max_cost if root.max_cost is not None else float("inf"))
        if root.max_cost is not None and over > 1e-12:
            limit = _money(root.max_cost, currency)
            return _Unfit(
                f"would cost {_money(over, currency)} more than the {limit} of this run", never=True, money=True
            )
    if (alone := facts.left_alone(name)) is not None:
        failures, seconds = alone
        return _Unfit(f"it failed {failures} times in a row and is left alone for {seconds:.0f} s more")
    if root is not None and root.max_latency_s is not None:
        took = facts.took(name, setting.skip_for_s)
        if took is not None and took > root.max_latency_s:
            return _Unfit(f"{took:.1f} s over the {root.max_latency_s:g} s limit")
    return None


def _money(amount: float, currency: str) -> str:
    digits = 2 if amount >= 0.01 or amount == 0 else 6
    return f"{amount:.{digits}f} {currency}"
