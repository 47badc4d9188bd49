"""Edits of frames and notes: what is drawn and means nothing to a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import ValidationError

from designer.document.change import Place, Rect, Sizes, changed, exact, rect_of, things, with_notes
from designer.document.nodes import fresh_key
from engine.errors import Refused
from engine.workflow.model import Note, Workflow
from engine.workflow.values import check_value

PADDING = 24.0
TITLE_BAR = 40.0
SMALLEST = (48.0, 32.0)
NOTE_SIZE = (240.0, 120.0)


def frame(workflow: Workflow, keys: Iterable[str], sizes: Sizes | None = None, title: str = "") -> tuple[Workflow, str]:
    """A frame around these nodes and notes, and its key ("" when there is nothing to frame)."""
    rects = [rect_of(workflow, key, sizes) for key in things(workflow, keys)]
    if not rects:
        return workflow, ""
    key = fresh_key(workflow, "frame")
    note = Note(kind="frame", title=" ".join(title.split()), color="blue", rect=around(rects))
    # first: frames are drawn in order, an outer one below what it holds
    return changed(workflow, notes={key: note, **workflow.notes}), key


def around(rects: Sequence[Rect]) -> Rect:
    """The rect of a frame that holds these, with room for its title bar."""
    left, top = min(r[0] for r in rects) - PADDING, min(r[1] for r in rects) - PADDING - TITLE_BAR
    right, bottom = max(r[0] + r[2] for r in rects) + PADDING, max(r[1] + r[3] for r in rects) + PADDING
    return left, top, right - left, bottom - top


def add_note(workflow: Workflow, at: Place, text: str = "", color: str = "yellow") -> tuple[Workflow, str]:
    """A note with a text, and its key."""
    key = fresh_key(workflow, "note")
    return with_notes(workflow, {key: _note(text=text, color=color, rect=(*exact(at), *NOTE_SIZE))}), key


def set_note(workflow: Workflow, key: str, **fields: Any) -> Workflow:
    """Fields of a frame or a note: title, text, color, rect; Refused for what they cannot be."""
    note = workflow.notes.get(key)
    if note is None:
        return workflow
    after = _note(**{**note.model_dump(), **fields})
    return workflow if after == note else with_notes(workflow, {key: after})


def resize(workflow: Workflow, key: str, rect: Rect) -> Workflow:
    """Another place and size of a frame or a note; never smaller than what can be taken hold of."""
    x, y = exact((rect[0], rect[1]))
    width, height = exact((rect[2], rect[3]))
    return set_note(workflow, key, rect=(x, y, max(width, SMALLEST[0]), max(height, SMALLEST[1])))


def contents(workflow: Workflow, frame_key: str, sizes: Sizes | None = None) -> tuple[str, ...]:
    """What moves along with a frame: the nodes whose middle is in it, the frames and notes that are whole in it."""
    note = workflow.notes.get(frame_key)
    if note is None or note.kind != "frame":
        return ()
    left, top, width, height = note.rect
    right, bottom = left + width, top + height
    found = []
    for node in workflow.nodes:
        x, y, w, h = rect_of(workflow, node.key, sizes)
        if left <= x + w / 2 <= right and top <= y + h / 2 <= bottom:
            found.append(node.key)
    for key, other in workflow.notes.items():
        x, y, w, h = other.rect
        if key != frame_key and other.rect != note.rect and left <= x and top <= y:
            if x + w <= right and y + h <= bottom:
                found.append(key)
    return tuple(found)


def _note(**fields: Any) -> Note:
    for name in ("title", "text"):
        check_value(fields.get(name, ""))
    try:
        return Note(**fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise Refused(f"A note's {'.'.join(map(str, first['loc']))} cannot be {first['input']!r}.") from None
