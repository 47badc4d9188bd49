"""What changed between two versions of a workflow, as rows for people: grouped by node, one sentence each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from engine.workflow.model import Workflow


@dataclass(frozen=True, slots=True)
class Row:
    """One change. `group` is the heading that it stands under, `key` the node it is about (None: the workflow)."""

    group: str
    key: str | None
    kind: Literal["added", "removed", "changed", "moved"]
    sentence: str
    before: Any = None
    after: Any = None


def compare(before: Workflow, after: Workflow) -> list[Row]:
    """All changes: the workflow's own first, then node by node, the drawing last."""
    return []
