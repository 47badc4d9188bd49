"""What the views must know of a workflow, worked out once for each version that is looked at."""

from __future__ import annotations

from designer.runs.steps_rows import Plan
from engine.nodes.catalog import shape_of
from engine.workflow.model import Workflow
from engine.workflow.order import analyse


def plan_of(workflow: Workflow) -> Plan:
    """Order, titles and loops. Nodes that are only called as tools make no steps and are left out."""
    order = analyse(workflow, shape_of)
    rank = order.rank or {node.key: place for place, node in enumerate(workflow.nodes)}
    titles = {node.key: node.title for node in workflow.nodes}
    return Plan(rank, titles, order.scope)
