"""Workflows and values as canonical JSON, and the hashes that name them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from engine.errors import Refused
from engine.workflow.document import DRAWING, from_document, to_document
from engine.workflow.model import Workflow
from engine.workflow.values import parse_json

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
_encode_in_order = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def to_json(workflow: Workflow) -> bytes:
    """The document as compact UTF-8 JSON.

    Fields come in the model's order and mappings in the author's: the order of a form's fields and of nodes is what
    people see, so sorting would lose something. Equal workflows written in the same order give equal bytes.
    """
    return _encode_in_order(to_document(workflow)).encode()


def from_json(data: str | bytes, *, where: str = "") -> Workflow:
    """Read what `to_json` wrote, now or in an older format; Refused otherwise."""
    return from_document(parse_json(data, where=where), where=where)


def content_hash(workflow: Workflow) -> str:
    """SHA-256 (hex) over everything but layout and notes: the name of a workflow version."""
    document = to_document(workflow)
    for field in DRAWING:
        document.pop(field, None)
    return hashlib.sha256(_encode_in_order(document).encode()).hexdigest()


def drawing_json(workflow: Workflow) -> str:
    """Layout and notes alone, as compact JSON: what the content hash leaves out."""
    document = to_document(workflow)
    return _encode_in_order({field: document[field] for field in DRAWING if field in document})


def drawn(workflow: Workflow, drawing: str, *, where: str = "") -> Workflow:
    """The workflow with the layout and notes that `drawing_json` gave of another one; Refused for anything else."""
    logic = {field: value for field, value in to_document(workflow).items() if field not in DRAWING}
    return from_document({**logic, **_drawing(drawing, where)}, where=where)


def _drawing(text: str, where: str) -> dict[str, Any]:
    found = parse_json(text, where=where)
    if not isinstance(found, dict) or set(found) - set(DRAWING):
        raise Refused("this is no layout of a workflow.", where=where)
    return found


def value_json(value: Any) -> str:
    """A JSON value as compact text with sorted keys; ValueError or TypeError for what is not JSON."""
    return _encode(value)


def value_hash(value: Any) -> str:
    """SHA-256 (hex) of a JSON value, whatever the order of its keys."""
    return hashlib.sha256(_encode(value).encode("utf-8", "surrogatepass")).hexdigest()
