"""The policy: who may be reached, by what right, and whether the address that a name led to still is what was meant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from engine.errors import StepError
from engine.net.address import IP, Place, host_and_port, ip_of, is_loopback, parse, plain_host
from engine.net.rules import SITE, Rule, leads_back, never, on_site_by_name, rule

Right = Literal["loopback", "named", "ranged"]
"""loopback: it plainly says this PC; named: this very host may be asked; ranged: only what is in an allowed range."""
Reason = Literal["offline", "edge", "address", "not_allowed"]
Note = Callable[[str, int, str, str], None]
"""Told of every host that is asked for: host, port, what for, and "asked" or why not."""

HERE = ("127.0.0.1", "::1")
_SITE = tuple(map(rule, SITE))


@dataclass(frozen=True)
class Guard:
    """What one asker may reach.

    `written` are the hosts that the author wrote into the node; they count unless only listed hosts do (`listed_only`).
    `settled` are those that this PC's settings name themselves: a role's address, a server of tools. `edge`: nothing
    beyond this site. `site` says what is this site.
    """

    offline: bool = False
    allow: tuple[Rule, ...] = ()
    listed_only: bool = False
    site: tuple[Rule, ...] = _SITE
    edge: bool = False
    written: frozenset[Place] = frozenset()
    settled: frozenset[Place] = frozenset()
    proxy: str = ""
    note: Note = field(default=lambda host, port, what, outcome: None, compare=False, repr=False)

    def settling(self, url: str) -> Guard:
        """The same for an address that stands in the settings. StepError `invalid` when it cannot be read."""
        return self.trusting(*parse(url).place)

    def trusting(self, host: str, port: int) -> Guard:
        """The same for a host that this PC itself names, in its settings or a secret."""
        return replace(self, settled=self.settled | {(host.lower().strip("[]"), port)})

    def telling(self, note: Note) -> Guard:
        """The same, with every host that is asked for told."""
        return replace(self, note=note)

    def right(self, host: str, port: int, what: str) -> Right:
        """By what right a host may be asked for; nothing is looked up. StepError says why not."""
        ip = ip_of(host)
        if ip is not None and (why := never(ip)):
            raise self._no("address", host, port, what, why)
        if is_loopback(host):
            return "loopback"
        if self.offline:
            raise self._no("offline", host, port, what, "")
        if ip is not None and leads_back(ip):
            raise self._no("address", host, port, what, "it is this PC under another name; write 127.0.0.1")
        if self.edge and not on_site_by_name(host, port, self.site):
            raise self._no("edge", host, port, what, "")
        # a host that moves on to https is still the one that the author wrote
        written = {(host, port)} | ({(host, 80)} if port == 443 else set())
        if (host, port) in self.settled or (not self.listed_only and written & self.written):
            return "named"
        if any(one.by_name(host, port) for one in self.allow):
            return "named"
        if ip is None and any(one.range is not None and one.port in (None, port) for one in self.allow):
            return "ranged"
        raise self._no("not_allowed", host, port, what, "")

    def check(self, host: str, port: int, address: str, right: Right, what: str) -> None:
        """Whether this IP address may be connected to for this host; StepError says why not."""
        ip = ip_of(address.partition("%")[0])
        if ip is None:
            raise self._no("address", host, port, what, "nobody can tell where it leads")
        if why := never(ip):
            raise self._no("address", host, port, what, why)
        if right == "loopback":
            if not ip.is_loopback:
                raise self._no("address", host, port, what, f"it leads to {ip}, and its name says this PC")
            return
        if leads_back(ip):
            raise self._no("address", host, port, what, "it leads back to this PC, and its name does not say so")
        if right == "ranged" and not any(one.by_address(ip, port) for one in self.allow):
            raise self._no("not_allowed", host, port, what, f" (it leads to {ip})")
        if self.edge and not self._on_site(host, port, ip):
            raise self._no("edge", host, port, what, f" (it leads to {ip})")

    async def addresses(self, host: str, port: int, right: Right, what: str) -> tuple[str, ...]:
        """The addresses of a host, looked up once and every one of them checked. StepError when one is not allowed."""
        if host == "localhost":
            return HERE
        found = (host,) if ip_of(host) is not None else await _looked_up(host, port, what)
        for one in found:
            self.check(host, port, one, right, what)
        return found

    def _on_site(self, host: str, port: int, ip: IP) -> bool:
        return any(one.by_name(host, port) or one.by_address(ip, port) for one in self.site)

    def _no(self, reason: Reason, host: str, port: int, what: str, why: str) -> StepError:
        self.note(host, port, what, reason)
        shown = f"[{host}]:{port}" if ":" in host else host if port in (80, 443) else f"{host}:{port}"
        sentence = {
            "offline": f"The network is off, so {host} is not asked ({what}).",
            "edge": f"The node stays on the edge, and {shown} is not of this site{why}, so it is not asked ({what}).",
            "address": f"{shown} is not asked ({what}): {why}.",
            "not_allowed": f"{shown}{why} is neither written in the node nor allowed here, so it is not asked "
            f"({what}); "
            f"`signalboxctl network allow {shown}` allows it.",
        }[reason]
        # switched off or cut off: the same thing to whoever can ask somebody else; but it will not pass by itself
        cls: Literal["connection", "permission"] = "connection" if reason == "offline" else "permission"
        return StepError(cls, sentence, retryable=False, detail={"reason": reason, "host": host, "port": port})


class Asker(Protocol):
    """Whoever has a guard: a tool's surroundings."""

    @property
    def guard(self) -> Guard: ...

    @property
    def network(self) -> bool: ...

    @property
    def placement(self) -> str: ...


def guard_of(env: Asker) -> Guard:
    """The guard of one call: what the settings say, and stricter where the call is."""
    return replace(env.guard, offline=env.guard.offline or not env.network, edge=env.placement == "edge")


async def connect_check(host: str, port: int, what: str, env: Asker) -> str:
    """The IP address to connect to for a host and port that a tool was given; StepError when it may not be asked.

    For sockets that are not HTTP. Connect to the returned address and to no other: a name may lead elsewhere the next
    time it is looked up. `what` names the asker for people ("mqtt.publish").
    """
    guard = guard_of(env)
    name = plain_host(host.strip("[]"))
    right = guard.right(name, port, what)
    found = await guard.addresses(name, port, right, what)
    guard.note(name, port, what, "asked")
    return found[0]


async def connect_check_url(url: str, default_port: int, what: str, env: Asker) -> tuple[str, str, int]:
    """`connect_check` for an address with a scheme such as opc.tcp://: the IP address, its host and its port."""
    authority = url.partition("://")[2].split("/", 1)[0]
    host, port = host_and_port(authority, default_port, url)
    return await connect_check(host, port, what, env), host, port


async def _looked_up(host: str, port: int, what: str) -> tuple[str, ...]:
    import asyncio
    import socket  # both here: whoever only reads settings starts without them

    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise StepError("connection", f"The name {host} leads nowhere: it cannot be looked up ({what}).") from None
    return tuple(dict.fromkeys(str(one[4][0]) for one in found))
