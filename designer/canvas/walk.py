"""Getting about with the arrow keys: the nearest node in a direction, and what lies before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QPointF, QRectF

from engine.workflow.model import Workflow

SIDEWAYS = 2.4
"""How much worse it is to be off the line than far along it."""


def nearest(areas: Mapping[str, QRectF], start: QPointF, dx: int, dy: int, but: Iterable[str] = ()) -> str | None:
    """The node that lies next in a direction."""
    left_out, best, least = set(but), None, float("inf")
    for key, area in areas.items():
        if key in left_out:
            continue
        away = area.center() - start
        along = away.x() * dx + away.y() * dy
        across = abs(away.y()) if dx else abs(away.x())
        if along <= 4:
            continue
        cost = along + SIDEWAYS * across
        if cost < least:
            best, least = key, cost
    return best


def closest(areas: Mapping[str, QRectF], to: QPointF) -> str | None:
    """The node nearest to a place."""
    return min(areas, key=lambda key: (areas[key].center() - to).manhattanLength(), default=None)


def along_wires(workflow: Workflow, keys: Iterable[str], downstream: bool) -> set[str]:
    """These nodes with those directly after them (or before them)."""
    known = set(keys)
    for edge in workflow.edges:
        near, far = (edge.source, edge.target) if downstream else (edge.target, edge.source)
        if near in keys and far in workflow.by_key:
            known.add(far)
    return known
