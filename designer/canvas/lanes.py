"""Where a wire may run level without passing behind cards."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPointF

from designer.canvas.card_item import CardItem
from designer.canvas.paths import LANE

MOST = 300
"""In larger drawings wires take the straight way: looking around would cost more than it shows."""
GAP, FARTHEST, SAMPLES = 16.0, 640.0, 14


class Lanes:
    """The gaps between the cards of a drawing."""

    def __init__(self, cards: Mapping[str, CardItem]) -> None:
        self._cards = cards

    def below(self, left: float, right: float, y: float) -> float:
        """The height, here or lower, at which a level line meets no card."""
        for top, bottom in sorted(self._spans(left, right, ()), key=lambda span: span[1]):
            if top - LANE / 2 < y < bottom + LANE / 2:
                y = bottom + LANE
        return y

    def around(self, start: QPointF, end: QPointF, reach: float, but: tuple[str, str]) -> float | None:
        """The height of a way past the cards that a plain curve would run behind; None when it meets none."""
        if len(self._cards) > MOST:
            return None
        spans = self._spans(start.x() + 8, end.x() - 8, but)
        if not spans or not self._met(start, end, reach, but):
            return None
        best, least = None, FARTHEST
        for height in (y for top, bottom in spans for y in (top - GAP, bottom + GAP)):
            if any(top - GAP + 1 < height < bottom + GAP - 1 for top, bottom in spans):
                continue
            cost = abs(height - start.y()) + abs(height - end.y())
            if cost < least:
                best, least = height, cost
        return best

    def _spans(self, left: float, right: float, but: tuple[str, ...]) -> list[tuple[float, float]]:
        """Top and bottom of the cards between two heights of x."""
        found = []
        for key, card in self._cards.items():
            x, y = card.place_now
            if x < right and x + card._width > left and key not in but:
                found.append((y, y + card._height))
        return found

    def _met(self, start: QPointF, end: QPointF, reach: float, but: tuple[str, str]) -> bool:
        """Whether the curve runs behind a card."""
        x0, y0, x3, y3 = start.x(), start.y(), end.x(), end.y()
        x1, x2 = x0 + reach, x3 - reach
        points = []
        for i in range(1, SAMPLES):
            t = i / SAMPLES
            a, b, c, d = (1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t * t, t**3
            points.append((a * x0 + b * x1 + c * x2 + d * x3, (a + b) * y0 + (c + d) * y3))
        low, high = min(y0, y3), max(y0, y3)
        for key, card in self._cards.items():
            x, y = card.place_now
            right, bottom = x + card._width, y + card._height
            if x < x3 and right > x0 and y < high + 4 and bottom > low - 4 and key not in but:
                if any(x - 6 < px < right + 6 and y - 2 < py < bottom + 2 for px, py in points):
                    return True
        return False
