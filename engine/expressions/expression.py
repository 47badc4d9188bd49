"""The one expression language: CEL, compiled with static checks and evaluated so that every failure is an exception."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import Bug, StepError
from engine.expressions.cost import refuse_costly, weigh
from engine.expressions.errors import ExpressionError
from engine.expressions.references import ROOTS, Path, References, needed, of_paths, references_of, static_path
from engine.expressions.syntax import Tree, read

MAX_SOURCE = 10_000
Scope = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Expression:
    """A compiled expression. `path` is set where it only looks something up; `type_name` is CEL's static type."""

    source: str
    references: References
    path: Path | None
    type_name: str
    tree: Tree | None = field(repr=False, default=None)
    program: Any = field(repr=False, default=None)


@functools.lru_cache(maxsize=16_384)
def compile(source: str) -> Expression:
    """Compile, or ExpressionError with the offset of the fault."""
    if len(source) > MAX_SOURCE:
        raise ExpressionError(f"the expression has {len(source):,} characters; {MAX_SOURCE:,} is the most.")
    if "\0" in source:
        raise ExpressionError("the expression holds the NUL character.", source.index("\0"))
    try:
        source.encode()
    except UnicodeEncodeError as error:
        raise ExpressionError("the expression holds half a character (a lone surrogate).", error.start) from None
    if not source.strip():
        raise ExpressionError("the expression is empty.")
    path = _plain_path(source)
    if path is not None:
        return Expression(source, of_paths({path}), path, "DYN")
    try:
        program = _environment().compile(source)
    except RuntimeError as error:
        raise _translated(str(error), source) from None
    tree = read(source)
    path = static_path(tree)
    if path is not None and path[0] not in ROOTS:
        path = None
    return Expression(source, references_of(tree), path, program.return_type().name(), tree, program)


_PLAIN = re.compile(r"(?:input|steps|run|item)(?:\.[A-Za-z_][A-Za-z0-9_]*)+")
_WORDS = frozenset({"in", "null", "true", "false"})


def _plain_path(source: str) -> Path | None:
    """`a.b.c`, nine expressions out of ten, without asking the library; its static type is never known anyway."""
    text = source.strip()
    if _PLAIN.fullmatch(text) is None:
        return None
    path = tuple(text.split("."))
    return None if _WORDS.intersection(path) else path


def condition(source: str) -> Expression:
    """Compile a `when` or `until`, written bare or as one `{{ … }}`; ExpressionError unless it can be true or false."""
    text = source.strip()
    if text.startswith("{{") and text.endswith("}}"):
        text = text[2:-2].strip()
    found = compile(text)
    if found.type_name not in ("BOOL", "DYN"):
        raise ExpressionError(f"the expression gives {_name(found.type_name)}, where true or false is needed.")
    return found


def evaluate(expression: Expression, scope: Scope) -> Any:
    """The value, as JSON; StepError("expression") for every failure."""
    if expression.path is not None:
        return look_up(expression.path, scope)
    return Data(expression.references, scope).evaluate(expression)


def evaluate_bool(expression: Expression, scope: Scope) -> bool:
    """The value of a condition; StepError unless it is true or false."""
    value = evaluate(expression, scope)
    if value is True or value is False:
        return bool(value)
    raise StepError("expression", f"`{_short(expression.source)}` gave {_kind(value)}, where true or false is needed.")


def look_up(path: Path, scope: Scope) -> Any:
    """The value at a path, straight from Python: exact, ordered, without conversion."""
    value: Any = scope
    for place, part in enumerate(path):
        try:
            if isinstance(value, str):
                raise TypeError
            value = value[part]
        except (KeyError, IndexError, TypeError):
            raise StepError("expression", _missing(path, place, value)) from None
    return value


class Data:
    """The part of a scope that some expressions need, converted for the library once."""

    def __init__(self, references: References, scope: Scope) -> None:
        self.data: dict[str, Any] = {}
        for root, wanted in needed(references.paths).items():
            if root not in scope:
                raise StepError("expression", f"`{root}` is not known here.")
            self.data[root] = _part(scope[root], wanted)
        weigh(self.data)
        try:
            self.activation = _environment().Activation(self.data)
        except (RuntimeError, TypeError, UnicodeError) as error:
            raise StepError("expression", f"these values cannot be used in an expression: {error}.") from None

    def evaluate(self, expression: Expression) -> Any:
        """One expression's value on this data."""
        if expression.tree is None:
            raise Bug(f"{expression.source!r} is a path; it is looked up, not evaluated.")
        refuse_costly(expression.tree, self.data)
        try:
            result = expression.program.eval(self.activation)
            if result.type().name() == "ERROR":
                raise StepError("expression", f"`{_short(expression.source)}` failed: {_reason(str(result.value()))}.")
            return _json(result.plain_value(), expression.source)
        except (RuntimeError, TypeError, UnicodeError, OverflowError) as error:
            raise StepError("expression", f"`{_short(expression.source)}` failed: {_reason(str(error))}.") from None


