"""All that a newcomer writes for a new node type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from engine.nodes.context import Context
from engine.nodes.node_type import NodeType, Params
from engine.nodes.ports import ERROR, INPUT, out


class ShoutParams(Params):
    """What is shouted, and how often."""

    text: str = Field(description="The words.")
    times: int = Field(default=1, ge=1, le=3, description="How often.")


async def _shout(context: Context, params: ShoutParams, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"output": " ".join([f"{params.text.upper()}!"] * params.times)}


SHOUT = NodeType(
    name="text.shout",
    title="Shout",
    summary="Says a text loudly.",
    category="Data",
    params=ShoutParams,
    inputs=(INPUT,),
    outputs=(out("output", "text", "The text in capitals."), ERROR),
    run=_shout,
    pure=True,
    icon="megaphone",
    words=("yell", "capitals"),
)
