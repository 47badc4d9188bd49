"""Where things are on the timeline: rows down, time across, zoomed and moved. Knows no widget and paints nothing."""

from __future__ import annotations

from dataclasses import dataclass

from designer.runs.bars import Segment
from designer.runs.scale import Tick, ticks
from designer.runs.timeline_bars import Bars
from designer.runs.timemap import Stretch

ROW = 24
RULER = 26
LANE = 24
PAD = 20
TICK_ROOM = 76.0
FOLD_ROOM = 50.0
ZOOM_MOST = 4000.0


@dataclass
class Window:
    """What is to be seen: `left` drawn seconds at the left edge, `scale` pixels a drawn second. `fits`: all of it."""

    names: float = 200.0
    width: float = 800.0
    left: float = 0.0
    scale: float = 1.0
    fits: bool = True

    @property
    def chart(self) -> float:
        """Pixels for bars."""
        return max(60.0, self.width - self.names)

    def resize(self, width: float) -> None:
        """The view is this wide now."""
        self.width = width
        self.names = max(120.0, min(220.0, width * 0.26))

    def fit(self, length: float) -> None:
        """Show all of it."""
        self.left = 0.0
        self.scale = (self.chart - 2 * PAD) / max(length, 1e-3)

    def x(self, drawn: float) -> float:
        """Where drawn seconds are."""
        return self.names + PAD + (drawn - self.left) * self.scale

    def drawn(self, x: float) -> float:
        """The drawn seconds at a place."""
        return self.left + (x - self.names - PAD) / self.scale

    def zoom(self, factor: float, x: float, length: float) -> None:
        """Zoom with the moment under `x` staying where it is; never further out than all of it."""
        under = self.drawn(x)
        least = (self.chart - 2 * PAD) / max(length, 1e-3)
        self.scale = max(least, min(least * ZOOM_MOST, self.scale * factor))
        self.fits = self.scale <= least * 1.0001
        self.left = under - (x - self.names - PAD) / self.scale
        self.clamp(length)

    def pan(self, pixels: float, length: float) -> None:
        """Move by pixels."""
        self.left += pixels / self.scale
        self.clamp(length)

    def clamp(self, length: float) -> None:
        """Keep what there is in view."""
        room = (self.chart - 2 * PAD) / self.scale
        self.left = max(0.0, min(self.left, max(0.0, length - room)))


def across(bars: Bars, window: Window, piece: Segment) -> tuple[float, float]:
    """From where to where a segment is drawn; never so narrow that it is not seen."""
    left = window.x(bars.times.drawn(piece.start))
    right = window.x(bars.times.drawn(piece.end if piece.end is not None else bars.now))
    return left, max(right, left + 2.5)


def hit(bars: Bars, window: Window, row: int, x: float) -> Segment | None:
    """The segment under a place of a row; the topmost one, small ones with some grace."""
    best: Segment | None = None
    for piece in bars.lines[row].segments if 0 <= row < len(bars.lines) else ():
        left, right = across(bars, window, piece)
        if left - 4 <= x <= right + 4:
            best = piece
    return best


def folds(bars: Bars, window: Window) -> list[tuple[float, float, Stretch]]:
    """Folded waits that are in view, from where to where."""
    found = []
    for one in bars.times.stretches:
        left, right = window.x(one.drawn), window.x(one.drawn + one.width)
        if one.folded and right > window.names and left < window.width:
            found.append((max(left, window.names), right, one))
    return found


def rules(bars: Bars, window: Window) -> list[tuple[float, Tick]]:
    """Ticks with their places: none in folded time, none whose label would meet another one."""
    found: list[tuple[float, Tick]] = []
    free, base, times = window.names, bars.run.started, bars.times
    for place, one in enumerate(times.stretches):
        left, right = window.x(one.drawn), window.x(one.drawn + one.width)
        if one.folded:
            free = max(free, (left + right) / 2 + FOLD_ROOM)
            continue
        if right < window.names or left > window.width:
            continue
        limit = window.width
        if place + 1 < len(times.stretches):  # the label of the fold that follows
            after = times.stretches[place + 1]
            limit = (window.x(after.drawn) + window.x(after.drawn + after.width)) / 2 - FOLD_ROOM
        begin = times.moment(max(one.drawn, window.drawn(window.names)))
        end = times.moment(min(one.drawn + one.width, window.drawn(window.width)))
        for tick in ticks(begin - base, end - base, window.scale, TICK_ROOM):
            x = window.x(times.drawn(base + tick.at))
            if x - TICK_ROOM / 2 >= free and x + TICK_ROOM / 2 <= limit:
                found.append((x, tick))
                free = x + TICK_ROOM / 2
    return found
