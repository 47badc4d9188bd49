"""Ports that many node types share, said once."""

from __future__ import annotations

from engine.workflow.shape import Port, PortType

ERROR = Port("error", "object", required=False, help="What went wrong: {class, message}. Live with `on_error: route`.")
TOOL = Port(
    "tool", "capability", required=False, help="Drag it to an agent's `tools` port: the agent may call this node."
)
TOOLS = Port("tools", "capability", required=False, help="The nodes that this agent may call.")
INPUT = Port("input", required=False, help="A value to work with, or only the sign to start.")
NEEDED_INPUT = Port("input", help="The value to work with.")


def out(name: str, type: PortType = "any", help: str = "") -> Port:
    """An output port; nothing requires that it is connected."""
    return Port(name, type, required=False, help=help)
