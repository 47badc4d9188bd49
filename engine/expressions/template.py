"""Values with `{{ … }}` in them: params, prompts, mappings."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.expressions.errors import ExpressionError
from engine.expressions.expression import Data, Expression, Scope, compile, look_up
from engine.expressions.references import References, together
from engine.expressions.tokens import end_of_braces

_Part = Any  # a constant, an _Only, _Text, _Map or _List


@dataclass(frozen=True, slots=True)
class _Only:
    """A text that is exactly one expression: the value keeps its type."""

    expression: Expression


@dataclass(frozen=True, slots=True)
class _Text:
    parts: tuple[str | Expression, ...]


@dataclass(frozen=True, slots=True)
class _Map:
    items: tuple[tuple[str, _Part], ...]


@dataclass(frozen=True, slots=True)
class _List:
    items: tuple[_Part, ...]


@dataclass(frozen=True, eq=False)
class Template:
    """A JSON value whose texts may hold expressions; `constant` when none does."""

    source: Any
    part: _Part
    expressions: tuple[Expression, ...]
    references: References

    @property
    def constant(self) -> bool:
        return not self.expressions

    @property
    def lone(self) -> Expression | None:
        """The expression that a text is and nothing besides, so that its value stays what it is."""
        return self.part.expression if isinstance(self.part, _Only) else None

    @property
    def written(self) -> tuple[str, ...]:
        """What of a text its author wrote: all of it but its expressions."""
        if isinstance(self.part, _Only):
            return ()
        if isinstance(self.part, _Text):
            return tuple(piece for piece in self.part.parts if isinstance(piece, str))
        return (self.source,) if isinstance(self.source, str) else ()

    def render(self, scope: Scope) -> Any:
        """The value with every expression evaluated; StepError("expression") for every failure."""
        if not self.expressions:
            return self.source
        return _Rendering(self, scope).value(self.part)


def parse(value: Any) -> Template:
    """The template of a JSON value, cached; ExpressionError for a fault in any of its expressions.

    Mappings and lists are cached by identity, so they must not be changed afterwards.
    """
    if isinstance(value, str):
        return _parse_text(value) if "{{" in value else _constant(value)
    if not isinstance(value, dict | list):
        return _constant(value)
    known = _by_identity.get(id(value))
    if known is not None and known.source is value:
        return known
    part = _part(value)
    found = _constant(value) if part is _SAME else _template(value, part)
    if len(_by_identity) >= 4096:
        _by_identity.clear()
    _by_identity[id(value)] = found  # holds the value, so its identity stays its own
    return found


def render(value: Any, scope: Scope) -> Any:
    """Parse and render; StepError("expression") for every failure, a fault in an expression among them."""
    return parse(value).render(scope)


def references(value: Any) -> References:
    """What all expressions in a JSON value refer to."""
    return parse(value).references


def texts(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every text in a JSON value with its path."""
    stack = [(path, value)]
    while stack:
        place, item = stack.pop()
        if isinstance(item, str):
            yield place, item
        elif isinstance(item, dict):
            stack.extend(((*place, key), below) for key, below in item.items())
        elif isinstance(item, list):
            stack.extend(((*place, index), below) for index, below in enumerate(item))


def format_value(value: Any) -> str:
    """A value inside a text: numbers as Python prints them, null as nothing, lists and objects as canonical JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


_SAME = object()
_NOTHING = References()
_by_identity: dict[int, Template] = {}


def _constant(value: Any) -> Template:
    return Template(value, _SAME, (), _NOTHING)


def _template(value: Any, part: _Part) -> Template:
    found = tuple(_expressions(part))
    return Template(value, part, found, together(expression.references for expression in found))


@functools.lru_cache(maxsize=16_384)
def _parse_text(text: str) -> Template:
    return _template(text, _text_part(text))


def _text_part(text: str) -> _Part:
    parts: list[str | Expression] = []
    position = 0
    while (start := text.find("{{", position)) >= 0:
        end = end_of_braces(text, start + 2)
        if start > position:
            parts.append(text[position:start])
        inner = text[start + 2 : end]
        try:
            parts.append(compile(inner.strip()))
        except ExpressionError as error:
            lead = len(inner) - len(inner.lstrip())
            raise ExpressionError(error.message, start + 2 + lead + error.position) from None
        position = end + 2
    if len(parts) == 1 and position == len(text) and isinstance(parts[0], Expression):
        return _Only(parts[0])
    return _Text((*parts, text[position:]))


def _part(value: Any) -> _Part:
    if isinstance(value, str):
        return _parse_text(value).part if "{{" in value else _SAME
    if isinstance(value, dict):
        items = [(key, item, _part(item)) for key, item in value.items()]
        if all(part is _SAME for _, _, part in items):
            return _SAME
        return _Map(tuple((key, _Constant(item) if part is _SAME else part) for key, item, part in items))
    if isinstance(value, list):
        parts = [_part(item) for item in value]
        if all(part is _SAME for part in parts):
            return _SAME
        pairs = zip(value, parts, strict=True)
        return _List(tuple(_Constant(item) if part is _SAME else part for item, part in pairs))
    return _SAME


@dataclass(frozen=True, slots=True)
class _Constant:
    value: Any


def _expressions(part: _Part) -> Iterator[Expression]:
    if isinstance(part, _Only):
        yield part.expression
    elif isinstance(part, _Text):
        yield from (piece for piece in part.parts if isinstance(piece, Expression))
    elif isinstance(part, _Map):
        for _, item in part.items:
            yield from _expressions(item)
    elif isinstance(part, _List):
        for item in part.items:
            yield from _expressions(item)


class _Rendering:
    """One rendering: the scope is converted for the library at most once."""

    def __init__(self, template: Template, scope: Scope) -> None:
        self.template, self.scope = template, scope
        self.data: Data | None = None

    def value(self, part: _Part) -> Any:
        if isinstance(part, _Only):
            return self.evaluate(part.expression)
        if isinstance(part, _Text):
            return "".join(
                piece if isinstance(piece, str) else format_value(self.evaluate(piece)) for piece in part.parts
            )
        if isinstance(part, _Map):
            return {key: self.value(item) for key, item in part.items}
        if isinstance(part, _List):
            return [self.value(item) for item in part.items]
        return part.value

    def evaluate(self, expression: Expression) -> Any:
        if expression.path is not None:
            return look_up(expression.path, self.scope)
        if self.data is None:
            computed = (other.references for other in self.template.expressions if other.path is None)
            self.data = Data(together(computed), self.scope)
        return self.data.evaluate(expression)
