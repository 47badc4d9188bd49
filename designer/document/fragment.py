"""A piece of a drawing: what copy takes along and paste puts in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from designer.document.arrange import move
from designer.document.change import Place, changed, exact, place_of, snapped
from designer.document.keys import rekeyed
from designer.document.nodes import free_key
from engine.workflow.model import Edge, Node, Note, Workflow

STEP = 48.0
"""How far apart nodes are put that have no place yet."""


@dataclass(frozen=True)
class Fragment:
    """Nodes with the edges between them, frames and notes, each with its place."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    layout: Mapping[str, Place] = field(default_factory=dict)
    notes: Mapping[str, Note] = field(default_factory=dict)

    @property
    def corner(self) -> Place:
        """The top left of all of it."""
        places = [*self.layout.values(), *((note.rect[0], note.rect[1]) for note in self.notes.values())]
        return (min(x for x, _ in places), min(y for _, y in places)) if places else (0.0, 0.0)


def fragment(workflow: Workflow, keys: Collection[str]) -> Fragment:
    """These nodes, frames and notes, and the edges among the nodes."""
    wanted = set(keys)
    nodes = tuple(node for node in workflow.nodes if node.key in wanted)
    inside = {node.key for node in nodes}
    return Fragment(
        nodes,
        tuple(edge for edge in workflow.edges if edge.source in inside and edge.target in inside),
        {node.key: place_of(workflow, node.key) for node in nodes},
        {key: note for key, note in workflow.notes.items() if key in wanted},
    )


def paste(workflow: Workflow, piece: Fragment, at: Place) -> tuple[Workflow, tuple[str, ...]]:
    """The piece with its top left at `at`, under keys that are free; expressions inside it follow the new keys."""
    names = _names(workflow, [*(node.key for node in piece.nodes), *piece.notes])
    if not names:
        return workflow, ()
    left, top = piece.corner
    x, y = snapped(at)
    layout = dict(workflow.layout)
    for number, node in enumerate(piece.nodes):
        px, py = piece.layout.get(node.key, (left + number * STEP, top + number * STEP))
        layout[names[node.key]] = exact((px - left + x, py - top + y))
    notes = dict(workflow.notes)
    for key, note in piece.notes.items():
        place = exact((note.rect[0] - left + x, note.rect[1] - top + y))
        notes[names[key]] = note.model_copy(update={"rect": (*place, *note.rect[2:])})
    known = {node.key for node in piece.nodes}
    after = changed(
        workflow,
        nodes=(*workflow.nodes, *(rekeyed(node, names) for node in piece.nodes)),
        edges=(
            *workflow.edges,
            *(
                edge.model_copy(update={"source": names[edge.source], "target": names[edge.target]})
                for edge in piece.edges
                if edge.source in known and edge.target in known
            ),
        ),
        layout=layout,
        notes=notes,
    )
    return after, tuple(names.values())


def duplicate(
    workflow: Workflow, keys: Collection[str], offset: Place = (STEP, STEP)
) -> tuple[Workflow, tuple[str, ...]]:
    """The same nodes, frames and notes again, beside the first ones, with the edges among them."""
    piece = fragment(workflow, keys)
    before = {key: place_of(workflow, key) for key in [*(node.key for node in piece.nodes), *piece.notes]}
    after, made = paste(workflow, piece, piece.corner)
    places = {
        new: (place[0] + offset[0], place[1] + offset[1]) for new, place in zip(made, before.values(), strict=True)
    }
    return move(after, places), made


def _names(workflow: Workflow, keys: Iterable[str]) -> dict[str, str]:
    taken = {*workflow.by_key, *workflow.notes}
    names = {}
    for key in keys:
        names[key] = free_key(key, taken)
        taken.add(names[key])
    return names
