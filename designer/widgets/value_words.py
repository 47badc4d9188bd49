"""What can be said of a JSON value before it is shown: its modes, a short text, a summary. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Literal

from designer.resources import signs, tr

Mode = Literal["tree", "table", "text", "picture"]
SHORT = 200
DEEPEST = 100
LOOKED_THROUGH = 20_000


def is_blob(value: Any) -> bool:
    """Whether a value is a reference to stored bytes, as the engine writes it."""
    return isinstance(value, dict) and isinstance(value.get("$blob"), str)


def is_picture(value: Any) -> bool:
    """Whether a value refers to stored bytes that are an image."""
    return is_blob(value) and str(value.get("media_type", "")).startswith("image/")


def pictures(value: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every image in a value with the place where it stands, in order."""
    if is_picture(value):
        yield path, value
    elif depth < DEEPEST and isinstance(value, dict):
        for key, each in value.items():
            yield from pictures(each, f"{path}.{key}" if path else str(key), depth + 1)
    elif depth < DEEPEST and isinstance(value, list):
        for nth, each in enumerate(value):
            yield from pictures(each, f"{path}[{nth}]", depth + 1)


def has_picture(value: Any) -> bool:
    """Whether there is an image among the first members of a value: a look through a million would be felt."""
    rest = LOOKED_THROUGH
    waiting = [value]
    while waiting and rest > 0:
        each = waiting.pop()
        rest -= 1
        if is_picture(each):
            return True
        if isinstance(each, (dict, list)):
            inner = each.values() if isinstance(each, dict) else each
            waiting.extend(islice((one for one in inner if isinstance(one, (dict, list))), rest))
            rest -= len(each) // 50
    return False


def is_table(value: Any) -> bool:
    """Whether a value is rows: a list of objects with at least one field between them."""
    return isinstance(value, list) and all(isinstance(row, dict) for row in value) and any(value)


def columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of all fields of all rows, in the order in which they turn up."""
    return list(dict.fromkeys(str(name) for row in rows for name in row))


def modes(value: Any) -> tuple[Mode, ...]:
    """How a value can be shown, the best way first."""
    if is_picture(value):
        return "picture", "tree", "text"
    if isinstance(value, (dict, list)) and value:
        found: tuple[Mode, ...] = ("table", "tree", "text") if is_table(value) else ("tree", "text")
        return (*found, "picture") if has_picture(value) else found
    return ("text",)


def whole_text(value: Any) -> str:
    """The value as text to read and copy: a text as it is, everything else as indented JSON."""
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False, default=str)


def first_text(value: Any, most: int) -> tuple[str, bool]:
    """The beginning of that text, and whether it is all of it; a long one is not written out for its beginning."""
    if isinstance(value, str):
        return value[:most], len(value) <= most
    parts: list[str] = []
    size = 0
    for part in json.JSONEncoder(indent=2, ensure_ascii=False, default=str).iterencode(value):
        parts.append(part)
        size += len(part)
        if size > most:
            return "".join(parts)[:most], False
    return "".join(parts), True


def short_text(value: Any) -> str:
    """The value in one line, cut with "…" where it is long."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        line = " ".join(value[: SHORT * 2].split())
        return line if len(value) <= SHORT and len(line) <= SHORT else line[:SHORT] + "…"
    if is_blob(value):
        return f"{value.get('media_type') or tr('file')} · {size_text(value.get('size', 0))}"
    if isinstance(value, dict):
        inner = ", ".join(f"{key}: {_tiny(each)}" for key, each in list(value.items())[:6])
        return _cut("{" + inner + ("" if len(value) <= 6 else ", …") + "}")
    if isinstance(value, list):
        inner = ", ".join(_tiny(each) for each in value[:6])
        return _cut("[" + inner + ("" if len(value) <= 6 else ", …") + "]")
    return str(value)


def summary(value: Any) -> str:
    """How much it is, in a few words."""
    if is_blob(value):
        return short_text(value)
    if is_table(value):
        wide = len(columns(value))
        return f"{counted(len(value), tr('row'), tr('rows'))} · {counted(wide, tr('column'), tr('columns'))}"
    if isinstance(value, list):
        return counted(len(value), tr("item"), tr("items"))
    if isinstance(value, dict):
        return counted(len(value), tr("field"), tr("fields"))
    if isinstance(value, str) and len(value) > 40:
        return counted(len(value), tr("character"), tr("characters"))
    return ""


def counted(number: int, one: str, many: str) -> str:
    """ "1 row", "1,204 rows"."""
    return f"{number:,} {one if number == 1 else many}"


def size_text(size: Any) -> str:
    """A number of bytes as people read it."""
    left = float(size) if isinstance(size, (int, float)) else 0.0
    for unit in ("B", "KB", "MB"):
        if left < 1000:
            return f"{left:.0f} {unit}" if unit == "B" or left >= 10 else signs(f"{left:.1f} {unit}")
        left /= 1000
    return signs(f"{left:.1f} GB")


def _tiny(value: Any) -> str:
    if isinstance(value, dict):
        return "{…}" if value else "{}"
    if isinstance(value, list):
        return "[…]" if value else "[]"
    return f"{value[:40]}…" if isinstance(value, str) and len(value) > 40 else short_text(value)


def _cut(text: str) -> str:
    return text if len(text) <= SHORT else text[:SHORT] + "…"
