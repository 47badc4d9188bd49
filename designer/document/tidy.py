"""A drawing in layers from left to right, without overlaps; the same drawing gives the same places."""

from __future__ import annotations

from collections.abc import Collection

from designer.document.change import Sizes
from engine.workflow.model import Workflow


def tidy(workflow: Workflow, sizes: Sizes | None = None, keys: Collection[str] | None = None) -> Workflow:
    """All nodes, or only these, laid out anew; frames stay around what they hold."""
    return workflow
