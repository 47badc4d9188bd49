"""The one HTTP client: each connection is made to an address that was checked, and each redirect is a new question."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import StepError
from engine.net.address import Address, parse, plain_host
from engine.net.guard import Guard, Right

if TYPE_CHECKING:
    import ssl

    import httpx2

PASSAGE = "signalbox_passage"
"""The extension of a request that says on whose behalf it is made; without it, the client's own guard decides."""


class Passage:
    """One exchange: who asks, and where it began. A redirect keeps it, so a later hop is known as one."""

    def __init__(self, guard: Guard, what: str) -> None:
        self.guard, self.what = guard, what
        self.first: Address | None = None

    def enter(self, address: Address) -> Right:
        """By what right this hop is made; StepError when it is not."""
        right = self.guard.right(address.host, address.port, self.what)
        if self.first is None:
            self.first = address
        elif address != self.first:
            if self.first.scheme == "https" and address.scheme != "https":
                raise self._stray(address, "leaves https")
            if right == "loopback":
                # Whoever answers must not choose what is asked on this PC.
                raise self._stray(address, "leads to this PC")
        self.guard.note(address.host, address.port, self.what, "asked")
        return right

    def _stray(self, address: Address, why: str) -> StepError:
        self.guard.note(address.host, address.port, self.what, "redirect")
        said = (
            f"A redirect from {self.first.origin if self.first else ''} to {address.origin} is not followed: it {why}."
        )
        return StepError("permission", said, retryable=False, detail={"reason": "redirect", "host": address.host})


@dataclass(frozen=True)
class _Hop:
    address: Address
    right: Right
    guard: Guard
    what: str


FIRST_S = 3.0
"""How long the first of several addresses of a name is tried, before the next one is."""
_HOP: ContextVar[_Hop] = ContextVar("hop")


def make(
    guard: Guard | Callable[[], Guard],
    what: str,
    *,
    timeout: Any = 30.0,
    headers: Mapping[str, str] | None = None,
    keep: int = 20,
    max_redirects: int = 0,
) -> httpx2.AsyncClient:
    """An HTTP client behind the gateway; `guard` is asked anew for each request where it is a function.

    Making one loads the library and the certificates (a third of a second), so it belongs in a thread. `what` names the
    asker for people. `keep` idle connections are kept (0 for writing). Redirects are followed when `max_redirects` says
    how many. What may not be asked raises StepError, from inside the request; a library may wrap it (`refusal_in`).
    """
    import httpx2

    return httpx2.AsyncClient(
        transport=_transport_class()(guard if callable(guard) else lambda: guard, what, keep),
        timeout=timeout,
        headers=dict(headers or {}),
        follow_redirects=max_redirects > 0,
        max_redirects=max_redirects or 1,
        trust_env=False,  # a proxy of the environment would be one that nobody here has named
    )


def refusal_in(error: BaseException | None) -> StepError | None:
    """The StepError that a library has wrapped, or None."""
    seen = 0
    while error is not None and seen < 20:
        if isinstance(error, StepError):
            return error
        error, seen = error.__cause__ or error.__context__, seen + 1
    return None


@functools.cache
def _transport_class() -> Callable[[Callable[[], Guard], str, int], Any]:
    """The transport, once the library is loaded."""
    import httpcore2
    import httpx2

    class Checked(httpcore2.AsyncNetworkBackend):
        """Looks a name up once, has every address checked, and connects to that very one."""

        def __init__(self) -> None:
            self._inner = httpcore2.AnyIOBackend()

        async def connect_tcp(  # type: ignore[override]  # its options are passed on as they come
            self, host: str, port: int, **options: Any
        ) -> httpcore2.AsyncNetworkStream:
            hop = _HOP.get()
            if hop.guard.proxy and hop.right != "loopback":
                return await self._inner.connect_tcp(host, port, **options)  # the one that the settings name
            if (plain_host(host.strip("[]")), port) != hop.address.place:
                raise StepError("permission", f"{host} is not what was asked for.", retryable=False)
            found = await hop.guard.addresses(hop.address.host, port, hop.right, hop.what)
            last: Exception = httpcore2.ConnectError("no address")
            whole = options.pop("timeout", None)
            for one in found:
                # one of several that is silent must not use up the time of the others
                limit = whole if one == found[-1] else min(whole or FIRST_S, FIRST_S)
                try:
                    stream = await self._inner.connect_tcp(one, port, timeout=limit, **options)
                except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                    last = error
                    continue
                peer = stream.get_extra_info("server_addr")
                if not peer or str(peer[0]) != one:
                    await stream.aclose()
                    raise StepError("permission", f"{host} led elsewhere than it was looked up.", retryable=False)
                return stream
            raise last

        async def connect_unix_socket(  # type: ignore[override]
            self, path: str, **options: Any
        ) -> httpcore2.AsyncNetworkStream:
            raise StepError("permission", "No socket file is asked over HTTP.", retryable=False)

        async def sleep(self, seconds: float) -> None:
            await self._inner.sleep(seconds)

    class Inner(httpx2.AsyncHTTPTransport):
        """The library's transport, with connections of ours."""

        def __init__(self, context: ssl.SSLContext, keep: int, proxy: str) -> None:
            super().__init__(verify=context, trust_env=False)
            given: dict[str, Any] = {
                "ssl_context": context,
                "max_connections": 100,
                "max_keepalive_connections": keep,
                "keepalive_expiry": 5.0,
                "network_backend": Checked(),
            }
            if proxy:
                self._pool = httpcore2.AsyncHTTPProxy(proxy, **given)
            else:
                self._pool = httpcore2.AsyncConnectionPool(**given)

    class Guarded(httpx2.AsyncBaseTransport):
        """Judges each request; what was connected under a narrower right is never used for another request."""

        def __init__(self, guard: Callable[[], Guard], what: str, keep: int) -> None:
            self._guard, self._what, self._keep = guard, what, keep
            self._context = httpx2.create_ssl_context()  # a house's own authorities may come from SSL_CERT_FILE
            self._inner: dict[tuple[int, str], Inner] = {}

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            passage = request.extensions.get(PASSAGE) or Passage(self._guard(), self._what)
            address = parse(str(request.url))
            right = passage.enter(address)
            guard: Guard = passage.guard
            keep = 0 if guard.edge or right == "ranged" else self._keep
            through = guard.proxy if right != "loopback" else ""
            if through and right == "ranged":
                raise StepError("permission", f"{address.host} is behind a proxy and in no list.", retryable=False)
            inner = self._inner.get((keep, through))
            if inner is None:
                inner = self._inner[keep, through] = Inner(self._context, keep, through)
            token = _HOP.set(_Hop(address, right, guard, passage.what))
            try:
                return await inner.handle_async_request(request)
            finally:
                _HOP.reset(token)

        async def aclose(self) -> None:
            for one in self._inner.values():
                await one.aclose()

    return Guarded
