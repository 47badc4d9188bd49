"""Workflows inside workflows: a sub-workflow, and one child run for each item of a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from engine.nodes import examples
from engine.nodes.node_type import Needs, NodeType, Params, ui
from engine.nodes.ports import ERROR, INPUT, out
from engine.nodes.text import known_texts
from engine.workflow.model import NAME

WorkflowName = Annotated[str, Field(pattern=NAME)]


def _needs(params: Mapping[str, Any]) -> Needs:
    return Needs(workflows=known_texts(params.get("workflow")))


class SubworkflowParams(Params):
    """Which workflow runs, and with what."""

    workflow: WorkflowName = Field(
        description="The name of a workflow in the library.", json_schema_extra=ui("workflow")
    )
    inputs: dict[str, Any] = Field(default={}, description="The child run's inputs.")


SUBWORKFLOW = NodeType(
    name="subworkflow",
    title="Sub-workflow",
    summary="Runs another workflow and gives back its outputs.",
    category="Control",
    kind="subworkflow",
    params=SubworkflowParams,
    inputs=(INPUT,),
    outputs=(out("output", "object", "The child run's outputs."), ERROR),
    open_inputs=True,
    needs=_needs,
    icon="workflow",
    words=("call", "nested", "child", "reuse", "execute", "workflow"),
    example=examples.SUBWORKFLOW,
)


class EachParams(Params):
    """Which workflow runs for each item, how many at once, and what a failed item means."""

    workflow: WorkflowName = Field(
        description="The name of a workflow in the library.", json_schema_extra=ui("workflow")
    )
    items: list[Any] | None = Field(
        default=None, max_length=1_000_000, description="One child run for each item; without it, the list at `input`."
    )
    inputs: dict[str, Any] | str = Field(
        default={}, description="The child run's inputs, made for each item; they see `item` and `index`."
    )
    concurrency: int = Field(default=4, ge=1, le=1000, description="The most child runs at once.")
    on_item_error: Literal["fail", "collect"] = Field(
        default="fail", description="`fail` fails the step; `collect` puts {error} in the item's place."
    )


EACH = NodeType(
    name="each",
    title="For each",
    summary="Runs a workflow for each item of a list, several at once.",
    category="Control",
    kind="each",
    params=EachParams,
    inputs=(INPUT,),
    outputs=(out("output", "list", "The child runs' outputs, in the order of the items."), ERROR),
    open_inputs=True,
    raw=frozenset({"inputs"}),
    needs=_needs,
    icon="list-tree",
    words=("map", "loop", "items", "foreach", "list", "batch", "parallel", "iterate"),
    example=examples.EACH,
)

TYPES = (SUBWORKFLOW, EACH)
