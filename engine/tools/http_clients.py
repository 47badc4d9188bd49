"""The HTTP clients of an event loop: one that keeps connections for reading, one that does not for writing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    import httpx2

_CLIENTS: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[bool, httpx2.AsyncClient]] = WeakKeyDictionary()


def client(*, write: bool) -> httpx2.AsyncClient:
    """The client of the running loop.

    A kept connection may be closed by the server at the moment it is used again: reading then simply tries anew, but of
    a write nobody could say whether it happened. So each write gets a connection of its own.
    """
    clients = _CLIENTS.setdefault(asyncio.get_running_loop(), {})
    if write not in clients:
        import httpx2

        limits = httpx2.Limits(max_connections=100, max_keepalive_connections=0 if write else 20)
        clients[write] = httpx2.AsyncClient(limits=limits, max_redirects=5)
    return clients[write]


async def aclose_all() -> None:
    """Close the running loop's clients and their connections; a later request opens new ones."""
    for one in _CLIENTS.pop(asyncio.get_running_loop(), {}).values():
        await one.aclose()
