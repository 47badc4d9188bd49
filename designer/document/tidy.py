"""A drawing in columns from left to right, without overlaps; the same drawing gives the same places.

Tools stand below their agent, the body of a loop to the right of it with nothing else in between, frames around what
they hold, and nodes without edges in rows below.
"""

from __future__ import annotations

from collections.abc import Collection

from designer.document.change import Place, Rect, Sizes, changed, place_of, rect_of, snapped
from designer.document.levels import Levels, Piece
from designer.document.notes import around, contents
from engine.workflow.model import Note, Workflow

_ABOVE = 32.0


def tidy(workflow: Workflow, sizes: Sizes | None = None, keys: Collection[str] | None = None) -> Workflow:
    """All nodes, or only these, laid out anew, their top left where it was; frames stay around what they hold."""
    wanted = {node.key for node in workflow.nodes if keys is None or node.key in keys}
    if not wanted:
        return workflow
    held = _held(workflow, sizes)
    whole = Levels(workflow, sizes, wanted, {name: inside for name, inside in held.items() if inside[0] <= wanted})
    places, frames = _put(workflow, wanted, whole.everything())
    after = changed(workflow, layout={**workflow.layout, **{k: p for k, p in places.items() if k in wanted}})
    notes = {key: (*place, *workflow.notes[key].rect[2:]) for key, place in places.items() if key in workflow.notes}
    notes.update(frames)
    for name, (nodes, _) in held.items():
        if name not in frames and nodes & wanted:
            notes[name] = around([rect_of(after, key, sizes) for key in sorted(nodes)])
    if keys is None:
        notes.update(_beside(workflow, after, sizes, notes))
    return changed(after, notes={key: _at(note, notes.get(key)) for key, note in workflow.notes.items()})


def _held(workflow: Workflow, sizes: Sizes | None) -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """The nodes and the notes in every frame that holds a node."""
    found = {}
    for name, note in workflow.notes.items():
        inside = contents(workflow, name, sizes) if note.kind == "frame" else ()
        nodes = frozenset(key for key in inside if key in workflow.by_key)
        if nodes:
            notes = frozenset(key for key in inside if key in workflow.notes and workflow.notes[key].kind == "note")
            found[name] = (nodes, notes)
    return found


def _put(workflow: Workflow, wanted: set[str], whole: Piece) -> tuple[dict[str, Place], dict[str, Rect]]:
    """The piece's places on the grid, with the nodes' top left where it was."""
    x, y = snapped(
        (min(place_of(workflow, key)[0] for key in wanted), min(place_of(workflow, key)[1] for key in wanted))
    )
    x -= min(whole.places[key][0] for key in wanted)
    y -= min(whole.places[key][1] for key in wanted)
    places = {key: snapped((px + x, py + y)) for key, (px, py) in whole.places.items()}
    frames = {key: (*snapped((fx + x, fy + y)), w, h) for key, (fx, fy, w, h) in whole.frames.items()}
    return places, frames


def _beside(before: Workflow, after: Workflow, sizes: Sizes | None, placed: dict[str, Rect]) -> dict[str, Rect]:
    """Notes in no frame go along with the node that is nearest; what would cover something goes above the drawing."""
    cards = [rect_of(after, node.key, sizes) for node in after.nodes]
    taken = [*cards, *(rect for key, rect in placed.items() if before.notes[key].kind == "note")]
    top = min(rect[1] for rect in [*cards, *placed.values()]) - _ABOVE
    left = min(rect[0] for rect in cards)
    found: dict[str, Rect] = {}
    for key, note in before.notes.items():
        if key in placed or note.kind != "note":
            continue
        near = min(before.nodes, key=lambda node: _distance(note.rect, rect_of(before, node.key, sizes))).key
        dx, dy = (b - a for a, b in zip(place_of(before, near), place_of(after, near), strict=True))
        rect = (note.rect[0] + dx, note.rect[1] + dy, *note.rect[2:])
        if any(_overlap(rect, other) for other in taken):
            rect = (left, top - note.rect[3], *note.rect[2:])
            while any(_overlap(rect, other) for other in taken):
                rect = (rect[0] + rect[2] + _ABOVE, *rect[1:])
        found[key] = rect
        taken.append(rect)
    return found


def _at(note: Note, rect: Rect | None) -> Note:
    return note if rect is None or rect == note.rect else note.model_copy(update={"rect": rect})


def _distance(a: Rect, b: Rect) -> float:
    dx = (a[0] + a[2] / 2) - (b[0] + b[2] / 2)
    dy = (a[1] + a[3] / 2) - (b[1] + b[3] / 2)
    return dx * dx + dy * dy


def _overlap(a: Rect, b: Rect) -> bool:
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]
