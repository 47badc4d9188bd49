"""Servers as the SDK's guide has people write them: `example_servers.py orders stdio` or `… sums PORT`."""

from __future__ import annotations

import sys
from typing import Literal

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, Field

orders = MCPServer("Orders", instructions="What is on order.")
sums = MCPServer("Sums")


class Order(BaseModel):
    """One order."""

    number: str
    parts: int = Field(ge=0)
    state: Literal["open", "delivered"] = "open"


@orders.tool()
async def find_order(number: str, ctx: Context) -> Order:
    """Finds an order by its number."""
    await ctx.report_progress(1, 2, f"looking for {number}")
    if number != "PO-7":
        raise ToolError(f"there is no order {number}")
    return Order(number=number, parts=12)


@orders.resource("order://{number}")
def order(number: str) -> str:
    """An order as text."""
    return f"order {number}"


@sums.tool()
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


@sums.prompt()
def explain(topic: str) -> str:
    """Asks for an explanation."""
    return f"Explain {topic}."


if __name__ == "__main__":
    if sys.argv[2] == "stdio":
        (orders if sys.argv[1] == "orders" else sums).run(transport="stdio")
    else:
        chosen = orders if sys.argv[1] == "orders" else sums
        chosen.run(transport="streamable-http", host="127.0.0.1", port=int(sys.argv[2]), json_response=True)
