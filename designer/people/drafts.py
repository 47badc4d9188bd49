"""What people have typed into questions and not sent: it outlives every pane that shows the question."""

from __future__ import annotations

import getpass
from collections.abc import Callable
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
    """The unsent answers by question, and the name under which this person answers.

    `keep_name` is told of another name, so that it is known next time.
    """

    def __init__(self, name: str = "", keep_name: Callable[[str], None] | None = None) -> None:
        self._name = name or login_name()
        self._keep_name = keep_name
        self._drafts: dict[str, Draft] = {}

    @property
    def name(self) -> str:
        """Who is answering."""
        return self._name

    @name.setter
    def name(self, name: str) -> None:
        changed, self._name = name != self._name, name
        if changed and name.strip() and self._keep_name is not None:
            self._keep_name(name.strip())

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


def login_name() -> str:
    """The name of the person at this PC; "" where the system does not say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
