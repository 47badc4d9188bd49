"""What an edit is called in the menu and in the history: read from what changed."""

from __future__ import annotations

from designer.resources import tr
from engine.workflow.model import Workflow


def label_of(before: Workflow, after: Workflow) -> str:
    """A short name of the edit: "Move 3 nodes", "Set severity of Triage agent"."""
    return tr("Edit")
