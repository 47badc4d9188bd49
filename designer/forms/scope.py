"""What an expression may name where it stands, and what it would give: feeds completion and the live preview."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from designer.document.scope import Completion, Preview


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


__all__ = ["NO_SCOPE", "Completion", "Preview", "Scope"]

NO_SCOPE = Scope()
"""Nothing is known: forms without expressions."""
