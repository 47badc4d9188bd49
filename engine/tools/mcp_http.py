"""A server of tools at an address: one client whose every connection is checked where it really leads to."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from engine.errors import StepError
from engine.settings import loopback_url
from engine.tools.mcp_link import Why, too_large

if TYPE_CHECKING:
    import httpx2

_METADATA = frozenset(("100.100.100.200", "fd00:ec2::254", "168.63.129.16"))


def address_fault(address: str, *, here: bool, here_only: bool) -> str:
    """Why a connection to this IP address is not used, as half a sentence; "" when it is.

    `here`: the address that was approved names this PC. A name that leads here all the same is somebody's trick.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "nobody can tell where it leads"
    ip = getattr(ip, "ipv4_mapped", None) or ip
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified or str(ip) in _METADATA:
        return f"{ip} is no address of a server of tools"
    if here and not ip.is_loopback:
        return f"it leads to {ip}, and its name says this PC"
    if ip.is_loopback and not here:
        return "it leads back to this PC, and its name does not say so"
    if here_only and not ip.is_loopback:
        return f"{ip} is not this PC"
    return ""


@asynccontextmanager
async def streams(
    url: str, headers: Mapping[str, str], max_bytes: int, said: list[Why], *, here_only: bool
) -> AsyncIterator[Any]:
    """The two message streams that the protocol's library talks through; `said` gets why an answer was not taken."""
    import httpx2
    from mcp.client.streamable_http import streamable_http_client

    class Guarded(httpx2.AsyncBaseTransport):
        """Checks every connection before anything is sent along it, and counts what comes back."""

        def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
            self._inner = inner

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            request.extensions = {**request.extensions, "trace": trace}
            response = await self._inner.handle_async_request(request)
            if request.method == "POST":  # the answer to one message, with its progress; a GET listens for ever
                response.stream = Counted(response.stream)
            return response

        async def aclose(self) -> None:
            await self._inner.aclose()

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

    async def trace(name: str, info: Mapping[str, Any]) -> None:
        if name == "connection.connect_tcp.complete":
            peer = info["return_value"].get_extra_info("server_addr")
            why = address_fault(str(peer[0]) if peer else "", here=loopback_url(url), here_only=here_only)
            if why:
                await info["return_value"].aclose()
                raise StepError("permission", f"Nothing is sent to {url[:200]}: {why}.", retryable=False)

    plain = await asyncio.to_thread(httpx2.AsyncHTTPTransport, trust_env=False)  # it loads the certificates
    timeout = httpx2.Timeout(30.0, read=None)
    # no proxy from the environment: the address that is checked is the one that is talked to
    async with (
        httpx2.AsyncClient(
            transport=Guarded(plain), headers=dict(headers), timeout=timeout, trust_env=False, follow_redirects=False
        ) as client,
        streamable_http_client(url, http_client=client, max_sse_event_size=max_bytes) as both,
    ):
        yield both
