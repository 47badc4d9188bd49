"""Lengths of time as people read them."""

from __future__ import annotations

from designer.resources import signs


def took(seconds: float) -> str:
    """How long something took: "28 ms", "0.2 s", "42 s", "2:05 min", "1:02 h", "3 d 4 h"."""
    seconds = max(0.0, seconds)
    if 0 < seconds < 0.0995:
        return f"{max(1, round(seconds * 1000))} ms"
    if seconds < 9.95:
        return signs(f"{seconds:.1f} s")
    return _long(round(seconds))


def left(seconds: float) -> str:
    """How long until something: "4 s", "12:40", "1:02:30", "3 d 4 h"."""
    whole = max(0, int(-(-seconds // 1)))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02}"
    if whole < 86_400:
        return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
    return f"{whole // 86_400} d {whole // 3600 % 24} h"


def _long(whole: int) -> str:
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02} min"
    if whole < 86_400:
        return f"{whole // 3600}:{whole // 60 % 60:02} h"
    return f"{whole // 86_400} d {whole // 3600 % 24} h"
