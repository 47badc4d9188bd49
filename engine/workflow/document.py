"""Workflow <-> plain document: the one form that YAML files and canonical JSON share (DESIGN §4)."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from engine.errors import Refused
from engine.workflow.model import Backoff, Edge, Node, Note, Policy, Workflow
from engine.workflow.upgrades import upgrade
from engine.workflow.values import check_value

Path = tuple[str | int, ...]
LineOf = Callable[[Path], int]
DRAWING = ("layout", "notes")
"""The fields of a document that only say how it is drawn: a run never sees them, the content hash leaves them out."""

_FIELDS = ("format", "name", "title", "description", "inputs", "placement", "nodes", "edges", "outputs", *DRAWING)
_NODE_FIELDS = ("type", "title", "mode", "params", "policy", "placement")
_BARE = Workflow(name="bare")


def to_document(workflow: Workflow) -> dict[str, Any]:
    """The document of a workflow: what equals its default is left out, the author's order is kept."""
    document: dict[str, Any] = {"format": workflow.format, "name": workflow.name}
    for field in ("title", "description", "inputs", "placement"):
        value = getattr(workflow, field)
        if value != getattr(_BARE, field):
            document[field] = value
    document["nodes"] = {node.key: _node(node) for node in workflow.nodes}
    document["edges"] = [str(edge) for edge in workflow.edges]
    if workflow.outputs:
        document["outputs"] = workflow.outputs
    if workflow.layout:
        document["layout"] = {key: [_number(x), _number(y)] for key, (x, y) in workflow.layout.items()}
    if workflow.notes:
        document["notes"] = {key: _note(note) for key, note in workflow.notes.items()}
    return document


def from_document(document: Any, *, where: str = "", line_of: LineOf = lambda path: 0) -> Workflow:
    """The workflow that a plain document says; Refused with its line and one sentence otherwise.

    Documents of older formats are upgraded, newer ones refused.
    """
    try:
        check_value(document)
        return _build(upgrade(_mapping(document, (), "a workflow")))
    except DocumentFault as fault:
        line = line_of(fault.path)
        place = ", ".join(part for part in (where, f"line {line}" if line else "") if part)
        raise Refused(fault.what, where=place, remedy=fault.remedy) from None
    except Refused as refused:
        raise Refused(refused.what, where=where, remedy=refused.remedy) from None


class DocumentFault(Exception):
    """What is wrong with the value at `path` of a document."""

    def __init__(self, what: str, path: Path = (), remedy: str = "") -> None:
        super().__init__(what)
        self.what, self.path, self.remedy = what, path, remedy


def _node(node: Node) -> dict[str, Any]:
    found: dict[str, Any] = {"type": node.type}
    if node.title:
        found["title"] = node.title
    if node.mode != "on":
        found["mode"] = node.mode
    if node.params:
        found["params"] = node.params
    if node.policy != _POLICY:
        found["policy"] = _policy(node.policy)
    if node.placement is not None:
        found["placement"] = node.placement
    return found


def _note(note: Note) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": note.kind}
    if note.title:
        found["title"] = note.title
    if note.text:
        found["text"] = note.text
    return {**found, "color": note.color, "rect": [_number(number) for number in note.rect]}


_POLICY = Policy()
_BACKOFF = Backoff()


def _policy(policy: Policy) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in Policy.model_fields:
        value = getattr(policy, field)
        if value == getattr(_POLICY, field):
            continue
        if field == "backoff":
            value = {
                name: _number(getattr(value, name))
                for name in Backoff.model_fields
                if getattr(value, name) != getattr(_BACKOFF, name)
            }
        elif field == "timeout_s":
            value = _number(value)
        elif field == "retry_on":
            value = list(value)
        found[field] = value
    return found


def _number(number: float) -> float:
    """Whole numbers of the model's own fields are written without a fraction."""
    whole = int(number)
    return whole if whole == number and abs(whole) < 10**15 else number


def _build(document: dict[str, Any]) -> Workflow:
    fields = dict(document)
    fields["nodes"] = [
        {"key": key, **_without_key(_mapping(node, ("nodes", key), f"node {key!r}"), key)}
        for key, node in _mapping(document.get("nodes") or {}, ("nodes",), "`nodes`").items()
    ]
    fields["edges"] = [_edge(edge, index) for index, edge in enumerate(_list(document.get("edges") or [], "edges"))]
    for field in ("inputs", "outputs", "layout", "notes"):
        fields[field] = _mapping(document.get(field) or {}, (field,), f"`{field}`")
    try:
        return Workflow.model_validate(fields)
    except ValidationError as error:
        raise _translated(error, fields) from None


