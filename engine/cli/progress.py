"""How far long work is: JSON lines on stderr for programs, one line for people, nothing for a pipe."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Annotated

import typer

Progress = Annotated[
    bool, typer.Option("--progress", help='Print {"progress": 0 to 1, "text": …} lines on stderr while it works.')
]


def reporter(lines: bool) -> Callable[[float | None, str], None]:
    """What long work calls with a share (None: not known) and with what it does."""
    from engine.cli.failures import plain

    def as_lines(share: float | None, text: str) -> None:
        value = None if share is None else round(share, 4)
        print(json.dumps({"progress": value, "text": text}, ensure_ascii=True), file=sys.stderr, flush=True)

    def in_place(share: float | None, text: str) -> None:
        percent = "" if share is None else f" {share:4.0%}"
        end = "\n" if share == 1.0 else ""
        print(f"\r\x1b[K{plain(text)}{percent}", end=end, file=sys.stderr, flush=True)

    if lines:
        return as_lines
    return in_place if sys.stderr.isatty() else lambda share, text: None
