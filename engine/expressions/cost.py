"""How much work an expression can cause on given data, before it is done: the library itself cannot be interrupted.

The estimate walks the tree with an upper bound of the size of every intermediate value. One unit is roughly the
handling of one character or element (20 to 60 ns); lists that `map` and `filter` build cost their length squared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.errors import StepError
from engine.expressions.references import static_path
from engine.expressions.syntax import Tree

MAX_UNITS = 9_000_000
MAX_ITEMS = 2_000
MAX_WEIGHT = 1024 * 1024
_SCALAR = 8


@dataclass(frozen=True, slots=True)
class Size:
    """Upper bounds: `count` elements or characters, `weight` of the whole, `largest` element; `exact` is the value
    itself where it is known."""

    count: int
    weight: int
    largest: int
    exact: Any = None


_SMALL = Size(1, _SCALAR, _SCALAR)


def weigh(value: Any) -> int:
    """The weight of a JSON value, iteratively; StepError for what the library would misread (NUL, too large)."""
    weight, stack = 0, [value]
    while stack:
        item = stack.pop()
        kind = type(item)
        if kind is str:
            if "\0" in item:
                raise StepError("expression", "a text with the NUL character cannot be used in an expression.")
            weight += len(item) + _SCALAR
        elif kind is dict:
            weight += _SCALAR
            for key in item:
                weight += len(key) + _SCALAR
            stack.extend(item.values())
        elif kind is list or kind is tuple:
            weight += _SCALAR
            stack.extend(item)
        else:
            weight += _SCALAR
        if weight > MAX_WEIGHT:
            raise StepError(
                "expression",
                "the values that this expression uses are larger than 1 MiB; use a node on a smaller part of them.",
            )
    return weight


def refuse_costly(tree: Tree, data: Mapping[str, Any]) -> None:
    """StepError when evaluating `tree` on `data` could take long."""
    estimate = _Estimate(data)
    size = estimate.size(tree, {})
    estimate.spend(size.weight)


class _Estimate:
    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data, self.units, self.times = data, 0, 1

    def spend(self, units: int) -> None:
        self.units += units * self.times
        if self.units > MAX_UNITS:
            raise StepError(
                "expression",
                "this expression would do too much work on these values; use `each`, or a smaller part of them.",
            )

    def size(self, tree: Tree, bound: Mapping[str, Size]) -> Size:
        if tree.kind == "value":
            return _exact(tree.value)
        known = self.known(tree, bound)
        if known is not None:
            self.spend(1)
            return known
        if tree.kind in ("select", "index"):
            whole = self.size(tree.parts[0], bound)
            for part in tree.parts[1:]:
                self.size(part, bound)
            inner = min(whole.largest if whole.exact is None else whole.weight, whole.weight)
            self.spend(1)
            return Size(inner, inner, inner)
        if tree.kind == "macro":
            return self.macro(tree, bound)
        parts = [self.size(part, bound) for part in tree.parts]
        if tree.kind == "call":
            return self.call(tree.text, parts)
        return self.operator(tree, parts)

    def known(self, tree: Tree, bound: Mapping[str, Size]) -> Size | None:
        """The size of a value that can be looked up."""
        path = static_path(tree)
        if path is None:
            return None
        if path[0] in bound:
            return bound[str(path[0])] if len(path) == 1 else None
        value: Any = self.data
        for part in path:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return _SMALL  # an error value, which costs nothing
        return _exact(value)

    def operator(self, tree: Tree, parts: list[Size]) -> Size:
        total = sum(part.weight for part in parts)
        if tree.kind in ("list", "map"):
            self.spend(total)
            return Size(len(parts), total + _SCALAR, max((part.weight for part in parts), default=_SCALAR))
        if tree.text == "+":
            self.spend(total)
            return Size(sum(p.count for p in parts), total, max(p.largest for p in parts))
        if tree.text == "?:":
            self.spend(1)
            return Size(*(max(getattr(part, name) for part in parts[1:]) for name in ("count", "weight", "largest")))
        self.spend(total if tree.text in _COMPARE else 1)
        return _SMALL

    def call(self, name: str, parts: list[Size]) -> Size:
        total = sum(part.weight for part in parts) + _SCALAR
        if name == "replace" and len(parts) >= 3:
            total = _replaced(parts)
        elif name == "split" and parts:
            text = parts[0]
            count = _split_count(parts)
            self.spend(2 * text.weight + count)
            return Size(count, text.weight + count * _SCALAR, text.weight)
        elif name == "join" and parts:
            total = parts[0].weight + parts[0].count * (parts[1].weight if len(parts) > 1 else 0)
        elif name == "format":
            total += 200 * parts[0].weight
        elif name == "matches" and len(parts) > 1:
            self.spend(parts[0].weight * (1 + parts[1].weight // 10) + 1000 * parts[1].weight)
            return _SMALL
        elif name in _SMALL_RESULT:
            self.spend(total if name in _SCANS else 1 + total // 16)  # `size` counts the characters of a text
            return _SMALL
        elif name in ("orValue", "or"):
            self.spend(1)
            return Size(*(max(getattr(part, field) for part in parts) for field in ("count", "weight", "largest")))
        else:
            total *= 2
        self.spend(2 * total)
        return Size(total, total, total)

    def macro(self, tree: Tree, bound: Mapping[str, Size]) -> Size:
        whole = self.size(tree.parts[0], bound)
        if tree.text in ("optMap", "optFlatMap"):
            return self.size(tree.parts[1], {**bound, tree.variable: replace(whole, exact=None)})
        count = whole.count if whole.exact is not None else min(whole.count, whole.weight // _SCALAR)
        if count > MAX_ITEMS:
            raise StepError(
                "expression",
                f"`{tree.text}` goes over at most {MAX_ITEMS:,} items here, not {count:,}; use `each` or a data node.",
            )
        largest = _largest(whole)
        item = Size(largest, largest, largest)
        before = self.times
        self.times = before * max(1, count)
        results = [self.size(body, {**bound, tree.variable: item}) for body in tree.parts[1:]]
        self.spend(2)
        self.times = before
        if tree.text not in ("map", "filter"):
            return _SMALL
        self.spend(count * count)
        if tree.text == "filter":
            return Size(count, whole.weight, largest)
        each = results[-1].weight
        self.spend(count * each)
        return Size(count, count * each + _SCALAR, each)


_COMPARE = frozenset({"==", "!=", "<", "<=", ">", ">=", "in"})
_SCANS = frozenset({"contains", "startsWith", "endsWith", "indexOf", "lastIndexOf", "int", "double", "uint", "bool"})
_SMALL_RESULT = _SCANS | {"size", "has", "hasValue", "type"}


def _exact(value: Any) -> Size:
    if isinstance(value, str | bytes):
        length = len(value)
        return Size(length, length + _SCALAR, length + _SCALAR, value)
    if isinstance(value, dict | list | tuple):
        weight = weigh(value)
        return Size(len(value), weight, weight, value)
    return _SMALL


def _largest(size: Size) -> int:
    if isinstance(size.exact, list | tuple):
        return max(map(weigh, size.exact), default=_SCALAR)
    if isinstance(size.exact, dict):
        return max((len(key) + _SCALAR for key in size.exact), default=_SCALAR)
    return size.largest


def _replaced(parts: list[Size]) -> int:
    text, old, new = parts[0], parts[1], parts[2]
    if isinstance(text.exact, str) and isinstance(old.exact, str):
        times = text.exact.count(old.exact)
    elif isinstance(old.exact, str) and old.exact:
        times = text.weight // len(old.exact)
    else:
        times = text.weight + 1
    return text.weight + times * new.weight


def _split_count(parts: list[Size]) -> int:
    text, separator = parts[0], parts[1] if len(parts) > 1 else _SMALL
    if isinstance(text.exact, str) and isinstance(separator.exact, str) and separator.exact:
        return text.exact.count(separator.exact) + 1
    return text.weight + 1
