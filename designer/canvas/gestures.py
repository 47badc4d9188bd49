"""What a person did on the drawing, as frozen facts: the canvas reports them, and changes nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from designer.document.wires import EdgeEnd
from engine.workflow.model import Edge, Mode

Place = tuple[float, float]
Rect = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Move:
    """Nodes, frames and notes were dragged to new places."""

    positions: Mapping[str, Place]


@dataclass(frozen=True, slots=True)
class Nudge:
    """The selection was pushed by Ctrl and an arrow key."""

    keys: tuple[str, ...]
    dx: float
    dy: float


@dataclass(frozen=True, slots=True)
class Connect:
    """A wire was drawn between two ports."""

    edge: Edge


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Wires were cut, pulled off or deleted."""

    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Replug:
    """One end of a wire was put into another port."""

    edge: Edge
    new: Edge


@dataclass(frozen=True, slots=True)
class Delete:
    """Nodes, frames and notes were deleted; with `heal` the wires around them close."""

    keys: tuple[str, ...]
    heal: bool = False


@dataclass(frozen=True, slots=True)
class Insert:
    """A loose node was dropped on a wire, at this place."""

    key: str
    edge: Edge
    at: Place


@dataclass(frozen=True, slots=True)
class AddNode:
    """A type was chosen in quick add; with `from_end`, to be wired to the end in the hand. `at` is its top left."""

    type: str
    at: Place
    from_end: EdgeEnd | None = None


@dataclass(frozen=True, slots=True)
class Drop:
    """Files (as URLs) or a text were dropped."""

    urls: tuple[str, ...]
    text: str
    at: Place


@dataclass(frozen=True, slots=True)
class Rename:
    """A title was written over a node or a frame."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class EditNote:
    """The text of a note was written."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Resize:
    """A frame or a note got another size."""

    key: str
    rect: Rect


@dataclass(frozen=True, slots=True)
class OpenNode:
    """A node was opened (double click, Enter)."""

    key: str


@dataclass(frozen=True, slots=True)
class Menu:
    """A menu was asked for: over a node, a wire, or the empty canvas. `at` is on the screen, `place` in the drawing."""

    key: str | None
    edge: Edge | None
    at: tuple[int, int]
    place: Place


@dataclass(frozen=True, slots=True)
class SetMode:
    """The selection was disabled, bypassed or switched on again (M, B)."""

    keys: tuple[str, ...]
    mode: Mode


@dataclass(frozen=True, slots=True)
class Refused:
    """A wire did not fit; the reason is a sentence."""

    reason: str


Gesture = (
    Move
    | Nudge
    | Connect
    | Disconnect
    | Replug
    | Delete
    | Insert
    | AddNode
    | Drop
    | Rename
    | EditNote
    | Resize
    | OpenNode
    | Menu
    | SetMode
    | Refused
)
