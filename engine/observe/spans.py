"""How long something took, as a person says it."""

from __future__ import annotations

MINUTE, HOUR, DAY = 60, 3600, 86_400


def span(seconds: float) -> str:
    """`0.904 s`, `41 s`, `2 min 5 s`, `3 h 20 min`, `2 d 4 h`."""
    seconds = max(0.0, seconds)
    if seconds < 100:
        return f"{seconds:.3g} s"
    whole = round(seconds)
    for unit, name, below, small in ((DAY, "d", HOUR, "h"), (HOUR, "h", MINUTE, "min"), (MINUTE, "min", 1, "s")):
        if whole >= unit:
            rest = whole % unit // below
            return f"{whole // unit} {name} {rest} {small}" if rest else f"{whole // unit} {name}"
    return f"{whole} s"
