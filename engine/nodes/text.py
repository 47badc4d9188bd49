"""Values as text: what a model, a template or a log line reads."""

from __future__ import annotations

from typing import Any

from engine.workflow.canonical import value_json


def as_text(value: Any) -> str:
    """Text stays as it is; everything else becomes compact JSON with sorted keys."""
    return value if isinstance(value, str) else value_json(value)


def known(value: Any) -> bool:
    """Whether a raw param is what it will be: it holds no `{{ }}` that a run has to fill in."""
    if isinstance(value, str):
        return "{{" not in value
    if isinstance(value, dict):
        return all(map(known, value.values()))
    return all(map(known, value)) if isinstance(value, list | tuple) else True


def known_texts(*values: Any) -> tuple[str, ...]:
    """The values that are non-empty text and known before a run."""
    return tuple(value for value in values if isinstance(value, str) and value and known(value))
