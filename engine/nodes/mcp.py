"""Tools of MCP servers: a step of a workflow, or a tool of an agent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.nodes import examples
from engine.nodes.capability import TOOL_RAW, CapabilityParams
from engine.nodes.context import Context
from engine.nodes.node_type import Needs, NodeType
from engine.nodes.ports import ERROR, INPUT, TOOL, out
from engine.nodes.text import known_texts
from engine.nodes.tool_args import McpArgs


class McpParams(McpArgs, CapabilityParams):
    """One call of a server's tool."""


async def _call(ctx: Context, params: McpParams, inputs: Mapping[str, Any]) -> dict[str, Any]:
    args = params.model_dump(exclude={"tool"}, exclude_defaults=True)
    if ctx.via and "arguments" not in params.model_fields_set:
        args["arguments"] = dict(inputs)  # the agent's own, under the tool's own schema
    result = await ctx.call_tool("mcp.call", args, timeout_s=params.timeout_s)
    if not isinstance(result, Mapping) or "content" not in result:  # a person has settled a doubt so
        return {"output": result, "result": result}
    structured = result.get("structured")
    return {"output": result.get("text") if structured is None else structured, "result": result}


def _needs(params: Mapping[str, Any]) -> Needs:
    server, tool = known_texts(params.get("server")), known_texts(params.get("server_tool"))
    return Needs(tools=("mcp.call",), servers=((server[0], tool[0] if tool else ""),) if server else ())


MCP = NodeType(
    name="mcp.call",
    title="MCP tool",
    summary="Calls a tool of an MCP server that was approved on this PC.",
    category="Tools",
    params=McpParams,
    inputs=(INPUT,),
    outputs=(
        out("output", help="What the tool gave: its structured content, or else its text."),
        out("result", "object", "{text, content, structured}; pictures and files are file values in `content`."),
        TOOL,
        ERROR,
    ),
    run=_call,
    gives="tool",
    chooses=("server", "server_tool"),
    opaque="arguments",
    raw=TOOL_RAW | {"server", "server_tool"},  # no value of a run chooses who is asked for what
    capability=True,
    described=True,
    writes=lambda params: True,
    needs=_needs,
    icon="plug",
    words=("mcp", "server", "model", "context", "protocol", "connector", "integration"),
    example=examples.MCP,
)

TYPES = (MCP,)
