"""Agents: a model that calls the nodes wired to it, other agents too, until it can answer or hands off to one."""

from __future__ import annotations

from engine.nodes import examples
from engine.nodes.agent_loop import run_agent
from engine.nodes.agent_params import AgentParams
from engine.nodes.capability import TOOL_RAW
from engine.nodes.models import role_needs
from engine.nodes.node_type import NodeType
from engine.nodes.ports import ERROR, INPUT, TOOL, TOOLS, out

AGENT = NodeType(
    name="agent",
    title="Agent",
    summary="A model that calls the wired tools until it can answer.",
    category="Models",
    params=AgentParams,
    inputs=(INPUT, TOOLS),
    outputs=(out("result", help="The final answer: text, or a value that meets `output`."), TOOL, ERROR),
    main="result",
    run=run_agent,
    raw=TOOL_RAW | {"accepts"},
    capability=True,
    hand_off=True,
    needs=role_needs("model", "fallback_model"),
    chooses=("model", "fallback_model"),
    icon="bot",
    words=("llm", "ai", "assistant", "tools", "chat", "reason", "react", "bot"),
    example=examples.AGENT,
)

TYPES = (AGENT,)
