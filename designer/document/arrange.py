"""Edits of places: move, nudge, align, distribute, snap to the grid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from designer.document.change import (
    Place,
    Sizes,
    changed,
    exact,
    place_of,
    rect_of,
    snapped,
    things,
)
from engine.workflow.model import Workflow

How = Literal["left", "center", "right", "top", "middle", "bottom"]


def move(workflow: Workflow, positions: Mapping[str, Place]) -> Workflow:
    """Nodes, frames and notes at new places (top left); keys of what is not there are passed over."""
    nodes, notes = workflow.by_key, workflow.notes
    layout = {key: exact(place) for key, place in positions.items() if key in nodes}
    boxes = {
        key: notes[key].model_copy(update={"rect": (*exact(place), *notes[key].rect[2:])})
        for key, place in positions.items()
        if key in notes
    }
    return changed(workflow, layout={**workflow.layout, **layout}, notes={**notes, **boxes})


def nudge(workflow: Workflow, keys: Iterable[str], dx: float, dy: float) -> Workflow:
    """Everything named, moved by so much."""
    return move(workflow, {key: _by(place_of(workflow, key), dx, dy) for key in things(workflow, keys)})


def snap(workflow: Workflow, keys: Iterable[str]) -> Workflow:
    """Everything named, on the grid."""
    return move(workflow, {key: snapped(place_of(workflow, key)) for key in things(workflow, keys)})


def align(workflow: Workflow, keys: Iterable[str], how: How, sizes: Sizes | None = None) -> Workflow:
    """Edges or middles of cards in one line: that of the outermost, or of the middle of all."""
    rects = {key: rect_of(workflow, key, sizes) for key in things(workflow, keys)}
    if len(rects) < 2:
        return workflow
    axis = 0 if how in ("left", "center", "right") else 1
    low = min(rect[axis] for rect in rects.values())
    high = max(rect[axis] + rect[axis + 2] for rect in rects.values())
    part = {"left": 0.0, "top": 0.0, "center": 0.5, "middle": 0.5, "right": 1.0, "bottom": 1.0}[how]
    line = low + (high - low) * part
    places = {}
    for key, rect in rects.items():
        start = line - rect[axis + 2] * part
        places[key] = (start, rect[1]) if axis == 0 else (rect[0], start)
    return move(workflow, places)


def distribute(
    workflow: Workflow, keys: Iterable[str], axis: Literal["x", "y"], sizes: Sizes | None = None
) -> Workflow:
    """The same gap between neighbours; the outermost two stay where they are."""
    at = 0 if axis == "x" else 1
    rects = {key: rect_of(workflow, key, sizes) for key in things(workflow, keys)}
    row = sorted(rects, key=lambda key: rects[key][at] + rects[key][at + 2] / 2)
    if len(row) < 3:
        return workflow
    room = rects[row[-1]][at] - rects[row[0]][at] - sum(rects[key][at + 2] for key in row[:-1])
    gap, start = room / (len(row) - 1), rects[row[0]][at]
    places = {}
    for key in row[:-1]:
        places[key] = (start, rects[key][1]) if at == 0 else (rects[key][0], start)
        start += rects[key][at + 2] + gap
    return move(workflow, places)


def _by(place: Place, dx: float, dy: float) -> Place:
    return place[0] + dx, place[1] + dy
