"""A node's key is its name in expressions: changing it changes them all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from designer.document.change import changed, same
from engine.errors import Refused
from engine.expressions.errors import ExpressionError
from engine.expressions.references import references_of
from engine.expressions.syntax import read
from engine.expressions.tokens import Token, end_of_braces, next_token
from engine.nodes.catalog import CATALOG
from engine.workflow.model import KEY, Node, Workflow


def set_key(workflow: Workflow, key: str, new: str) -> Workflow:
    """Another key for a node: in edges, places and every expression; Refused when it is taken or no key."""
    if key == new or (key not in workflow.by_key and key not in workflow.notes):
        return workflow
    if not re.match(KEY, new) or new.endswith("\n"):
        raise Refused(
            f"{new!r} is not a node key.",
            remedy="Use up to 63 lower-case letters, digits and underscores, no digit first.",
        )
    if new in workflow.by_key or new in workflow.notes:
        raise Refused(f"There is a node or note {new!r} already.", remedy="Choose another key.")
    names = {key: new}
    return changed(
        workflow,
        nodes=tuple(rekeyed(node, names) for node in workflow.nodes),
        edges=tuple(
            edge.model_copy(
                update={"source": names.get(edge.source, edge.source), "target": names.get(edge.target, edge.target)}
            )
            if edge.source == key or edge.target == key
            else edge
            for edge in workflow.edges
        ),
        outputs=renamed(workflow.outputs, names),
        layout={names.get(other, other): place for other, place in workflow.layout.items()},
        notes={names.get(other, other): note for other, note in workflow.notes.items()},
    )


def rekeyed(node: Node, names: Mapping[str, str]) -> Node:
    """A node under its new key, with the new names in all of its expressions; the same object when none is in it."""
    node_type = CATALOG.get(node.type)
    raw = node_type.raw if node_type else frozenset()
    params = {
        name: _bare(value, names) if name in raw and name not in ("inputs", "tool") else renamed(value, names)
        for name, value in node.params.items()
    }
    new: dict[str, Any] = {"params": params, "key": names.get(node.key, node.key)}
    value = renamed(node.policy.value, names)
    if not same(value, node.policy.value):
        new["policy"] = node.policy.model_copy(update={"value": value})
    new = {name: item for name, item in new.items() if not same(getattr(node, name), item)}
    return node.model_copy(update=new) if new else node


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    """A JSON value with `steps.<old>` as `steps.<new>` inside every `{{ }}`; what cannot be read stays as it is."""
    if isinstance(value, str):
        return _template(value, names) if "{{" in value else value
    if isinstance(value, dict):
        return {name: renamed(item, names) for name, item in value.items()}
    if isinstance(value, list):
        return [renamed(item, names) for item in value]
    return value


def _bare(value: Any, names: Mapping[str, str]) -> Any:
    """What a node type evaluates itself (`when`, `until`): expressions with or without braces."""
    if isinstance(value, str):
        return _template(value, names) if "{{" in value else _expression(value, names)
    if isinstance(value, dict):
        return {name: _bare(item, names) if name != "name" else item for name, item in value.items()}
    if isinstance(value, list):
        return [_bare(item, names) for item in value]
    return value


def _template(text: str, names: Mapping[str, str]) -> str:
    done, position = [], 0
    while (start := text.find("{{", position)) >= 0:
        try:
            end = end_of_braces(text, start + 2)
        except ExpressionError:
            break
        done += [text[position : start + 2], _expression(text[start + 2 : end], names), "}}"]
        position = end + 2
    return "".join([*done, text[position:]])


def _expression(source: str, names: Mapping[str, str]) -> str:
    if "steps" not in source or not any(key in source for key in names):
        return source
    try:
        tokens = _tokens(source)
    except ExpressionError:
        return source
    names = _meant(source, names)
    parts, position = [], 0
    for place in range(len(tokens) - 2):
        before = tokens[place - 1][0].text if place else ""
        root, sign, key = tokens[place][0], tokens[place + 1][0], tokens[place + 2]
        if root.kind != "ident" or root.text != "steps" or before in (".", ".?"):
            continue
        new = names.get(key[0].text)
        if new is None:
            continue
        if sign.text in (".", ".?") and key[0].kind == "ident":
            text = new
        elif sign.text in ("[", "[?") and key[0].kind == "string":
            text = f"'{new}'"
        else:
            continue
        parts += [source[position : key[0].position], text]
        position = key[1]
    return "".join([*parts, source[position:]])


def _tokens(source: str) -> list[tuple[Token, int]]:
    found: list[tuple[Token, int]] = []
    position = 0
    while position < len(source):
        token, position = next_token(source, position)
        if token is not None:
            found.append((token, position))
    return found


def _meant(source: str, names: Mapping[str, str]) -> Mapping[str, str]:
    """Without names that only a macro's own variable `steps` is asked for; all while the text is half written."""
    try:
        found = references_of(read(source)).steps
    except ExpressionError:
        return names
    return {key: new for key, new in names.items() if key in found}
