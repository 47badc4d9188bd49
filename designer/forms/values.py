"""Plain values as forms need them: what is not there, what is the same, how a value reads in one line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, final

Path = tuple[str | int, ...]


@final
class Absent:
    """Stands for a param that is not written at all, which is not the same as null."""

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False


ABSENT: Final = Absent()


def same(a: Any, b: Any) -> bool:
    """Whether two JSON values would be written alike: 1, 1.0 and true differ, and so does the order of keys."""
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return type(a) is type(b) and bool(a == b)


def one_line(value: Any, longest: int = 80) -> str:
    """A value in one line: texts in quotes, the rest as JSON, cut with an ellipsis."""
    if value is ABSENT:
        return ""
    text = json.dumps(_first_of(value, longest), ensure_ascii=False, default=str)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def holds_expression(value: Any) -> bool:
    """Whether this is a text with `{{` in it."""
    return isinstance(value, str) and "{{" in value


def differences(before: Any, after: Any, path: Path = ()) -> Iterator[Path]:
    """The deepest paths at which two values differ; lists of different length differ as a whole."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys([*before, *after]):
            yield from differences(before.get(key, ABSENT), after.get(key, ABSENT), (*path, key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (x, y) in enumerate(zip(before, after, strict=True)):
            yield from differences(x, y, (*path, index))
    elif not same(before, after):
        yield path


def at(value: Any, path: Path) -> Any:
    """The value at a path; ABSENT where there is none."""
    for part in path:
        if isinstance(value, Mapping):
            value = value.get(part, ABSENT)
        elif isinstance(value, list) and isinstance(part, int) and 0 <= part < len(value):
            value = value[part]
        else:
            return ABSENT
    return value


def path_of(text: str) -> Path:
    """`cases[0].when` as ("cases", 0, "when")."""
    parts: list[str | int] = []
    for piece in text.replace("[", ".[").split("."):
        if piece.startswith("[") and piece.endswith("]"):
            inner = piece[1:-1]
            parts.append(int(inner) if inner.isdigit() else inner.strip("'\""))
        elif piece:
            parts.append(piece)
    return tuple(parts)


def _first_of(value: Any, longest: int) -> Any:
    """A part of a large value that is enough for one line, so that megabytes are not put into text for it."""
    if isinstance(value, str):
        return value[: longest + 1]
    if isinstance(value, Mapping):
        return {key: _first_of(value[key], longest) for key in list(value)[:longest]}
    if isinstance(value, list | tuple):
        return [_first_of(item, longest) for item in value[:longest]]
    return value
