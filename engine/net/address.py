"""Addresses as they are written: one strict reading, so that nobody else can read them differently."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import StepError

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
Place = tuple[str, int]
"""A host, in small letters and without brackets, and a port."""

PORTS = {
    "http": 80, "https": 443, "postgresql": 5432, "postgres": 5432,
    "mqtt": 1883, "mqtts": 8883, "opc.tcp": 4840, "modbus": 502, "socket": 0,
}  # fmt: skip
PORTS |= {"modbus": 502, "socket": 4001}
"""The schemes that nodes' params write hosts with, and the port that each means without one."""
_BARE = (("broker", "mqtt"), ("device", "modbus"))
"""Params whose address needs no scheme, and the one that it then means."""
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_SHOWN = 200


@dataclass(frozen=True)
class Address:
    """Where an http:// or https:// address leads. `host` is a name, or an IP address without brackets."""

    scheme: str
    host: str
    port: int

    @property
    def place(self) -> Place:
        """Host and port."""
        return self.host, self.port

    @property
    def origin(self) -> str:
        """The address without its path, for people and for records: no user, no query."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == PORTS[self.scheme] else f":{self.port}")


def parse(url: str) -> Address:
    """What an address says, read in the strictest way; StepError `invalid` for every other way of writing one."""
    scheme, rest = _split(url, ("http", "https"))
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    return Address(scheme, *host_and_port(authority, PORTS[scheme], url))


def host_and_port(authority: str, default_port: int, shown: str = "") -> Place:
    """`host`, `host:port` or `[address]:port`, read strictly. StepError `invalid` says what is wrong with it."""
    shown = shown or authority
    if "@" in authority:
        raise _odd(shown, "it holds a user name; name a secret in a header instead")
    if authority.startswith("["):
        inside, bracket, tail = authority[1:].partition("]")
        if not bracket or (tail and not tail.startswith(":")):
            raise _odd(shown, "its brackets do not fit")
        host, port = inside, tail[1:] if tail else None
        ip = ip_of(inside)
        if ip is None or ip.version != 6:
            raise _odd(shown, "between its brackets is no plain IPv6 address")
        host = str(ip)
    else:
        host, colon, said = authority.partition(":")
        host, port = plain_host(host, shown), said if colon else None
    if port is None:
        return host, default_port
    if not _PORT.fullmatch(port) or int(port) > 65_535:
        raise _odd(shown, "its port is no number from 1 to 65535")
    return host, int(port)


def plain_host(host: str, shown: str = "") -> str:
    """A host's name or address in small letters; StepError `invalid` for what only looks like one."""
    shown = shown or host
    if not host:
        raise _odd(shown, "it names no host")
    if not host.isascii():
        raise _odd(shown, "its host has letters beyond ASCII; write it as xn--…")
    host = host.lower()
    if ":" in host:
        ip = ip_of(host)
        if ip is None:
            raise _odd(shown, "its host is no plain IPv6 address")
        return str(ip)
    labels = host.split(".")
    if len(host) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise _odd(shown, "its host is no plain name")
    if _NUMBER.fullmatch(labels[-1]) and ip_of(host) is None:
        raise _odd(shown, "its host is a number that only some programs read as an address; write it as 192.0.2.1")
    return host


def ip_of(host: str) -> IP | None:
    """The IP address that this text plainly is, or None: no octal, no short forms, no zones."""
    if "%" in host:
        return None
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def is_loopback(host: str) -> bool:
    """Whether a host's name or address plainly says this PC; nothing is looked up."""
    host = host.lower().strip("[]")
    ip = ip_of(host)
    return host == "localhost" or (ip is not None and ip.is_loopback and (ip.version == 4 or host == "::1"))


def loopback_url(url: str) -> bool:
    """Whether an address plainly names this PC; nothing is looked up."""
    try:
        return is_loopback(parse(url).host)
    except StepError:
        return False


def written(params: Mapping[str, Any]) -> frozenset[Place]:
    """The hosts that an author wrote out in a node's params: before any expression, and with no doubt where they end.

    Texts that begin with the scheme of an address, and params that are known to be one: `host` with `port`, `broker`.
    """
    bare = [f"{scheme}://{params[name]}" for name, scheme in _BARE if isinstance(params.get(name), str)]
    found = {place for text in (*_texts(params), *bare) if (place := _written(text)) is not None}
    host, port = params.get("host"), params.get("port")
    if isinstance(host, str) and "{{" not in host and isinstance(port, int):
        try:
            found.add((plain_host(host), port))
        except StepError:
            pass  # the call itself says what is wrong with it
    return frozenset(found)


def _written(text: str) -> Place | None:
    match = _SCHEME.match(text)
    if match is None or match[1].lower() not in PORTS:
        return None
    rest = text[match.end() :]
    literal = rest.split("{{", 1)[0]
    authority = re.split(r"[/?#]", literal, maxsplit=1)[0]
    if authority == literal and "{{" in rest:
        return None  # an expression goes on where the host is
    try:
        return host_and_port(authority.rpartition("@")[2], PORTS[match[1].lower()])
    except StepError:
        return None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


def _split(url: str, schemes: tuple[str, ...]) -> tuple[str, str]:
    if len(url) > 8192:
        raise _odd(url, "it is longer than 8192 characters")
    if any(char <= " " or char in "\\\x7f\u0085" for char in url) or url != url.strip():
        raise _odd(url, "it holds a space, a backslash or a hidden character")
    match = _SCHEME.match(url)
    if match is None or match[1].lower() not in schemes:
        raise _odd(url, f"it does not begin with {' or '.join(f'{one}://' for one in schemes)}")
    return match[1].lower(), url[match.end() :]


def _odd(shown: str, why: str) -> StepError:
    return StepError("invalid", f"{shown[:_SHOWN]!r} is not used as an address: {why}.", retryable=False)
