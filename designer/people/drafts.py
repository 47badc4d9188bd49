"""What people have typed into questions and not sent: it outlives every pane that shows the question."""

from __future__ import annotations

import getpass
import json
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

    `keep_name` is told of another name, so that it is known next time; `changed` that there is something to write down.
    """

    def __init__(
        self,
        name: str = "",
        keep_name: Callable[[str], None] | None = None,
        changed: Callable[[], None] | None = None,
    ) -> None:
        self._name = name or login_name()
        self._keep_name = keep_name
        self._changed = changed or (lambda: None)
        self._drafts: dict[str, Draft] = {}

    def load(self, text: str) -> None:
        """What `as_text` wrote before; nothing where it cannot be read."""
        try:
            found = json.loads(text)
            self._drafts = {str(question): Draft(**given) for question, given in found.items()}
        except (ValueError, TypeError, AttributeError):
            self._drafts = {}

    def as_text(self) -> str:
        """All of it as JSON; what was not touched is left out."""
        touched = {
            question: {name: value for name, value in vars(draft).items() if value is not UNTOUCHED and value != ""}
            for question, draft in self._drafts.items()
        }
        return json.dumps(touched, ensure_ascii=False)

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
        self._changed()

    def drop(self, question: str) -> None:
        """The answer was taken."""
        self._drafts.pop(question, None)
        self._changed()


def login_name() -> str:
    """The name of the person at this PC; "" where the system does not say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
