"""Rules of who may be reached: a host, `*.suffix` or a range of addresses, each with a port or without."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from engine.errors import Refused, StepError
from engine.net.address import IP, host_and_port, ip_of, plain_host

SITE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
"""What counts as this site when the settings do not say: addresses that nobody reaches from outside."""
_LOCAL_SUFFIXES = (".local", ".lan", ".internal", ".home.arpa", ".localdomain")
_METADATA = frozenset(
    map(
        ipaddress.ip_address,
        ("169.254.169.254", "fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"),
    )
)
_TUNNELS = tuple(
    map(ipaddress.IPv6Network, ("2002::/16", "2001::/32", "::/96", "64:ff9b:1::/48", "fec0::/10", "::ffff:0:0:0/96"))
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_HERE = ipaddress.IPv4Network("0.0.0.0/8")


@dataclass(frozen=True)
class Rule:
    """One rule; `text` is how it is written in the settings. `port` None stands for every port."""

    text: str
    host: str = ""
    suffix: str = ""
    range: ipaddress.IPv4Network | ipaddress.IPv6Network | None = None
    port: int | None = None

    def by_name(self, host: str, port: int) -> bool:
        """Whether the rule is for this very host; an address counts when it is in the range."""
        if self.port not in (None, port):
            return False
        if self.range is not None:
            ip = ip_of(host)
            return ip is not None and ip in self.range
        return host == self.host or bool(self.suffix and host.endswith(self.suffix))

    def by_address(self, ip: IP, port: int) -> bool:
        """Whether an address that a name has led to is in the rule's range."""
        return self.range is not None and ip in self.range and self.port in (None, port)


def rule(text: str) -> Rule:
    """A rule from how it is written: `mes.lan`, `*.plant.example:8443`, `10.2.0.0/16`, `[fd00::1]:502`. Refused."""
    said = text.strip().lower()
    try:
        if "/" in said:
            where, port = _range_and_port(said)
            return Rule(text, range=ipaddress.ip_network(where, strict=False), port=port)
        if said.startswith("*."):
            host, port = _host_and_port(said[2:])
            if ip_of(host) is not None:
                raise ValueError("a suffix of an address means nothing")
            return Rule(text, suffix=f".{host}", port=port)
        host, port = _host_and_port(said)
    except (StepError, ValueError) as error:
        why = error.message if isinstance(error, StepError) else f"{text[:100]!r} is no rule: {error}."
        remedy = "Write a host, *.suffix, or a range such as 10.2.0.0/16, each with :port or without."
        raise Refused(why, remedy=remedy) from None
    return Rule(text, host=host, port=port)


def never(ip: IP) -> str:
    """Why an address is never talked to, whoever allows it, as half a sentence; "" when it may be."""
    plain = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    if isinstance(ip, ipaddress.IPv6Address) and ip in _NAT64:
        plain = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    if plain is not None and (why := never(plain)):
        return why
    if ip in _METADATA:
        return f"{ip} is where machines in a cloud keep their keys"
    if ip.is_loopback:
        return ""
    if ip.is_link_local:
        return f"{ip} is link-local"
    if ip.is_multicast:
        return f"{ip} is an address of many"
    if ip.is_unspecified or (ip.version == 4 and ip in _HERE):
        return f"{ip} names no machine"
    if isinstance(ip, ipaddress.IPv6Address):
        return f"{ip} hides another address" if any(ip in one for one in _TUNNELS) else ""
    return f"{ip} is reserved" if ip.is_reserved else ""


def leads_back(ip: IP) -> bool:
    """Whether an address is this PC itself, however it is wrapped."""
    plain = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    if isinstance(ip, ipaddress.IPv6Address) and ip in _NAT64:
        plain = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return (plain or ip).is_loopback


def on_site_by_name(host: str, port: int, site: tuple[Rule, ...]) -> bool:
    """Whether a host may be on this site, as far as its name tells: listed, or a name of a local network."""
    if any(one.by_name(host, port) for one in site):
        return True
    if ip_of(host) is not None:
        return False
    return "." not in host or host.endswith(_LOCAL_SUFFIXES)


def _host_and_port(text: str) -> tuple[str, int | None]:
    if text.count(":") > 1 and not text.startswith("["):
        return plain_host(text), None
    host, port = host_and_port(text, 0)
    return host, port or None


def _range_and_port(text: str) -> tuple[str, int | None]:
    where, _, tail = text.partition("/")
    size, colon, port = tail.partition(":")
    if colon and not (port.isdigit() and 0 < int(port) < 65_536):
        raise ValueError("its port is no number from 1 to 65535")
    return f"{where.strip('[]')}/{size}", int(port) if colon else None
