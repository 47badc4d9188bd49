"""What is said of an agent in a step's story: whom it asked, the rungs of its ladder, what it used and has left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from designer.engine_link.rungs import HINTS
from designer.resources import tr
from designer.runs.words import seconds_text, whole_text
from engine.run import events as ev
from engine.workflow.model import Node


def asked_agent(event: Any, agents: Mapping[str, str]) -> tuple[str, str]:
    """(the key of the call, title) for a turn of an agent that another one has asked; ("", "") otherwise."""
    if event.via not in agents or not event.tool.startswith("model:") or event.key.count(".") < 2:
        return "", ""
    return event.key.rsplit(".", 2)[0], agents[event.via]


def depth_of(key: str, calls: Sequence[str]) -> int:
    """How many agents are above this one: `calls` are the keys of the calls in which agents were asked."""
    return sum(1 for call in calls if key.startswith(f"{call}."))


def hints_text(node: Node | None, times: int) -> str:
    """Which of the hints that an agent is given this is: `hint 2 of 3`, or that there is none any more."""
    hints = node.params.get("max_tool_errors", HINTS) if node is not None else None
    if not isinstance(hints, int):
        return ""
    return tr("hint {n} of {all}").format(n=times, all=hints) if times <= hints else tr("no hint is left")


def handed_facts(event: ev.HandedOff) -> tuple[str, ...]:
    """The fields of a hand-off, and the budget that goes along."""
    fields = event.envelope.get("fields")
    facts = [tr("with {fields}").format(fields=", ".join(fields))] if isinstance(fields, dict) and fields else []
    left = budget_text(event.envelope.get("budget_left"))
    return (*facts, tr("{left} left").format(left=left)) if left else tuple(facts)


def budget_text(left: Any) -> str:
    """`3 turns, 240 tokens, 0.4 EUR`: the limits that there are."""
    if not isinstance(left, Mapping):
        return ""
    parts = []
    if isinstance(left.get("turns"), int):
        parts.append(_turns(whole_text(left["turns"])))
    if isinstance(left.get("tokens"), int):
        parts.append(tr("{n} tokens").format(n=whole_text(left["tokens"])))
    if isinstance(left.get("seconds"), int | float):
        parts.append(seconds_text(float(left["seconds"])))
    if isinstance(left.get("money"), int | float):
        parts.append(f"{left['money']:g} {left.get('currency') or ''}".strip())
    return ", ".join(parts)


def _turns(number: str) -> str:
    return tr("1 turn" if number == "1" else "{n} turns").format(n=number)


def used_text(spent: Mapping[str, Any], node: Node | None) -> str:
    """What a step has used, beside what it may use: `4 of 20 turns, 88 tokens, 0.02 of 0.5 EUR`."""
    params = node.params if node is not None else {}

    def amount(used: str, limit: Any) -> str:
        known = isinstance(limit, int | float) and not isinstance(limit, bool)
        return tr("{n} of {all}").format(n=used, all=f"{limit:g}") if known else used

    parts = []
    if turns := spent.get("turns"):
        parts.append(_turns(amount(str(turns), params.get("budget_turns"))))
    if tokens := spent.get("tokens"):
        parts.append(tr("{n} tokens").format(n=amount(whole_text(tokens), params.get("budget_tokens"))))
    if params.get("budget_seconds") is not None:
        parts.append(amount(seconds_text(spent.get("seconds", 0.0)), params["budget_seconds"]))
    for currency, paid in (spent.get("money") or {}).items():
        parts.append(f"{amount(f'{paid:.4g}', params.get('budget_money'))} {currency}")
    return ", ".join(parts)
