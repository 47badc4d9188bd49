"""The timeline's ruler: which moments get a tick, and what stands beside it. No label ever meets the next one."""

from __future__ import annotations

import math
from dataclasses import dataclass

from designer.runs.words import clock_text

_STEPS = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600,
    7200, 14_400, 21_600, 43_200, 86_400, 172_800, 604_800,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tick:
    """A moment (seconds since the run's start) and its label."""

    at: float
    label: str


def step_for(per_second: float, room: float) -> float:
    """The smallest round distance between ticks, in seconds, that leaves `room` pixels for each label."""
    for step in _STEPS:
        if step * per_second >= room:
            return step
    return _STEPS[-1] * math.ceil(room / (_STEPS[-1] * per_second))


def ticks(start: float, end: float, per_second: float, room: float) -> list[Tick]:
    """The ticks between two moments since the run's start, at `per_second` pixels a second."""
    if per_second <= 0 or end <= start:
        return []
    step = step_for(per_second, room)
    first = math.ceil(start / step - 1e-9)
    count = min(2000, int((end - first * step) / step + 1e-9) + 1)
    return [Tick((first + n) * step, offset_text((first + n) * step, step)) for n in range(count)]


def offset_text(seconds: float, step: float) -> str:
    """Time since the run's start, as exact as the distance between ticks asks for."""
    sign = "−" if seconds < 0 else ""
    seconds = abs(seconds)
    if step < 1:
        digits = 3 if step < 0.01 else 2 if step < 0.1 else 1
        if seconds < 60:
            return f"{sign}{seconds:.{digits}f} s"
        return f"{sign}{int(seconds // 60)}:{seconds % 60:0{3 + digits}.{digits}f}"
    whole = round(seconds)
    if whole < 60:
        return f"{sign}{whole} s"
    if whole < 3600:
        return f"{sign}{whole // 60}:{whole % 60:02d}"
    if whole < 86_400 or step < 3600:
        hours = f"{whole // 3600}:{whole % 3600 // 60:02d}"
        return f"{sign}{hours}:{whole % 60:02d}" if step < 60 else f"{sign}{hours} h"
    return f"{sign}{whole // 86_400} d {whole % 86_400 // 3600} h"


def clock_label(at: float, step: float) -> str:
    """The same moment on the clock."""
    return clock_text(at, "%H:%M:%S" if step < 60 else "%H:%M" if step < 86_400 else "%d.%m. %H:%M")
