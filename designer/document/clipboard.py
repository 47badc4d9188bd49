"""Pieces of a drawing as text: a workflow file in small, so that it can be sent, kept, read and pasted anywhere."""

from __future__ import annotations

from collections.abc import Collection

from designer.document.fragment import Fragment, fragment
from designer.resources import tr
from engine.errors import Refused
from engine.workflow.file import dump_text, load_text
from engine.workflow.model import Workflow

NAME = "fragment"


def copy_text(workflow: Workflow, keys: Collection[str]) -> str:
    """These nodes, frames and notes with the edges among them, as YAML; "" when there is nothing to copy."""
    piece = fragment(workflow, keys)
    if not piece.nodes and not piece.notes:
        return ""
    small = Workflow(
        name=NAME, nodes=piece.nodes, edges=piece.edges, layout=dict(piece.layout), notes=dict(piece.notes)
    )
    return dump_text(small)


def read_text(text: str) -> Fragment:
    """The piece that a text holds, also a whole workflow file; Refused with a sentence when it holds none."""
    start = text.lstrip("\ufeff \t\r\n")
    if not start.startswith(("format:", "{", "name:", "nodes:", "#", "---")):
        raise Refused(tr("There is no workflow in the clipboard."), remedy=tr("Copy nodes in Signalbox first."))
    found = load_text(text, where="clipboard")
    if not found.nodes and not found.notes:
        raise Refused(tr("The workflow in the clipboard has no nodes."))
    keys = {node.key for node in found.nodes}
    edges = tuple(edge for edge in found.edges if edge.source in keys and edge.target in keys)
    return Fragment(found.nodes, edges, {k: p for k, p in found.layout.items() if k in keys}, found.notes)
