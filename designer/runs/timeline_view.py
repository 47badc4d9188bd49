"""Where things are on the timeline: rows down, time across, zoomed and moved. Knows no widget and paints nothing."""

from __future__ import annotations

from dataclasses import dataclass

from designer.runs.bars import Bar, Segment
from designer.runs.timemap import TimeMap

ROW = 24
RULER = 26
LANE = 24
PAD = 20
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
        """Move by pixels to the left."""
        self.left += pixels / self.scale
        self.clamp(length)

    def clamp(self, length: float) -> None:
        """Keep what there is in view."""
        room = (self.chart - 2 * PAD) / self.scale
        self.left = max(0.0, min(self.left, max(0.0, length - room)))


def hit(bars: list[Bar], times: TimeMap, window: Window, row: int, x: float, now: float) -> Segment | None:
    """The segment under a place of a row; the topmost one, small ones with some grace."""
    if not 0 <= row < len(bars):
        return None
    best: Segment | None = None
    for piece in bars[row].segments:
        left = window.x(times.drawn(piece.start))
        right = window.x(times.drawn(piece.end if piece.end is not None else now))
        if left - 4 <= x <= max(right, left + 2) + 4:
            best = piece
    return best
