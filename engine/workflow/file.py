"""`*.workflow.yaml`: text to workflow and back, made for review and merge (DESIGN §4)."""

from __future__ import annotations

import json
from typing import Any

from engine.errors import Refused
from engine.workflow.document import from_document, to_document
from engine.workflow.model import Workflow
from engine.workflow.values import decode, parse_json
from engine.workflow.yaml_reader import MAX_DEPTH, line_of, read_yaml
from engine.workflow.yaml_writer import OneLine, OneLineList, write_yaml

MAX_BYTES = 4 * 1024 * 1024
_ONE_LINE = 140  # as compact JSON, in characters


def load_text(text: str | bytes, where: str = "") -> Workflow:
    """Read a workflow from YAML (or JSON) text; Refused with the line and one sentence for anything else.

    `where` is the file's name for the message. Lines may end in LF or CRLF.
    """
    source = decode(text, where=where, max_bytes=MAX_BYTES).replace("\r\n", "\n")
    for sign, name in (("\0", "the NUL character"), ("\r", "a lone carriage return")):
        if sign in source:
            line = source.count("\n", 0, source.index(sign)) + 1
            raise Refused(f"line {line} holds {name}; this is not a text file.", where=where)
    if source.lstrip().startswith("{"):
        return from_document(parse_json(source, where=where, max_depth=MAX_DEPTH), where=where)
    document = read_yaml(source, where=where)
    return from_document(document, where=where, line_of=lambda path: line_of(source, path))


def dump_text(workflow: Workflow) -> str:
    """The workflow as YAML; which values stand on one line depends on the values alone, so nothing drifts."""
    document = to_document(workflow)
    if "inputs" in document:
        document["inputs"] = {name: _styled(schema) for name, schema in document["inputs"].items()}
    document["nodes"] = {key: _node(node) for key, node in document["nodes"].items()}
    if "outputs" in document:
        document["outputs"] = _styled(document["outputs"])
    if "layout" in document:
        document["layout"] = {key: OneLineList(place) for key, place in document["layout"].items()}
    if "notes" in document:
        document["notes"] = {key: _styled(note) for key, note in document["notes"].items()}
    return write_yaml(document)


def _node(node: dict[str, Any]) -> dict[str, Any]:
    styled = dict(node)
    for field in ("params", "policy"):
        if field in node:
            styled[field] = _styled(node[field])
    return styled


def _styled(value: Any) -> Any:
    """Short mappings and lists without line breaks in their texts go on one line, the others one entry a line."""
    if not isinstance(value, dict | list):
        return value
    if _fits(value):
        return _one_line(value)
    if isinstance(value, dict):
        return {name: _styled(item) for name, item in value.items()}
    return [_styled(item) for item in value]


def _fits(value: Any) -> bool:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return len(text) <= _ONE_LINE and "\\n" not in text


def _one_line(value: Any) -> Any:
    if isinstance(value, dict):
        return OneLine({name: _one_line(item) for name, item in value.items()})
    if isinstance(value, list):
        return OneLineList(_one_line(item) for item in value)
    return value
