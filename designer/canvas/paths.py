"""The way of a wire: a calm curve forwards, a rounded detour around the cards when it leads back. Pure geometry."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

from designer.canvas.slots import Border

OUTWARDS = {"left": (-1.0, 0.0), "right": (1.0, 0.0), "top": (0.0, -1.0), "bottom": (0.0, 1.0)}
LANE, STUB, ROUND = 28.0, 24.0, 14.0
LONG, BEND = 360.0, 68.0
"""From this length on a wire looks for cards in its way; so much room it takes to change its height."""


class Ways(Protocol):
    """Knows what stands in a wire's way."""

    def below(self, left: float, right: float, y: float) -> float:
        """The height, here or lower, at which a level line meets no card."""
        ...

    def around(self, start: QPointF, end: QPointF, reach: float, but: tuple[str, str]) -> float | None:
        """The height of a way past the cards that a plain curve would run behind; None when it meets none."""
        ...


def wire_path(
    start: QPointF,
    leaves: Border,
    end: QPointF,
    enters: Border,
    source: QRectF | None = None,
    target: QRectF | None = None,
    ways: Ways | None = None,
    but: tuple[str, str] = ("", ""),
) -> QPainterPath:
    """From an output to an input; `source` and `target` are the cards and `but` their keys, for the way around."""
    if source is not None and target is not None and leads_back(start, leaves, end, enters):
        return _around(start, end, source, target, ways)
    if leaves == "bottom" and enters == "left" and end.x() > start.x() + 40:
        return _past_the_corner(start, end, ways, but)
    if leaves == "right" and enters == "left" and end.x() - start.x() > LONG:
        path = QPainterPath(start)
        _forwards(path, start, end, ways, but)
        return path
    (ax, ay), (bx, by) = OUTWARDS[leaves], OUTWARDS[enters]
    dx, dy = end.x() - start.x(), end.y() - start.y()
    path = QPainterPath(start)
    away, near = _reach(dx, dy, ax, ay), _reach(-dx, -dy, bx, by)
    path.cubicTo(start + QPointF(ax * away, ay * away), end + QPointF(bx * near, by * near), end)
    return path


def leads_back(start: QPointF, leaves: Border, end: QPointF, enters: Border) -> bool:
    """Whether a wire runs against the direction of reading, so that it goes around its cards."""
    far = abs(end.x() - start.x()) + abs(end.y() - start.y()) > 60
    return leaves == "right" and enters == "left" and end.x() < start.x() + 8 and far


def _reach(dx: float, dy: float, ax: float, ay: float) -> float:
    """How far a curve runs straight out of a port: half of the way, within reason; longer when it must turn round."""
    along = dx * ax + dy * ay
    across = abs(dy) if ax else abs(dx)
    if along < 0:
        return min(60 + -along * 0.3 + across * 0.1, 240)
    return min(max(along * 0.5, min(40, across * 0.5), 12), 180)


def _forwards(path: QPainterPath, start: QPointF, end: QPointF, ways: Ways | None, but: tuple[str, str]) -> None:
    """A calm curve; past cards in its way, a level line beside them."""
    reach = min(max((end.x() - start.x()) * 0.5, 12), 180)
    far = end.x() - start.x() > LONG
    lane = ways.around(start, end, reach, but) if ways is not None and far else None
    if lane is None:
        path.cubicTo(start + QPointF(reach, 0), end - QPointF(reach, 0), end)
        return
    on, off, half = QPointF(start.x() + BEND, lane), QPointF(end.x() - BEND, lane), QPointF(BEND * 0.55, 0)
    path.cubicTo(start + half, on - half, on)
    path.lineTo(off)
    path.cubicTo(off + half, end - half, end)


def _past_the_corner(start: QPointF, end: QPointF, ways: Ways | None, but: tuple[str, str]) -> QPainterPath:
    """Out of the lower border and at once to the right, between the card and what hangs below it."""
    turn = start + QPointF(ROUND, ROUND)
    path = QPainterPath(start)
    path.quadTo(QPointF(start.x(), turn.y()), turn)
    _forwards(path, turn, end, ways, but)
    return path


def _around(start: QPointF, end: QPointF, source: QRectF, target: QRectF, ways: Ways | None) -> QPainterPath:
    """Out to the right, along a lane free of cards, and back in from the left."""
    out_x, in_x = start.x() + STUB, end.x() - STUB
    if target.top() - source.bottom() > LANE * 1.5:
        lane = (source.bottom() + target.top()) / 2
    elif source.top() - target.bottom() > LANE * 1.5:
        lane = (target.bottom() + source.top()) / 2
    else:
        lane = max(source.bottom(), target.bottom()) + LANE
        if ways is not None:
            lane = ways.below(in_x, out_x, lane)
    corners = [QPointF(out_x, start.y()), QPointF(out_x, lane), QPointF(in_x, lane), QPointF(in_x, end.y())]
    return rounded([start, *corners, end], ROUND)


def rounded(points: list[QPointF], radius: float) -> QPainterPath:
    """A path of straight lines with round corners."""
    path = QPainterPath(points[0])
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        one, two = _towards(corner, before, radius), _towards(corner, after, radius)
        path.lineTo(one)
        path.quadTo(corner, two)
    path.lineTo(points[-1])
    return path


def _towards(a: QPointF, b: QPointF, most: float) -> QPointF:
    d = b - a
    length = (d.x() ** 2 + d.y() ** 2) ** 0.5
    return a if length < 1e-6 else a + d * (min(most, length / 2) / length)
