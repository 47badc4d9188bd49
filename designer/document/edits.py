"""All edits of a workflow: pure functions `(workflow, …) -> Workflow`, the same object when nothing changes."""

from __future__ import annotations

from designer.document.arrange import align, distribute, move, nudge, snap
from designer.document.edges import connect, delete, disconnect, insert, insertable, order_edges, replug
from designer.document.fragment import Fragment, duplicate, fragment, paste
from designer.document.keys import set_key
from designer.document.nodes import (
    REMOVE,
    add,
    fresh_key,
    set_field,
    set_mode,
    set_param,
    set_params,
    set_placement,
    set_policy,
    set_title,
)
from designer.document.notes import add_note, contents, frame, resize, set_note
from designer.document.running import only_up_to
from designer.document.tidy import tidy

__all__ = [
    "REMOVE",
    "Fragment",
    "add",
    "add_note",
    "align",
    "connect",
    "contents",
    "delete",
    "disconnect",
    "distribute",
    "duplicate",
    "fragment",
    "frame",
    "fresh_key",
    "insert",
    "insertable",
    "move",
    "nudge",
    "only_up_to",
    "order_edges",
    "paste",
    "replug",
    "resize",
    "set_field",
    "set_key",
    "set_mode",
    "set_note",
    "set_param",
    "set_params",
    "set_placement",
    "set_policy",
    "set_title",
    "snap",
    "tidy",
]
