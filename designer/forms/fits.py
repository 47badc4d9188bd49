"""Whether an editor can show a value, and which of several forms of a value it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from designer.forms.spec import Spec
from designer.forms.values import ABSENT, holds_expression, same

_DEEP = 3


def mode_of(spec: Spec, value: Any) -> str:
    """How to show a value: in the "plain" editor, as an "expression", or as a bare "value" that fits no editor."""
    if value is ABSENT or (value is None and spec.nullable) or fits(spec, value):
        return "plain"
    return "expression" if spec.templates and holds_expression(value) else "value"


def fits(spec: Spec, value: Any) -> bool:
    """Whether the plain editor of this kind shows this value as it is."""
    kind = spec.kind
    if kind in ("any", "json"):
        return True
    if kind == "text":
        return isinstance(value, str)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        return isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "choice":
        return any(same(value, choice) for choice in spec.choices)
    if kind == "choices":
        return isinstance(value, list) and all(fits_choice(spec, one) for one in value) and _differ(value)
    if kind in ("object", "map"):
        return isinstance(value, Mapping)
    if kind in ("list", "table"):
        return isinstance(value, list) and len(value) <= MOST_ITEMS
    if kind == "variants":
        return best_variant(spec, value) is not None
    return kind == "nothing" and value is None


MOST_ITEMS = 60
"""Longer lists are edited as text: a row of widgets for each of a thousand items helps nobody."""


def fits_choice(spec: Spec, value: Any) -> bool:
    """Whether a value is one of the choices."""
    return any(same(value, choice) for choice in spec.choices)


def best_variant(spec: Spec, value: Any) -> int | None:
    """The variant that a value is most likely meant as; None when it fits none."""
    scores = [(_score(variant, value, _DEEP), -place) for place, variant in enumerate(spec.variants)]
    best = max(scores, default=(0, 0))
    return -best[1] if best[0] > 0 else None


def first_value(spec: Spec) -> Any:
    """What a new item starts as."""
    if spec.default is not ABSENT:
        return spec.default
    if spec.kind == "choice":
        return spec.choices[0]
    if spec.kind == "variants":
        return first_value(spec.variants[0])
    low = spec.schema.get("minimum", 0)
    start = low if isinstance(low, int | float) and low > 0 else 0
    empty: dict[str, Any] = {"integer": start, "number": start, "boolean": False, "choices": [], "nothing": None}
    containers: dict[str, Any] = {"object": {}, "map": {}, "list": [], "table": [], "json": {}}
    return {**empty, **containers}.get(spec.kind, "")


def _score(spec: Spec, value: Any, deep: int) -> int:
    if value is None:
        return 10 if spec.nullable or spec.kind == "nothing" else 0
    if spec.kind == "any":
        return 1
    if spec.kind == "json":
        return 2
    if not fits(spec, value):
        return 0
    if not isinstance(value, Mapping) or not deep:
        return 10
    score = 10
    for name, below in spec.properties.items():
        if name not in value:
            score -= 3 * (name in spec.required)
        elif below.kind == "choice" and not holds_expression(value[name]):
            score += 8 if fits(below, value[name]) else -8
        else:
            score += 2 if _score(below, value[name], deep - 1) else -1
    unknown = [name for name in value if name not in spec.properties]
    return max(1, score - (2 * len(unknown) if spec.entry is None else 0))


def _differ(values: list[Any]) -> bool:
    return all(not same(a, b) for nth, a in enumerate(values) for b in values[nth + 1 :])
