"""The part of a workflow that a run up to one node needs."""

from __future__ import annotations

from engine.workflow.model import Workflow


def only_up_to(workflow: Workflow, key: str) -> Workflow:
    """The node, all that leads to it, and their tools: what "run to here" runs."""
    return workflow
