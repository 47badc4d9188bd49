"""How things are printed: one JSON document, or tables and lines that fit the terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from engine.cli.failures import plain

if TYPE_CHECKING:
    from rich.console import Console

STYLES = {
    "completed": ("✓", "green"),
    "succeeded": ("✓", "green"),
    "running": ("▸", "cyan"),
    "waiting": ("?", "yellow"),
    "backoff": ("↻", "yellow"),
    "failed": ("✗", "red"),
    "cancelled": ("⊘", "magenta"),
    "interrupted": ("‖", "yellow"),
    "skipped": ("–", "dim"),
    "pending": ("·", "dim"),
}
"""Symbol and colour of a status. The eight basic colours only: a terminal's theme makes them readable on its ground."""


def print_json(value: Any) -> None:
    """The one document on stdout: indented for people, compact for programs."""
    indent = 2 if sys.stdout.isatty() else None
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=str)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, indent=indent, default=str)
    print(text)


def console() -> Console:
    """Where tables go: stdout, without colours or control codes unless it is a terminal."""
    from rich.console import Console

    # a pipe has no width: what is printed there is read by programs and must not be folded
    return Console(highlight=False, soft_wrap=not sys.stdout.isatty(), width=None if sys.stdout.isatty() else 10_000)


WIDEST = 28
"""Characters that a column takes at most on a terminal; the last one takes what is left."""


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, empty: str) -> None:
    """Cells in line, one row a line; `empty` is said when there are none. A pipe gets every cell in full."""
    from rich.text import Text

    if not rows:
        print(empty)
        return
    cells = [[cell if isinstance(cell, Text) else Text(plain(str(cell))) for cell in row] for row in rows]
    head = [Text(name, style="bold") for name in columns]
    widths = [max(row[number].cell_len for row in [head, *cells]) for number in range(len(head))]
    wide = sys.stdout.isatty()
    out = console()
    if wide:
        widths = [min(width, WIDEST) for width in widths]
        widths[-1] = max(8, out.width - sum(widths[:-1]) - 2 * (len(widths) - 1))
    for row in [head, *cells]:
        line = Text(no_wrap=True, overflow="ellipsis")
        for number, cell in enumerate(row):
            last = number == len(row) - 1
            if wide:
                cell.truncate(widths[number], overflow="ellipsis")
            gap = 0 if last else widths[number] - cell.cell_len
            right = cell.justify == "right"
            line.append_text(Text(" " * gap if right else "").append_text(cell))
            line.append("" if last else " " * (2 + (0 if right else gap)))
        line.rstrip()
        out.print(line, crop=False)


def status_text(status: str, words: str = "") -> Any:
    """A status as symbol, colour and word."""
    from rich.text import Text

    symbol, style = STYLES.get(status, ("·", "dim"))
    return Text(f"{symbol} {words or status}", style=style)


def short(value: Any, room: int = 60) -> str:
    """A value on one line, cut to the room it has."""
    if isinstance(value, dict) and "$blob" in value:
        return f"({size(value.get('size', 0))} of {value.get('media_type') or 'data'})"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = plain(text)
    return text if len(text) <= room else text[: max(1, room - 1)] + "…"


def brief(value: Any, room: int = 60) -> str:
    """What a person wants to see of a value on one line: names and values, lengths in place of long lists."""
    return short(_brief(value, inside=False), room)


def _brief(value: Any, *, inside: bool) -> Any:
    if isinstance(value, dict) and "$blob" not in value and value:
        parts = (f"{name}: {_brief(item, inside=True)}" for name, item in list(value.items())[:BRIEF])
        return "{…}" if inside else ", ".join(parts)
    if isinstance(value, list):
        if len(value) <= (FEW if inside else BRIEF) and not any(isinstance(item, list | dict) for item in value):
            items = ", ".join(str(_brief(item, inside=True)) for item in value)
            return f"[{items}]" if inside else items or "nothing"
        return f"{len(value):,} {'row' if value and isinstance(value[0], dict) else 'item'}{'s'[: len(value) != 1]}"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 10_000 else f"{value:,.0f}"
    return short(value, 200) if inside else value


BRIEF = 12
"""Fields of an object, or items of a list, that are worth naming on one line."""
FEW = 4
"""Items of a list within an object that are."""


def seconds(duration: float) -> str:
    """A duration as people say it: 0.12 s, 4.1 s, 2 min 5 s, 3 h 20 min, 2 d 4 h."""
    if duration < 9.95:
        return f"{max(0.0, duration):.{2 if duration < 0.995 else 1}f} s"
    whole = round(duration)
    for size, unit, smaller, below in ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {unit}" + (f" {rest} {below}" if rest else "")
    return f"{whole} s"


def countdown(left: float) -> str:
    """Time that is left, without fractions that would flicker: 4 s, 2 min 5 s."""
    return "0 s" if left < 0.5 else f"{round(left)} s" if left < 60 else seconds(left)


def size(count: int) -> str:
    """A number of bytes as people say it."""
    amount = float(count)
    for unit in ("bytes", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def clock(at: float) -> str:
    """A moment as local date and time."""
    import time

    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))
