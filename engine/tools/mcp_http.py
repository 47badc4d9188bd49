"""A server of tools at an address: one client behind the gateway, and no answer larger than the settings say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from engine.net import client as net
from engine.net.guard import Guard
from engine.tools.mcp_link import Why, too_large

if TYPE_CHECKING:
    import httpx2


@asynccontextmanager
async def streams(
    name: str, url: str, headers: Mapping[str, str], max_bytes: int, said: list[Why], guard: Callable[[], Guard]
) -> AsyncIterator[Any]:
    """The two message streams that the protocol's library talks through; `said` gets why an answer was not taken.

    `guard` is asked before every request, so the Offline switch counts for a connection that is open.
    """
    import httpx2
    from mcp.client.streamable_http import streamable_http_client

    class Counted(httpx2.AsyncByteStream):
        """An answer that may not be larger than the settings say."""

        def __init__(self, inner: Any) -> None:
            self._inner = inner

        async def __aiter__(self) -> AsyncIterator[bytes]:
            left = max_bytes
            async for part in self._inner:
                left -= len(part)
                if left < 0:
                    said.append(too_large(max_bytes))
                    raise httpx2.StreamError(said[-1][1])
                yield part

        async def aclose(self) -> None:
            await self._inner.aclose()

    async def count(response: httpx2.Response) -> None:
        if response.request.method == "POST":  # the answer to one message, with its progress; a GET listens for ever
            response.stream = Counted(response.stream)

    timeout = httpx2.Timeout(30.0, read=None)
    made = await asyncio.to_thread(net.make, guard, f"server {name}", timeout=timeout, headers=headers)
    made.event_hooks = {"request": [], "response": [count]}
    async with made as client, streamable_http_client(url, http_client=client, max_sse_event_size=max_bytes) as both:
        yield both
