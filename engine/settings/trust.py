"""Which text may decide something, and what happens when other text is about to."""

from __future__ import annotations

from typing import Literal

from engine.settings.base import Frozen


class Trust(Frozen):
    """Where values come from that may not choose a tool, a recipient, a path, a command or a statement by themselves.

    They may fill the places that are meant for data: a message, a file's content, a statement's parameters.
    """

    untrusted: tuple[Literal["file", "web", "tool", "model"], ...] = ("file", "web", "tool")
    """Sources that nobody here vouches for. A model's words count as what it has read; "model" adds those of a model
    that has read nothing from elsewhere."""
    on_tainted: Literal["ask", "refuse", "allow"] = "ask"
    """What happens when text from there is about to choose: a person is asked, the step fails, or nothing."""
    authors_may_waive: bool = False
    """Whether `approval: never` on a tool counts also when an agent has read such text."""
