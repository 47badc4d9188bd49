"""A value in at most three short lines, for the face of a node."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from designer.resources import signs, tr

LINES, WIDTH = 3, 64
GATE = frozenset({"option", "value", "form", "comment"})


def preview(value: Any) -> tuple[str, ...]:
    """The value's beginning; nothing for null and what is empty."""
    return tuple(_cut(line) for line in _lines(value))[:LINES]


def _lines(value: Any) -> list[str]:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return _object(value)
    if isinstance(value, Sequence):
        return _list(value)
    return [] if value is None else [_json(value)]


def _text(value: str) -> list[str]:
    lines = [line for raw in value[: 4 * LINES * WIDTH].splitlines() if (line := " ".join(raw.split()))]
    if len(lines) > LINES:
        lines = [*lines[: LINES - 1], lines[LINES - 1] + " …"]
    return lines


def _object(value: Mapping[str, Any]) -> list[str]:
    if "$blob" in value:
        return [_blob(value)]
    if value.keys() == GATE:
        return [*_lines(value["value"])[: LINES - 1], *([f"“{value['comment']}”"] if value["comment"] else [])]
    lines = [f"{name}: {_short(one)}" for name, one in list(value.items())[:LINES]]
    if len(value) > LINES:
        lines[LINES - 1] = tr("and {n} more").format(n=len(value) - LINES + 1)
    return lines


def _list(value: Sequence[Any]) -> list[str]:
    if not value:
        return [tr("Nothing in the list")]
    if all(isinstance(row, Mapping) for row in value[:50]):
        columns = list(dict.fromkeys(name for row in value[:50] for name in row))
        rows = tr("1 row") if len(value) == 1 else tr("{n} rows").format(n=len(value))
        wide = tr("1 column") if len(columns) == 1 else tr("{n} columns").format(n=len(columns))
        return [f"{rows} · {wide}", ", ".join(map(str, columns))]
    many = tr("1 item") if len(value) == 1 else tr("{n} items").format(n=len(value))
    return [many, ", ".join(_short(one) for one in value[:20])]


def _blob(value: Mapping[str, Any]) -> str:
    size = value.get("size")
    kind = str(value.get("media_type") or tr("File"))
    return f"{kind} · {bytes_text(size)}" if isinstance(size, int) else kind


def _short(value: Any) -> str:
    """One value in the middle of a line."""
    if isinstance(value, str):
        return " ".join(value[: 2 * WIDTH].split())
    if isinstance(value, Mapping):
        return _blob(value) if "$blob" in value else "{…}" if value else "{}"
    if isinstance(value, Sequence):
        return f"[{len(value)}]"
    return _json(value)


def _json(value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return f"{value:.0f}"
    if isinstance(value, float):
        return f"{value:.6g}"
    return json.dumps(value, ensure_ascii=False, default=str)


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else line[: WIDTH - 1].rstrip() + "…"


def bytes_text(size: float) -> str:
    """A size for people: "34 KB"."""
    for unit in ("B", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if size >= 10 or unit == "B" else signs(f"{size:.1f} {unit}")
        size /= 1000
    return signs(f"{size:.1f} GB")
