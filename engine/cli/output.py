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


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, empty: str) -> None:
    """A plain table; `empty` is said when there are no rows. The last column gives way when the terminal is narrow."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    if not rows:
        print(empty)
        return
    cells = [[cell if isinstance(cell, Text) else Text(plain(str(cell))) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        _print_plain([[Text(name) for name in columns], *cells])
        return
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, show_edge=False)
    for number, name in enumerate(columns):
        last = number == len(columns) - 1
        table.add_column(name, overflow="ellipsis", no_wrap=True, ratio=1 if last else None)
    for row in cells:
        table.add_row(*row)
    console().print(table)


def _print_plain(rows: Sequence[Sequence[Any]]) -> None:
    """Columns in line, nothing after the last cell: for pipes."""
    widths = [max(len(row[number].plain) for row in rows) for number in range(len(rows[0]))]
    for row in rows:
        texts = (f"{cell.plain:<{width}}" for cell, width in zip(row, widths, strict=True))
        print("  ".join(texts).rstrip())


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
