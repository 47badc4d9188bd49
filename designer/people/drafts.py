"""What people have typed into questions and not sent: it outlives every pane that shows the question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

UNTOUCHED: Any = object()
"""Stands for a value that nobody has changed; None is a value."""


@dataclass(frozen=True)
class Draft:
    """One unsent answer: the edited value, the form's fields, the comment, and the word that confirms."""

    value: Any = UNTOUCHED
    fields: Any = UNTOUCHED
    comment: str = ""
    word: str = ""


class Drafts:
    """The unsent answers by question, and the name under which this person answers."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        self._drafts: dict[str, Draft] = {}

    def get(self, question: str) -> Draft:
        """What was typed so far."""
        return self._drafts.get(question, Draft())

    def keep(self, question: str, draft: Draft) -> None:
        """Keep it; an empty one is forgotten."""
        if draft == Draft():
            self._drafts.pop(question, None)
        else:
            self._drafts[question] = draft

    def drop(self, question: str) -> None:
        """The answer was taken."""
        self._drafts.pop(question, None)
