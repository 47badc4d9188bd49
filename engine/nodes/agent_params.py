"""The settings of an agent: who answers, what it is told, how it may end and what it may cost."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from engine.nodes.capability import CapabilityParams
from engine.nodes.contracts import ContractSchema, HandOffTo
from engine.nodes.models import Confidence, Role, Sampling
from engine.nodes.node_type import ui
from engine.nodes.schemas import JsonSchema


class AgentParams(Sampling, CapabilityParams):
    """Who answers, what it is told, how it may end and what it may cost."""

    model: Role = Field(description="The model role that thinks.", json_schema_extra=ui("role"))
    fallback_model: Role | None = Field(
        default=None, description="The role that takes over when `model` fails.", json_schema_extra=ui("role")
    )
    instructions: str = Field(
        default="",
        max_length=100_000,
        description="What the agent is for and how it decides.",
        json_schema_extra=ui("prompt"),
    )
    input: Any = Field(
        default=None, description="What it works on; without it, the value at `input`.", json_schema_extra=ui("prompt")
    )
    output: JsonSchema | None = Field(
        default=None,
        description="JSON Schema of the final answer; without it, text.",
        json_schema_extra=ui("json-schema"),
    )
    max_turns: int = Field(default=8, ge=1, le=1000, description="The most turns until the final answer.")
    max_tool_errors: int = Field(default=3, ge=0, le=100, description="Wrong calls that are answered with a hint.")
    on_tool_error: Literal["retry", "tell"] = Field(
        default="retry", description="`retry`: passing failures of a tool are the policy's. `tell`: the model's."
    )
    unsure_below: Confidence | None = Field(
        default=None, description="A final answer under this confidence fails: unsure."
    )
    budget_tokens: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="The most tokens, those of answers that were refused included."
    )
    budget_turns: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="The most questions to models, of the agents that it asks or hands off to as well."
    )
    budget_seconds: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="The most seconds that models and tools may be at work; waiting for people is free."
    )
    budget_money: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="The most that models may cost, in the currency of their `prices` in the settings."
    )
    accepts: ContractSchema | None = Field(
        default=None,
        description="JSON Schema of the fields that an agent which hands off to this one must give it.",
        json_schema_extra=ui("json-schema"),
    )
    hand_offs: dict[str, HandOffTo] = Field(
        default={},
        description="What each agent to hand off to is for, by port name, and the fields that it is given.",
    )
    max_handoffs: int = Field(default=8, ge=1, le=1000, description="The most hand-offs within a team.")
