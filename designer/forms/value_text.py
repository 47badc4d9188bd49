"""Any JSON value as text that people edit, and back: YAML, of which JSON is a part."""

from __future__ import annotations

from typing import Any

from designer.forms.values import same
from engine.errors import Refused
from engine.workflow.canonical import value_json
from engine.workflow.values import check_value, parse_json
from engine.workflow.yaml_reader import read_yaml
from engine.workflow.yaml_writer import write_yaml

LONGEST = 200_000
"""Longer texts are only summed up: a text field is no place for megabytes."""


def to_text(value: Any) -> str:
    """The value as YAML where that reads back the same, as JSON otherwise."""
    try:
        text = write_yaml(value).removesuffix("\n").removesuffix("\n...")
        if same(from_text(text), value):
            return text
    except (Refused, RecursionError, ValueError):
        pass
    return value_json(value)


def from_text(text: str) -> Any:
    """The value that a text says; Refused with a sentence otherwise."""
    if text.lstrip()[:1] in ("{", "[", '"'):
        try:
            return parse_json(text)
        except Refused:
            pass  # YAML's short form looks alike
    value = read_yaml(text)
    check_value(value)
    return value


def is_large(value: Any) -> bool:
    """Whether a value is too long to be edited as text."""
    seen, stack = 0, [value]
    while stack:
        item = stack.pop()
        seen += len(item) if isinstance(item, str) else 8
        if seen > LONGEST:
            return True
        if isinstance(item, dict):
            stack.extend(item.values())
            seen += sum(map(len, item))
        elif isinstance(item, list):
            stack.extend(item[: LONGEST // 4])
    return False
