"""What an expression may name where it stands, and what it would give: feeds completion and the live preview."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Completion:
    """One name that an expression may use: the whole path, such as `steps.triage.output.severity`.

    `kind` is a port type, "function" or "step"; `preview` its value in the last run as a short text.
    """

    path: str
    kind: str = "any"
    help: str = ""
    preview: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a text with expressions comes to: its value in the last run, a fault, or that nothing is known yet."""

    state: Literal["value", "fault", "unknown"]
    text: str


def _nothing_known(text: str, condition: bool) -> Preview:
    return Preview("unknown", "")


@dataclass(frozen=True, slots=True)
class Scope:
    """The names in scope; `evaluate(text, condition)` previews a text (`condition`: all of it is one expression).

    `offers` are values to choose from by hint: "role", "workflow", "secret", "file" …
    """

    names: tuple[Completion, ...] = ()
    evaluate: Callable[[str, bool], Preview] = _nothing_known
    offers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


NO_SCOPE = Scope()
"""Nothing is known: forms without expressions."""
