"""Nodes that an agent may call: what the author says about the call, and what the agent is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidationError

from engine.errors import StepError
from engine.nodes.context import EffectClass, WiredTool
from engine.nodes.node_type import NodeType, Params, ui
from engine.nodes.schemas import ObjectSchema
from engine.workflow.model import Node

Approval = Literal["never", "first", "each", "when_tainted"]
NO_ARGUMENTS: Mapping[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}
MAX_DELEGATION = 4
"""How deep agents may ask agents, the last call of a tool included."""
A_TASK: Mapping[str, Any] = {
    "type": "object",
    "properties": {"task": {"type": "string", "minLength": 1, "maxLength": 1000}},
    "required": ["task"],
    "additionalProperties": False,
}
"""What an agent is told by another one that asks it."""


class ToolUse(Params):
    """How an agent sees this node: what it is for, which arguments it takes, who has to agree to a call."""

    description: str = Field(default="", max_length=2000, description="One line that tells the model when to call it.")
    parameters: ObjectSchema = Field(
        default=dict(NO_ARGUMENTS),
        description="JSON Schema of the arguments; they are `input` in this node's params.",
        json_schema_extra=ui("json-schema"),
    )
    approval: Approval = Field(
        default="when_tainted",
        description="When a person is asked before a call. `when_tainted`: when the agent has read text from "
        "elsewhere and the call changes something or chooses a place; the others ask then, too.",
    )


class CapabilityParams(Params):
    """Params of a node that can be wired into an agent's `tools` port."""

    tool: ToolUse | None = Field(default=None, description="How an agent sees this node when it is wired as a tool.")


TOOL_RAW = frozenset({"tool"})
"""The `tool` param is read before there are arguments, so it is never rendered."""


def wired_tool(node: Node, node_type: NodeType, effect: EffectClass | None = None) -> WiredTool:
    """The tool that this node is for an agent; its name is the node's key.

    Without `effect`, a node that does not write counts as pure and any other as at_most_once. An agent of which its
    author says nothing takes one text, the task.
    """
    try:
        use = ToolUse.model_validate(node.params.get("tool") or {})
    except ValidationError as error:
        raise StepError("schema", f"The `tool` param of {node.key} is wrong: {error.errors()[0]['msg']}.") from None
    said = use.parameters if "parameters" in use.model_fields_set or not node_type.hand_off else dict(A_TASK)
    return WiredTool(
        name=node.key,
        description=" ".join((use.description or node.title or node_type.summary).split()),
        parameters=said,
        effect=effect or ("at_most_once" if node_type.writes(node.params) else "pure"),
        approval=use.approval,
    )
