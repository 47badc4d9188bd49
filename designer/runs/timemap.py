"""Time on the timeline, with long waits folded: hours in which nobody and nothing did anything take a finger's width.

Moments are mapped to "drawn seconds", which the timeline then scales. Pure.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from designer.runs.bars import Bar

LEAST_GAP_S = 5.0
_PART = 0.08
"""A folded gap is drawn as wide as this part of all the time in which something was done."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of time from `start` to `end`, drawn from `drawn` on for `width` drawn seconds."""

    start: float
    end: float
    drawn: float
    width: float
    folded: bool = False


class TimeMap:
    """Piecewise straight from moments to drawn seconds and back."""

    def __init__(self, stretches: list[Stretch]) -> None:
        self.stretches = stretches
        self._starts = [one.start for one in stretches]
        self._drawn = [one.drawn for one in stretches]

    @property
    def start(self) -> float:
        """The first moment."""
        return self.stretches[0].start

    @property
    def length(self) -> float:
        """All drawn seconds."""
        last = self.stretches[-1]
        return last.drawn + last.width

    @property
    def has_folds(self) -> bool:
        """Whether anything is folded."""
        return any(one.folded for one in self.stretches)

    def drawn(self, at: float) -> float:
        """Where a moment is drawn; straight on before the first and after the last."""
        one = self.stretches[max(0, bisect_right(self._starts, at) - 1)]
        slope = one.width / (one.end - one.start) if one.folded and one.end > one.start else 1.0
        return one.drawn + (at - one.start) * slope

    def moment(self, drawn: float) -> float:
        """Which moment is drawn there."""
        one = self.stretches[max(0, bisect_right(self._drawn, drawn) - 1)]
        slope = (one.end - one.start) / one.width if one.folded and one.width > 0 else 1.0
        return one.start + (drawn - one.drawn) * slope


def plain_map(start: float, end: float) -> TimeMap:
    """Nothing folded."""
    return TimeMap([Stretch(start, end, 0.0, max(0.0, end - start))])


def folded_map(bars: Iterable[Bar], start: float, end: float, now: float) -> TimeMap:
    """Gaps in which nothing was at work are folded when they are longer than all the work together."""
    busy = _busy(bars, now)
    if not busy:
        return plain_map(start, end)
    worked = sum(b - a for a, b in busy)
    longest = max(LEAST_GAP_S, worked)
    narrow = max(worked * _PART, 0.05)
    stretches: list[Stretch] = []
    at, drawn = start, 0.0
    edges = [*busy, (end, end)]
    begun = start
    for left, right in edges:
        gap = left - at
        if gap > longest and left <= end:
            pad = min(narrow, gap / 4)  # the wait is seen to begin and to end
            stretches.append(Stretch(begun, at + pad, drawn, at + pad - begun))
            drawn += at + pad - begun
            stretches.append(Stretch(at + pad, left - pad, drawn, narrow, True))
            drawn += narrow
            begun = left - pad
        at = max(at, right)
    last = max(end, at)
    stretches.append(Stretch(begun, last, drawn, max(0.0, last - begun)))
    return TimeMap([one for one in stretches if one.width > 0] or [Stretch(start, end, 0.0, 0.0)])


def _busy(bars: Iterable[Bar], now: float) -> list[tuple[float, float]]:
    """When something was at work: the union of all segments that are not waits."""
    spans = sorted(
        (segment.start, segment.end if segment.end is not None else now)
        for bar in bars
        for segment in bar.segments
        if segment.kind in ("run", "failed", "interrupted", "children", "instant")
    )
    found: list[tuple[float, float]] = []
    for left, right in spans:
        if found and left <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], right))
        else:
            found.append((left, right))
    return found
