"""The HTTP clients of an event loop: one that keeps connections for reading, one that does not for writing."""

from __future__ import annotations

import asyncio
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from engine.net import client as net
from engine.net.guard import Guard

if TYPE_CHECKING:
    import httpx2


class _Clients:
    def __init__(self) -> None:
        self.made: dict[bool, httpx2.AsyncClient] = {}
        self.making = asyncio.Lock()


_CLIENTS: WeakKeyDictionary[asyncio.AbstractEventLoop, _Clients] = WeakKeyDictionary()


async def client(*, write: bool) -> httpx2.AsyncClient:
    """The client of the running loop.

    A kept connection may be closed by the server at the moment it is used again: reading then simply tries anew, but of
    a write nobody could say whether it happened. So each write gets a connection of its own.
    """
    clients = _CLIENTS.setdefault(asyncio.get_running_loop(), _Clients())
    async with clients.making:
        if write not in clients.made:
            # Loading the library and the certificates takes a third of a second, in which no run would move.
            clients.made[write] = await asyncio.to_thread(_make, write)
        return clients.made[write]


def _make(write: bool) -> httpx2.AsyncClient:
    # each request brings its own guard; without one nothing but this PC is asked
    made = net.make(Guard(offline=True), "http.request", keep=0 if write else 20, max_redirects=5)
    # The client is everybody's: a session that one run has opened with a secret would be the next run's, too.
    made.cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
    return made


async def aclose_all() -> None:
    """Close the running loop's clients and their connections; a later request opens new ones."""
    clients = _CLIENTS.pop(asyncio.get_running_loop(), None)
    if clients is not None:
        async with clients.making:
            for one in clients.made.values():
                await one.aclose()