@functools.lru_cache(maxsize=1)
def _environment() -> Any:
    from cel_expr_python import cel
    from cel_expr_python.ext import ext_math, ext_optional, ext_strings

    named = cel.Type.Map(cel.Type.STRING, cel.Type.DYN)
    return cel.NewEnv(
        variables={"input": named, "steps": named, "run": named, "item": cel.Type.DYN, "index": cel.Type.INT},
        extensions=[ext_strings.ExtStrings(), ext_optional.ExtOptional(), ext_math.ExtMath()],
    )


def _part(value: Any, wanted: Any) -> Any:
    """`value` cut down to the `wanted` keys; lazy mappings are asked for those alone."""
    if wanted is True:
        return _plain(value)
    if not isinstance(value, Mapping):
        return value
    found = {}
    for key, below in wanted.items():
        try:
            found[key] = _part(value[key], below)
        except KeyError:
            continue
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping) and not isinstance(value, dict):
        return {key: _plain(value[key]) for key in value}
    return value


def _json(value: Any, source: str) -> Any:
    """A result as JSON with sorted keys: the library loses the order of maps, and knows types that JSON does not."""
    kind = type(value)
    if value is None or kind is bool or kind is int:
        return value
    if kind is str:
        if "\0" in value:
            raise StepError("expression", f"`{_short(source)}` gave a text with the NUL character.")
        return value
    if kind is float:
        if not math.isfinite(value):
            raise StepError("expression", f"`{_short(source)}` gave {value}, which is not a number that JSON knows.")
        return value
    if kind is list:
        return [_json(item, source) for item in value]
    if kind is dict:
        if not all(type(key) is str for key in value):
            raise StepError("expression", f"`{_short(source)}` gave a map whose keys are not texts.")
        return {key: _json(value[key], source) for key in sorted(value)}
    raise StepError("expression", f"`{_short(source)}` gave {_kind(value)}, which is not JSON; use string() on it.")


_PLACE = re.compile(r"<input>:(-?\d+):(-?\d+): ([^\n]*)")


def _translated(message: str, source: str) -> ExpressionError:
    if "recursion" in message:
        return ExpressionError("the expression has more than 32 operations in a row or inside each other; split it.")
    match = _PLACE.search(message)
    if match is None:
        return ExpressionError(_reason(message) + ".")
    line, column = max(1, int(match[1])), max(1, int(match[2]))
    lines = source.split("\n")
    position = sum(len(text) + 1 for text in lines[: line - 1]) + column - 1
    what = re.sub(r" expecting \{.*| \(in container ''\)| \[INVALID_ARGUMENT\]", "", match[3]).strip().rstrip(".")
    return ExpressionError(f"{what}.", min(position, len(source)))


def _reason(message: str) -> str:
    text = re.sub(r"^[A-Z_]+: ", "", message.split("\n")[0]).strip().rstrip(".")
    text = re.sub(r" \[[A-Z_]+\]$", "", text)
    if "convert function return value" in message:
        return "an optional value is left; end it with .orValue(…)"
    if "iteration" in text.lower():
        return "it went over more than 9,999 items in all; use `each` or a data node"
    return text if len(text) <= 200 else text[:197] + "..."


def _missing(path: Path, place: int, value: Any) -> str:
    whole, part = path_text(path), path[place]
    if place == 0:
        return f"`{part}` is not known here."
    above = path_text(path[:place])
    if value is None:
        return f"`{whole}` is not there: `{above}` is null."
    if isinstance(part, int):
        has = f"has {len(value)} items" if isinstance(value, list) else f"is {_kind(value)}"
        return f"`{whole}` is not there: `{above}` {has}."
    if not isinstance(value, Mapping):
        return f"`{whole}` is not there: `{above}` is {_kind(value)}."
    names = ", ".join(sorted(map(str, value))[:8]) if isinstance(value, dict) else ""
    return f"`{whole}` is not there: `{above}` has no {part!r}" + (f" (it has {names})." if names else ".")


def path_text(path: Path) -> str:
    """A path as it would be written."""
    text = str(path[0])
    for part in path[1:]:
        plain = isinstance(part, str) and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", part)
        text += f".{part}" if plain else f"[{part!r}]"
    return text


_KINDS: Mapping[type, str] = {
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    dict: "an object",
    list: "a list",
}
_TYPES = {"STRING": "a text", "INT": "a number", "DOUBLE": "a number", "NULL": "null"}


def _short(source: str) -> str:
    flat = " ".join(source.split())
    return flat if len(flat) <= 80 else flat[:77] + "..."


def _kind(value: Any) -> str:
    return "null" if value is None else _KINDS.get(type(value), f"a {type(value).__name__}")


def _name(type_name: str) -> str:
    return _TYPES.get(type_name, type_name.lower())