def _without_key(node: dict[str, Any], key: str) -> dict[str, Any]:
    if "key" in node:
        raise DocumentFault(f"node {key!r} has a field `key`.", ("nodes", key, "key"), "The key is the name above it.")
    return node


def _mapping(value: Any, path: Path, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise DocumentFault(f"{name} must be a mapping of names to values, not {_kind(value)}.", path)
    return value


def _list(value: Any, field: str) -> list[Any]:
    if not isinstance(value, list):
        raise DocumentFault(f"`{field}` must be a list, not {_kind(value)}.", (field,))
    return value


def _edge(text: Any, index: int) -> Edge:
    if not isinstance(text, str):
        raise DocumentFault(
            f"edge {index + 1} is {_kind(text)}.", ("edges", index), "Write it as `node.port -> node.port`."
        )
    try:
        return Edge.parse(text)
    except ValueError as error:
        raise DocumentFault(str(error), ("edges", index)) from None


def _kind(value: Any) -> str:
    return "nothing" if value is None else _KINDS[type(value)]


_KINDS: Mapping[type, str] = {
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    dict: "a mapping",
    list: "a list",
}


def _translated(error: ValidationError, fields: dict[str, Any]) -> DocumentFault:
    faults = error.errors(include_url=False)
    first = faults[0]
    path = _path(first["loc"], fields)
    what, remedy = sentence(first, Workflow, place(path))
    more = f" ({len(faults) - 1} more like this)" if len(faults) > 1 else ""
    return DocumentFault(what[:-1] + more + "." if more else what, path, remedy)


def _path(loc: tuple[int | str, ...], fields: dict[str, Any]) -> Path:
    if len(loc) > 1 and loc[0] == "nodes" and isinstance(loc[1], int):
        return ("nodes", fields["nodes"][loc[1]]["key"], *loc[2:])
    return loc


def place(path: Path) -> str:
    """`node 'read', policy.max_attempts`: where a value of a document is, for a sentence."""
    if len(path) > 1 and path[0] == "nodes":
        rest = _dotted(path[2:])
        return f"node {path[1]!r}" + (f", `{rest}`" if rest else "")
    return f"`{_dotted(path)}`" if path else "the workflow"


def _dotted(path: Path) -> str:
    return ".".join(str(part) for part in path)


def sentence(fault: Mapping[str, Any], model: type[BaseModel] | None, at: str) -> tuple[str, str]:
    """One pydantic fault as (sentence, remedy). `at` names the value; `model` offers names for misspelt fields."""
    kind, context, value = fault["type"], fault.get("ctx") or {}, fault.get("input")
    shown = repr(value) if len(repr(value)) <= 60 else repr(value)[:57] + "..."
    if kind == "missing":
        return f"{at} is missing.", "Write it."
    if kind == "extra_forbidden":
        return f"{at} is not a known field.", _suggestion(str(fault["loc"][-1]), fault["loc"], model)
    if kind == "literal_error":
        return f"{at} is {shown}.", f"It can be {context.get('expected', 'another word')}."
    if kind == "string_pattern_mismatch":
        if fault["loc"] == ("name",):
            return f"{at} is {shown}.", "Use up to 100 lower-case letters, digits, dashes and underscores."
        return f"{shown} is not a key.", "Use up to 63 lower-case letters, digits and underscores, no digit first."
    if kind == "value_error":
        message = str(fault["msg"]).removeprefix("Value error, ")
        return (message if message.endswith(".") else f"{at}: {message}."), ""
    message = str(fault["msg"])
    return f"{at} is {shown}: {message[:1].lower()}{message[1:].rstrip('.')}.", ""


def _suggestion(name: str, loc: tuple[int | str, ...], model: type[BaseModel] | None) -> str:
    known = tuple(model.model_fields) if model else ()
    if model is Workflow:
        if loc[0] == "notes":
            known = tuple(Note.model_fields)
        elif loc[0] == "nodes":
            known = _NODE_FIELDS if len(loc) == 3 else tuple(Policy.model_fields)
            known = tuple(Backoff.model_fields) if "backoff" in loc[:-1] else known
        else:
            known = _FIELDS
    near = difflib.get_close_matches(name, known, n=1)
    hint = (
        " Settings of the node's own go under `params`."
        if model is Workflow and len(loc) == 3 and loc[0] == "nodes"
        else ""
    )
    if near:
        return f"Did you mean `{near[0]}`?{hint}"
    return (f"It can hold {', '.join(known)}." if known else "Take it out.") + hint
